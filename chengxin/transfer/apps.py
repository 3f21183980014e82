from django.apps import AppConfig


class TransferConfig(AppConfig):
    name = "chengxin.transfer"
    label = "transfer"
    verbose_name = "数据进出"
    default_auto_field = "django.db.models.BigAutoField"
