"""What the duty roster adds to the system lists."""

from chengxin.core.registry import AuditAction, MenuItem, capability

ON_DUTY = ("brigade", "captain", "keeper", "officer", "auxiliary")

CAPABILITIES = (
    capability("duty.read", "查看勤务安排", ["leader", "supervisor", "finance", "brigade", "captain", "keeper"]),
    capability("duty.read_own", "查看本人勤务", ON_DUTY),
    capability("duty.request", "申请请假与换班", ON_DUTY),
    capability("duty.plan", "排班", ["brigade", "captain"]),
    capability("duty.decide", "审批请假与换班", ["brigade", "captain"]),
)
AUDIT_ACTIONS = (
    AuditAction("duty.planned", "排班"),
    AuditAction("duty.imported", "导入排班"),
    AuditAction("duty.leave_requested", "申请请假"),
    AuditAction("duty.leave_decided", "审批请假"),
    AuditAction("duty.swap_requested", "申请换班"),
    AuditAction("duty.swap_answered", "答复换班"),
    AuditAction("duty.swap_decided", "审批换班"),
)
MENU = (
    MenuItem("duty.own", "二（二）装备", "我的勤务", "duty:own", "duty.read_own", "calendar-user", 5),
    MenuItem("duty.roster", "二（二）装备", "勤务安排", "duty:roster", "duty.read", "calendar-week", 6),
    MenuItem("duty.import", "二（二）装备", "排班导入", "duty:import", "duty.plan", "file-import", 7),
)
