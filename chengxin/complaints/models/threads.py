"""What is said: outward to the complainant, inward among handlers, by the person complained of (3.2)."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models


class Message(models.Model):
    """One message. The outward and the inward thread never meet. Never changed."""

    OUTWARD, INWARD = "outward", "inward"
    THREADS = ((OUTWARD, "对外"), (INWARD, "内部"))

    complaint = models.ForeignKey("complaints.Complaint", models.PROTECT, related_name="messages")
    thread = models.CharField("对谁", max_length=7, choices=THREADS)
    is_from_complainant = models.BooleanField("来自投诉人", default=False)
    at = models.DateTimeField("时间")
    by_label = models.CharField("经办", max_length=120)
    text = models.TextField("内容")
    form_key = models.UUIDField("表单", null=True, unique=True)  # of what the public sends: one sending is one message

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["complaint", "thread", "id"], name="message_in_order")]


class Attempt(models.Model):
    """A try to reach the complainant, kept for those who could not be reached. Never changed."""

    WAYS = (("phone", "电话"), ("message", "短信"), ("visit", "上门"), ("letter", "信函"))
    REACHED, NOT_REACHED = "reached", "not_reached"
    OUTCOMES = ((REACHED, "已联系上"), (NOT_REACHED, "未联系上"))

    complaint = models.ForeignKey("complaints.Complaint", models.PROTECT, related_name="attempts")
    at = models.DateTimeField("时间")
    by_label = models.CharField("经办", max_length=120)
    way = models.CharField("方式", max_length=7, choices=WAYS)
    outcome = models.CharField("结果", max_length=11, choices=OUTCOMES)
    note = models.CharField("说明", max_length=200, blank=True)

    class Meta:
        ordering = ["pk"]


class AccusedQuerySet(models.QuerySet["Accused"]):
    def standing(self) -> AccusedQuerySet:
        """Without those who were named by mistake: nothing follows from them any more."""
        return self.filter(withdrawn_at=None)


class Accused(models.Model):
    """Somebody complained of, with the unit of that day: shown a paraphrase, heard before anything is decided.

    Who was named by mistake stays on record as withdrawn, with who said so and why.
    """

    complaint = models.ForeignKey("complaints.Complaint", models.PROTECT, related_name="accused")
    person = models.ForeignKey("people.Person", models.PROTECT, related_name="+")
    unit = models.ForeignKey("people.Unit", models.PROTECT, related_name="+")
    named_at = models.DateTimeField("认定时间")
    named_label = models.CharField("认定人", max_length=120)
    told_at = models.DateTimeField("告知时间", null=True)
    told_text = models.CharField("告知内容", max_length=1000, blank=True)  # the paraphrase as it was then
    object_by = models.DateField("申辩截止", null=True)
    replied_at = models.DateTimeField("回应时间", null=True)
    reply = models.TextField("回应", blank=True)
    withdrawn_at = models.DateTimeField("撤销时间", null=True)
    withdrawn_by = models.BigIntegerField("撤销人", null=True)
    withdrawn_label = models.CharField("撤销人", max_length=120, blank=True)
    withdrawn_reason = models.CharField("撤销理由", max_length=500, blank=True)

    objects = AccusedQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["complaint", "person"], condition=models.Q(withdrawn_at=None), name="accused_once_at_a_time"),
            models.CheckConstraint(
                condition=models.Q(withdrawn_at=None)
                | models.Q(withdrawn_by__isnull=False) & ~models.Q(withdrawn_label="") & ~models.Q(withdrawn_reason=""),
                name="a_withdrawn_accused_says_who_and_why",
            ),
        ]
        indexes = [models.Index(fields=["unit", "complaint"], name="accused_by_unit")]
