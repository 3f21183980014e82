"""Tables of 主题活动."""

from chengxin.activities.models.calendar import CalendarLink
from chengxin.activities.models.programme import Part, PartReport, Programme
from chengxin.activities.models.risks import Risk, RiskEntry, RiskQuerySet
from chengxin.activities.models.sessions import Activity, ActivityQuerySet, LineEntry, RosterLine, RosterQuerySet, Scope
from chengxin.activities.models.talks import Remainder, Talk, TalkQuerySet
from chengxin.activities.models.weak_points import WeakPoint, WeakPointQuerySet

__all__ = [
    "Activity",
    "ActivityQuerySet",
    "CalendarLink",
    "LineEntry",
    "Part",
    "PartReport",
    "Programme",
    "Remainder",
    "Risk",
    "RiskEntry",
    "RiskQuerySet",
    "RosterLine",
    "RosterQuerySet",
    "Scope",
    "Talk",
    "TalkQuerySet",
    "WeakPoint",
    "WeakPointQuerySet",
]
