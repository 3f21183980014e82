"""What 考试 adds to the system lists."""

from chengxin.core.registry import AuditAction, MenuItem, capability

SECTION = "二（四）主题活动"
EVERYBODY = ("leader", "supervisor", "finance", "brigade", "captain", "keeper", "officer", "auxiliary", "staff")

CAPABILITIES = (
    capability("exams.sit", "参加考试并查看本人结果", EVERYBODY),
    capability("exams.bank", "编写题目", ["supervisor", "brigade"]),
    capability("exams.review", "审核题目", ["leader", "supervisor", "brigade"]),
    capability("exams.plan", "安排考试", ["supervisor", "brigade"]),
    capability("exams.results", "查看考试结果", ["leader", "supervisor", "brigade", "captain"]),
    capability("exams.decide", "决定题目异议", ["leader", "supervisor"]),
)
AUDIT_ACTIONS = (
    AuditAction("exams.item_written", "编写题目"),
    AuditAction("exams.item_reviewed", "审核题目"),
    AuditAction("exams.item_returned", "退回题目"),
    AuditAction("exams.item_put_in_use", "启用题目"),
    AuditAction("exams.item_retired", "停用题目"),
    AuditAction("exams.items_imported", "导入题目"),
    AuditAction("exams.planned", "安排考试"),
    AuditAction("exams.published", "发布考试"),
    AuditAction("exams.cancelled", "取消考试"),
    AuditAction("exams.make_up_set", "安排补考"),
    AuditAction("exams.person_added", "增补应考人员"),
    AuditAction("exams.started", "开始答题"),
    AuditAction("exams.taken_over", "换设备继续答题"),
    AuditAction("exams.handed_in", "交卷"),
    AuditAction("exams.marked", "阅卷"),
    AuditAction("exams.objected", "对题目提出异议"),
    AuditAction("exams.objection_decided", "决定题目异议"),
    AuditAction("exams.item_voided", "作废考试中的题目"),
    AuditAction("exams.item_restored", "恢复考试中的题目"),
)
MENU = (
    MenuItem("exams.mine", SECTION, "我的考试", "exams:mine", "exams.sit", "writing", 60),
    MenuItem("exams.exams", SECTION, "考试安排与结果", "exams:exams", "exams.results", "certificate", 61),
    MenuItem("exams.items", SECTION, "题库", "exams:items", "exams.review", "books", 62),
)
