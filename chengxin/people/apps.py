from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "chengxin.people"
    label = "people"
    verbose_name = "人员与队伍"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from chengxin.people import signin  # noqa: F401  (connects the sign-in receivers)
