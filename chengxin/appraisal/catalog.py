"""What the annual assessment adds to the system lists."""

from chengxin.core.registry import AuditAction, MenuItem, capability

SECTION, TITLES = "三（一）督查考核", "三（二）示范与投诉"
EVERYBODY = ("leader", "supervisor", "finance", "brigade", "captain", "keeper", "officer", "auxiliary", "staff")

CAPABILITIES = (
    capability("appraisal.read_own", "查看本人台账和评优结论", EVERYBODY),
    capability("appraisal.read", "查看台账和评优结论", ["leader", "supervisor", "finance", "brigade", "captain"]),
    capability("appraisal.simulate", "按另一版规则试算", ["leader", "supervisor", "finance"]),
    capability("appraisal.panel", "参加评优评审", ["leader", "supervisor", "finance", "brigade"]),
    capability("appraisal.run", "组织年度考核评优", ["supervisor", "finance"]),
    capability("appraisal.nominate", "推荐先进集体和个人", ["leader", "finance", "brigade", "captain"]),
    capability("appraisal.object", "对公示提出异议", EVERYBODY),
    capability("appraisal.decide", "决定公示异议、公布结果", ["leader", "supervisor"]),
    capability("appraisal.nominate_title", "申报示范中队和示范岗", ["supervisor", "brigade", "captain"]),
    capability("appraisal.grant_title", "授予和撤销示范称号", ["leader"]),
)
AUDIT_ACTIONS = (
    AuditAction("appraisal.reconciled", "核对台账"),
    AuditAction("appraisal.round_opened", "启动年度考核"),
    AuditAction("appraisal.noted", "提出评优意见"),
    AuditAction("appraisal.frozen", "年度考核定稿"),
    AuditAction("appraisal.corrected", "更正年度考核结论"),
    AuditAction("appraisal.nominated", "推荐先进集体和个人"),
    AuditAction("appraisal.struck", "撤下推荐"),
    AuditAction("appraisal.published", "公示推荐名单"),
    AuditAction("appraisal.objected", "对公示提出异议"),
    AuditAction("appraisal.objection_decided", "决定公示异议"),
    AuditAction("appraisal.issued", "公布年度考核结果"),
    AuditAction("appraisal.title_nominated", "申报示范称号"),
    AuditAction("appraisal.title_published", "公示示范称号"),
    AuditAction("appraisal.title_granted", "授予示范称号"),
    AuditAction("appraisal.title_declined", "不予授予示范称号"),
    AuditAction("appraisal.title_revoked", "撤销示范称号"),
)
MENU = (
    MenuItem("appraisal.own", SECTION, "我的台账", "appraisal:own", "appraisal.read_own", "book", 60),
    MenuItem("appraisal.verdicts", SECTION, "评优资格", "appraisal:verdicts_now", "appraisal.read", "scale", 61),
    MenuItem("appraisal.simulation", SECTION, "规则试算", "appraisal:simulation", "appraisal.simulate", "flask", 62),
    MenuItem("appraisal.rounds", SECTION, "年度考核", "appraisal:rounds", "appraisal.panel", "calendar-check", 63),
    MenuItem("appraisal.nominations", SECTION, "推荐评优", "appraisal:nominations", "appraisal.nominate", "thumb-up", 64),
    MenuItem("appraisal.publicity", SECTION, "评优公示", "appraisal:publicity", "signed_in", "speakerphone", 65),
    MenuItem("appraisal.titles", TITLES, "示范中队与示范岗", "appraisal:titles", "signed_in", "award", 60),
)
