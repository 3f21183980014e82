"""What 文明言行 adds to the system lists."""

from chengxin.core.registry import AuditAction, MenuItem, capability

SECTION = "二（三）文明执法"
WEARERS = ("leader", "supervisor", "finance", "brigade", "captain", "keeper", "officer", "auxiliary", "staff")
ANSWERABLE = ("leader", "supervisor", "brigade", "captain")

CAPABILITIES = (
    capability("conduct.practise", "学习文明用语并签名", WEARERS),
    capability("conduct.sign_offs", "查看用语签名情况", ANSWERABLE),
    capability("conduct.review", "评查抽中影像的言行", ["supervisor", "brigade"]),
    capability("conduct.coach", "登记言行辅导", ["brigade", "captain"]),
    capability("conduct.read", "查看言行评查与辅导", ANSWERABLE),
    capability("conduct.rates", "查看文明言行统计", ANSWERABLE),
)
AUDIT_ACTIONS = (
    AuditAction("conduct.signed", "签名确认文明用语"),
    AuditAction("conduct.remarked", "记录影像时刻"),
    AuditAction("conduct.reviewed", "提交言行评查表"),
    AuditAction("conduct.corrected", "更正言行评查表"),
    AuditAction("conduct.nominated", "由影像登记言行问题"),
    AuditAction("conduct.transcribed", "导入影像文字稿"),
    AuditAction("conduct.transcript_asked", "请求本机转写影像"),
    AuditAction("conduct.moment_decided", "观看提示的时刻"),
    AuditAction("conduct.coached", "登记言行辅导"),
    AuditAction("conduct.followed_up", "辅导后再抽影像"),
    AuditAction("conduct.coaching_closed", "办结言行辅导"),
)
MENU = (
    MenuItem("conduct.cards", SECTION, "文明用语", "conduct:cards", "conduct.practise", "message-2", 10),
    MenuItem("conduct.own", SECTION, "我的言行", "conduct:own", "conduct.practise", "user-check", 15),
    MenuItem("conduct.reviews", SECTION, "言行评查", "conduct:reviews", "conduct.review", "clipboard-check", 20),
    MenuItem("conduct.moments", SECTION, "文字稿提示", "conduct:moments", "conduct.review", "ear", 30),
    MenuItem("conduct.coachings", SECTION, "言行辅导", "conduct:coachings", "conduct.read", "users", 40),
    MenuItem("conduct.sign_offs", SECTION, "用语签名", "conduct:sign_offs", "conduct.sign_offs", "signature", 50),
    MenuItem("conduct.rates", SECTION, "言行统计", "conduct:rates", "conduct.rates", "chart-bar", 60),
)
