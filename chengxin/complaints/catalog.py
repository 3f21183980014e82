"""What complaints add to the system lists."""

from chengxin.core.registry import AuditAction, MenuItem, capability
from chengxin.findings.kinds import FindingKind

SECTION = "三（二）示范与投诉"
OFFICERS = ("officer", "auxiliary")

CAPABILITIES = (
    capability("complaints.read", "查看投诉", ["leader", "supervisor", "brigade", "captain"]),
    capability("complaints.register", "登记来电、来信、来访投诉", ["supervisor", "brigade"]),
    capability("complaints.import", "导入 12345 工单", ["supervisor"]),
    capability("complaints.triage", "分办、并案、移送投诉", ["supervisor"]),
    capability("complaints.handle", "办理投诉", ["supervisor", "brigade", "captain"]),
    capability("complaints.approve", "审批暂停、同意查看投诉人", ["leader", "supervisor"]),
    capability("complaints.decide", "决定投诉是否属实", ["leader", "supervisor"]),
    capability("complaints.restricted", "查看移送纪检的投诉", ["leader"]),
    capability("complaints.answer_own", "回应对本人的投诉", ["brigade", "captain", "keeper", *OFFICERS, "staff"]),
    capability("complaints.figures", "查看投诉统计", ["leader", "supervisor", "brigade", "captain"]),
)
AUDIT_ACTIONS = (
    AuditAction("complaints.received", "收到投诉"),
    AuditAction("complaints.imported", "导入投诉工单"),
    AuditAction("complaints.responded", "响应投诉人"),
    AuditAction("complaints.assigned", "分办投诉"),
    AuditAction("complaints.noted", "记录内部意见"),
    AuditAction("complaints.attempted", "联系投诉人"),
    AuditAction("complaints.merged", "并案投诉"),
    AuditAction("complaints.linked", "关联重复投诉"),
    AuditAction("complaints.routed", "移送投诉"),
    AuditAction("complaints.closed", "办结投诉"),
    AuditAction("complaints.added", "投诉人补充"),
    AuditAction("complaints.answered", "投诉人评价"),
    AuditAction("complaints.reopened", "重新办理投诉"),
    AuditAction("complaints.pause_asked", "申请暂停"),
    AuditAction("complaints.pause_decided", "审批暂停"),
    AuditAction("complaints.resumed", "恢复办理"),
    AuditAction("complaints.breached", "投诉时限超时"),
    AuditAction("complaints.recounted", "重算投诉时限"),
    AuditAction("complaints.reveal_asked", "申请查看投诉人"),
    AuditAction("complaints.reveal_decided", "决定查看投诉人"),
    AuditAction("complaints.revealed", "查看投诉人"),
    AuditAction("complaints.accused_named", "认定被投诉人"),
    AuditAction("complaints.accused_withdrawn", "撤销被投诉人"),
    AuditAction("complaints.accused_told", "告知被投诉人"),
    AuditAction("complaints.accused_replied", "被投诉人回应"),
    AuditAction("complaints.validity_proposed", "提出是否属实"),
    AuditAction("complaints.validity_decided", "决定是否属实"),
)
MENU = (
    MenuItem("complaints.complain", SECTION, "我要投诉", "complaints:complain", "public", "message-plus", 1),
    MenuItem("complaints.follow", SECTION, "查询投诉", "complaints:follow", "public", "search", 2),
    MenuItem("complaints.service", SECTION, "服务公开", "complaints:service", "public", "chart-bar", 3),
    MenuItem("complaints.list", SECTION, "投诉办理", "complaints:list", "complaints.read", "message-report", 10),
    MenuItem("complaints.register", SECTION, "登记投诉", "complaints:register", "complaints.register", "phone-plus", 20),
    MenuItem("complaints.import", SECTION, "导入工单", "complaints:import", "complaints.import", "file-import", 30),
    MenuItem("complaints.own", SECTION, "对我的投诉", "complaints:own", "complaints.answer_own", "message-user", 40),
    MenuItem("complaints.figures", SECTION, "投诉统计", "complaints:figures", "complaints.figures", "chart-histogram", 50),
)
FINDING_KINDS = (
    FindingKind(
        code="complaints.valid",
        title="有效投诉",
        clause="3.2",
        rule="complaints.validity",
        facts_template="经查{validity}的投诉：{act}",
        sample_facts={"validity": "属实", "act": "对当事人说话生硬", "entry": "complaints.valid"},
    ),
)
