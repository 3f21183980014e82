"""What measures and commendations add to the system lists."""

from chengxin.core.registry import AuditAction, MenuItem, capability

SECTION = "三（一）督查考核"
EVERYBODY = ("leader", "supervisor", "finance", "brigade", "captain", "keeper", "officer", "auxiliary", "staff")

CAPABILITIES = (
    capability("measures.read", "查看措施与表扬", ["leader", "supervisor", "finance", "brigade", "captain"]),
    capability("measures.read_own", "查看本人措施与表扬", EVERYBODY),
    capability("measures.propose", "提出措施", ["leader", "supervisor", "brigade"]),
    capability("measures.decide", "决定批评教育", ["leader", "supervisor"]),
    capability("measures.decide_grave", "决定通报批评、约谈、取消评优资格、追责", ["leader"]),
    capability("measures.object", "代表单位对措施提出申辩", ["brigade", "captain"]),
    capability("measures.commend", "提出表扬", ["leader", "supervisor", "brigade", "captain"]),
    capability("measures.give", "决定表扬", ["leader"]),
)
AUDIT_ACTIONS = (
    AuditAction("measures.proposed", "提出措施"),
    AuditAction("measures.renewed", "更新待决定的措施"),
    AuditAction("measures.decided", "决定措施"),
    AuditAction("measures.dismissed", "不予采取措施"),
    AuditAction("measures.objected", "对措施申辩"),
    AuditAction("measures.objection_decided", "决定措施申辩"),
    AuditAction("measures.reversed", "撤销措施"),
    AuditAction("measures.commendation_proposed", "提出表扬"),
    AuditAction("measures.commendation_decided", "决定表扬"),
    AuditAction("measures.commendation_revoked", "撤销表扬"),
)
MENU = (
    MenuItem("measures.list", SECTION, "措施", "measures:list", "measures.read_own", "gavel", 40),
    MenuItem("measures.commendations", SECTION, "表扬", "measures:commendations", "measures.read_own", "award", 41),
)
