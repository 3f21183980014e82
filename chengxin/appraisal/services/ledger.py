"""The ledger is written as facts happen, in their own transaction; what was missed is appended later. Nothing in it is ever changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from django.db import transaction

from chengxin.appraisal.models import LedgerEntry
from chengxin.appraisal.selectors import facts
from chengxin.appraisal.selectors.facts import Wanted
from chengxin.audit.services import record
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.capabilities import require
from chengxin.measures.models import Commendation, Measure

if TYPE_CHECKING:
    from chengxin.findings.models import Finding

BATCH = 2000
CONTENT = (
    "source", "kind", "person_id", "unit_id", "person_class", "year", "happened_on", "known_at", "clause", "text", "flag", "points",
    "rests_on", "object_by", "rule_version", "points_version",
)  # fmt: skip


def witness_finding(actor: Actor, finding: Finding, event: str) -> None:  # noqa: ARG001
    """What happened to a finding, in the finding's own transaction. One against a unit is in nobody's ledger."""
    if finding.person_id is None:
        return
    if event == "raised":
        append([facts.of_finding(finding)])
    else:
        append(facts.of_findings([finding.pk]))
        append(facts.of_measures(on_findings=[finding.pk]))


def witness_measure(actor: Actor, thing: Measure | Commendation, event: str) -> None:  # noqa: ARG001
    """What happened to a measure or a commendation, in its own transaction. One of a unit is in nobody's ledger."""
    append(facts.of_measures([thing.pk]) if isinstance(thing, Measure) else facts.of_commendations([thing.pk]))


@dataclass(frozen=True)
class Appended:
    """How many facts were looked at, and what the ledger had to be given."""

    facts: int = 0
    entries: int = 0
    reversals: int = 0

    def __add__(self, other: Appended) -> Appended:
        return Appended(self.facts + other.facts, self.entries + other.entries, self.reversals + other.reversals)


def append(wanted: Iterable[Wanted]) -> Appended:
    """Give the ledger what it lacks of these facts. A fact that it holds is left alone, so repeating changes nothing; two who append the
    same at once append it once, which the database's own constraints see to.
    """
    rest, done = iter(wanted), Appended()
    while batch := tuple(islice(rest, BATCH)):
        done += _append(batch)
    return done


def _append(wanted: tuple[Wanted, ...]) -> Appended:
    held = _held(wanted)
    missing = [each for each in wanted if (each.source, each.kind) not in held]
    if missing:
        LedgerEntry.objects.bulk_create([_entry(each) for each in missing], ignore_conflicts=True)
    ended = [each for each in wanted if each.ended_at is not None]
    held = _held(ended) if missing and ended else held
    unreversed = [each for each in ended if not held[each.source, each.kind].is_reversed]  # type: ignore[attr-defined]
    if unreversed:
        reversals = [_reversal(held[each.source, each.kind], each) for each in unreversed]
        LedgerEntry.objects.bulk_create(reversals, ignore_conflicts=True)
    return Appended(len(wanted), len(missing), len(unreversed))


def _held(wanted: Iterable[Wanted]) -> dict[tuple[str, str], LedgerEntry]:
    """The entries of these facts, each knowing whether it is reversed."""
    rows = list(LedgerEntry.objects.filter(source__in=[each.source for each in wanted]))
    reversed_ = {row.reverses_id for row in rows if row.reverses_id is not None}
    held = {}
    for row in rows:
        if row.reverses_id is None:
            row.is_reversed = row.pk in reversed_  # type: ignore[attr-defined]
            held[row.source, row.kind] = row
    return held


def _entry(wanted: Wanted) -> LedgerEntry:
    return LedgerEntry(**{name: getattr(wanted, name) for name in CONTENT}, written_at=clock.now())


def _reversal(entry: LedgerEntry, wanted: Wanted) -> LedgerEntry:
    content: dict[str, Any] = {name: getattr(entry, name) for name in CONTENT}
    content |= {"points": -entry.points, "known_at": wanted.ended_at, "text": f"{wanted.ended_text}：{entry.text}"[:400]}
    return LedgerEntry(**content, written_at=clock.now(), reverses=entry)


@transaction.atomic
def reconcile_ledger(actor: Actor) -> Appended:
    """Compare the ledger with all facts and append what is missing, as known when the facts were: a late job changes when people are
    told, never what the verdict is. Recorded when there was something to append.
    """
    require(actor, "appraisal.run")
    done = bring_up_to_date()
    if done.entries or done.reversals:
        record(actor, "appraisal.reconciled", "ledger:all", details={"entries": done.entries, "reversals": done.reversals})
    return done


def bring_up_to_date() -> Appended:
    """Append whatever the ledger lacks of any fact, within the caller's act."""
    return append(facts.every_fact())
