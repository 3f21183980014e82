from django.urls import path

from chengxin.casereviews.views import papers, register, reviews, rounds

app_name = "casereviews"
urlpatterns = [
    path("", rounds.round_list, name="rounds"),
    path("compare/", papers.compare, name="compare"),
    path("cases/", register.cases, name="cases"),
    path("cases/new/", register.new_case, name="new_case"),
    path("cases/import/", register.import_cases, name="import"),
    path("cases/import/template/", register.import_template, name="import_template"),
    path("cases/import/<int:pk>/", register.import_preview, name="import_preview"),
    path("cases/<int:pk>/", register.case, name="case"),
    path("cases/<int:pk>/correct/", register.correct, name="correct"),
    path("rounds/new/", rounds.new_round, name="new_round"),
    path("rounds/<int:pk>/", rounds.one_round, name="round"),
    path("rounds/<int:pk>/report/", papers.report, name="report"),
    path("rounds/<int:pk>/book/", papers.book, name="book"),
    path("rounds/<int:pk>/draws/<slug:which>/", rounds.draw_file, name="draw_file"),
    path("rounds/<int:pk>/<slug:step>/", rounds.step, name="step"),
    path("reviewed/<int:pk>/", reviews.reviewed, name="reviewed"),
    path("reviewed/<int:pk>/replace/", rounds.replace_case, name="replace_case"),
    path("reviewed/<int:pk>/third/", rounds.assign_third, name="assign_third"),
    path("marks/<int:pk>/<slug:name>/", reviews.mark_step, name="mark_step"),
    path("reviews/", reviews.reviews, name="reviews"),
    path("reviews/<int:pk>/", reviews.review, name="review"),
    path("reviews/<int:pk>/replace/", rounds.replace_reviewer, name="replace_reviewer"),
]
