"""Activities and talks of a person or a unit at a glance; what was said in a talk is not even read."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from django.urls import reverse

from chengxin.activities import rules
from chengxin.activities.models import RosterLine, Talk
from chengxin.activities.selectors.talks import everyone_to_talk_with, frame_of, talked_with
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.ui.panels import Figure, Line, Panel
from chengxin.ui.together import Counted, Inquiry

if TYPE_CHECKING:
    from chengxin.people.models import Person

MOST = 8


def person_panel(actor: Actor, person: Person) -> Inquiry[Panel | None]:
    """This year's attendance within the reader's scope, and on which days somebody talked with the person."""
    if person.pk != actor.person_id and not (actor.may("activities.roll") or actor.may("activities.summary")):
        return None
    year = clock.today().year
    lines = RosterLine.objects.all().visible_to(actor).filter(person=person, activity__year=year, activity__state=rules.CLOSED)
    lines = lines.select_related("activity").order_by("-activity__starts_at")
    talks = Talk.objects.all().visible_to(actor).standing().filter(person=person, year=year).order_by("held_on").values("held_on")
    yield lines, talks
    count = rules.count_of((line.presence, line.reason_state) for line in lines)
    days = "、".join(f"{talk['held_on']:%m-%d}" for talk in talks)
    return Panel(
        "活动与谈心谈话", "2.4",
        [Figure("本年活动到场", f"{count.label}（准假 {count.excused}，缺席 {count.absent}）"), Figure("本年谈心谈话", days or "尚未记录")],
        [_line(line) for line in lines[:MOST]], empty="本年没有已结束的活动。",
    )  # fmt: skip


def _line(line: RosterLine) -> Line:
    score = f"，成绩 {line.score}" if line.score is not None else ""
    made_up = "，已补训" if line.is_made_up else ""
    tone = {rules.PRESENT: "ok", rules.ABSENT: "warn"}.get(line.presence, "muted")
    day = clock.local_day(line.activity.starts_at)
    return Line(
        line.activity.title, reverse("activities:line", args=[line.pk]), f"{day}{score}{made_up}", line.get_presence_display(), tone
    )


def unit_panel(actor: Actor, units: Collection[int]) -> Inquiry[Panel | None]:
    """This year's attendance of some units and how far the talks have come."""
    units = [pk for pk in units if actor.may("activities.summary", pk)]
    if not units:
        return None
    year = clock.today().year
    frame = frame_of(year)
    everyone = everyone_to_talk_with(frame, list(units))
    due, talked = Counted(everyone), Counted(everyone.filter(pk__in=talked_with(frame)))
    lines = RosterLine.objects.all().visible_to(actor).filter(unit_id__in=units, activity__year=year, activity__state=rules.CLOSED)
    shown = lines.values_list("presence", "reason_state")
    to_make_up = Counted(lines.to_make_up())
    yield shown, due, talked, to_make_up
    count = rules.count_of(shown)
    return Panel(
        "活动与谈心谈话", "2.4",
        [
            Figure("本年活动到场", f"{count.label}（准假 {count.excused}，缺席 {count.absent}）", reverse("activities:list")),
            Figure("待补训", f"{to_make_up.n} 人次", tone="warn" if to_make_up.n else ""),
            Figure("谈心谈话覆盖", f"{talked.n}/{due.n}", reverse("activities:talks")),
        ],
    )  # fmt: skip
