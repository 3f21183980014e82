"""An activity, the roster of everyone due, and each entry that was made about somebody's presence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.db import models

from chengxin.activities import rules
from chengxin.activities.models.programme import Part
from chengxin.audit.history import tracked
from chengxin.core.actor import Actor

if TYPE_CHECKING:
    from chengxin.people.models import Person, Unit


class ActivityQuerySet(models.QuerySet["Activity"]):
    def visible_to(self, actor: Actor) -> ActivityQuerySet:
        """Activities that concern a unit the actor may see, or the actor by name."""
        reach = actor.units_for("activities.see")
        if reach is None:
            return self
        concerned = models.Q(unit_id__in=reach) | models.Q(scopes__unit_id__in=reach)
        named = models.Q(invitations__person_id=actor.person_id or 0) | models.Q(lines__person_id=actor.person_id or 0)
        return self.filter(pk__in=Activity.objects.filter(concerned | named | models.Q(leader_id=actor.person_id or 0)).values("pk"))

    def standing(self) -> ActivityQuerySet:
        return self.exclude(state=rules.CANCELLED)


@tracked
class Activity(models.Model):
    """A gathering for one part of the programme or several. ``form_key`` and ``close_key`` make a second click the same gesture."""

    parts: models.ManyToManyField[Part, Any] = models.ManyToManyField(Part, related_name="activities", verbose_name="内容")
    year = models.IntegerField("年度")
    title = models.CharField("名称", max_length=80)
    place = models.CharField("地点", max_length=120)
    starts_at = models.DateTimeField("开始")
    ends_at = models.DateTimeField("结束")
    unit = models.ForeignKey("people.Unit", models.PROTECT, related_name="+", verbose_name="组织单位")
    leader = models.ForeignKey("people.Person", models.PROTECT, related_name="+", verbose_name="负责人")
    state = models.CharField("状态", max_length=10, choices=list(rules.STATES.items()), default=rules.PLANNED)
    make_up_of = models.ForeignKey("self", models.PROTECT, null=True, related_name="make_ups", verbose_name="补训")
    weak_point = models.ForeignKey("activities.WeakPoint", models.PROTECT, null=True, related_name="activities", verbose_name="薄弱环节")
    note = models.TextField("活动情况", blank=True)
    cancel_reason = models.CharField("取消原因", max_length=200, blank=True)
    rule_version = models.CharField("规则版本", max_length=80)
    form_key = models.UUIDField("表单", unique=True)
    close_key = models.UUIDField("办结表单", null=True, unique=True)
    moves = models.IntegerField("调整次数", default=0)
    planned_by = models.BigIntegerField("安排人", null=True)
    planned_label = models.CharField("安排人", max_length=120)
    planned_at = models.DateTimeField("安排时间")
    changed_at = models.DateTimeField("变动时间")
    opened_label = models.CharField("开始点名", max_length=120, blank=True)
    opened_at = models.DateTimeField("开始点名时间", null=True)
    closed_label = models.CharField("办结人", max_length=120, blank=True)
    closed_at = models.DateTimeField("办结时间", null=True)

    objects = ActivityQuerySet.as_manager()
    lines: RosterQuerySet
    scopes: models.Manager[Scope]
    invitations: models.Manager[Invitation]

    class Meta:
        ordering = ["-starts_at", "-pk"]
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(condition=models.Q(ends_at__gt=models.F("starts_at")), name="an_activity_ends_after_it_starts"),
            models.CheckConstraint(
                condition=~models.Q(state=rules.CANCELLED) | ~models.Q(cancel_reason=""), name="a_cancelled_activity_says_why"
            ),
            models.CheckConstraint(
                condition=~models.Q(state=rules.CLOSED) | models.Q(closed_at__isnull=False, close_key__isnull=False),
                name="a_closed_activity_says_when",
            ),
        ]
        indexes = [
            models.Index(fields=["year", "state"], name="activity_by_year"),
            models.Index(fields=["starts_at"], name="activity_by_start"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def number(self) -> str:
        """How people name it: 活〔2026〕0012."""
        return f"活〔{self.year}〕{self.pk:04d}"


class Scope(models.Model):
    """A unit whose members are due."""

    activity = models.ForeignKey(Activity, models.PROTECT, related_name="scopes")
    unit: models.ForeignKey[Unit] = models.ForeignKey("people.Unit", models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["activity", "unit"], name="one_scope_of_a_unit")]


class Invitation(models.Model):
    """A person who is due by name: make-up and remedial training."""

    activity = models.ForeignKey(Activity, models.PROTECT, related_name="invitations")
    person: models.ForeignKey[Person] = models.ForeignKey("people.Person", models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["activity", "person"], name="one_invitation_of_a_person")]


class RosterQuerySet(models.QuerySet["RosterLine"]):
    def visible_to(self, actor: Actor) -> RosterQuerySet:
        """Lines of the units whose roll the actor leads or whose summary the actor reads, and the actor's own."""
        reaches = [actor.units_for("activities.roll"), actor.units_for("activities.summary")]
        if None in reaches:
            return self
        units = frozenset().union(*(reach for reach in reaches if reach))
        return self.filter(models.Q(unit_id__in=units) | models.Q(person_id=actor.person_id or 0))

    def to_make_up(self) -> RosterQuerySet:
        """Absences that no make-up activity has taken up yet."""
        return self.filter(presence=rules.ABSENT, activity__state=rules.CLOSED, is_made_up=False)


