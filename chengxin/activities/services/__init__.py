"""Commands of 主题活动."""

from chengxin.activities.services.calendar import issue_link, revoke_link
from chengxin.activities.services.programme import create_programme, report_part, withdraw_report
from chengxin.activities.services.risks import register_risk, review_risk
from chengxin.activities.services.roll import (
    check_in,
    close_activity,
    code_now,
    correct_line,
    decide_reason,
    open_activity,
    score_lines,
    state_reason,
    ticket_for,
)
from chengxin.activities.services.sessions import cancel_activity, keep_files, move_activity, plan_activity, plan_make_up
from chengxin.activities.services.talks import explain_remainder, read_talk, record_talk
from chengxin.activities.services.weak_points import decide_weak_point, measure_weak_point, nominate_weak_points

__all__ = [
    "cancel_activity",
    "check_in",
    "close_activity",
    "code_now",
    "correct_line",
    "create_programme",
    "decide_reason",
    "decide_weak_point",
    "explain_remainder",
    "issue_link",
    "keep_files",
    "measure_weak_point",
    "move_activity",
    "nominate_weak_points",
    "open_activity",
    "plan_activity",
    "plan_make_up",
    "read_talk",
    "record_talk",
    "register_risk",
    "report_part",
    "review_risk",
    "revoke_link",
    "score_lines",
    "state_reason",
    "ticket_for",
    "withdraw_report",
]
