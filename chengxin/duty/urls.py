from django.urls import path

from chengxin.duty import views

app_name = "duty"
urlpatterns = [
    path("", views.own, name="own"),
    path("leave/", views.request_leave, name="request_leave"),
    path("swap/", views.request_swap, name="request_swap"),
    path("swap/<int:pk>/answer/", views.answer_swap, name="answer_swap"),
    path("requests/", views.requests, name="requests"),
    path("requests/<str:what>/<int:pk>/", views.decide, name="decide"),
    path("roster/", views.roster, name="roster"),
    path("roster/<int:pk>/", views.week, name="week"),
    path("import/", views.import_roster, name="import"),
    path("import/<int:pk>/", views.import_preview, name="import_preview"),
    path("import/template/", views.import_template, name="import_template"),
]
