"""Questions about the year's round: what was frozen, what stands by now, who is nominated (3.1)."""

from __future__ import annotations

import json
from collections import Counter
from functools import lru_cache
from typing import Any

from django.db.models import QuerySet

from chengxin.appraisal.models import Nomination, PublicObjection, Round, Snapshot
from chengxin.appraisal.rules import rounds as rules
from chengxin.core.actor import Actor
from chengxin.core.errors import NotFound
from chengxin.ui.database import once

SEATS = {"established": "在编人员", "auxiliary": "协管人员", "other": "其他人员", Nomination.COLLECTIVE: "先进集体"}


def rounds() -> list[Round]:
    return list(Round.objects.all())


def round_of(year: int) -> Round:
    """The round of a year. Raises NotFound."""
    found = Round.objects.filter(year=year).first()
    if found is None:
        raise NotFound("no_round", f"{year} 年度考核还没有启动。")
    return found


def running_round() -> Round | None:
    """The newest round that is frozen and not issued: the one in which people are nominated."""
    return Round.objects.filter(state=rules.FROZEN).first()


def snapshot_of(round_: Round) -> Snapshot | None:
    """The frozen text's versions, digest and quotas, without the text itself: that is long."""
    if Round.snapshot.is_cached(round_):
        return getattr(round_, "snapshot", None)
    return once(("snapshot", round_.pk), lambda: Snapshot.objects.filter(round=round_).defer("content").first())


def frozen_rows(round_: Round) -> tuple[dict[str, Any], ...]:
    """Everybody's verdict as frozen, in the frozen order; none before that."""
    snapshot = snapshot_of(round_)
    return _rows(snapshot.pk, snapshot.sha256) if snapshot is not None else ()


@lru_cache(maxsize=4)
def _rows(pk: int, sha256: str) -> tuple[dict[str, Any], ...]:
    """A snapshot is never changed, so its text is understood once."""
    content = Snapshot.objects.values_list("content", flat=True).get(pk=pk, sha256=sha256)
    return tuple(json.loads(content)["verdicts"])


def frozen_row(round_: Round, person: int) -> dict[str, Any] | None:
    """One person's frozen verdict, with what corrections made of it since."""
    found = next((row for row in frozen_rows(round_) if row["person"] == person), None)
    corrected = round_.corrections.filter(person=person).order_by("-number").first()
    if found is None:
        return None
    if corrected is None:
        return {**found, "correction": None}
    return {**found, "result": corrected.after, "reasons": corrected.reasons, "correction": corrected.number}


def effective_result(round_: Round, person: int) -> str | None:
    """The result that counts by now: the frozen one, or that of the last numbered correction. None for who is not in it."""
    row = frozen_row(round_, person)
    return row["result"] if row is not None else None


def is_whole(snapshot: Snapshot) -> bool:
    """Whether the frozen text still gives the digest it was frozen with."""
    return rules.digest(snapshot.content) == snapshot.sha256


def damaged_years() -> list[int]:
    """Years whose frozen text does not give its digest any more."""
    return [each.round.year for each in Snapshot.objects.select_related("round").order_by("round__year") if not is_whole(each)]


def quotas_of(round_: Round) -> dict[str, int]:
    snapshot = snapshot_of(round_)
    return dict(snapshot.quotas) if snapshot is not None else {}


def seats_of(round_: Round) -> list[tuple[str, int, int]]:
    """(title, taken, quota) of each class and of the collectives."""
    taken = Counter(round_.nominations.filter(state=Nomination.STANDING).values_list("seat_class", flat=True))
    quotas = quotas_of(round_)
    return [(title, taken[name], quotas[name]) for name, title in SEATS.items() if name in quotas]


def nominations_of(round_: Round) -> list[Nomination]:
    """Those that stand, by kind and name: a list, never a ranking."""
    found = round_.nominations.filter(state=Nomination.STANDING).select_related("person", "unit")
    return sorted(
        found, key=lambda each: (list(SEATS).index(each.seat_class), each.unit.sequence, each.person.name_key if each.person else "")
    )


def nomination_for(pk: int) -> Nomination:
    found = Nomination.objects.select_related("round", "person", "unit").filter(pk=pk).first()
    if found is None:
        raise NotFound("no_nomination", "没有这项推荐。")
    return found


def objection_for(pk: int) -> PublicObjection:
    found = PublicObjection.objects.select_related("nomination__round", "title").filter(pk=pk).first()
    if found is None:
        raise NotFound("no_objection", "没有这件异议。")
    return found


def own_objections(actor: Actor) -> list[PublicObjection]:
    """What the actor has objected to, with what became of it."""
    found = PublicObjection.objects.filter(filed_by=actor.user_id or 0)
    return list(found.select_related("nomination__person", "nomination__unit", "title__unit").order_by("-pk")[:50])


def open_objections(actor: Actor) -> list[PublicObjection]:
    """Undecided objections that this actor may decide: none of the own, none about own nominations, own unit or oneself."""
    if not actor.may("appraisal.decide"):
        return []
    return [each for each in undecided_objections(actor) if is_free_to_decide(actor, each)]


def undecided_objections(actor: Actor) -> QuerySet[PublicObjection]:
    """Undecided objections of others; whether this actor may decide one is another question."""
    found = PublicObjection.objects.filter(outcome="").exclude(filed_by=actor.user_id or 0)
    return found.select_related("nomination__person", "nomination__unit", "nomination__round", "title__unit")


def is_free_to_decide(actor: Actor, objection: PublicObjection) -> bool:
    subject = objection.nomination or objection.title
    assert subject is not None, "an objection is against one thing"
    person = getattr(subject, "person_id", None)
    return subject.nominated_by != actor.user_id and subject.unit_id != actor.unit_id and (person is None or person != actor.person_id)
