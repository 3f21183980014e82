"""What the rulebook adds to the system lists."""

from chengxin.core.registry import AuditAction, MenuItem, capability

EVERYBODY = [
    *("leader", "supervisor", "finance", "brigade", "captain", "keeper", "officer", "auxiliary", "staff"),
    *("sysadmin", "secadmin", "auditor"),
]

CAPABILITIES = (
    capability("rulebook.read", "查阅制度", EVERYBODY),
    capability("rulebook.publish", "发布制度、确认待定数值", ["leader"]),
    capability("rulebook.calendar", "录入放假通知", ["finance", "leader"]),
    capability("rulebook.import", "导入方案原文", ["leader", "finance"]),
)
AUDIT_ACTIONS = (
    AuditAction("rulebook.loaded", "载入首版规则"),
    AuditAction("rulebook.imported", "导入方案原文"),
    AuditAction("rulebook.issued", "印发制度"),
    AuditAction("rulebook.published", "发布规则新版本"),
    AuditAction("rulebook.amended", "修订条文"),
    AuditAction("rulebook.value_confirmed", "确认待定数值"),
    AuditAction("rulebook.calendar_entered", "录入放假通知"),
)
MENU = (
    MenuItem("rulebook.contents", "三（三）制度", "条款与规则", "rulebook:contents", "rulebook.read", "book", 10),
    MenuItem("rulebook.gaps", "三（三）制度", "待局确认", "rulebook:gaps", "rulebook.read", "help-circle", 20),
    MenuItem("rulebook.calendar", "三（三）制度", "工作日历", "rulebook:calendar", "rulebook.read", "calendar", 30),
)
