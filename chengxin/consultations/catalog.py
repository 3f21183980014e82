"""What consultations about drafts of the rulebook add to the system lists."""

from chengxin.core.registry import AuditAction, MenuItem, capability

SECTION = "三（三）制度"
STAFF = ["leader", "supervisor", "finance", "brigade", "captain", "keeper", "officer", "auxiliary", "staff"]

CAPABILITIES = (
    capability("consultations.read", "查看制度征求意见", STAFF),
    capability("consultations.opine", "对征求意见稿提出意见", STAFF),
    capability("consultations.prepare", "起草制度修订、组织征求意见", ["supervisor"]),
    capability("consultations.moderate", "审核公众意见", ["leader", "supervisor"]),
    capability("consultations.answer", "答复意见", ["leader", "supervisor"]),
    capability("consultations.simulate", "按征求意见稿试算上季度结论", ["leader", "supervisor", "finance"]),
    capability("consultations.sign", "会签制度修订", ["leader", "finance", "brigade", "captain"]),
    capability("consultations.publish", "发布会签完成的制度修订", ["leader"]),
)
AUDIT_ACTIONS = (
    AuditAction("consultations.drafted", "起草制度修订"),
    AuditAction("consultations.changed", "改动草案"),
    AuditAction("consultations.opened", "开始征求意见"),
    AuditAction("consultations.opined", "提出意见"),
    AuditAction("consultations.moderated", "审核公众意见"),
    AuditAction("consultations.answered", "答复意见"),
    AuditAction("consultations.closed", "办结征求意见"),
    AuditAction("consultations.sent", "送会签"),
    AuditAction("consultations.signed", "会签"),
    AuditAction("consultations.recalled", "收回会签"),
    AuditAction("consultations.published", "发布制度修订"),
    AuditAction("consultations.withdrawn", "撤回制度修订"),
    AuditAction("consultations.nominated", "提名修订提案"),
    AuditAction("consultations.proposal_taken", "采用修订提案"),
    AuditAction("consultations.proposal_dismissed", "不采用修订提案"),
)
MENU = (
    MenuItem("consultations.public", SECTION, "制度征求意见", "consultations:public", "public", "message-2", 1),
    MenuItem("consultations.follow", SECTION, "查询意见答复", "consultations:follow", "public", "search", 2),
    MenuItem("consultations.list", SECTION, "征求意见", "consultations:list", "consultations.read", "message-2", 12),
    MenuItem("consultations.compare", SECTION, "版本对照", "consultations:compare", "consultations.read", "arrows-diff", 14),
    MenuItem("consultations.proposals", SECTION, "修订提案", "consultations:proposals", "consultations.prepare", "bulb", 16),
)
