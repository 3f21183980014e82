"""Secret addresses of calendar feeds; only their digests are kept."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models

from chengxin.audit.history import tracked


@tracked
class CalendarLink(models.Model):
    """A feed of one person's activities, or of a unit's. Issued by a user, who can revoke it."""

    digest = models.CharField("摘要", max_length=64, unique=True)
    user = models.ForeignKey("people.User", models.PROTECT, related_name="+", verbose_name="签发人")
    person = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+", verbose_name="人员")
    unit = models.ForeignKey("people.Unit", models.PROTECT, null=True, related_name="+", verbose_name="单位")
    issued_at = models.DateTimeField("生成时间")
    revoked_at = models.DateTimeField("停用时间", null=True)

    class Meta:
        ordering = ["-pk"]
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=models.Q(person__isnull=False, unit=None) | models.Q(person=None, unit__isnull=False),
                name="a_feed_is_of_a_person_or_a_unit",
            ),
        ]
