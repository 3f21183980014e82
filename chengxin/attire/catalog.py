"""What dress adds to the system lists."""

from chengxin.core.registry import AuditAction, MenuItem, capability
from chengxin.findings.kinds import FindingKind

WEARERS = ("leader", "supervisor", "finance", "brigade", "captain", "keeper", "officer", "auxiliary", "staff")
GUARD = "chengxin.attire.selectors.why_nothing_to_find"

CAPABILITIES = (
    capability("attire.today", "查看今日着装", WEARERS),
    capability("attire.read", "查看点验记录", ["leader", "supervisor", "finance", "brigade", "captain"]),
    capability("attire.roll_call", "班前点验", ["captain", "brigade"]),
    capability("attire.order", "录入换装令", ["leader", "finance"]),
    capability("attire.exempt", "批准着装豁免", ["leader", "finance"]),
    capability("attire.hand_back", "办理离队交回", ["keeper", "finance"]),
    capability("attire.dispose", "登记旧制服处置", ["keeper", "finance"]),
)
AUDIT_ACTIONS = (
    AuditAction("attire.ordered", "录入换装令"),
    AuditAction("attire.order_withdrawn", "撤回换装令"),
    AuditAction("attire.exempted", "批准着装豁免"),
    AuditAction("attire.exemption_ended", "提前结束豁免"),
    AuditAction("attire.roll_called", "班前点验"),
    AuditAction("attire.handed_back", "办理离队交回"),
    AuditAction("attire.disposed", "登记旧制服处置"),
)
MENU = (
    MenuItem("attire.today", "二（一）着装", "今日着装", "attire:today", "attire.today", "shirt", 10),
    MenuItem("attire.roll_call", "二（一）着装", "班前点验", "attire:roll_call", "attire.roll_call", "checklist", 20),
    MenuItem("attire.roll_calls", "二（一）着装", "点验记录", "attire:roll_calls", "attire.read", "list", 30),
    MenuItem("attire.orders", "二（一）着装", "换装令", "attire:orders", "attire.today", "calendar-event", 40),
    MenuItem("attire.exemptions", "二（一）着装", "着装豁免", "attire:exemptions", "attire.exempt", "user-check", 50),
    MenuItem("attire.hand_back", "二（一）着装", "离队交回", "attire:hand_backs", "attire.hand_back", "arrow-back-up", 60),
    MenuItem("attire.disposals", "二（一）着装", "旧制服处置", "attire:disposals", "attire.dispose", "recycle", 70),
)
FINDING_KINDS = (
    FindingKind(
        code="attire.dress",
        title="着装与仪容",
        clause="2.1.3",
        rule="attire.prohibited",
        facts_template="{act}",
        sample_facts={"act": "漏戴标识", "entry": "attire.markings_missing"},
        guard=GUARD,
    ),
    FindingKind(
        code="attire.unsuitable",
        title="不宜着装而着装",
        clause="2.1.4",
        rule="attire.exemption",
        facts_template="{act}",
        sample_facts={"act": "被停职审查期间着制服", "entry": "attire.worn_while_suspended"},
        guard=GUARD,
    ),
    FindingKind(
        code="attire.unentitled",
        title="非着装人员着装",
        clause="2.1.1",
        rule="attire.scope",
        facts_template="{act}",
        sample_facts={"act": "非着装人员穿着带标识的制式服装", "entry": "attire.unentitled_wear"},
        guard=GUARD,
    ),
)
