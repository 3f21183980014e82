from django.apps import AppConfig


class MeasuresConfig(AppConfig):
    name = "chengxin.measures"
    label = "measures"
    verbose_name = "措施与表彰"
    default_auto_field = "django.db.models.BigAutoField"
