from django.urls import path

from chengxin.bulletins.views import desk, public, tasks, templates

app_name = "bulletins"
urlpatterns = [
    path("", desk.bulletins, name="list"),
    path("public/", public.bulletins, name="public"),
    path("public/<slug:month>/", public.detail, name="public_detail"),
    path("public/<slug:month>/word/", public.word, name="public_word"),
    path("tasks/", tasks.tasks, name="tasks"),
    path("tasks/<int:pk>/", tasks.task, name="task"),
    path("templates/", templates.templates, name="templates"),
    path("templates/built-in/", templates.built_in_file, name="built_in"),
    path("templates/<int:pk>/file/", templates.file, name="template_file"),
    path("templates/<int:pk>/preview/", templates.preview, name="template_preview"),
    path("templates/<int:pk>/withdraw/", templates.withdraw, name="template_withdraw"),
    path("<int:pk>/", desk.detail, name="detail"),
    path("<int:pk>/problems/", desk.problems, name="problems"),
    path("<int:pk>/word/", desk.word, name="word"),
    path("<int:pk>/errata/", desk.errata, name="errata"),
    path("<int:pk>/verify/", desk.verify, name="verify"),
    path("<int:pk>/figures/", desk.figures, name="figures"),
    path("<int:pk>/tasks/<int:task>/drop/", desk.drop, name="drop_task"),
    path("<int:pk>/items/<int:finding>/leave/", desk.leave, name="leave"),
    path("<int:pk>/<slug:name>/", desk.act, name="act"),
]
