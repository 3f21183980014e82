"""What the portal adds to the system lists."""

from chengxin.core.registry import AuditAction, MenuItem, capability

EVERYBODY = (
    "leader",
    "supervisor",
    "finance",
    "brigade",
    "captain",
    "keeper",
    "officer",
    "auxiliary",
    "staff",
)

CAPABILITIES = (
    capability("portal.home", "工作台", (*EVERYBODY, "sysadmin", "secadmin", "auditor")),
    capability("portal.read_file", "查看个人档案", EVERYBODY),
    capability("portal.search", "查找", EVERYBODY),
    capability("portal.unit", "查看单位全貌", ("leader", "supervisor", "brigade", "captain")),
)

AUDIT_ACTIONS = (AuditAction("portal.file_viewed", "查看他人个人档案"),)

MENU = (
    MenuItem("portal.home", "工作台", "工作台", "portal:home", "portal.home", "home", 1),
    MenuItem("portal.queue", "工作台", "等我处理", "portal:queue", "portal.home", "checklist", 10),
    MenuItem("portal.units", "工作台", "单位全貌", "portal:units", "portal.unit", "building-community", 15),
    MenuItem("portal.help", "工作台", "帮助", "portal:help", "portal.home", "help", 90),
    MenuItem("portal.own_file", "工作台", "我的档案", "portal:own_file", "portal.read_file", "user", 20),
)
