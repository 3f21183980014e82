"""Footage of a person's or a unit's duty at a glance."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import TYPE_CHECKING

from django.urls import reverse

from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.evidence.models import Gap, Recording
from chengxin.evidence.selectors.coverage import coverage_by_unit, coverage_of_person, gaps_visible_to
from chengxin.ui.panels import Figure, Line, Panel
from chengxin.ui.together import Counted, Inquiry

if TYPE_CHECKING:
    from chengxin.people.models import Person

DAYS, MOST = 30, 6


def person_panel(actor: Actor, person: Person) -> Inquiry[Panel | None]:
    """Footage and coverage of the person's own shifts of the last days, with the gaps the reader may see."""
    is_own = person.pk == actor.person_id
    if not (is_own and actor.may("evidence.read_own")) and not actor.may("evidence.read"):
        return None
    since = clock.today() - dt.timedelta(days=DAYS - 1)
    films = Counted(Recording.objects.all().visible_to(actor).kept().filter(person=person, started_at__gte=clock.at(since)))
    gaps = gaps_visible_to(actor).filter(person=person)[:MOST]
    yield films, gaps
    address = reverse("evidence:own") if is_own else ""
    share = _share([coverage_of_person(person.pk, since, clock.today(), units=None if is_own else actor.units_for("evidence.read"))])
    figures = [Figure(f"近 {DAYS} 天影像", f"{films.n} 段", address), Figure(f"近 {DAYS} 天执勤影像覆盖", share)]
    return Panel("执法影像", "2.2.3", figures, [_line(gap, with_name=False) for gap in gaps], empty="没有影像缺失。")


def unit_panel(actor: Actor, units: Collection[int]) -> Inquiry[Panel | None]:
    """Coverage of some units, and gaps that are neither explained nor decided."""
    units = [pk for pk in units if actor.may("evidence.read", pk)]
    if not units:
        return None
    gaps = gaps_visible_to(actor).filter(unit_id__in=units).undecided()
    count, shown = Counted(gaps), gaps[:MOST]
    yield count, shown
    since = clock.today() - dt.timedelta(days=DAYS - 1)
    share = _share([(each.wanted, each.covered) for each in coverage_by_unit(units, since, clock.today())])
    return Panel(
        "执法影像", "2.2.3",
        [
            Figure(f"近 {DAYS} 天执勤影像覆盖", share, reverse("evidence:coverage")),
            Figure("影像没有交代", f"{count.n} 处", reverse("evidence:gaps"), "warn" if count.n else ""),
        ],
        [_line(gap, with_name=True) for gap in shown], empty="没有未交代的影像缺失。",
    )  # fmt: skip


def _share(minutes: Collection[tuple[int, int]]) -> str:
    wanted, covered = (sum(column) for column in zip(*minutes, strict=True)) if minutes else (0, 0)
    return f"{100 * covered / wanted:.1f}%（{wanted // 60} 小时）" if wanted else "没有带记录仪的执勤"


def _line(gap: Gap, *, with_name: bool) -> Line:
    who = f"{gap.person.name} " if with_name else ""
    tone = {Gap.OPEN: "warn", Gap.EXPLAINED: "info"}.get(gap.state, "muted")
    return Line(f"{who}{gap.shift.day:%m-%d} {gap.shift.title}", "", f"{gap.minutes} 分钟没有影像", gap.get_state_display(), tone)
