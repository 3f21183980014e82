from django.apps import AppConfig


class FindingsConfig(AppConfig):
    name = "chengxin.findings"
    label = "findings"
    verbose_name = "问题与整改"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """A holiday notice moves the terms of open findings."""
        from chengxin.findings.services import recompute_dues
        from chengxin.rulebook.services import RECOUNTS

        RECOUNTS.append(recompute_dues)
