"""What a draw says, and whether it follows from its frame and seed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any

from django.db.models import QuerySet

from chengxin.core import clock
from chengxin.draws.models import Draw
from chengxin.rulekit import draws


def draw_by_key(key: str) -> Draw | None:
    return Draw.objects.filter(key=key).first()


def draws_by_key(keys: Collection[str]) -> dict[str, Draw]:
    return {each.key: each for each in Draw.objects.filter(key__in=keys)}


def draws_between(since: dt.date, until: dt.date) -> QuerySet[Draw]:
    """Draws whose frame was frozen from one day through another, in that order, cast or not."""
    ends = clock.at(until + dt.timedelta(days=1))
    return Draw.objects.filter(frozen_at__gte=clock.at(since), frozen_at__lt=ends).order_by("frozen_at", "pk")


def standing(draw: Draw) -> list[str]:
    """Who is drawn now, replacements included."""
    out = list(draw.replacements.values_list("out", flat=True))
    return draws.after_replacements(draw.entries, draw.quotas, draw.seed, out)[0] if draw.seed else []


def file_of(draw: Draw) -> dict[str, Any]:
    """All of a draw as ``chengxin draw verify`` reads it, on any machine and without this database."""
    replacements = [
        {"out": each.out, "in": each.into, "reason": each.reason, "by": each.by_label, "at": _told(each.at)}
        for each in draw.replacements.all()
    ]
    return {
        "version": draws.VERSION, "key": draw.key, "title": draw.title, "rule_version": draw.rule_version, "frame": draw.frame,
        "quotas": draw.quotas, "frame_sha256": draw.frame_sha256, "frozen_at": _told(draw.frozen_at), "frozen_by": draw.frozen_label,
        "secret": draw.secret, "public": draw.public, "seed": draw.seed, "cast_at": _told(draw.cast_at), "cast_by": draw.cast_label,
        "drawn": draw.drawn, "replacements": replacements, "standing": standing(draw),
    }  # fmt: skip


def _told(moment: Any) -> str:
    return moment.astimezone(clock.SHANGHAI).isoformat() if moment else ""
