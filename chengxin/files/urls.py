from django.urls import path

from chengxin.files import views

app_name = "files"
urlpatterns = [
    path("upload/", views.upload, name="upload"),
    path("<uuid:pk>/", views.waiting, name="waiting"),
]
