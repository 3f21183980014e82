"""The daily roll-up of the four indicators, and the days it does not know yet (1)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class DayFigure(models.Model):
    """How many facts of an indicator a day has for a unit and a class of person, and how many of them are good.

    Derived and nothing else: it can be thrown away and computed again (``chengxin indicators rebuild --all``). Today is never in it:
    whether a custody has fallen due is a matter of the hour.
    """

    code = models.CharField("指标", max_length=12)
    day = models.DateField("日期")
    unit = models.ForeignKey("people.Unit", models.PROTECT, null=True, related_name="+", verbose_name="单位", db_index=False)
    person_class = models.CharField("人员类别", max_length=12, blank=True)  # empty where the facts say no class
    good = models.IntegerField("合格")
    n = models.IntegerField("合计")

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            # everything a figure needs lies in the index
            models.UniqueConstraint(
                fields=["code", "day", "unit", "person_class"], include=["good", "n"], nulls_distinct=False, name="one_figure_a_day"
            ),
            models.CheckConstraint(condition=models.Q(n__gt=0, good__gte=0, good__lte=models.F("n")), name="good_ones_are_among_all"),
        ]


class DirtyDay(models.Model):
    """A day whose facts changed since its figures were computed. Written by triggers on the tables of the facts, in the transaction
    that changes them, so that nothing can be missed, whoever changes it and however; taken away by whoever computes the day again.

    One row for each statement that changed something: writers never wait for one another. ``fence`` is the number of the
    transaction that first looked at the row: once all lower ones have ended, nobody is left who changed facts of the day without seeing
    this change (see ``services.figures``).
    """

    code = models.CharField("指标", max_length=12)
    day = models.DateField("日期")
    fence = models.BigIntegerField("其后可重算", null=True)

    class Meta:
        indexes = [models.Index(fields=["code", "day"], name="dirty_day")]
