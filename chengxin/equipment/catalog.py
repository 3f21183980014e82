"""What equipment adds to the system lists."""

from chengxin.core.registry import AuditAction, MenuItem, capability
from chengxin.findings.kinds import FindingKind

USERS = ("brigade", "captain", "keeper", "officer", "auxiliary")
SECTION, STOCK_SECTION = "二（二）装备", "二（一）着装"

CAPABILITIES = (
    capability("equipment.read", "查看装备", ["leader", "supervisor", "finance", "brigade", "captain", "keeper"]),
    capability("equipment.read_own", "查看本人领用", ["leader", "supervisor", "finance", *USERS]),
    capability("equipment.register", "购置登记、调配与报废", ["finance"]),
    capability("equipment.keep", "办理领用、归还与借用", ["keeper", "captain"]),
    capability("equipment.kiosk", "登记台与智能柜领还", ["keeper"]),
    capability("equipment.card", "制作登记台人员卡", ["keeper"]),
    capability("equipment.report", "报告故障与遗失", USERS),
    capability("equipment.repair", "办理维修与验收", ["keeper", "captain", "finance"]),
    capability("equipment.decide_liability", "认定损坏责任", ["brigade", "leader"]),
    capability("equipment.count", "清点", ["keeper", "captain", "finance"]),
    capability("equipment.stock", "制服库存与发放", ["finance"]),
    capability("equipment.sizes", "填写本人尺码", USERS),
)
AUDIT_ACTIONS = (
    AuditAction("equipment.registered", "登记装备"),
    AuditAction("equipment.imported", "导入装备"),
    AuditAction("equipment.allocated", "调配装备"),
    AuditAction("equipment.retired", "报废装备"),
    AuditAction("equipment.checked_out", "领用装备"),
    AuditAction("equipment.lent", "借出装备"),
    AuditAction("equipment.returned", "归还装备"),
    AuditAction("equipment.countersigned", "验收归还"),
    AuditAction("equipment.extended", "延长借用"),
    AuditAction("equipment.card_issued", "制作人员卡"),
    AuditAction("equipment.turn_opened", "登记台开台"),
    AuditAction("equipment.turn_ended", "登记台收台"),
    AuditAction("equipment.fault_reported", "报告故障"),
    AuditAction("equipment.loss_reported", "报告遗失"),
    AuditAction("equipment.found", "登记找回"),
    AuditAction("equipment.sent_to_repair", "送修"),
    AuditAction("equipment.repair_recorded", "记录维修结果"),
    AuditAction("equipment.accepted", "维修验收"),
    AuditAction("equipment.liability_decided", "认定损坏责任"),
    AuditAction("equipment.count_started", "开始清点"),
    AuditAction("equipment.device_given_up", "放弃清点设备"),
    AuditAction("equipment.count_closed", "结束清点"),
    AuditAction("equipment.difference_settled", "处理清点差异"),
    AuditAction("equipment.stock_moved", "制服出入库"),
    AuditAction("equipment.uniform_issued", "发放制服"),
    AuditAction("equipment.uniform_taken_back", "收回制服"),
    AuditAction("equipment.sizes_changed", "修改尺码"),
)
MENU = (
    MenuItem("equipment.own", SECTION, "我的装备", "equipment:own", "equipment.read_own", "device-cctv", 10),
    MenuItem("equipment.counter", SECTION, "领用归还", "equipment:counter", "equipment.keep", "arrows-exchange", 15),
    MenuItem("equipment.items", SECTION, "装备台账", "equipment:items", "equipment.read", "list-details", 20),
    MenuItem("equipment.custodies", SECTION, "领用记录", "equipment:custodies", "equipment.read", "history", 25),
    MenuItem("equipment.faults", SECTION, "故障与维修", "equipment:faults", "equipment.read", "tool", 30),
    MenuItem("equipment.counts", SECTION, "清点", "equipment:counts", "equipment.count", "barcode", 35),
    MenuItem("equipment.cards", SECTION, "人员卡", "equipment:cards", "equipment.card", "id", 40),
    MenuItem("equipment.import", SECTION, "装备导入", "equipment:import", "equipment.register", "file-import", 45),
    MenuItem("equipment.renewals", SECTION, "更新预测", "equipment:renewals", "equipment.register", "chart-bar", 46),
    MenuItem("equipment.stock", STOCK_SECTION, "制服库存", "equipment:stock", "equipment.stock", "hanger", 80),
    MenuItem("equipment.uniforms", STOCK_SECTION, "制服发放", "equipment:uniforms", "equipment.stock", "package", 81),
    MenuItem("equipment.sizes", STOCK_SECTION, "我的尺码", "equipment:sizes", "equipment.sizes", "ruler-2", 82),
)
FINDING_KINDS = (
    FindingKind(
        code="equipment.custody",
        title="领用与归还",
        clause="2.2.2",
        rule="equipment.custody",
        facts_template="{act}",
        sample_facts={"act": "私自转借装备", "entry": "equipment.lent"},
    ),
    FindingKind(
        code="equipment.use",
        title="装备使用",
        clause="2.2.3",
        rule="equipment.use",
        facts_template="{act}",
        sample_facts={"act": "装备用于私人事务、闲聊娱乐", "entry": "equipment.private_use"},
    ),
    FindingKind(
        code="equipment.care",
        title="装备管护",
        clause="2.2.4",
        rule="equipment.care",
        facts_template="{act}",
        sample_facts={"act": "私自拆卸维修装备", "entry": "equipment.private_repair"},
    ),
)
