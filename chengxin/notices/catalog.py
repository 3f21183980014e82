"""What notices add to the system lists."""

from chengxin.core.registry import AuditAction, MenuItem, capability

CAPABILITIES = (
    capability("notices.robot", "设置群机器人", ["sysadmin"]),
    capability("notices.robots", "查看群机器人", ["sysadmin", "secadmin"]),
    capability("notices.approve", "批准群机器人", ["secadmin"]),
    capability("notices.log", "查看发送记录", ["sysadmin"]),
)

AUDIT_ACTIONS = (
    AuditAction("notices.settings_changed", "修改提醒设置"),
    AuditAction("notices.address_confirmed", "核实邮箱"),
    AuditAction("notices.address_removed", "删除邮箱"),
    AuditAction("notices.robot_added", "登记群机器人"),
    AuditAction("notices.robot_approved", "批准群机器人"),
    AuditAction("notices.robot_stopped", "停用群机器人"),
    AuditAction("notices.robot_tested", "试发群机器人消息"),
)

MENU = (
    MenuItem("notices.own", "工作台", "通知", "notices:own", "signed_in", "bell", 30),
    MenuItem("notices.robots", "系统", "群机器人", "notices:robots", "notices.robots", "robot", 25),
    MenuItem("notices.log", "系统", "发送记录", "notices:log", "notices.log", "send", 26),
)
