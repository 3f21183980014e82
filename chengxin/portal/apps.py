from django.apps import AppConfig, apps


class PortalConfig(AppConfig):
    name = "chengxin.portal"
    label = "portal"
    verbose_name = "工作台"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Fill the system lists from every chapter's catalog, once all models are loaded."""
        from chengxin.core.registry import load_catalogs
        from chengxin.findings.kinds import load_finding_kinds

        names = [config.name for config in apps.get_app_configs() if config.name.startswith("chengxin.")]
        load_catalogs(names)
        load_finding_kinds(names)
        self._bring_panels()

    @staticmethod
    def _bring_panels() -> None:
        """The clause page of the rulebook shows what cites it; the rulebook itself knows no findings."""
        from chengxin.portal.selectors import citing_panel
        from chengxin.rulebook.views import CLAUSE_PANELS

        CLAUSE_PANELS.append(citing_panel)
