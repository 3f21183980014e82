"""A visit: who goes, whom they are to check, what they saw, and the photos as they arrived."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models

from chengxin.audit.history import tracked
from chengxin.core.actor import Actor
from chengxin.supervision import rules


class VisitQuerySet(models.QuerySet["Visit"]):
    def visible_to(self, actor: Actor) -> VisitQuerySet:
        """What is over, of the units whose results the actor reads; one's own; and everything for who plans."""
        if actor.units_for("supervision.plans") is None:
            return self
        reach = actor.units_for("supervision.results")
        over = models.Q(state=rules.SUBMITTED) & (models.Q() if reach is None else models.Q(unit_id__in=reach))
        return self.filter(over | models.Q(pk__in=Inspector.objects.standing().filter(person_id=actor.person_id or 0).values("visit")))

    def waiting_for(self, person_id: int) -> VisitQuerySet:
        mine = Inspector.objects.standing().filter(person_id=person_id).values("visit")
        return self.filter(state=rules.WAITING, pk__in=mine)

    def submitted(self) -> VisitQuerySet:
        return self.filter(state=rules.SUBMITTED)


@tracked
class Visit(models.Model):
    """One visit of one unit. Submitted once: ``client_key`` is the phone's own name of the sheet it sent."""

    plan = models.ForeignKey("supervision.Plan", models.PROTECT, related_name="visits")
    unit = models.ForeignKey("people.Unit", models.PROTECT, related_name="+", verbose_name="单位")
    mode = models.CharField("方式", max_length=8, choices=list(rules.MODES.items()))
    due_on = models.DateField("应于")
    arranged_label = models.CharField("安排人", max_length=120)
    state = models.CharField("状态", max_length=10, choices=list(rules.VISIT_STATES.items()), default=rules.WAITING)
    place = models.CharField("地点", max_length=120, blank=True)
    held_on = models.DateField("检查日期", null=True)
    note = models.TextField("检查情况", blank=True)
    client_key = models.UUIDField("发送标识", null=True, unique=True)
    observed_at = models.DateTimeField("手机所记时间", null=True)
    submitted_by = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")
    submitted_label = models.CharField("提交人", max_length=120, blank=True)
    submitted_at = models.DateTimeField("送达时间", null=True)
    rule_version = models.CharField("检查表版本", max_length=80, blank=True)
    ended_note = models.CharField("取消理由", max_length=200, blank=True)

    objects = VisitQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=~models.Q(state="submitted")
                | models.Q(held_on__isnull=False, submitted_at__isnull=False, submitted_by__isnull=False, client_key__isnull=False),
                name="a_submitted_visit_says_when_and_by_whom",
            ),
            models.CheckConstraint(condition=~models.Q(state="called_off") | ~models.Q(ended_note=""), name="a_visit_called_off_says_why"),
        ]
        indexes = [
            models.Index(fields=["held_on", "unit"], condition=models.Q(state="submitted"), name="visit_by_day"),
            models.Index(fields=["state", "due_on"], name="visit_by_due"),
        ]

    @property
    def number(self) -> str:
        """How people name it: 督〔2026〕0012."""
        return f"督〔{self.due_on.year}〕{self.pk:04d}"


class InspectorQuerySet(models.QuerySet["Inspector"]):
    def standing(self) -> InspectorQuerySet:
        return self.filter(replaced_at=None)


@tracked
class Inspector(models.Model):
    """Who goes on a visit, drawn or assigned; replaced with a reason, never taken away."""

    visit = models.ForeignKey(Visit, models.PROTECT, related_name="inspectors")
    person = models.ForeignKey("people.Person", models.PROTECT, related_name="+", verbose_name="督查人员")
    is_drawn = models.BooleanField("抽取")
    replaced_at = models.DateTimeField("替换时间", null=True)
    replaced_label = models.CharField("替换经办", max_length=120, blank=True)
    reason = models.CharField("替换理由", max_length=200, blank=True)

    objects = InspectorQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["visit", "person"], name="one_inspector_a_visit"),
            models.CheckConstraint(condition=models.Q(replaced_at=None) | ~models.Q(reason=""), name="an_inspector_replaced_says_why"),
        ]


