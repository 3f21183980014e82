from django.apps import AppConfig


class RulebookConfig(AppConfig):
    name = "chengxin.rulebook"
    label = "rulebook"
    verbose_name = "制度"
    default_auto_field = "django.db.models.BigAutoField"
