from django.apps import AppConfig


class BulletinsConfig(AppConfig):
    name = "chengxin.bulletins"
    label = "bulletins"
    verbose_name = "月度通报"
    default_auto_field = "django.db.models.BigAutoField"
