"""Questions about activities, within the reader's scope; other rooms ask here."""

from chengxin.activities.selectors.calendar import feed_of, links_of
from chengxin.activities.selectors.policies import (
    attendance_policy_at,
    programme_policy_at,
    risk_policy_at,
    talks_policy_at,
    weak_policy_at,
)
from chengxin.activities.selectors.programme import (
    PART_WITNESSES,
    PartStanding,
    Witnessed,
    Witnesses,
    by_quarter,
    overview_of,
    part_for,
    programme_of,
)
from chengxin.activities.selectors.risks import risk_for, risks_visible_to
from chengxin.activities.selectors.sessions import activities_visible_to, activity_for, count_of_activity
from chengxin.activities.selectors.summary import Unsettled, YearSummary, unsettled_of, year_summary
from chengxin.activities.selectors.talks import coverage_of, talk_for, talks_visible_to
from chengxin.activities.selectors.waiting import inquiries, work_waiting_for
from chengxin.activities.selectors.weak_points import WEAK_POINT_SOURCES, WeakCandidate, weak_point_for, weak_points_visible_to

__all__ = [
    "PART_WITNESSES",
    "WEAK_POINT_SOURCES",
    "PartStanding",
    "Unsettled",
    "WeakCandidate",
    "Witnessed",
    "Witnesses",
    "YearSummary",
    "activities_visible_to",
    "activity_for",
    "attendance_policy_at",
    "by_quarter",
    "count_of_activity",
    "coverage_of",
    "feed_of",
    "inquiries",
    "links_of",
    "overview_of",
    "part_for",
    "programme_of",
    "programme_policy_at",
    "risk_for",
    "risk_policy_at",
    "risks_visible_to",
    "talk_for",
    "talks_policy_at",
    "talks_visible_to",
    "unsettled_of",
    "weak_point_for",
    "weak_points_visible_to",
    "weak_policy_at",
    "work_waiting_for",
    "year_summary",
]
