from django.apps import AppConfig


class CasereviewsConfig(AppConfig):
    name = "chengxin.casereviews"
    label = "casereviews"
    verbose_name = "案卷评查"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """The year's programme knows of a round without anybody reporting it."""
        from chengxin.activities.selectors import PART_WITNESSES
        from chengxin.casereviews.selectors import programme

        PART_WITNESSES["case_review"] = programme.rounds_of
