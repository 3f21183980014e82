from django.apps import AppConfig


class SupervisionConfig(AppConfig):
    name = "chengxin.supervision"
    label = "supervision"
    verbose_name = "督查"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """What is found again within the rule's days becomes an alert at once; the year's programme knows of special plans."""
        from chengxin.activities.selectors import PART_WITNESSES
        from chengxin.findings.services.life import WITNESSES
        from chengxin.supervision.selectors import programme
        from chengxin.supervision.services.alerts import watch_repeats

        PART_WITNESSES["inspection"] = programme.special_plans_of

        if watch_repeats not in WITNESSES:
            WITNESSES.append(watch_repeats)
