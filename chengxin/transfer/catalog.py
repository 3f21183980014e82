"""What taking data in and out adds to the system lists."""

from chengxin.core.registry import AuditAction

AUDIT_ACTIONS = (
    AuditAction("transfer.backup_begun", "开始备份"),
    AuditAction("transfer.export_begun", "开始整体导出"),
    AuditAction("transfer.imported", "整体导入"),
    AuditAction("transfer.list_exported", "导出清单"),
    AuditAction("transfer.list_downloaded", "下载导出的清单"),
)
