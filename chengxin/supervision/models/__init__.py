from chengxin.supervision.models.desk import LookBackTask, Reminder, RepeatAlert
from chengxin.supervision.models.plans import Plan, PlanQuerySet
from chengxin.supervision.models.visits import Answer, Check, Inspector, Target, Visit, VisitPhoto, VisitQuerySet

__all__ = [
    "Answer", "Check", "Inspector", "LookBackTask", "Plan", "PlanQuerySet", "Reminder", "RepeatAlert", "Target", "Visit", "VisitPhoto",
    "VisitQuerySet",
]  # fmt: skip
