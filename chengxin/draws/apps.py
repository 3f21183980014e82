from django.apps import AppConfig


class DrawsConfig(AppConfig):
    name = "chengxin.draws"
    label = "draws"
    verbose_name = "抽取"
    default_auto_field = "django.db.models.BigAutoField"
