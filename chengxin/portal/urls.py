from django.urls import path

from chengxin.portal import installed, views

app_name = "portal"
urlpatterns = [
    path("", views.home, name="home"),
    path("queue/", views.queue, name="queue"),
    path("queue/grant/", views.grant_together, name="grant_together"),
    path("help/", views.help_, name="help"),
    path("guide/<slug:code>/", views.guide_step, name="guide_step"),
    path("guide-away/", views.guide_away, name="guide_away"),
    path("guide-again/", views.guide_again, name="guide_again"),
    path("search/", views.search, name="search"),
    path("units/", views.units, name="units"),
    path("units/<int:pk>/", views.unit, name="unit"),
    path("everything/", views.everything, name="everything"),
    path("manifest.webmanifest", installed.manifest, name="manifest"),
    path("worker.js", installed.worker, name="worker"),
    path("offline/", installed.offline, name="offline"),
    path("icons/<int:size>.png", installed.icon, name="icon"),
    path("me/", views.own_file, name="own_file"),
    path("persons/<int:pk>/", views.person, name="person"),
]
