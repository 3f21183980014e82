"""Every address of the site; each chapter brings its own."""

from importlib.util import find_spec

from django.urls import include, path

from chengxin.people.views import not_offered

CHAPTERS = ("people", "rulebook", "findings", "attire", "files", "audit")

# pages of the sign-in library that this house does not offer: users are made and passwords reset by 安全管理员
NOT_OFFERED = ("signup/", "email/", "confirm-email/", "password/set/", "password/reset/")

urlpatterns = [
    *(path(f"account/{name}", not_offered) for name in NOT_OFFERED),
    path("account/", include("allauth.urls")),
    *(path(f"{name}/", include(f"chengxin.{name}.urls")) for name in CHAPTERS if find_spec(f"chengxin.{name}.urls")),
    *((path("ui/", include("chengxin.ui.urls")),) if find_spec("chengxin.ui.urls") else ()),
    *((path("", include("chengxin.portal.urls")),) if find_spec("chengxin.portal.urls") else ()),
]
