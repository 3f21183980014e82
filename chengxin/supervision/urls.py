from django.urls import path

from chengxin.supervision.views import desk, plans, visits

app_name = "supervision"
urlpatterns = [
    path("plans/", plans.plans, name="plans"),
    path("plans/new/", plans.new, name="new_plan"),
    path("plans/<int:pk>/", plans.plan, name="plan"),
    path("plans/<int:pk>/arrange/", plans.arrange, name="arrange"),
    path("plans/<int:pk>/draws/<slug:which>/", plans.draw, name="draw"),
    path("plans/<int:pk>/draws/<slug:which>/file/", plans.draw_file, name="draw_file"),
    path("plans/<int:pk>/<slug:step>/", plans.step, name="step"),
    path("targets/<int:pk>/replace/", plans.replace_object, name="replace_object"),
    path("inspectors/<int:pk>/replace/", plans.replace_inspector, name="replace_inspector"),
    path("visits/", visits.visits, name="visits"),
    path("visits/worker.js", visits.worker, name="worker"),
    path("visits/<int:pk>/", visits.visit, name="visit"),
    path("visits/<int:pk>/call-off/", plans.call_off, name="call_off"),
    path("visits/<int:pk>/sheet/", visits.sheet, name="sheet"),
    path("visits/<int:pk>/photos/", visits.send_photo, name="send_photo"),
    path("visits/<int:pk>/photos/<uuid:file>/", visits.photo, name="photo"),
    path("desk/", desk.desk, name="desk"),
    path("desk/remind/", desk.remind, name="remind"),
    path("desk/look-backs/", desk.look_backs, name="look_backs"),
    path("desk/look-backs/<int:year>/<int:quarter>/", desk.look_back_draw, name="look_back_draw"),
    path("desk/look-backs/<int:year>/<int:quarter>/file/", desk.look_back_file, name="look_back_file"),
    path("desk/alerts/<int:pk>/", desk.alert, name="alert"),
    path("coverage/", desk.coverage, name="coverage"),
]
