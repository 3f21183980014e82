from django.urls import path

from chengxin.attire import views

app_name = "attire"
urlpatterns = [
    path("today/", views.today, name="today"),
    path("roll-call/", views.roll_call, name="roll_call"),
    path("roll-call/worker.js", views.worker, name="worker"),
    path("roll-call/<int:pk>/", views.roll_call_of, name="roll_call_of"),
    path("roll-calls/", views.roll_calls, name="roll_calls"),
    path("roll-calls/<int:pk>/", views.roll_call_result, name="roll_call_result"),
    path("orders/", views.orders, name="orders"),
    path("orders/<int:pk>/withdraw/", views.withdraw_order, name="withdraw_order"),
    path("exemptions/", views.exemptions, name="exemptions"),
    path("exemptions/<int:pk>/end/", views.end_exemption, name="end_exemption"),
    path("hand-backs/", views.hand_backs, name="hand_backs"),
    path("hand-backs/<int:pk>/", views.hand_back, name="hand_back"),
    path("disposals/", views.disposals, name="disposals"),
    path("disposals/<int:pk>/photos/<int:number>/", views.disposal_photo, name="disposal_photo"),
]
