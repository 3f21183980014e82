from django.urls import path

from chengxin.portal import views

app_name = "portal"
urlpatterns = [
    path("", views.home, name="home"),
    path("queue/", views.queue, name="queue"),
    path("queue/grant/", views.grant_together, name="grant_together"),
    path("search/", views.search, name="search"),
    path("units/", views.units, name="units"),
    path("units/<int:pk>/", views.unit, name="unit"),
    path("me/", views.own_file, name="own_file"),
    path("persons/<int:pk>/", views.person, name="person"),
]
