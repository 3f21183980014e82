"""Which first steps somebody took. Nothing follows from it: it only makes the guide shorter."""

from __future__ import annotations

from django.db import models


class GuideStep(models.Model):
    """A step of the guide that a user opened, or that the guide was put away."""

    user = models.ForeignKey("people.User", models.CASCADE, related_name="+", verbose_name="用户")
    step = models.CharField("步骤", max_length=20)
    taken_at = models.DateTimeField("时间")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "step"], name="one_guide_step_a_user")]
