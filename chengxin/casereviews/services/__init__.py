"""Commands of case reviews."""

from chengxin.casereviews.services.register import apply_cases, correct_case, preview_cases, register_case
from chengxin.casereviews.services.results import (
    correct_mark,
    decide_objection,
    finalise_round,
    name_person,
    object_to_mark,
    tell_results,
)
from chengxin.casereviews.services.reviews import assign_third, replace_reviewer, submit_review
from chengxin.casereviews.services.rounds import assign_reviewers, cast_round, freeze_round, replace_case

__all__ = [
    "apply_cases",
    "assign_reviewers",
    "assign_third",
    "cast_round",
    "correct_case",
    "correct_mark",
    "decide_objection",
    "finalise_round",
    "freeze_round",
    "name_person",
    "object_to_mark",
    "preview_cases",
    "register_case",
    "replace_case",
    "replace_reviewer",
    "submit_review",
    "tell_results",
]
