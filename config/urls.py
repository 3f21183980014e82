"""Every address of the site; each chapter brings its own."""

from django.urls import include, path

from chengxin.people.views import not_offered
from chengxin.portal.api import api

CHAPTERS = (
    *("people", "rulebook", "findings", "duty", "equipment", "evidence", "attire", "complaints"),
    *("activities", "exams", "contests", "conduct", "casereviews"),
    *("measures", "supervision", "appraisal", "bulletins", "reports", "consultations", "notices", "files", "audit", "transfer"),
)

# pages of the sign-in library that this house does not offer: users are made and passwords reset by 安全管理员
NOT_OFFERED = ("signup/", "email/", "confirm-email/", "password/set/", "password/reset/")

urlpatterns = [
    path("api/v1/", api.urls),  # first: a counter asks many times a minute
    *(path(f"account/{name}", not_offered) for name in NOT_OFFERED),
    path("account/", include("allauth.urls")),
    *(path(f"{name}/", include(f"chengxin.{name}.urls")) for name in CHAPTERS),
    path("", include("chengxin.portal.urls")),
]
