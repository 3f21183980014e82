"""Time on duty with a camera out and no footage: asked about first, decided by a person (2.2.3)."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models

from chengxin.audit.history import tracked
from chengxin.core.actor import Actor


class GapQuerySet(models.QuerySet["Gap"]):
    def visible_to(self, actor: Actor) -> GapQuerySet:
        """Gaps of the units whose explanations the actor decides, and always the own."""
        reach = actor.units_for("evidence.decide_gap")
        return self if reach is None else self.filter(models.Q(unit_id__in=reach) | models.Q(person_id=actor.person_id or 0))

    def undecided(self) -> GapQuerySet:
        return self.filter(state__in=[Gap.OPEN, Gap.EXPLAINED])


@tracked
class Gap(models.Model):
    """One stretch without footage. A gap is a question, not a fault of anybody's."""

    OPEN, EXPLAINED, ACCEPTED, PROPOSED, COVERED = "open", "explained", "accepted", "proposed", "covered"
    STATES = ((OPEN, "待说明"), (EXPLAINED, "待认可"), (ACCEPTED, "说明已认可"), (PROPOSED, "已提请认定"), (COVERED, "影像已补齐"))
    TECHNICAL, BREAK, OTHER = "technical", "break", "other"
    CAUSES = ((TECHNICAL, "设备故障"), (BREAK, "休息、用餐或返队"), (OTHER, "其他"))

    person = models.ForeignKey("people.Person", models.PROTECT, related_name="+", verbose_name="人员")
    unit = models.ForeignKey("people.Unit", models.PROTECT, related_name="+", verbose_name="单位")
    shift = models.ForeignKey("duty.Shift", models.PROTECT, related_name="+", verbose_name="班次")
    custody = models.ForeignKey("equipment.Custody", models.PROTECT, related_name="+", verbose_name="领用")
    started_at = models.DateTimeField("起")
    ended_at = models.DateTimeField("止")
    found_at = models.DateTimeField("发现时间")
    rule_version = models.CharField("规则版本", max_length=80)
    state = models.CharField("状态", max_length=9, choices=STATES, default=OPEN)
    cause = models.CharField("原因", max_length=9, choices=CAUSES, blank=True)
    explanation = models.CharField("说明", max_length=300, blank=True)
    explained_at = models.DateTimeField("说明时间", null=True)
    is_declared = models.BooleanField("故障已及时报告", default=False)
    decided_by = models.BigIntegerField("认可人", null=True)
    decided_label = models.CharField("认可人", max_length=120, blank=True)
    decided_at = models.DateTimeField("认可时间", null=True)
    note = models.CharField("意见", max_length=200, blank=True)

    objects = GapQuerySet.as_manager()

    class Meta:
        ordering = ["-started_at", "-pk"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["custody", "started_at"], name="one_gap_a_start"),
            models.CheckConstraint(condition=models.Q(ended_at__gt=models.F("started_at")), name="gap_lasts"),
        ]
        indexes = [
            models.Index(fields=["person", "-started_at"], name="gap_by_person"),
            models.Index(fields=["unit", "-started_at"], name="gap_by_unit"),
        ]

    @property
    def minutes(self) -> int:
        return int((self.ended_at - self.started_at).total_seconds() // 60)
