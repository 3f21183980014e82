"""The first steps of each role: what to open first, why, and by which clause. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

CLOSED = "closed"  # kept like a step: the reader wants no guide on the home page
MOST = 6  # steps shown to somebody with several roles: the first days bring no more


@dataclass(frozen=True)
class Step:
    """One thing to open and what it is good for; ``address`` is the name of its page, ``capability`` who may open it."""

    code: str
    title: str
    text: str
    address: str
    capability: str
    clause: str = ""


STEPS = {
    each.code: each
    for each in (
        Step("dress", "看今天穿什么", "按季节、类别和性别列出每一件，换装令在这里看到。", "attire:today", "attire.today", "2.1.2"),
        Step("duty", "看自己的勤务", "本周班次、请假和换班都在这里，可以订阅到手机日历。", "duty:own", "duty.read_own", "2.2.2"),
        Step(
            "equipment",
            "看自己领了什么",
            "手里每件装备何时归还；坏了、丢了当场报，先报的不算隐瞒。",
            "equipment:own",
            "equipment.read_own",
            "2.2.2",
        ),
        Step(
            "footage",
            "看自己的影像",
            "归班后核对入库没有缺；缺了先说明，设备故障及时报的不是问题。",
            "evidence:gaps",
            "evidence.read_own",
            "2.2.3",
        ),
        Step("phrases", "练文明用语", "三个场景的规范用语，练完按版本签收。", "conduct:cards", "conduct.practise", "2.3"),
        Step(
            "file", "看自己的档案", "关于您的每一条都在这里，写着依据；不服可以在期限内申辩。", "portal:own_file", "portal.read_file", "3.1"
        ),
        Step("ledger", "看自己的台账", "评优资格怎么来的，逐项查到条款和事实。", "appraisal:own", "appraisal.read_own", "3.1"),
        Step(
            "roll_call",
            "做一次班前点验",
            "全员默认合格，只点例外；断网照常做，恢复后自动送达。",
            "attire:roll_call",
            "attire.roll_call",
            "2.1.5",
        ),
        Step("unit", "看本单位全貌", "今天谁在岗、四项指标、欠着的事，一页看完。", "portal:units", "portal.unit", "3.1"),
        Step("roster", "排本周勤务", "按班次排，导入也行；已发生的不改，新排班取消旧班次并留痕。", "duty:roster", "duty.plan", "2.2.2"),
        Step("counter", "开登记台", "扫人员卡、扫装备，领用前后各查一遍；断网也不丢。", "equipment:counter", "equipment.keep", "2.2.2"),
        Step("count", "做一次清点", "用手机扫，几个人可以同时清点，差异须说明。", "equipment:counts", "equipment.count", "2.2.1"),
        Step("faults", "处理故障与维修", "报修的装备停用，修好由他人验收后才能再领。", "equipment:faults", "equipment.keep", "2.2.5"),
        Step("plans", "排督查计划", "范围先冻结再出种子，双随机，任何人可以重算。", "supervision:plans", "supervision.plans", "3.1"),
        Step("visits", "做现场检查", "手机上逐项检查、拍照，断网可用，照片逐张回执。", "supervision:visits", "supervision.inspect", "3.1"),
        Step("desk", "看整改督办", "到期、逾期、等复核的一页看全，可批量催办。", "supervision:desk", "supervision.desk", "3.1"),
        Step(
            "complaints", "分办投诉", "24 小时响应、3 个工作日反馈，两个时限从首次收到起算。", "complaints:list", "complaints.read", "3.2"
        ),
        Step("bulletins", "看月度通报", "每月恰好一期，数字冻结带摘要。", "bulletins:list", "bulletins.read", "3.1"),
        Step("indicators", "看四项指标", "每个数字都点得到同样多的事实。", "reports:indicators", "reports.indicators", "1"),
        Step("measures", "看待决定的措施", "系统只提示，由您具名决定，决定前看得到依据和申辩。", "measures:list", "measures.decide", "3.1"),
        Step("rules", "看条款与规则", "方案每一条和它的规则、生效日期、待局确认的数值。", "rulebook:contents", "rulebook.read", "3.3"),
        Step(
            "register",
            "建装备台账",
            "导入前先预览，逐格指出错误，要么全部导入要么全不导入。",
            "equipment:items",
            "equipment.register",
            "2.2.1",
        ),
        Step("stock", "管制服库存", "收发换都有流水，按标准算出谁该换发。", "equipment:stock", "equipment.stock", "2.1.4"),
        Step("people", "核对人员名册", "任职有日期；离队、调动从某日起生效，过去的不变。", "people:persons", "people.read", "3.3"),
        Step("users", "发账号、授权限", "权限限定到单位和日期；三员分立，谁也不能给自己授权。", "people:users", "people.grant"),
        Step("units", "建单位", "先建局、大队、中队，再导入名册。", "people:units", "people.units"),
        Step("tokens", "审接口令牌", "令牌须两名管理员同意，到期失效。", "people:tokens", "people.tokens"),
        Step("audit", "查审计", "每个动作一条；每分钟签名一次检查点。", "audit:entries", "audit.read"),
        Step("notices", "设好通知", "每天一次汇总，安静时段不打扰。", "notices:own", "signed_in"),
    )
}
OF_ROLE = {
    "leader": ("indicators", "measures", "bulletins", "unit", "rules", "notices"),
    "supervisor": ("plans", "visits", "desk", "complaints", "bulletins", "notices"),
    "finance": ("people", "register", "stock", "ledger", "notices"),
    "brigade": ("unit", "indicators", "desk", "bulletins", "file", "notices"),
    "captain": ("roll_call", "roster", "unit", "desk", "file", "notices"),
    "keeper": ("counter", "count", "faults", "equipment", "file", "notices"),
    "officer": ("dress", "duty", "equipment", "footage", "phrases", "file"),
    "auxiliary": ("dress", "duty", "equipment", "footage", "phrases", "file"),
    "staff": ("dress", "file", "rules", "notices"),
    "sysadmin": ("units", "tokens", "notices"),
    "secadmin": ("users", "tokens", "notices"),
    "auditor": ("audit", "notices"),
}


def steps_of(roles: Collection[str]) -> list[Step]:
    """The first steps of somebody with these roles, each once, those of the role named first first."""
    codes = dict.fromkeys(code for role in OF_ROLE if role in roles for code in OF_ROLE[role])
    return [STEPS[code] for code in codes][:MOST]
