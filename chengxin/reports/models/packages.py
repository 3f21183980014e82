"""The package of a year: what a person adds to the draft, what was frozen, what was put right afterwards (2.4.5)."""

from __future__ import annotations

import json
from typing import Any, ClassVar

import pgtrigger
from django.db import models

from chengxin.audit.history import tracked

CHANGED_AFTER_FREEZE = (
    "OLD.state <> 'draft' AND (NEW.state = 'draft' OR (OLD.year, OLD.snapshot, OLD.sha256, OLD.versions, OLD.as_of, OLD.frozen_by)"
    " IS DISTINCT FROM (NEW.year, NEW.snapshot, NEW.sha256, NEW.versions, NEW.as_of, NEW.frozen_by))"
)
CHANGED_AFTER_ISSUE = "OLD.state = 'issued' AND OLD.* IS DISTINCT FROM NEW.*"


@tracked
class YearPackage(models.Model):
    """年终材料 of a year. Frozen once, whole, with its digest; the database itself refuses to change it from then on."""

    DRAFT, FROZEN, ISSUED = "draft", "frozen", "issued"
    STATES = ((DRAFT, "编制中"), (FROZEN, "已定稿"), (ISSUED, "已印发"))

    year = models.IntegerField("年度", unique=True)
    state = models.CharField("状态", max_length=6, choices=STATES, default=DRAFT)
    prepared_at = models.DateTimeField("编制时间")
    prepared_label = models.CharField("编制人", max_length=120)
    snapshot = models.TextField("定稿内容", blank=True)  # the one text of its JSON: its bytes are what the digest is of
    sha256 = models.CharField("SHA-256", max_length=64, blank=True)
    versions = models.JSONField("规则与日历版本", default=list)
    as_of = models.DateTimeField("数据截至", null=True)
    frozen_by = models.BigIntegerField("定稿人", null=True)
    frozen_label = models.CharField("定稿人", max_length=120, blank=True)
    issued_at = models.DateTimeField("印发时间", null=True)
    issued_label = models.CharField("印发人", max_length=120, blank=True)
    document_number = models.CharField("发文字号", max_length=60, blank=True)

    class Meta:
        ordering = ["-year"]
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=models.Q(state="draft", snapshot="", as_of=None)
                | models.Q(as_of__isnull=False, frozen_by__isnull=False, snapshot__gt="", sha256__gt="") & ~models.Q(state="draft"),
                name="a_frozen_package_has_its_snapshot",
            ),
            models.CheckConstraint(
                condition=models.Q(state="issued", issued_at__isnull=False) | ~models.Q(state="issued") & models.Q(issued_at=None),
                name="an_issued_package_has_a_time",
            ),
        ]
        triggers: ClassVar[list[Any]] = [
            pgtrigger.Protect(name="frozen_stays", operation=pgtrigger.Update, condition=pgtrigger.Condition(CHANGED_AFTER_FREEZE)),
            pgtrigger.Protect(name="issued_stays", operation=pgtrigger.Update, condition=pgtrigger.Condition(CHANGED_AFTER_ISSUE)),
            pgtrigger.Protect(name="package_is_kept", operation=pgtrigger.Delete),
        ]

    @property
    def content(self) -> dict[str, Any]:
        """What was frozen. Raises ValueError for a draft."""
        found: dict[str, Any] = json.loads(self.snapshot)
        return found

    @property
    def is_draft(self) -> bool:
        return self.state == self.DRAFT


@tracked
class NextMeasure(models.Model):
    """What the bureau means to do next year about a weak item, by whom and by when: written by a person, not by the program."""

    package = models.ForeignKey(YearPackage, models.PROTECT, related_name="measures")
    clause = models.CharField("条款", max_length=12)
    entry = models.CharField("目录条目", max_length=60, blank=True)
    text = models.CharField("措施", max_length=300)
    unit = models.ForeignKey("people.Unit", models.PROTECT, related_name="+", verbose_name="责任单位")
    due_on = models.DateField("完成期限")
    by_label = models.CharField("填写人", max_length=120)
    at = models.DateTimeField("填写时间")

    class Meta:
        ordering = ["due_on", "pk"]


@tracked
class CarriedOver(models.Model):
    """An open matter that goes on into the next year: who answers for it, why, and who confirmed that."""

    package = models.ForeignKey(YearPackage, models.PROTECT, related_name="carried")
    key = models.CharField("事项", max_length=80)
    text = models.CharField("内容", max_length=400)
    responsible = models.ForeignKey("people.Person", models.PROTECT, related_name="+", verbose_name="责任人")
    reason = models.CharField("理由", max_length=300)
    confirmed_by = models.BigIntegerField("确认人")
    confirmed_label = models.CharField("确认人", max_length=120)
    confirmed_at = models.DateTimeField("确认时间")

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["package", "key"], name="carried_over_once")]


class Erratum(models.Model):
    """A numbered correction of a frozen package. The figures stay as they were; this says what is wrong with them. Never changed."""

    package = models.ForeignKey(YearPackage, models.PROTECT, related_name="errata")
    number = models.IntegerField("序号")
    text = models.CharField("勘误", max_length=500)
    by_label = models.CharField("登记人", max_length=120)
    at = models.DateTimeField("登记时间")

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["package", "number"], name="one_year_end_erratum_a_number")]
        triggers: ClassVar[list[Any]] = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]
