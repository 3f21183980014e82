"""A complaint as it came, where it stands, and its own story (3.2)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, ClassVar

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.functions import Coalesce

from chengxin.audit.history import tracked
from chengxin.complaints import rules
from chengxin.complaints.models.threads import Accused
from chengxin.core import clock
from chengxin.core.actor import Actor, Reach
from chengxin.ui.search import Grams


@dataclass(frozen=True)
class Sight:
    """Everything about a reader, and the day, that decides which complaints are seen."""

    units: Reach
    sees_restricted: bool
    person_id: int | None
    unit_id: int | None
    today: dt.date

    @classmethod
    def of(cls, actor: Actor) -> Sight:
        return cls(actor.units_for("complaints.read"), actor.may("complaints.restricted"), actor.person_id, actor.unit_id, clock.today())


class ComplaintQuerySet(models.QuerySet["Complaint"]):
    def visible_to(self, actor: Actor) -> ComplaintQuerySet:
        return self.in_sight(Sight.of(actor))

    def in_sight(self, sight: Sight) -> ComplaintQuerySet:
        """Complaints of the units the reader reads, never one the reader or the reader's own unit is complained of in.

        What was routed out because of an allegation of corruption is seen by those who may and by nobody else.
        """
        found = self if sight.units is None else self.filter(unit_id__in=sight.units)
        if not sight.sees_restricted:
            found = found.filter(is_restricted=False)
        return found.without_conflict(sight)

    def without_conflict(self, sight: Sight) -> ComplaintQuerySet:
        """Without those that name the reader, or somebody of the reader's unit of today or of the unit of the day.

        What was merged is one matter: named in one of them is named in all.
        """
        if sight.person_id is None:
            return self
        unit = sight.unit_id or 0
        now_there = models.Q(person__assignments__unit_id=unit, person__assignments__period__contains=sight.today)
        against = Accused.objects.standing().filter(models.Q(person_id=sight.person_id) | models.Q(unit_id=unit) | now_there)
        named = against.values(matter=Coalesce("complaint__merged_into_id", "complaint_id"))
        return self.alias(matter=Coalesce("merged_into_id", "id")).exclude(matter__in=named)

    def open(self) -> ComplaintQuerySet:
        return self.filter(state__in=rules.OPEN_STATES)


@tracked
class Complaint(models.Model):
    """What somebody brought before the bureau. Who that was is kept elsewhere, or not at all."""

    # how it came
    form_key = models.UUIDField("表单", unique=True)  # one sending of a form is one complaint, however often it is clicked
    code_digest = models.CharField("回执码摘要", max_length=64, unique=True)  # keyed; the code itself is kept nowhere
    channel = models.CharField("来源", max_length=7, choices=list(rules.CHANNELS.items()))
    external_number = models.CharField("外部编号", max_length=80, blank=True)
    received_at = models.DateTimeField("首次收到")
    registered_at = models.DateTimeField("登记时间")
    registered_by = models.BigIntegerField("登记人", null=True)
    registered_label = models.CharField("登记人", max_length=120)
    is_anonymous = models.BooleanField("匿名", default=True)
    # what it says
    text = models.TextField("内容")
    place = models.CharField("地点", max_length=200, blank=True)
    happened_on = models.DateField("发生日期", null=True)
    content_digest = models.CharField("内容摘要", max_length=64)
    category = models.CharField("类别", max_length=40, blank=True)
    summary = models.CharField("转述", max_length=1000, blank=True)
    # where it stands
    state = models.CharField("状态", max_length=8, choices=list(rules.STATES.items()), default=rules.RECEIVED)
    unit = models.ForeignKey("people.Unit", models.PROTECT, null=True, related_name="+", verbose_name="承办单位")
    handler = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+", verbose_name="承办人")
    is_restricted = models.BooleanField("限制知悉", default=False)
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, related_name="merged", verbose_name="并入")
    repeat_of = models.ForeignKey("self", models.PROTECT, null=True, related_name="repeats", verbose_name="重复于")
    result = models.CharField("处理结果", max_length=9, choices=list(rules.RESULTS.items()), blank=True)
    where_to = models.CharField("移送或告知去向", max_length=120, blank=True)
    first_closed_at = models.DateTimeField("首次办结", null=True)
    closed_at = models.DateTimeField("办结时间", null=True)
    reopened = models.IntegerField("重新办理次数", default=0)

    objects = ComplaintQuerySet.as_manager()

    class Meta:
        ordering = ["-received_at", "-pk"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["channel", "external_number"], condition=~models.Q(external_number=""), name="one_complaint_an_external_number",
                violation_error_message="这个外部编号已经登记过。",
            ),
            models.CheckConstraint(condition=models.Q(registered_at__gte=models.F("received_at")), name="registered_after_receipt"),
            models.CheckConstraint(
                condition=~models.Q(state="closed")
                | models.Q(closed_at__isnull=False, first_closed_at__isnull=False) & ~models.Q(result=""),
                name="a_closed_complaint_has_a_result",
            ),
            models.CheckConstraint(
                condition=models.Q(state="merged", merged_into__isnull=False) | ~models.Q(state="merged") & models.Q(merged_into=None),
                name="a_merged_complaint_says_where",
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["-received_at", "-id"], name="complaint_by_receipt"),
            models.Index(fields=["unit", "-received_at"], name="complaint_by_unit"),
            models.Index(fields=["-received_at"], condition=models.Q(state__in=["received", "handling"]), name="complaint_open"),
            models.Index(fields=["content_digest"], name="complaint_by_content"),
            GinIndex(Grams("text"), name="complaint_by_grams"),
        ]

    @property
    def number(self) -> str:
        return f"诉{self.pk:07d}"

    @property
    def is_open(self) -> bool:
        return self.state in rules.OPEN_STATES


class ComplaintStep(models.Model):
    """A line of a complaint's story. What is outward is shown to the complainant; nothing here says who that is. Never changed."""

    complaint = models.ForeignKey(Complaint, models.PROTECT, related_name="steps")
    at = models.DateTimeField("时间")
    by_label = models.CharField("经办", max_length=120)
    title = models.CharField("事项", max_length=60)
    note = models.CharField("说明", max_length=1000, blank=True)
    is_outward = models.BooleanField("对外", default=False)

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["complaint", "id"], name="complaint_step_in_order")]


class ImportProfile(models.Model):
    """Which column of a platform's sheet means what, kept from one import to the next."""

    name = models.CharField("名称", max_length=40, unique=True)
    columns = models.JSONField("列")
    kept_label = models.CharField("保存人", max_length=120)
    kept_at = models.DateTimeField("保存时间")


class Throttle(models.Model):
    """How often something was tried within a stretch of time. The key is a keyed digest: no address is kept."""

    key = models.CharField(max_length=64)
    begins_at = models.DateTimeField()
    count = models.IntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key", "begins_at"], name="one_count_a_stretch")]
