from django.urls import path

from chengxin.complaints.views import desk, orders, public

app_name = "complaints"
urlpatterns = [
    path("", public.complain, name="complain"),
    path("receipt/<str:token>/", public.receipt, name="receipt"),
    path("follow/", public.follow, name="follow"),
    path("mine/", public.mine, name="mine"),
    path("mine/add/", public.add, name="add"),
    path("mine/answer/", public.answer, name="answer"),
    path("mine/reopen/", public.reopen, name="reopen"),
    path("service/", public.public_service, name="service"),
    path("list/", desk.complaints, name="list"),
    path("register/", desk.register, name="register"),
    path("import/", orders.upload, name="import"),
    path("import/template/", orders.template, name="import_template"),
    path("import/<int:pk>/", orders.preview, name="import_preview"),
    path("own/", desk.own, name="own"),
    path("figures/", desk.figures, name="figures"),
    path("<int:pk>/", desk.detail, name="detail"),
    path("<int:pk>/contact/", desk.contact, name="contact"),
    path("<int:pk>/pause/decide/", desk.decide_pause, name="decide_pause"),
    path("<int:pk>/reveals/<int:reveal>/", desk.decide_reveal, name="decide_reveal"),
    path("<int:pk>/accused/<int:person>/tell/", desk.tell, name="tell"),
    path("<int:pk>/accused/<int:person>/withdraw/", desk.withdraw, name="withdraw"),
    path("<int:pk>/accused/<int:person>/propose/", desk.propose, name="propose"),
    path("<int:pk>/validities/<int:validity>/", desk.decide_validity, name="decide_validity"),
    path("<int:pk>/photos/<uuid:file>/", desk.photo, name="photo"),
    path("<int:pk>/<slug:name>/", desk.act, name="act"),
]
