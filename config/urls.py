"""Every address of the site; each chapter brings its own."""

from importlib.util import find_spec

from django.urls import include, path

CHAPTERS = ("people", "rulebook", "findings", "attire", "files", "audit")

urlpatterns = [
    path("account/", include("allauth.urls")),
    *(path(f"{name}/", include(f"chengxin.{name}.urls")) for name in CHAPTERS if find_spec(f"chengxin.{name}.urls")),
    *((path("ui/", include("chengxin.ui.urls")),) if find_spec("chengxin.ui.urls") else ()),
    *((path("", include("chengxin.portal.urls")),) if find_spec("chengxin.portal.urls") else ()),
]
