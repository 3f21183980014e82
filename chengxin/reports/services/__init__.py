"""Commands of the year-end package and of the export for 司法局."""

from chengxin.reports.services.exports import ask_export, decide_export, download_export
from chengxin.reports.services.packages import (
    add_erratum,
    add_next_measure,
    carry_over,
    change_next_measure,
    freeze_package,
    issue_package,
    prepare_package,
    record_download,
    remove_next_measure,
)

__all__ = [
    "add_erratum", "add_next_measure", "ask_export", "carry_over", "change_next_measure", "decide_export", "download_export",
    "freeze_package", "issue_package", "prepare_package", "record_download", "remove_next_measure",
]  # fmt: skip
