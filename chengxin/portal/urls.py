from django.urls import path

from chengxin.portal import views
from chengxin.portal.api import api

app_name = "portal"
urlpatterns = [
    path("", views.home, name="home"),
    path("me/", views.own_file, name="own_file"),
    path("persons/<int:pk>/", views.person, name="person"),
    path("api/v1/", api.urls),
]
