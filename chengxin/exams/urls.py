from django.urls import path

from chengxin.exams.views import bank, exams, results, sitting

app_name = "exams"
urlpatterns = [
    path("", sitting.mine, name="mine"),
    path("<int:pk>/sit/", sitting.sit, name="sit"),
    path("papers/<int:pk>/", sitting.sheet, name="sheet"),
    path("papers/<int:pk>/answers/", sitting.save, name="save"),
    path("papers/<int:pk>/clock/", sitting.clock_of, name="clock"),
    path("papers/<int:pk>/take-over/", sitting.take_over, name="take_over"),
    path("papers/<int:pk>/result/", results.own, name="result"),
    path("papers/<int:pk>/object/<int:place>/", results.objection_new, name="object"),
    path("items/", bank.items, name="items"),
    path("items/new/", bank.new, name="new_item"),
    path("items/import/", bank.import_items, name="import"),
    path("items/import/template/", bank.import_template, name="import_template"),
    path("items/import/<int:pk>/", bank.import_preview, name="import_preview"),
    path("items/<int:pk>/", bank.item, name="item"),
    path("items/<int:pk>/revise/", bank.revise, name="revise_item"),
    path("items/<int:pk>/review/", bank.review, name="review_item"),
    path("items/<int:pk>/steps/<slug:step>/", bank.step, name="item_step"),
    path("plans/", exams.exams, name="exams"),
    path("plans/new/", exams.new, name="new_exam"),
    path("plans/<int:pk>/", exams.exam, name="exam"),
    path("plans/<int:pk>/steps/<slug:step>/", exams.step, name="exam_step"),
    path("plans/<int:pk>/persons/", results.persons, name="persons"),
    path("plans/<int:pk>/items/", results.figures, name="figures"),
    path("plans/<int:pk>/items/<int:version>/<slug:ruling>/", results.rule, name="rule"),
    path("plans/<int:pk>/draw/", results.draw_file, name="draw_file"),
    path("objections/", results.objections, name="objections"),
    path("objections/<int:pk>/", results.objection, name="objection"),
]
