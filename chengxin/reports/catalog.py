"""What reports add to the system lists."""

from chengxin.core.registry import AuditAction, MenuItem, capability

SECTION = "三（一）督查考核"

CAPABILITIES = (
    capability("reports.indicators", "查看四项指标", ["leader", "supervisor", "finance", "brigade", "captain"]),
    capability("reports.wall", "大屏显示四项指标", ["leader", "supervisor", "brigade"]),
    capability("reports.read", "查看年终材料", ["leader", "supervisor", "finance"]),
    capability("reports.prepare", "编制年终材料", ["supervisor"]),
    capability("reports.issue", "印发年终材料", ["leader"]),
    capability("reports.export", "申请向司法局提供监督记录", ["leader", "supervisor"]),
    capability("reports.approve_export", "审批向司法局提供监督记录", ["leader", "supervisor"]),
)
AUDIT_ACTIONS = (
    AuditAction("reports.prepared", "编制年终材料"),
    AuditAction("reports.measure_added", "增加下年度措施"),
    AuditAction("reports.measure_changed", "修改下年度措施"),
    AuditAction("reports.measure_removed", "删除下年度措施"),
    AuditAction("reports.carried_over", "转结未了事项"),
    AuditAction("reports.frozen", "年终材料定稿"),
    AuditAction("reports.issued", "印发年终材料"),
    AuditAction("reports.erratum_added", "登记年终材料勘误"),
    AuditAction("reports.downloaded", "下载年终材料"),
    AuditAction("reports.export_asked", "申请提供监督记录"),
    AuditAction("reports.export_decided", "审批提供监督记录"),
    AuditAction("reports.export_downloaded", "下载监督记录"),
)
MENU = (
    MenuItem("reports.indicators", "工作台", "四项指标", "reports:indicators", "reports.indicators", "chart-line", 30),
    MenuItem("reports.packages", SECTION, "年终材料", "reports:packages", "reports.read", "report", 90),
    MenuItem("reports.exports", SECTION, "提供监督记录", "reports:exports", "reports.export", "package-export", 95),
)
