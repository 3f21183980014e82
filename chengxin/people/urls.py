from django.urls import path

from chengxin.people import views

app_name = "people"
urlpatterns = [
    path("", views.persons, name="persons"),
    path("new/", views.add_person, name="add_person"),
    path("<int:pk>/", views.person, name="person"),
    path("units/", views.units, name="units"),
    path("users/", views.users, name="users"),
    path("users/<int:pk>/", views.user, name="user"),
    path("users/<int:pk>/unlock/", views.unlock, name="unlock"),
    path("grants/<int:pk>/revoke/", views.revoke_grant, name="revoke_grant"),
    path("tokens/", views.tokens, name="tokens"),
    path("tokens/<int:pk>/<str:verb>/", views.settle_token, name="settle_token"),
    path("import/", views.staff_list, name="import"),
    path("import/template/", views.import_template, name="import_template"),
    path("import/<int:pk>/", views.import_preview, name="import_preview"),
]
