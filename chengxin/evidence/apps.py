from django.apps import AppConfig


class EvidenceConfig(AppConfig):
    name = "chengxin.evidence"
    label = "evidence"
    verbose_name = "执法影像"
    default_auto_field = "django.db.models.BigAutoField"
