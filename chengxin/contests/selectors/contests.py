"""Which contests there are, how somebody stands to them, and whose names may be read."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import Count, Prefetch, Q, QuerySet

from chengxin.contests import rules
from chengxin.contests.models import Contest, ContestQuerySet, Entry, Judge, Member, Result
from chengxin.core.actor import Actor
from chengxin.core.errors import NotFound
from chengxin.people.models import Unit
from chengxin.rulebook import selectors as rulebook
from chengxin.ui.database import once

RULE = "activities.contests"


def contest_policy_at(on: dt.date, kind: str) -> rules.Policy:
    """The rules a contest of a day begins with; a draft of the rulebook is enough, since a contest costs nobody anything."""
    found = rulebook.rule_values(RULE, on, simulate=True)
    return rules.policy_from_values(kind, found.values, found.version)


def contests_visible_to(actor: Actor) -> ContestQuerySet:
    return Contest.objects.all().visible_to(actor)


def contest_rows(actor: Actor) -> QuerySet[Contest, dict[str, Any]]:
    """Contests with how many entries stand."""
    rows = contests_visible_to(actor).annotate(entered=Count("entries", filter=Q(entries__withdrawn_at=None)))
    return rows.values("pk", "title", "kind", "subject", "held_on", "place", "state", "entered")


def contest_for(actor: Actor, pk: int) -> Contest:
    """A contest. Raises NotFound."""
    found = contests_visible_to(actor).select_related("draw", "result").filter(pk=pk).first()
    if found is None:
        raise NotFound("no_contest", "没有这场竞赛，或不在您的范围内。")
    return found


def result_of(contest: Contest) -> Result | None:
    found: Result | None = getattr(contest, "result", None)
    return found


def judge_of(actor: Actor, contest: Contest) -> Judge | None:
    """The actor as a judge of this contest, released or not."""
    if actor.person_id is None:
        return None
    found = Judge.objects.filter(contest=contest, person_id=actor.person_id).select_related("person")
    return once(("contests.judge", contest.pk, actor.person_id), found.first)


def is_organiser(actor: Actor, contest: Contest) -> bool:
    """Whether the actor organises it and so reads names: who judges it does not, until it is confirmed."""
    if not (actor.may("contests.plan") or actor.may("contests.confirm")):
        return False
    return contest.state == rules.CONFIRMED or judge_of(actor, contest) is None


def entries_of(contest: Contest) -> list[Entry]:
    members = Prefetch("members", Member.objects.select_related("person"))
    found = contest.entries.select_related("unit").prefetch_related(members)
    return once(("contests.entries", contest.pk), lambda: list(found))


def entries_named_to(actor: Actor, contest: Contest) -> list[Entry]:
    """The entries whose names the actor may read: all for organisers, those of the own units and the own for others.

    A judge reads none before the confirmation, whatever else the judge may do.
    """
    if is_organiser(actor, contest):
        return entries_of(contest)
    if judge_of(actor, contest) is not None and contest.state != rules.CONFIRMED:
        return []
    reach = actor.units_for("contests.enter")
    return [entry for entry in entries_of(contest) if reach is None or entry.unit_id in reach or is_member(actor, entry)]


def is_member(actor: Actor, entry: Entry) -> bool:
    return actor.person_id is not None and any(member.person_id == actor.person_id for member in entry.members.all())


def entry_for(actor: Actor, contest: Contest, pk: int) -> Entry:
    """An entry whose name the actor may read. Raises NotFound."""
    found = next((entry for entry in entries_named_to(actor, contest) if entry.pk == pk), None)
    if found is None:
        raise NotFound("no_entry", "没有这名参赛者，或不在您的范围内。")
    return found


def entry_units(actor: Actor) -> list[tuple[str, str]]:
    """The units the actor may enter somebody of."""
    reach = actor.units_for("contests.enter")
    units = Unit.objects.all() if reach is None else Unit.objects.filter(pk__in=reach)
    return [(str(pk), name) for pk, name in units.values_list("pk", "name")]
