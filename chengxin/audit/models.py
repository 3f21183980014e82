"""Append-only tables; the database refuses to change or delete their rows (see the first migration)."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Func

from chengxin.core.actor import Actor


class CurrentTransaction(Func):
    """The id of the running transaction, as a number that never wraps."""

    template = "(pg_current_xact_id()::text::bigint)"
    output_field = models.BigIntegerField()


class EntryQuerySet(models.QuerySet["Entry"]):
    def visible_to(self, actor: Actor) -> EntryQuerySet:
        """All for whoever may read the audit, nothing for anybody else."""
        return self if actor.may("audit.read") else self.none()


class Entry(models.Model):
    """One gesture. Plain numbers instead of foreign keys: what is kept here outlives what it speaks of."""

    at = models.DateTimeField("时间")
    actor_user = models.BigIntegerField("用户", null=True)
    actor_label = models.CharField("操作人", max_length=120)
    channel = models.CharField("途径", max_length=20)
    address = models.CharField("来源地址", max_length=64)
    action = models.CharField("动作", max_length=80)
    subject = models.CharField("对象", max_length=120)
    unit_id = models.BigIntegerField("单位", null=True)
    person_id = models.BigIntegerField("人员", null=True)
    details = models.JSONField("详情", default=dict)
    xid = models.BigIntegerField("事务", db_default=CurrentTransaction(), editable=False)

    objects = EntryQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["xid", "id"], name="audit_entry_by_xid"),
            models.Index(fields=["subject", "id"], name="audit_entry_by_subject"),
            models.Index(fields=["actor_user", "id"], name="audit_entry_by_actor"),
        ]


class Checkpoint(models.Model):
    """A signed root over the entries whose transactions lie in [from_xid, until_xid), chained to the one before."""

    number = models.BigIntegerField("序号", unique=True)
    at = models.DateTimeField("时间")
    from_xid = models.BigIntegerField("起始事务")
    until_xid = models.BigIntegerField("截止事务（不含）")
    entries = models.BigIntegerField("记录数")
    root = models.CharField("根", max_length=64)
    algorithm = models.CharField("摘要算法", max_length=20, default="sha256")
    digests = models.JSONField("检查点摘要")
    previous = models.CharField("前一检查点摘要", max_length=64)
    signature = models.CharField("签名", max_length=200)
    key = models.CharField("公钥", max_length=64)
    entry_ids = ArrayField(models.BigIntegerField(), verbose_name="所含记录")
    leaves = models.BinaryField("叶摘要")  # 32 bytes an entry, in the order of entry_ids: they tell which one changed

    class Meta:
        ordering = ["number"]
