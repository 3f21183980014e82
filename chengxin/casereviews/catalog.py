"""What 案卷评查 adds to the system lists."""

from chengxin.core.registry import AuditAction, MenuItem, capability
from chengxin.findings.kinds import FindingKind

SECTION = "二（四）主题活动"

CAPABILITIES = (
    capability("casereviews.see", "查看案卷评查", ["leader", "supervisor", "brigade", "captain"]),
    capability("casereviews.register", "登记案卷", ["supervisor", "brigade"]),
    capability("casereviews.round", "组织案卷评查", ["supervisor"]),
    capability("casereviews.review", "评查案卷", ["supervisor", "brigade", "captain"]),
    capability("casereviews.object", "对评查扣分提出异议", ["brigade", "captain"]),
    capability("casereviews.decide", "决定评查异议与更正", ["leader", "supervisor"]),
)
AUDIT_ACTIONS = (
    AuditAction("casereviews.registered", "登记案卷"),
    AuditAction("casereviews.imported", "导入案卷"),
    AuditAction("casereviews.corrected", "更正案卷登记"),
    AuditAction("casereviews.frozen", "冻结评查范围"),
    AuditAction("casereviews.drawn", "抽取评查案卷"),
    AuditAction("casereviews.case_replaced", "替换评查案卷"),
    AuditAction("casereviews.assigned", "指派评查人员"),
    AuditAction("casereviews.third_assigned", "指派第三名评查人员"),
    AuditAction("casereviews.reviewer_replaced", "替换评查人员"),
    AuditAction("casereviews.submitted", "提交评查表"),
    AuditAction("casereviews.told", "告知评查结果"),
    AuditAction("casereviews.objected", "提出评查异议"),
    AuditAction("casereviews.objection_decided", "决定评查异议"),
    AuditAction("casereviews.person_named", "指明扣分责任人"),
    AuditAction("casereviews.finalised", "评查定稿"),
    AuditAction("casereviews.score_corrected", "更正评查扣分"),
)
MENU = (
    MenuItem("casereviews.rounds", SECTION, "案卷评查", "casereviews:rounds", "casereviews.see", "file-search", 80),
    MenuItem("casereviews.cases", SECTION, "案卷登记", "casereviews:cases", "casereviews.see", "folders", 81),
    MenuItem("casereviews.reviews", SECTION, "我的评查", "casereviews:reviews", "casereviews.review", "checklist", 82),
    MenuItem("casereviews.compare", SECTION, "评查比较", "casereviews:compare", "casereviews.see", "chart-bar", 83),
)
FINDING_KINDS = (
    FindingKind(
        code="casereviews.deduction",
        title="案卷评查扣分",
        clause="2.4.1",
        rule="casereviews.sheet",
        facts_template="案卷评查：{act}",
        sample_facts={"act": "示例案号 证据收集与固定扣 3.5 分：照片未注明拍摄时间", "entry": "casereviews.proof"},
        guard="chengxin.casereviews.selectors.why_not_deduction",
    ),
)
