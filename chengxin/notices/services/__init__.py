"""Commands of notices: making them, sending them, settings, robots."""

from chengxin.notices.services.making import look, look_for, look_for_robot
from chengxin.notices.services.own import ask_code, change_settings, confirm_code, mark_read, remove_address, test_email
from chengxin.notices.services.robots import add_robot, approve_robot, stop_robot, test_robot
from chengxin.notices.services.sending import send_due

__all__ = [
    "add_robot", "approve_robot", "ask_code", "change_settings", "confirm_code", "look", "look_for", "look_for_robot", "mark_read",
    "remove_address", "send_due", "stop_robot", "test_email", "test_robot",
]  # fmt: skip
