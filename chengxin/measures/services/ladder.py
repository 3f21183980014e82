"""What the ladder proposes of a year's facts. It proposes; nothing costs anybody anything until a named person has decided."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.db import transaction

from chengxin.audit.services import record
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.capabilities import require
from chengxin.core.errors import DomainError
from chengxin.findings import selectors as findings
from chengxin.measures import rules, selectors
from chengxin.measures.models import Measure
from chengxin.measures.services.life import RULE, keep, locked, renew
from chengxin.rulebook import selectors as rulebook


def propose_measures(actor: Actor, *, as_of: dt.date | None = None) -> int:
    """Propose what the ladder says of the facts of this calendar year and the last (whose terms may end in this one); how many are new.

    A fact about whose grounds somebody has decided, whichever way, is left alone; a ground that came later (拒不整改) is proposed in
    place of the measure taken before, never beside it. A proposal that nobody has decided is brought up to date. Running it again,
    or late, changes nothing. Without a rule in force it proposes nothing: a draft can only simulate.
    """
    require(actor, "measures.propose")
    day = as_of or clock.today()
    if rulebook.rule_in_force(RULE, day) is None:
        return 0
    policy_at = selectors.ladder_policies()
    years = (selectors.facts_by_person(day, year=year) for year in (day.year - 1, day.year))
    return sum(_propose(actor, rules.ladder(facts, policy_at)) for persons in years for facts in persons.values())


def _propose(actor: Actor, suggested: Sequence[rules.Suggestion]) -> int:
    histories = selectors.histories_of([each.finding for each in suggested])
    return sum(_followed(actor, each, histories.get(each.finding, selectors.History())) for each in suggested)


def _followed(actor: Actor, suggestion: rules.Suggestion, history: selectors.History) -> bool:
    if history.proposal is not None:
        _bring_up_to_date(actor, history.proposal, suggestion)
        return False
    return not suggestion.grounds <= history.judged and _kept(actor, suggestion, history.decided)


@transaction.atomic
def _bring_up_to_date(actor: Actor, proposal: Measure, suggestion: rules.Suggestion) -> None:
    if not proposal.by_ladder or not renew(proposal, suggestion):
        return
    current = locked(proposal)
    if current.state == rules.PROPOSED and renew(current, suggestion):
        current.save()
        record(
            actor, "measures.renewed", f"measure:{current.pk}", unit_id=current.unit_id, person_id=current.person_id,
            details=_details(current),
        )  # fmt: skip


@transaction.atomic
def _kept(actor: Actor, suggestion: rules.Suggestion, replaced: Measure | None) -> bool:
    finding = findings.counting_findings().select_related("person", "unit").filter(pk=suggestion.finding).first()
    if finding is None:  # reversed while the ladder was climbed
        return False
    try:
        made = keep(
            actor, kind=suggestion.kind, ground=suggestion.ground, clause=suggestion.clause, person=finding.person, unit=finding.unit,
            finding=finding, text=suggestion.text, happened_on=finding.seen_on, suggestion=suggestion, replaces=replaced,
        )  # fmt: skip
    except DomainError:  # somebody was first
        return False
    record(actor, "measures.proposed", f"measure:{made.pk}", unit_id=made.unit_id, person_id=made.person_id, details=_details(made))
    return True


def _details(measure: Measure) -> dict[str, str]:
    return {"kind": measure.kind, "ground": measure.ground, "rule": measure.rule_version}
