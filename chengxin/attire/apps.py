from django.apps import AppConfig


class AttireConfig(AppConfig):
    name = "chengxin.attire"
    label = "attire"
    verbose_name = "着装"
    default_auto_field = "django.db.models.BigAutoField"
