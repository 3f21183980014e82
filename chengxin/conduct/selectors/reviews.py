"""Drawn recordings and their score sheets, within the reviewer's scope (2.3.2)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.urls import reverse

from chengxin.conduct import rules
from chengxin.conduct.catalog import SECTION
from chengxin.conduct.models import Nomination, Remark, Sheet
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.errors import NotFound
from chengxin.core.waiting import Waiting
from chengxin.draws.models import Replacement
from chengxin.evidence.models import Recording, Review, Viewing
from chengxin.evidence.services.viewing import may_view
from chengxin.findings import selectors as findings
from chengxin.people import selectors as people
from chengxin.ui.together import Counted, Inquiry

if TYPE_CHECKING:
    from chengxin.findings.models import Finding

MOST_OWN = 50  # sheets on the own page
RANDOM = "evidence.review:"  # what the key of a monthly random draw begins with


def in_reach(actor: Actor, capability: str, prefix: str = "") -> Q:
    """Rows of units the capability reaches."""
    reach = actor.units_for(capability)
    return Q() if reach is None else Q(**{f"{prefix}unit_id__in": reach})


def reviews_visible_to(actor: Actor) -> QuerySet[Review]:
    """Every drawn recording that stands, of the units the reviewer reaches, but nothing of the own unit (回避)."""
    replaced = Replacement.objects.filter(draw=OuterRef("draw"), out=OuterRef("number"))
    standing = Review.objects.annotate(number=_number()).filter(in_reach(actor, "conduct.review", "recording__"), ~Exists(replaced))
    standing = standing.exclude(recording__person_id=actor.person_id or 0)
    return standing if actor.unit_id is None else standing.exclude(recording__unit_id=actor.unit_id)


def _number() -> Any:
    """A recording's number as the database writes it."""
    from django.db.models import CharField, Func

    return Func(F("recording_id"), template="'影' || lpad(%(expressions)s::text, 7, '0')", output_field=CharField())


def review_for(actor: Actor, pk: int) -> Review:
    """A drawn recording, for who reviews the conduct in its unit. Raises NotFound; the own unit's is refused by the commands."""
    found = Review.objects.select_related("draw", "recording__person", "recording__unit").filter(pk=pk).first()
    if found is None or not actor.may("conduct.review", found.recording.unit_id) or found.recording.person is None:
        raise NotFound("no_review", "没有这项抽查，或不在您的范围内。")
    return found


def why_not_review(actor: Actor, recording: Recording) -> str:
    """Why this actor must not judge this recording, or "" (回避): the unit of its day and that of today both count."""
    now = people.unit_of(recording.person, clock.today()) if recording.person is not None else None
    return rules.why_not_review(
        person=actor.person_id, unit=actor.unit_id, of_person=recording.person_id, units=[recording.unit_id, now.pk if now else None]
    )


def own_sheet(actor: Actor, review: Review) -> Sheet | None:
    return Sheet.objects.filter(review=review, reviewer_id=actor.user_id or 0).first()


def final_sheet(review: Review) -> Sheet | None:
    return Sheet.objects.filter(review=review, state=rules.FINAL).first()


def sheet_for(actor: Actor, pk: int) -> Sheet:
    """A final sheet, for who reviews. Raises NotFound."""
    found = Sheet.objects.select_related("review__draw", "recording", "person", "unit").filter(pk=pk, state=rules.FINAL).first()
    if found is None or not actor.may("conduct.review", found.unit_id):
        raise NotFound("no_sheet", "没有这张评查表，或不在您的范围内。")
    return found


def current_look(actor: Actor, recording: Recording) -> Viewing | None:
    """The actor's look at a recording that still lasts."""
    looks = Viewing.objects.all().of(actor).filter(recording=recording, until__gte=clock.now())
    return looks.select_related("recording__person", "recording__unit").first()


def has_looked_since(actor: Actor, recording: Recording, since: dt.datetime) -> bool:
    """Whether the actor opened the recording after something was said about it."""
    return Viewing.objects.all().of(actor).filter(recording=recording, opened_at__gte=since).exists()


def own_sheets(actor: Actor) -> list[Sheet]:
    """The newest final sheets about the actor's own recordings."""
    found = Sheet.objects.filter(person_id=actor.person_id or 0, state=rules.FINAL).select_related("recording", "review__draw")
    return list(found.prefetch_related("corrections").order_by("-final_at")[:MOST_OWN])


def remarks_of(review: Review) -> QuerySet[Remark]:
    return Remark.objects.filter(review=review)


def nominations_of(recording: Recording) -> QuerySet[Nomination]:
    """What was found in a recording, whoever found it and in which draw."""
    return Nomination.objects.filter(recording=recording).select_related("finding", "person")


def with_counting(nominations: QuerySet[Nomination]) -> QuerySet[Nomination]:
    """Those whose finding counts: a reversed one takes its consequence with it."""
    return nominations.filter(finding__in=findings.counting_findings())


def counting_recordings(recordings: Collection[int]) -> set[int]:
    """Of these recordings those with a finding that counts."""
    found = with_counting(Nomination.objects.filter(recording_id__in=recordings))
    return set(found.values_list("recording_id", flat=True))


@dataclass(frozen=True)
class Line:
    """A line of a sheet as it is read: what was given, what it was corrected to, what was noted."""

    code: str
    title: str
    points: int
    given: int | None
    now: int | None
    note: str


def lines_of(sheet: Sheet) -> list[Line]:
    """The lines of a final sheet with its corrections."""
    made = [(each.code, each.after) for each in sheet.corrections.all()]
    now = rules.corrected(sheet.marks, made)
    return [
        Line(code, each["title"], each["points"], sheet.marks.get(code), now.get(code), sheet.notes.get(code, ""))
        for each in sheet.criteria
        for code in [each["code"]]
    ]


def total_of(lines: Iterable[Line]) -> int:
    return sum(each.now or 0 for each in lines)


def findings_seen(actor: Actor, nominations: Iterable[Nomination]) -> dict[int, Finding]:
    """The findings of nominations as this reader may open them."""
    visible = findings.findings_visible_to(actor).filter(pk__in=[each.finding_id for each in nominations])
    return {each.pk: each for each in visible}


def may_look(actor: Actor, recording: Recording) -> bool:
    return may_view(actor, recording) and recording.deleted_at is None


def waiting_for_review(actor: Actor) -> Inquiry[list[Waiting]]:
    """Drawn recordings that nobody has reviewed."""
    if not actor.may("conduct.review"):
        return []
    count = Counted(reviews_visible_to(actor).filter(outcome=""))
    yield count
    address = f"{reverse('conduct:reviews')}?state=waiting"
    return [Waiting(f"评查抽中的影像 {count.n} 段", address, SECTION, "conduct.review", count=count.n)] if count.n else []
