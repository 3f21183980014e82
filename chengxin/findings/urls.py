from django.urls import path

from chengxin.findings import views

app_name = "findings"
urlpatterns = [
    path("", views.findings_list, name="list"),
    path("new/", views.raise_, name="raise"),
    path("proposals/", views.proposals, name="proposals"),
    path("proposals/<int:pk>/", views.proposal, name="proposal"),
    path("<int:pk>/", views.detail, name="detail"),
    path("<int:pk>/notice/", views.notice, name="notice"),
    path("<int:pk>/photos/<uuid:file>/", views.photo, name="photo"),
    path("<int:pk>/<str:name>/", views.step, name="step"),
]
