from django.apps import AppConfig


class ActivitiesConfig(AppConfig):
    name = "chengxin.activities"
    label = "activities"
    verbose_name = "主题活动"
    default_auto_field = "django.db.models.BigAutoField"
