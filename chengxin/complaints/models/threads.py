"""What is said: outward to the complainant, inward among handlers, by the person complained of (3.2)."""

from __future__ import annotations

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


class Accused(models.Model):
    """Somebody complained of, with the unit of that day: shown a paraphrase, heard before anything is decided."""

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

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["complaint", "person"], name="accused_once")]
        indexes = [models.Index(fields=["unit", "complaint"], name="accused_by_unit")]
