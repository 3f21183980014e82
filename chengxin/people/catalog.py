"""Roles, and what the people chapter adds to the system lists."""

from __future__ import annotations

from dataclasses import dataclass

from chengxin.core.registry import AuditAction, MenuItem, capability


@dataclass(frozen=True)
class Role:
    """A role as requirements name it. ``kind`` keeps the three administrators apart from each other and from all business."""

    code: str
    title: str
    kind: str = ""
    implied_by: str = ""


ROLES = (
    Role("leader", "局领导"),
    Role("supervisor", "督察办"),
    Role("finance", "财务人事科"),
    Role("brigade", "城管大队"),
    Role("captain", "中队长"),
    Role("keeper", "装备专职管理员"),
    Role("officer", "在编执法人员", implied_by="established"),
    Role("auxiliary", "协管人员", implied_by="auxiliary"),
    Role("staff", "其他人员", implied_by="other"),
    Role("sysadmin", "系统管理员", kind="sysadmin"),
    Role("secadmin", "安全管理员", kind="secadmin"),
    Role("auditor", "审计管理员", kind="auditor"),
)
ROLE_BY_CODE = {role.code: role for role in ROLES}

# what a token may be given: reading, the counter's custody, a dock's footage, a platform's orders, a wall screen's figures; what costs
# a person anything is done by named people
TOKEN_CAPABILITIES = (
    *("people.read", "findings.read", "attire.read", "attire.today", "rulebook.read"),
    *("equipment.read", "equipment.kiosk", "evidence.read", "evidence.ingest", "complaints.read", "complaints.import"),
    *("duty.read", "activities.see", "supervision.results", "bulletins.read", "reports.indicators", "complaints.figures"),
    *("reports.wall", "consultations.read"),
)

CAPABILITIES = (
    capability("people.read", "查看人员名册", ["leader", "supervisor", "finance", "brigade", "captain", "keeper"]),
    capability("people.change", "维护人员与任职", ["finance"]),
    capability("people.import", "导入人员名册", ["finance"]),
    capability("people.grant", "管理用户与授权", ["secadmin"]),
    capability("people.units", "维护单位", ["sysadmin"]),
    capability("people.token", "签发接口令牌", ["sysadmin"]),
    capability("people.tokens", "查看接口令牌", ["sysadmin", "secadmin"]),
)
AUDIT_ACTIONS = (
    AuditAction("people.unit_added", "新增单位"),
    AuditAction("people.person_added", "新增人员"),
    AuditAction("people.person_changed", "修改人员"),
    AuditAction("people.assigned", "调整任职"),
    AuditAction("people.departed", "办理离队"),
    AuditAction("people.status_set", "设定人员状态"),
    AuditAction("people.imported", "导入人员名册"),
    AuditAction("people.user_created", "新增用户"),
    AuditAction("people.granted", "授予角色"),
    AuditAction("people.grant_revoked", "收回角色"),
    AuditAction("people.unlocked", "解除登录锁定"),
    AuditAction("people.token_issued", "签发接口令牌"),
    AuditAction("people.token_approved", "批准接口令牌"),
    AuditAction("people.token_revoked", "吊销接口令牌"),
    AuditAction("people.signed_in", "登录"),
    AuditAction("people.signed_out", "退出"),
    AuditAction("people.sign_in_failed", "登录失败"),
    AuditAction("people.locked", "登录锁定"),
    AuditAction("people.password_changed", "修改口令"),
    AuditAction("people.password_reset", "重置口令"),
    AuditAction("people.second_factor_changed", "变更二次验证"),
)
MENU = (
    MenuItem("people.persons", "三（三）制度", "人员名册", "people:persons", "people.read", "users", 50),
    MenuItem("people.import", "三（三）制度", "名册导入", "people:import", "people.import", "file-import", 51),
    MenuItem("people.users", "系统", "用户与授权", "people:users", "people.grant", "key", 10),
    MenuItem("people.units", "系统", "单位", "people:units", "people.units", "sitemap", 15),
    MenuItem("people.tokens", "系统", "接口令牌", "people:tokens", "people.tokens", "plug", 20),
)
