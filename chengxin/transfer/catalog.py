"""What taking data in and out adds to the system lists."""

from chengxin.core.registry import AuditAction

AUDIT_ACTIONS = (AuditAction("transfer.backup_begun", "开始备份"),)
