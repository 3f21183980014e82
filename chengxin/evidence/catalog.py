"""What evidence adds to the system lists."""

from chengxin.core.registry import AuditAction, capability

CAPABILITIES = (capability("evidence.ingest", "影像入库（采集站）", ["keeper"]),)
AUDIT_ACTIONS = (AuditAction("evidence.ingested", "影像入库"),)
