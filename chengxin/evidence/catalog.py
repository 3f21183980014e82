"""What evidence adds to the system lists."""

from chengxin.core.registry import AuditAction, MenuItem, capability

SECTION = "二（二）装备"
OFFICERS = ("officer", "auxiliary")

CAPABILITIES = (
    capability("evidence.read", "查看影像目录", ["leader", "supervisor", "brigade", "captain", "keeper"]),
    capability("evidence.read_own", "查看本人影像目录", ["leader", "supervisor", "brigade", "captain", "keeper", *OFFICERS]),
    capability("evidence.ingest", "影像入库（采集站）", ["keeper"]),
    capability("evidence.attribute", "认定影像归属", ["captain", "keeper"]),
    capability("evidence.view", "说明理由后观看本单位影像", ["leader", "supervisor", "brigade", "captain"]),
    capability("evidence.view_own", "说明理由后观看本人影像", ["leader", "supervisor", "brigade", "captain", *OFFICERS]),
    capability("evidence.mark", "标记重要影像", ["leader", "supervisor", "brigade", "captain", "keeper", *OFFICERS]),
    capability("evidence.unmark", "审批重要影像降级", ["leader", "supervisor"]),
    capability("evidence.explain_gap", "说明本人影像缺失", ["captain", "keeper", *OFFICERS]),
    capability("evidence.decide_gap", "认可影像缺失说明", ["brigade", "captain"]),
    capability("evidence.review", "随机抽查影像", ["supervisor"]),
    capability("evidence.clip", "截取影像片段", ["leader", "supervisor", "brigade", "captain"]),
    capability("evidence.ask_release", "申请拷出影像", ["leader", "supervisor", "brigade", "captain"]),
    capability("evidence.approve_release", "审批影像拷出", ["leader", "supervisor"]),
    capability("evidence.report", "出具影像保管报告", ["leader", "supervisor", "brigade", "captain"]),
    capability("evidence.read_log", "查看影像调阅记录", ["leader", "supervisor", "auditor"]),
    capability("evidence.review_reasons", "随机抽查调阅理由", ["leader", "supervisor"]),
    capability("evidence.hold", "保全影像与办结事项", ["leader", "supervisor", "brigade", "captain"]),
    capability("evidence.review_expiry", "审查到期影像清单", ["brigade", "supervisor"]),
    capability("evidence.approve_expiry", "批准到期影像删除", ["leader"]),
)
AUDIT_ACTIONS = (
    AuditAction("evidence.ingested", "影像入库"),
    AuditAction("evidence.attributed", "认定影像归属"),
    AuditAction("evidence.viewed", "观看影像"),
    AuditAction("evidence.marked", "标记重要影像"),
    AuditAction("evidence.unmark_asked", "申请重要影像降级"),
    AuditAction("evidence.unmark_decided", "审批重要影像降级"),
    AuditAction("evidence.held", "保全影像"),
    AuditAction("evidence.matter_closed", "办结保全事项"),
    AuditAction("evidence.expiry_reviewed", "审查到期影像清单"),
    AuditAction("evidence.expiry_approved", "批准到期影像清单"),
    AuditAction("evidence.expiry_withdrawn", "撤回到期影像清单"),
    AuditAction("evidence.deleted", "删除到期影像"),
    AuditAction("evidence.damage_found", "发现影像损坏"),
    AuditAction("evidence.store_open", "存储自检未通过"),
    AuditAction("evidence.repaired", "修复影像"),
    AuditAction("evidence.reviewed", "审查抽中影像"),
    AuditAction("evidence.derived", "制作影像片段或可播放格式"),
    AuditAction("evidence.release_asked", "申请拷出影像"),
    AuditAction("evidence.release_decided", "审批影像拷出"),
    AuditAction("evidence.downloaded", "下载拷出的影像"),
    AuditAction("evidence.reported", "出具影像保管报告"),
    AuditAction("evidence.reason_reviewed", "抽查调阅理由"),
    AuditAction("evidence.gap_explained", "说明影像缺失"),
    AuditAction("evidence.gap_decided", "处理影像缺失说明"),
)
MENU = (
    MenuItem("evidence.own", SECTION, "我的影像", "evidence:own", "evidence.read_own", "video", 50),
    MenuItem("evidence.recordings", SECTION, "影像目录", "evidence:recordings", "evidence.read", "movie", 52),
    MenuItem("evidence.gaps", SECTION, "影像缺失", "evidence:gaps", "evidence.read_own", "clock-pause", 53),
    MenuItem("evidence.coverage", SECTION, "影像覆盖", "evidence:coverage", "evidence.read", "chart-bar", 53),
    MenuItem("evidence.unattributed", SECTION, "待归属影像", "evidence:unattributed", "evidence.attribute", "help-circle", 54),
    MenuItem("evidence.upload", SECTION, "上传影像", "evidence:upload", "evidence.ingest", "upload", 56),
    MenuItem("evidence.reviews", SECTION, "影像抽查", "evidence:reviews", "evidence.review", "arrows-random", 57),
    MenuItem("evidence.access", SECTION, "调阅记录", "evidence:access", "evidence.read_log", "eye-check", 57),
    MenuItem("evidence.releases", SECTION, "影像拷出", "evidence:releases", "evidence.ask_release", "file-export", 58),
    MenuItem("evidence.matters", SECTION, "影像保全", "evidence:matters", "evidence.hold", "lock", 58),
    MenuItem("evidence.store", SECTION, "影像存储", "evidence:store", "evidence.unmark", "database", 61),
    MenuItem("evidence.expiry", SECTION, "到期影像", "evidence:expiry", "evidence.review_expiry", "trash", 60),
)