@tracked
class RosterLine(models.Model):
    """Somebody who is due, by the assignments of the day; where the presence stands after its last entry."""

    activity = models.ForeignKey(Activity, models.PROTECT, related_name="lines")
    person = models.ForeignKey("people.Person", models.PROTECT, related_name="+", verbose_name="人员")
    unit = models.ForeignKey("people.Unit", models.PROTECT, related_name="+", verbose_name="当日单位")
    person_class = models.CharField("人员类别", max_length=12)
    presence = models.CharField("到场", max_length=8, choices=list(rules.PRESENCES.items()), default=rules.DUE)
    way = models.CharField("方式", max_length=10, choices=list(rules.WAYS.items()), blank=True)
    arrived_at = models.DateTimeField("到场时间", null=True)
    reason = models.CharField("缺席事由", max_length=20, blank=True)
    reason_state = models.CharField("事由状态", max_length=10, choices=list(rules.REASON_STATES.items()), blank=True)
    score = models.DecimalField("成绩", max_digits=4, decimal_places=1, null=True)
    is_made_up = models.BooleanField("已补训", default=False)

    objects = RosterQuerySet.as_manager()
    entries: models.Manager[LineEntry]

    class Meta:
        ordering = ["unit__sequence", "unit", "person__name_key", "pk"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["activity", "person"], name="one_roster_line_a_person"),
            models.CheckConstraint(
                condition=models.Q(presence=rules.ABSENT) | models.Q(reason="", reason_state=""), name="only_absence_has_a_reason"
            ),
            models.CheckConstraint(condition=models.Q(score=None) | models.Q(score__gte=0, score__lte=100), name="a_score_is_at_most_100"),
        ]
        indexes = [models.Index(fields=["person", "presence"], name="line_by_person")]


@tracked
class LineEntry(models.Model):
    """One thing said about a line. Entries are only added; a correction names in words what it corrects."""

    line = models.ForeignKey(RosterLine, models.PROTECT, related_name="entries")
    title = models.CharField("事项", max_length=40)
    text = models.CharField("内容", max_length=200, blank=True)
    by = models.BigIntegerField("经办", null=True)
    by_label = models.CharField("经办", max_length=120)
    at = models.DateTimeField("时间")

    class Meta:
        ordering = ["pk"]
