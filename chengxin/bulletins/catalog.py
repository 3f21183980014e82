"""What the monthly bulletin adds to the system lists."""

from chengxin.core.registry import AuditAction, MenuItem, capability

SECTION = "三（一）督查考核"

CAPABILITIES = (
    capability("bulletins.read", "查看月度通报", ["leader", "supervisor", "brigade", "captain"]),
    capability("bulletins.full", "查看月度通报全文", ["leader", "supervisor"]),
    capability("bulletins.draft", "编制、冻结、更正月度通报", ["supervisor"]),
    capability("bulletins.sign", "签发月度通报", ["leader"]),
    capability("bulletins.issue", "印发月度通报", ["leader", "supervisor"]),
    capability("bulletins.acknowledge", "签收月度通报", ["captain"]),
    capability("bulletins.complete", "办结通报任务", ["supervisor", "finance", "brigade", "captain"]),
    capability("bulletins.templates", "维护通报模板", ["supervisor"]),
)
AUDIT_ACTIONS = (
    AuditAction("bulletins.begun", "编制月度通报"),
    AuditAction("bulletins.worded", "修改通报文字"),
    AuditAction("bulletins.task_planned", "列入通报任务"),
    AuditAction("bulletins.task_dropped", "删去通报任务"),
    AuditAction("bulletins.frozen", "冻结通报数据"),
    AuditAction("bulletins.returned", "退回通报"),
    AuditAction("bulletins.signed", "签发通报"),
    AuditAction("bulletins.issued", "印发通报"),
    AuditAction("bulletins.numbered", "填写发文字号"),
    AuditAction("bulletins.acknowledged", "签收通报"),
    AuditAction("bulletins.corrected", "更正通报"),
    AuditAction("bulletins.left_as_is", "决定不更正通报"),
    AuditAction("bulletins.task_completed", "办结通报任务"),
    AuditAction("bulletins.template_uploaded", "上传通报模板"),
    AuditAction("bulletins.template_withdrawn", "停用通报模板"),
)
MENU = (
    MenuItem("bulletins.list", SECTION, "月度通报", "bulletins:list", "bulletins.read", "news", 50),
    MenuItem("bulletins.tasks", SECTION, "通报任务", "bulletins:tasks", "bulletins.complete", "list-check", 51),
    MenuItem("bulletins.templates", SECTION, "通报模板", "bulletins:templates", "bulletins.templates", "file-type-docx", 52),
    MenuItem("bulletins.public", SECTION, "督查通报", "bulletins:public", "public", "news", 63),
)
