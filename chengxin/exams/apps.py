from django.apps import AppConfig


class ExamsConfig(AppConfig):
    name = "chengxin.exams"
    label = "exams"
    verbose_name = "考试"
    default_auto_field = "django.db.models.BigAutoField"
