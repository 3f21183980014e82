"""Contests and drills a person took part in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse

from chengxin.contests.models import Member
from chengxin.core.actor import Actor
from chengxin.ui.panels import Line, Panel
from chengxin.ui.together import Inquiry

if TYPE_CHECKING:
    from chengxin.people.models import Person

MOST = 8


def person_panel(actor: Actor, person: Person) -> Inquiry[Panel | None]:
    """One's own contests. Others see an entry's result on the contest's page, as its rows are shown to them."""
    if person.pk != actor.person_id or not actor.may("contests.see"):
        return None
    members = Member.objects.filter(person=person).select_related("entry", "contest").order_by("-contest__held_on")[:MOST]
    yield members
    return Panel(
        "竞赛与会操", "2.4.2",
        lines=[
            Line(each.contest.title, reverse("contests:detail", args=[each.contest_id]), f"{each.contest.held_on}，{each.entry.title}",
                 each.contest.get_state_display())
            for each in members
        ],
        empty="没有参加竞赛或会操。",
    )  # fmt: skip
