"""Commands of contests and drills (2.4.2, 2.4.3)."""

from chengxin.contests.services.entering import enter_contest, withdraw_entry
from chengxin.contests.services.judging import appoint_judge, release_judge, save_sheet, submit_sheet, withdraw_sheet
from chengxin.contests.services.life import (
    cancel_contest,
    close_entries,
    draw_order,
    move_contest,
    plan_contest,
    set_contest_rules,
    start_contest,
)
from chengxin.contests.services.results import confirm_result, correct_result

__all__ = [
    "appoint_judge", "cancel_contest", "close_entries", "confirm_result", "correct_result", "draw_order", "enter_contest", "move_contest",
    "plan_contest", "release_judge", "save_sheet", "set_contest_rules", "start_contest", "submit_sheet", "withdraw_entry",
    "withdraw_sheet",
]  # fmt: skip
