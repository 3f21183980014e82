from django.apps import AppConfig


class EvidenceConfig(AppConfig):
    name = "chengxin.evidence"
    label = "evidence"
    verbose_name = "执法影像"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from chengxin.equipment.services.custody import HOLDS
        from chengxin.evidence.selectors.coverage import why_unaccounted

        if why_unaccounted not in HOLDS:
            HOLDS.append(why_unaccounted)
