from django.urls import path

from chengxin.measures import views

app_name = "measures"
urlpatterns = [
    path("", views.measures, name="list"),
    path("mine/", views.own, name="own"),
    path("new/", views.propose, name="propose"),
    path("commendations/", views.commendations, name="commendations"),
    path("commendations/new/", views.commend, name="commend"),
    path("commendations/<int:pk>/", views.commendation, name="commendation"),
    path("commendations/<int:pk>/<slug:name>/", views.commendation_step, name="commendation_step"),
    path("<int:pk>/", views.detail, name="detail"),
    path("<int:pk>/<slug:name>/", views.step, name="step"),
]
