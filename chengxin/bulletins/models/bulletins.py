"""A month's bulletin, and its figures as they were frozen (3.1)."""

from __future__ import annotations

from typing import Any, ClassVar

import pgtrigger
from django.db import models

from chengxin.audit.history import tracked
from chengxin.bulletins import rules
from chengxin.core.actor import Actor

# what was signed stays as it was signed, whoever writes to the table; a bulletin that is out is never taken back
SIGNED_STAYS = """
IF OLD.state IN ('signed', 'issued') AND (
  NEW.month IS DISTINCT FROM OLD.month OR NEW.snapshot_id IS DISTINCT FROM OLD.snapshot_id OR NEW.wording IS DISTINCT FROM OLD.wording
  OR NEW.template_id IS DISTINCT FROM OLD.template_id OR NEW.template_label IS DISTINCT FROM OLD.template_label
  OR NEW.signed_sha256 IS DISTINCT FROM OLD.signed_sha256 OR NEW.signed_by IS DISTINCT FROM OLD.signed_by
  OR NEW.signed_at IS DISTINCT FROM OLD.signed_at OR NEW.state = 'draft' OR NEW.state = 'frozen'
  OR (OLD.state = 'issued' AND (NEW.state <> 'issued' OR NEW.issued_at IS DISTINCT FROM OLD.issued_at))
  OR (OLD.document_number <> '' AND NEW.document_number IS DISTINCT FROM OLD.document_number)
) THEN RAISE EXCEPTION 'a signed bulletin stays as it was signed' USING ERRCODE = 'restrict_violation'; END IF;
RETURN NEW;
"""


class BulletinQuerySet(models.QuerySet["Bulletin"]):
    def visible_to(self, actor: Actor) -> BulletinQuerySet:
        """All for who works on them; what was issued for who receives it."""
        if actor.may("bulletins.full"):
            return self
        return self.filter(state=rules.ISSUED) if actor.may("bulletins.read") else self.none()


class Snapshot(models.Model):
    """The figures of a month as the facts were at one moment, with their digest. Never changed; a new freeze writes another."""

    month = models.CharField("月份", max_length=7)
    content = models.JSONField("内容")
    sha256 = models.CharField("SHA-256", max_length=64)
    as_of = models.DateTimeField("事实截至")
    rule_versions = models.JSONField("规则版本")
    calendar_version = models.CharField("日历版本", max_length=80)
    frozen_by = models.BigIntegerField("冻结人")
    frozen_label = models.CharField("冻结人", max_length=120)

    class Meta:
        ordering = ["pk"]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]


@tracked
class Bulletin(models.Model):
    """通报 of one month: there is exactly one, also when there was nothing."""

    month = models.CharField("月份", max_length=7, unique=True)  # 2026-10
    state = models.CharField("状态", max_length=6, choices=list(rules.STATES.items()), default=rules.DRAFT)
    begun_label = models.CharField("编制人", max_length=120)
    begun_at = models.DateTimeField("编制时间")
    # what people write; kept in ``wording`` word for word when it is signed
    practice = models.TextField("好的做法", blank=True)
    outlook = models.TextField("下一步要求", blank=True)
    snapshot = models.OneToOneField(Snapshot, models.PROTECT, null=True, related_name="bulletin")
    frozen_by = models.BigIntegerField("冻结人", null=True)
    return_reason = models.CharField("退回理由", max_length=200, blank=True)
    wording = models.JSONField("签发文字", null=True)
    template = models.ForeignKey("bulletins.Template", models.PROTECT, null=True, related_name="+", verbose_name="模板")
    template_label = models.CharField("模板", max_length=120, blank=True)
    signed_by = models.BigIntegerField("签发人", null=True)
    signed_label = models.CharField("签发人", max_length=120, blank=True)
    signed_at = models.DateTimeField("签发时间", null=True)
    signed_sha256 = models.CharField("签发摘要", max_length=64, blank=True)
    issued_by = models.BigIntegerField("印发人", null=True)
    issued_label = models.CharField("印发人", max_length=120, blank=True)
    issued_at = models.DateTimeField("印发时间", null=True)
    audiences = models.JSONField("印发范围", default=list)
    acknowledge_by = models.DateField("签收期限", null=True)
    acknowledge_provisional = models.BooleanField("期限暂定", default=False)
    document_number = models.CharField("发文字号", max_length=60, blank=True)

    objects = BulletinQuerySet.as_manager()

    class Meta:
        ordering = ["-month"]
        triggers = [
            pgtrigger.Trigger(name="signed_stays", when=pgtrigger.Before, operation=pgtrigger.Update, func=SIGNED_STAYS),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
        ]
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=models.Q(state="draft", snapshot=None) | ~models.Q(state="draft") & models.Q(snapshot__isnull=False),
                name="figures_from_the_freeze_on",
            ),
            models.CheckConstraint(
                condition=models.Q(signed_by=None) | ~models.Q(signed_by=models.F("frozen_by")), name="signed_by_another_than_the_freezer"
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=["signed", "issued"])
                | models.Q(signed_at__isnull=False, wording__isnull=False) & ~models.Q(signed_sha256=""),
                name="a_signed_bulletin_has_a_signature",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="issued") | models.Q(issued_at__isnull=False), name="an_issued_bulletin_has_a_time"
            ),
        ]

    @property
    def period(self) -> rules.Month:
        return rules.read_month(self.month)

    @property
    def title(self) -> str:
        return f"{self.period.label}督查通报"
