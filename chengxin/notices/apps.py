from django.apps import AppConfig


class NoticesConfig(AppConfig):
    name = "chengxin.notices"
    label = "notices"
    verbose_name = "通知"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """The shell shows a bell; it knows nothing of notices itself."""
        from chengxin.notices.selectors import bell_of
        from chengxin.ui.pages import BELLS

        BELLS.append(bell_of)
