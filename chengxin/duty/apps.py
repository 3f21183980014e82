from django.apps import AppConfig


class DutyConfig(AppConfig):
    name = "chengxin.duty"
    label = "duty"
    verbose_name = "勤务"
    default_auto_field = "django.db.models.BigAutoField"
