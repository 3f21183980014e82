"""What the audit adds to the system lists."""

from chengxin.core.registry import AuditAction, MenuItem, capability

CAPABILITIES = (capability("audit.read", "查阅审计", ["auditor"]),)
AUDIT_ACTIONS = (AuditAction("audit.viewed", "查阅审计记录"),)
MENU = (MenuItem("audit.entries", "系统", "审计记录", "audit:entries", "audit.read", "shield-check", 30),)
