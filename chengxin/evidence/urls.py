from django.urls import path

from chengxin.evidence.views import uploads

app_name = "evidence"
urlpatterns = [
    path("uploads/", uploads.collection, name="uploads"),
    path("uploads/<uuid:pk>/", uploads.one, name="upload_one"),
]
