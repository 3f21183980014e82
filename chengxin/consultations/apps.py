from django.apps import AppConfig


class ConsultationsConfig(AppConfig):
    name = "chengxin.consultations"
    label = "consultations"
    verbose_name = "制度修订"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """While a draft is open nothing else is published; a clause's page tells of the drafts that touch it."""
        from chengxin.consultations.selectors import clause_panel, why_not_publish_beside
        from chengxin.rulebook.services import PUBLISH_GUARDS
        from chengxin.rulebook.views import CLAUSE_PANELS

        if why_not_publish_beside not in PUBLISH_GUARDS:
            PUBLISH_GUARDS.append(why_not_publish_beside)
        if clause_panel not in CLAUSE_PANELS:
            CLAUSE_PANELS.append(clause_panel)
