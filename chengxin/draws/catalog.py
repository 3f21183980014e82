"""What draws add to the system lists; who may draw is each chapter's own capability."""

from chengxin.core.registry import AuditAction

AUDIT_ACTIONS = (
    AuditAction("draws.frozen", "冻结抽取范围"),
    AuditAction("draws.cast", "抽取"),
    AuditAction("draws.replaced", "替换抽中对象"),
)
