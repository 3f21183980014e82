from django.urls import path

from chengxin.rulebook import views

app_name = "rulebook"
urlpatterns = [
    path("", views.contents, name="contents"),
    path("clauses/<str:code>/", views.clause, name="clause"),
    path("gaps/", views.gaps, name="gaps"),
    path("gaps/<int:pk>/<str:name>/confirm/", views.confirm, name="confirm"),
    path("issue/", views.issue, name="issue"),
    path("rules/<str:code>/publish/", views.publish, name="publish"),
    path("calendar/", views.work_calendar, name="calendar"),
    path("calendar/<int:year>/", views.work_calendar, name="year"),
    path("calendar/notice/", views.holiday_notice, name="holiday_notice"),
]