class TargetQuerySet(models.QuerySet["Target"]):
    def standing(self) -> TargetQuerySet:
        return self.filter(replaced_at=None)


@tracked
class Target(models.Model):
    """Somebody who was drawn to be checked; ``name`` is the entry of the frame."""

    plan = models.ForeignKey("supervision.Plan", models.PROTECT, related_name="targets")
    visit = models.ForeignKey(Visit, models.PROTECT, null=True, related_name="targets")  # none until inspectors are drawn
    person = models.ForeignKey("people.Person", models.PROTECT, related_name="+")
    unit = models.ForeignKey("people.Unit", models.PROTECT, related_name="+")
    person_class = models.CharField("人员类别", max_length=12)
    name = models.CharField("范围中的名称", max_length=120)
    replaced_at = models.DateTimeField("替换时间", null=True)
    reason = models.CharField("替换理由", max_length=200, blank=True)

    objects = TargetQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["plan", "person"], name="drawn_once_a_plan"),
            models.CheckConstraint(condition=models.Q(replaced_at=None) | ~models.Q(reason=""), name="a_target_replaced_says_why"),
        ]


class Check(models.Model):
    """One person as seen on a visit, or the unit itself (no person). Written with the visit, never changed."""

    visit = models.ForeignKey(Visit, models.PROTECT, related_name="checks")
    person = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="inspection_checks")
    person_class = models.CharField("当日人员类别", max_length=12, blank=True)
    was_drawn = models.BooleanField("抽中", default=False)
    outcome = models.CharField("结果", max_length=6, choices=list(rules.OUTCOMES.items()))
    note = models.CharField("说明", max_length=500, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["visit", "person"], nulls_distinct=False, name="one_check_a_person")]
        indexes = [models.Index(fields=["person", "visit"], name="check_by_person")]


class Answer(models.Model):
    """An item of the checklist that did not pass, with the finding it became; everything else on the list passed.

    No finding: an exemption or status of the day, unknown to the phone, came before it – ``why_none`` says which.
    """

    # fields named "check" would hide a method of the model
    of = models.ForeignKey(Check, models.PROTECT, related_name="answers")
    item = models.CharField("条目", max_length=60)
    title = models.CharField("条目", max_length=120)
    corrected_on_spot = models.BooleanField("当场整改", default=False)
    finding = models.ForeignKey("findings.Finding", models.PROTECT, null=True, related_name="+")
    why_none = models.CharField("不登记的理由", max_length=200, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["of", "item"], name="one_answer_an_item"),
            models.CheckConstraint(
                condition=models.Q(finding__isnull=False, why_none="") | (models.Q(finding=None) & ~models.Q(why_none="")),
                name="an_answer_has_a_finding_or_says_why_none",
            ),
        ]


class VisitPhoto(models.Model):
    """A photo as it arrived: when the phone says it was taken, when the server had it, and whether the phone knows that.

    ``client_key`` is the phone's own name of it: sent twice, it is one photo.
    """

    visit = models.ForeignKey(Visit, models.PROTECT, related_name="photos")
    person = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")  # none: of the unit
    client_key = models.UUIDField("发送标识", unique=True)
    file = models.OneToOneField("files.StoredFile", models.PROTECT, related_name="+")
    sha256 = models.CharField("SHA-256", max_length=64)
    captured_at = models.DateTimeField("拍摄时间", null=True)
    uploaded_at = models.DateTimeField("上传时间")
    uploaded_label = models.CharField("上传人", max_length=120)
    acknowledged_at = models.DateTimeField("手机确认时间", null=True)

    class Meta:
        ordering = ["captured_at", "pk"]
