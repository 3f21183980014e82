"""Random review of recordings: drawn, looked at by somebody of another squadron, with a result (2.2.3, 2.3)."""

from __future__ import annotations

from django.db import models


class Review(models.Model):
    """One drawn recording and what its reviewer found. A finding is another matter, made by a named person."""

    FINE, PROBLEM, UNUSABLE = "fine", "problem", "unusable"
    OUTCOMES = ((FINE, "未见问题"), (PROBLEM, "发现问题"), (UNUSABLE, "不能判断"))

    draw = models.ForeignKey("draws.Draw", models.PROTECT, related_name="+")
    recording = models.ForeignKey("evidence.Recording", models.PROTECT, related_name="reviews")
    outcome = models.CharField("结果", max_length=8, choices=OUTCOMES, blank=True)
    note = models.CharField("说明", max_length=300, blank=True)
    reviewed_by = models.BigIntegerField("审查人", null=True)
    reviewed_label = models.CharField("审查人", max_length=120, blank=True)
    reviewed_at = models.DateTimeField("审查时间", null=True)

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["draw", "recording"], name="one_review_a_draw")]


class ReasonReview(models.Model):
    """One drawn look, and whether the reason given for it holds. What follows from a bad one is decided by people."""

    SOUND, UNSOUND = "sound", "unsound"
    OUTCOMES = ((SOUND, "理由成立"), (UNSOUND, "理由不成立"))

    draw = models.ForeignKey("draws.Draw", models.PROTECT, related_name="+")
    viewing = models.ForeignKey("evidence.Viewing", models.PROTECT, related_name="reviews")
    outcome = models.CharField("结果", max_length=7, choices=OUTCOMES, blank=True)
    note = models.CharField("说明", max_length=300, blank=True)
    reviewed_by = models.BigIntegerField("审查人", null=True)
    reviewed_label = models.CharField("审查人", max_length=120, blank=True)
    reviewed_at = models.DateTimeField("审查时间", null=True)

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["draw", "viewing"], name="one_reason_review_a_draw")]
