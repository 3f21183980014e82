from django.apps import AppConfig


class ConductConfig(AppConfig):
    name = "chengxin.conduct"
    label = "conduct"
    verbose_name = "文明言行"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """New phrase norms are looked at before they are published, not when the next recording is scanned."""
        from chengxin.conduct.selectors import PHRASES, prove_phrases
        from chengxin.rulebook.services import PROOFS

        PROOFS[PHRASES] = prove_phrases
