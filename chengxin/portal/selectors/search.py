"""One box for everything: each room finds its own within the reader's scope."""

from __future__ import annotations

from collections.abc import Sequence

from chengxin.casereviews.selectors.search import search_cases
from chengxin.complaints.selectors import search_complaints
from chengxin.core.actor import Actor
from chengxin.equipment.selectors.search import search_items
from chengxin.findings.selectors import search_findings
from chengxin.people.selectors import search_persons, search_units
from chengxin.rulebook.selectors import search_clauses
from chengxin.ui.search import Group, words_of
from chengxin.ui.together import answers

ROOMS = (search_persons, search_units, search_findings, search_complaints, search_items, search_cases, search_clauses)


def search(actor: Actor, typed: str) -> list[Group]:
    """What was found, by kind; kinds without anything are left out, whether the reader may see them or not.

    Raises DomainError (field "q") for what cannot be meant.
    """
    words: Sequence[str] = words_of(typed)
    return [group for group in answers(room(actor, words) for room in ROOMS) if group.hits]
