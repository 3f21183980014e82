from django.apps import AppConfig


class ConductConfig(AppConfig):
    name = "chengxin.conduct"
    label = "conduct"
    verbose_name = "文明言行"
    default_auto_field = "django.db.models.BigAutoField"
