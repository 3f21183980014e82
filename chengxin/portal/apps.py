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
