"""The summary of a consultation: what was said of which clause, what was answered and why (3.3)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from chengxin.consultations import rules
from chengxin.consultations.models import Consultation, Opinion
from chengxin.consultations.selectors import answer_of
from chengxin.consultations.selectors.drafts import changes_in
from chengxin.rulebook import selectors as rulebook

HELD = "（原文不公开："


@dataclass(frozen=True)
class Line:
    """One opinion as the summary tells it; an opinion that is held back is told with the reason in place of its words."""

    clause: str
    author: str
    text: str
    outcome: str
    outcome_title: str
    reason: str
    at: dt.datetime


@dataclass(frozen=True)
class Summary:
    lines: list[Line]
    clauses: dict[str, str]
    staff: int  # how many opinions of staff there are, those not listed included

    @property
    def by_clause(self) -> list[tuple[str, str, list[Line]]]:
        """(clause, its title, its lines) in the plan's order."""
        found = [(code, title, [line for line in self.lines if line.clause == code]) for code, title in self.clauses.items()]
        return [each for each in found if each[2]]

    @property
    def outcomes(self) -> list[tuple[str, str, int]]:
        return [(code, title, sum(line.outcome == code for line in self.lines)) for code, title in rules.OUTCOMES.items()]


def is_ready(consultation: Consultation) -> bool:
    """Once every opinion has its answer."""
    return consultation.closed_at is not None and consultation.state != rules.WITHDRAWN


def summary_of(consultation: Consultation, *, for_public: bool = False) -> Summary:
    """All of them for staff; the public's own for the public."""
    every = list(consultation.opinions.prefetch_related("answers").order_by("clause", "pk"))
    shown = [each for each in every if each.channel == Opinion.PUBLIC] if for_public else every
    return Summary([_line(each) for each in shown], _titles(), sum(each.channel == Opinion.STAFF for each in every))


def _line(opinion: Opinion) -> Line:
    answer = answer_of(opinion)
    text = f"{HELD}{opinion.held_reason}）" if opinion.sight == rules.HELD else opinion.text
    outcome = answer.outcome if answer else ""
    return Line(
        opinion.clause, opinion.author, text, outcome, rules.OUTCOMES.get(outcome, "待答复"), answer.reason if answer else "", opinion.at
    )


def _titles() -> dict[str, str]:
    return {clause.code: clause.title for clause in rulebook.clauses()}


def clause_choices(consultation: Consultation) -> list[tuple[str, str]]:
    """The clauses the draft touches first, then all others: an opinion may be about what it leaves alone."""
    touched = {each["clause"] for each in changes_in(consultation.opened_content)} or set(
        consultation.changes.values_list("clause", flat=True)
    )
    every = [(code, f"{code} {title}") for code, title in _titles().items()]
    return sorted(every, key=lambda pair: pair[0] not in touched)
