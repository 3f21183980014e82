from django.apps import AppConfig


class ComplaintsConfig(AppConfig):
    name = "chengxin.complaints"
    label = "complaints"
    verbose_name = "投诉"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from chengxin.complaints.services.clocks import recount_clocks
        from chengxin.rulebook.services import RECOUNTS

        if recount_clocks not in RECOUNTS:
            RECOUNTS.append(recount_clocks)
