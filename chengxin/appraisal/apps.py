from django.apps import AppConfig


class AppraisalConfig(AppConfig):
    name = "chengxin.appraisal"
    label = "appraisal"
    verbose_name = "考核评优"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """The ledger is told of every finding, measure and commendation within the same transaction."""
        from chengxin.appraisal.services.ledger import witness_finding, witness_measure
        from chengxin.findings.services.life import WITNESSES as OF_FINDINGS
        from chengxin.measures.services import WITNESSES as OF_MEASURES

        if witness_finding not in OF_FINDINGS:
            OF_FINDINGS.append(witness_finding)
        if witness_measure not in OF_MEASURES:
            OF_MEASURES.append(witness_measure)
