from django.apps import AppConfig


class ContestsConfig(AppConfig):
    name = "chengxin.contests"
    label = "contests"
    verbose_name = "竞赛会操"
    default_auto_field = "django.db.models.BigAutoField"
