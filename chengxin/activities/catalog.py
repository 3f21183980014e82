"""What 主题活动 adds to the system lists."""

from chengxin.core.registry import AuditAction, MenuItem, capability

SECTION = "二（四）主题活动"
EVERYBODY = ("leader", "supervisor", "finance", "brigade", "captain", "keeper", "officer", "auxiliary", "staff")
LEADING = ("supervisor", "brigade", "captain")

CAPABILITIES = (
    capability("activities.see", "查看主题活动", EVERYBODY),
    capability("activities.programme", "建立年度活动方案", ["supervisor"]),
    capability("activities.plan", "安排活动", LEADING),
    capability("activities.roll", "组织点名与到场", LEADING),
    capability("activities.decide", "决定薄弱环节补训", ["supervisor", "brigade"]),
    capability("activities.talk", "谈心谈话", ["leader", *LEADING]),
    capability("activities.risk", "登记岗位风险", LEADING),
    capability("activities.summary", "查看活动汇总与谈话覆盖", ["leader", *LEADING]),
)
AUDIT_ACTIONS = (
    AuditAction("activities.programme_created", "建立年度活动方案"),
    AuditAction("activities.part_reported", "登记活动开展情况"),
    AuditAction("activities.report_withdrawn", "撤回开展情况"),
    AuditAction("activities.planned", "安排活动"),
    AuditAction("activities.moved", "调整活动时间地点"),
    AuditAction("activities.cancelled", "取消活动"),
    AuditAction("activities.opened", "开始点名"),
    AuditAction("activities.checked_in", "扫码到场"),
    AuditAction("activities.closed", "办结活动"),
    AuditAction("activities.reason_stated", "说明缺席事由"),
    AuditAction("activities.reason_decided", "认可缺席事由"),
    AuditAction("activities.line_corrected", "更正到场"),
    AuditAction("activities.scored", "登记成绩"),
    AuditAction("activities.files_kept", "收存活动材料"),
    AuditAction("activities.link_issued", "生成日历订阅"),
    AuditAction("activities.link_revoked", "停用日历订阅"),
    AuditAction("activities.weak_points_nominated", "提名薄弱环节"),
    AuditAction("activities.weak_point_decided", "决定薄弱环节"),
    AuditAction("activities.weak_point_measured", "再次测量薄弱环节"),
    AuditAction("activities.talk_recorded", "登记谈话"),
    AuditAction("activities.talk_read", "查看谈话内容"),
    AuditAction("activities.remainder_explained", "说明未谈话"),
    AuditAction("activities.risk_registered", "登记岗位风险"),
    AuditAction("activities.risk_reviewed", "复查岗位风险"),
)
MENU = (
    MenuItem("activities.programme", SECTION, "年度活动", "activities:programme", "activities.see", "calendar-event", 10),
    MenuItem("activities.list", SECTION, "活动", "activities:list", "activities.see", "users-group", 12),
    MenuItem("activities.own", SECTION, "我的活动", "activities:own", "activities.see", "user-check", 14),
    MenuItem("activities.weak_points", SECTION, "薄弱环节", "activities:weak_points", "activities.summary", "target-arrow", 16),
    MenuItem("activities.talks", SECTION, "谈心谈话", "activities:talks", "activities.summary", "messages", 18),
    MenuItem("activities.risks", SECTION, "岗位风险", "activities:risks", "activities.see", "shield-check", 20),
)
