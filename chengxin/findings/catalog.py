"""What the findings add to the system lists."""

from chengxin.core.registry import AuditAction, MenuItem, capability
from chengxin.findings.kinds import FindingKind

CAPABILITIES = (
    capability("findings.read", "查看问题", ["leader", "supervisor", "finance", "brigade", "captain"]),
    capability(
        "findings.read_own",
        "查看本人问题",
        ["leader", "supervisor", "finance", "brigade", "captain", "keeper", "officer", "auxiliary", "staff"],
    ),
    capability("findings.raise", "登记问题", ["leader", "supervisor", "brigade"]),
    capability("findings.self_check", "队内自查登记问题", ["captain", "brigade"]),
    capability("findings.rectify", "代表单位整改", ["captain", "brigade"]),
    capability("findings.object", "提出申辩", ["captain", "brigade", "officer", "auxiliary", "staff"]),
    capability("findings.propose", "认定系统提请", ["leader", "supervisor", "brigade", "captain"]),
    capability("findings.recheck", "复核整改", ["supervisor", "brigade"]),
    capability("findings.decide", "决定延期、申辩、撤销与并案", ["leader", "supervisor"]),
)
AUDIT_ACTIONS = (
    AuditAction("findings.raised", "登记问题"),
    AuditAction("findings.acknowledged", "签收告知"),
    AuditAction("findings.submitted", "提交整改"),
    AuditAction("findings.rechecked", "复核整改"),
    AuditAction("findings.extension_requested", "申请延期"),
    AuditAction("findings.extension_decided", "决定延期"),
    AuditAction("findings.objected", "提出申辩"),
    AuditAction("findings.objection_decided", "决定申辩"),
    AuditAction("findings.withdrawn", "撤销问题"),
    AuditAction("findings.merged", "并案"),
    AuditAction("findings.looked_back", "回头看"),
    AuditAction("findings.dues_recomputed", "重算整改期限"),
    AuditAction("findings.proposal_accepted", "提请转为问题"),
    AuditAction("findings.proposal_dismissed", "提请不予登记"),
)
MENU = (
    MenuItem("findings.proposals", "三（一）督查考核", "待认定提请", "findings:proposals", "findings.propose", "bulb", 15),
    MenuItem("findings.list", "三（一）督查考核", "问题与整改", "findings:list", "findings.read_own", "list-check", 10),
    MenuItem("findings.raise", "三（一）督查考核", "登记问题", "findings:raise", "findings.raise", "plus", 20),
)
FINDING_KINDS = (
    FindingKind(
        code="findings.conduct",
        title="言行与仪态",
        clause="2.3.2",
        rule="conduct.prohibited",
        facts_template="{act}",
        sample_facts={"act": "用手指直接指向群众", "entry": "conduct.pointing"},
    ),
)
