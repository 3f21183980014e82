from django.apps import AppConfig


class CasereviewsConfig(AppConfig):
    name = "chengxin.casereviews"
    label = "casereviews"
    verbose_name = "案卷评查"
    default_auto_field = "django.db.models.BigAutoField"
