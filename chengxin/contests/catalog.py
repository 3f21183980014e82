"""What 竞赛会操 adds to the system lists."""

from chengxin.core.registry import AuditAction, MenuItem, capability

SECTION = "二（四）主题活动"
EVERYBODY = ("leader", "supervisor", "finance", "brigade", "captain", "keeper", "officer", "auxiliary", "staff")

CAPABILITIES = (
    capability("contests.see", "查看竞赛与会操", EVERYBODY),
    capability("contests.enter", "为本单位报名竞赛", ["supervisor", "brigade", "captain"]),
    capability("contests.plan", "组织竞赛与会操", ["supervisor", "brigade"]),
    capability("contests.judge", "担任竞赛评委", ["supervisor", "brigade", "captain"]),
    capability("contests.confirm", "确认竞赛成绩", ["leader", "supervisor"]),
)
AUDIT_ACTIONS = (
    AuditAction("contests.planned", "发起竞赛"),
    AuditAction("contests.rules_set", "确定竞赛规则"),
    AuditAction("contests.moved", "调整竞赛时间地点"),
    AuditAction("contests.entered", "竞赛报名"),
    AuditAction("contests.entry_withdrawn", "退出竞赛"),
    AuditAction("contests.closed", "竞赛报名截止"),
    AuditAction("contests.order_drawn", "竞赛抽签"),
    AuditAction("contests.judge_appointed", "聘任竞赛评委"),
    AuditAction("contests.judge_released", "解除竞赛评委"),
    AuditAction("contests.started", "竞赛开始评分"),
    AuditAction("contests.sheet_saved", "暂存评分表"),
    AuditAction("contests.sheet_submitted", "提交评分表"),
    AuditAction("contests.sheet_withdrawn", "撤回评分表"),
    AuditAction("contests.confirmed", "确认竞赛成绩"),
    AuditAction("contests.corrected", "更正竞赛成绩"),
    AuditAction("contests.cancelled", "取消竞赛"),
)
MENU = (MenuItem("contests.list", SECTION, "竞赛与会操", "contests:list", "contests.see", "trophy", 30),)
