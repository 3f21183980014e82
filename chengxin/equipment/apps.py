from django.apps import AppConfig


class EquipmentConfig(AppConfig):
    name = "chengxin.equipment"
    label = "equipment"
    verbose_name = "装备"
    default_auto_field = "django.db.models.BigAutoField"
