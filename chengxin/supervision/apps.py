from django.apps import AppConfig


class SupervisionConfig(AppConfig):
    name = "chengxin.supervision"
    label = "supervision"
    verbose_name = "督查"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """What is found again within the rule's days becomes an alert in the same transaction."""
        from chengxin.findings.services.life import WITNESSES
        from chengxin.supervision.services.alerts import watch_repeats

        if watch_repeats not in WITNESSES:
            WITNESSES.append(watch_repeats)
