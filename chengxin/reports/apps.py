from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "chengxin.reports"
    label = "reports"
    verbose_name = "年终材料"
    default_auto_field = "django.db.models.BigAutoField"
