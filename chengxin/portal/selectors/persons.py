"""What every room tells of a person, beside the file itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chengxin.activities.selectors import glance as activities
from chengxin.casereviews.selectors import glance as casereviews
from chengxin.complaints.selectors import glance as complaints
from chengxin.conduct.selectors import glance as conduct
from chengxin.contests.selectors import glance as contests
from chengxin.core.actor import Actor
from chengxin.evidence.selectors import glance as evidence
from chengxin.exams.selectors import glance as exams
from chengxin.ui.panels import Panel
from chengxin.ui.together import answers

if TYPE_CHECKING:
    from chengxin.people.models import Person

ROOMS = (
    activities.person_panel, exams.person_panel, contests.person_panel, conduct.person_panel, evidence.person_panel,
    complaints.person_panel, casereviews.person_panel,
)  # fmt: skip


def panels_of(actor: Actor, person: Person) -> list[Panel]:
    """One panel of each room that may tell this reader something; the person's own all of one's own."""
    return [panel for panel in answers(room(actor, person) for room in ROOMS) if panel is not None]
