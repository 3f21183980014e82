"""What the files add to the system lists."""

from chengxin.core.registry import capability

CAPABILITIES = (
    capability(
        "files.upload",
        "上传照片和文件",
        ["leader", "supervisor", "finance", "brigade", "captain", "keeper", "officer", "auxiliary", "staff"],
    ),
)
