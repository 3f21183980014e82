"""What 督查 adds to the system lists."""

from chengxin.core.registry import AuditAction, MenuItem, capability

SECTION = "三（一）督查考核"

CAPABILITIES = (
    capability("supervision.plans", "查看督查计划与抽取", ["leader", "supervisor"]),
    capability("supervision.plan", "制定督查计划并抽取", ["supervisor"]),
    capability("supervision.inspect", "执行督查", ["supervisor", "brigade"]),
    capability("supervision.results", "查看督查结果与覆盖", ["leader", "supervisor", "brigade", "captain"]),
    capability("supervision.desk", "查看整改督办", ["leader", "supervisor", "brigade", "captain"]),
    capability("supervision.remind", "催办整改", ["leader", "supervisor", "brigade", "captain"]),
    capability("supervision.look_back", "抽取回头看", ["supervisor"]),
    capability("supervision.dispose", "处置反复问题", ["leader", "supervisor"]),
)
AUDIT_ACTIONS = (
    AuditAction("supervision.planned", "制定督查计划"),
    AuditAction("supervision.plan_cancelled", "取消督查计划"),
    AuditAction("supervision.plan_closed", "办结督查计划"),
    AuditAction("supervision.object_replaced", "替换检查对象"),
    AuditAction("supervision.inspector_replaced", "替换督查人员"),
    AuditAction("supervision.visit_arranged", "安排检查"),
    AuditAction("supervision.visit_cancelled", "取消检查"),
    AuditAction("supervision.visit_submitted", "提交检查结果"),
    AuditAction("supervision.photo_kept", "收到检查照片"),
    AuditAction("supervision.reminded", "催办整改"),
    AuditAction("supervision.alert_disposed", "处置反复问题"),
)
MENU = (
    MenuItem("supervision.plans", SECTION, "督查计划", "supervision:plans", "supervision.plans", "calendar-search", 2),
    MenuItem("supervision.visits", SECTION, "检查", "supervision:visits", "supervision.results", "clipboard-check", 4),
    MenuItem("supervision.desk", SECTION, "整改督办", "supervision:desk", "supervision.desk", "alarm", 6),
    MenuItem("supervision.coverage", SECTION, "督查覆盖", "supervision:coverage", "supervision.results", "chart-grid-dots", 8),
)
