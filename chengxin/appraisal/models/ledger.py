"""The personal ledger: what is known of a person, entry by entry. The database refuses to change or delete a row."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar

from django.db import models

from chengxin.appraisal.rules import ledger as ledger_rules
from chengxin.core.actor import Actor
from chengxin.ui.scopes import within_or_own


class LedgerQuerySet(models.QuerySet["LedgerEntry"]):
    def visible_to(self, actor: Actor) -> LedgerQuerySet:
        """The entries of the units the actor may read, and always the actor's own."""
        return self.filter(within_or_own(actor, "appraisal.read", "appraisal.read_own"))

    def as_known(self, as_of: dt.datetime) -> LedgerQuerySet:
        return self.filter(known_at__lte=as_of)


class LedgerEntry(models.Model):
    """A fact with what it means for the year, or the reversal of one. A reversal has the content of what it reverses, points with the
    other sign, and the day on which the bureau knew of it.
    """

    person = models.ForeignKey("people.Person", models.PROTECT, related_name="+", verbose_name="人员")
    unit = models.ForeignKey("people.Unit", models.PROTECT, related_name="+", verbose_name="当日单位")
    person_class = models.CharField("当日人员类别", max_length=12)
    year = models.IntegerField("年度")
    happened_on = models.DateField("发生日期")
    known_at = models.DateTimeField("知悉时间")
    written_at = models.DateTimeField("记入时间")
    kind = models.CharField("种类", max_length=12, choices=list(ledger_rules.KINDS.items()))
    clause = models.CharField("条款", max_length=12)
    text = models.CharField("内容", max_length=400)
    flag = models.CharField("对评优资格的意义", max_length=10, blank=True, choices=list(ledger_rules.FLAGS.items()))
    points = models.IntegerField("日常绩效分", default=0)
    source = models.CharField("来源", max_length=40)
    rests_on = models.CharField("所依据的事实", max_length=40, blank=True)
    object_by = models.DateField("申辩截止日", null=True)
    rule_version = models.CharField("规则版本", max_length=80)
    points_version = models.CharField("计分规则版本", max_length=80, blank=True)
    reverses = models.OneToOneField("self", models.PROTECT, null=True, related_name="reversal", verbose_name="冲销")

    objects = LedgerQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["source", "kind"], condition=models.Q(reverses=None), name="a_fact_is_entered_once"),
            models.UniqueConstraint(fields=["source", "kind"], condition=~models.Q(reverses=None), name="a_fact_is_reversed_once"),
            models.CheckConstraint(condition=models.Q(reverses=None) | ~models.Q(reverses=models.F("id")), name="nothing_reverses_itself"),
        ]
        indexes = [
            models.Index(fields=["person", "year"], name="ledger_by_person"),
            models.Index(fields=["year"], condition=~models.Q(flag="") | models.Q(kind="objection"), name="ledger_flagged"),
            models.Index(fields=["year", "object_by"], condition=models.Q(flag=""), name="ledger_by_window"),
            models.Index(fields=["rests_on"], condition=~models.Q(rests_on=""), name="ledger_resting"),
        ]

    def as_rule(self) -> ledger_rules.Entry:
        return ledger_rules.Entry(
            source=self.source, kind=self.kind, known_at=self.known_at, flag=self.flag, points=self.points, rests_on=self.rests_on,
            object_by=self.object_by, clause=self.clause, text=self.text, is_reversal=self.reverses_id is not None,
        )  # fmt: skip
