from django.urls import path

from chengxin.transfer import views

app_name = "transfer"
urlpatterns = [
    path("lists/", views.lists, name="lists"),
    path("lists/<int:pk>/", views.list_file, name="list"),
    path("lists/<int:pk>/progress/", views.progress, name="progress"),
    path("lists/<int:pk>/file/", views.fetch, name="fetch"),
]
