"""Questions about complaints, within the reader's scope and never across a conflict of interest."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.urls import reverse

from chengxin.complaints import rules
from chengxin.complaints.models import Accused, Clock, Complaint, ComplaintQuerySet, Message, Pause, Reveal, Sight, Validity
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.errors import NotFound
from chengxin.files import selectors as files
from chengxin.people.models import Unit
from chengxin.rulebook import selectors as rulebook
from chengxin.ui.search import Group, Hit, grouped, numbers_in, sifted
from chengxin.ui.tables import moment_of
from chengxin.ui.together import Inquiry

if TYPE_CHECKING:
    from chengxin.files.models import StoredFile

CHAPTER = "三（二）示范与投诉"


def complaints_visible_to(actor: Actor) -> ComplaintQuerySet:
    return Complaint.objects.all().visible_to(actor)


def complaint_for(actor: Actor, pk: int) -> Complaint:
    """A complaint the actor may see. Raises NotFound for any other: a conflict of interest is told no different from absence."""
    found = complaints_visible_to(actor).select_related("unit", "handler", "merged_into", "repeat_of").filter(pk=pk).first()
    if found is None:
        raise NotFound("no_complaint", "没有这件投诉，或不在您的范围内。")
    return found


def complaint_by_number(actor: Actor, text: str) -> Complaint:
    """By what people type: 诉0000012 or 12. Raises NotFound."""
    digits = text.strip().removeprefix("诉")
    if not digits.isdecimal() or len(digits) > 12:
        raise NotFound("no_complaint", "编号应形如 诉0000012。")
    return complaint_for(actor, int(digits))


@dataclass(frozen=True)
class Running:
    """A clock as it stands now."""

    clock: Clock
    verdict: str
    hours_left: float

    @property
    def label(self) -> str:
        return f"{self.clock.get_kind_display()}：{rules.VERDICTS[self.verdict]}"


def clocks_of(complaint: Complaint) -> list[Running]:
    now = clock.now()
    return [
        Running(each, rules.verdict(each.due_at, each.met_at, now), (each.due_at - (each.met_at or now)).total_seconds() / 3600)
        for each in complaint.clocks.all()
    ]


def with_clocks(complaints: ComplaintQuerySet) -> Any:
    """Each with the terms of its running round: both due moments and when they were met."""
    columns: dict[str, Subquery] = {}
    for kind in rules.CLOCKS:
        of_round = Clock.objects.filter(complaint=OuterRef("pk"), kind=kind, round=OuterRef("reopened")).order_by()
        columns |= {f"{kind}_due": Subquery(of_round.values("due_at")), f"{kind}_met": Subquery(of_round.values("met_at"))}
    return complaints.annotate(**columns)


LISTED = (
    "pk", "received_at", "received", "channel", "category", "unit_name", "state", "result", "response_due", "response_met", "feedback_due",
    "feedback_met", "reopened", "is_anonymous",
)  # fmt: skip


def work_list(sight: Sight) -> Any:
    """Both clocks of each complaint in sight, nothing of who complained. It depends on what is given alone (see ``Recipe``)."""
    found = with_clocks(Complaint.objects.all().in_sight(sight))
    return found.annotate(unit_name=F("unit__name"), received=moment_of("received_at")).values(*LISTED)


def overdue() -> Any:
    """Complaints with a term that ran out and was not met, for whoever asks which of some they are; shows nobody anything by itself."""
    return Clock.objects.filter(met_at=None, due_at__lt=clock.now()).values("complaint")


def outward(complaint: Complaint) -> list[Message]:
    return [each for each in complaint.messages.all() if each.thread == Message.OUTWARD]


def inward(complaint: Complaint) -> list[Message]:
    return [each for each in complaint.messages.all() if each.thread == Message.INWARD]


def photos_of(complaint: Complaint) -> QuerySet[StoredFile]:
    return files.files_of(f"complaint:{complaint.pk}")


def photo_of(complaint: Complaint, pk: UUID) -> StoredFile:
    return files.file_of(f"complaint:{complaint.pk}", pk)


def accused_of(complaint: Complaint) -> QuerySet[Accused]:
    return complaint.accused.select_related("person", "unit").prefetch_related("validities")


def accused_for(complaint: Complaint, pk: int) -> Accused:
    """One of the persons complained of. Raises NotFound."""
    found = complaint.accused.select_related("person", "complaint").filter(pk=pk).first()
    if found is None:
        raise NotFound("no_accused", "没有这个被投诉人。")
    return found


def own_accusations(actor: Actor) -> list[Accused]:
    """What the actor was told of complaints about oneself: the paraphrase, nothing else of the case."""
    told = Accused.objects.filter(person_id=actor.person_id or 0, told_at__isnull=False, complaint__is_restricted=False)
    return list(told.prefetch_related("validities__finding").order_by("-told_at")[:100])


def own_accusation(actor: Actor, pk: int) -> Accused:
    """One of them. Raises NotFound for anybody else's."""
    found = Accused.objects.filter(pk=pk, person_id=actor.person_id or 0, told_at__isnull=False, complaint__is_restricted=False).first()
    if found is None:
        raise NotFound("no_accused", "没有这件告知。")
    return found


def open_pause(complaint: Complaint) -> Pause | None:
    return next((each for each in complaint.pauses.all() if each.is_undecided), None)


def is_paused(complaint: Complaint) -> bool:
    """Whether a granted pause runs now, within its cap."""
    cap = _cap()
    now = clock.now()
    spans = rules.pauses_of(_pause_log(complaint), cap)
    return any(end is None and start + cap > now for start, end in spans)


def paused_hours(complaint: Complaint) -> float:
    return rules.paused_hours(rules.pauses_of(_pause_log(complaint), _cap()), complaint.closed_at or clock.now(), _cap())


def _pause_log(complaint: Complaint) -> list[tuple[dt.datetime, str]]:
    log = []
    for pause in (each for each in complaint.pauses.all() if each.granted):
        log.append((pause.decided_at or pause.asked_at, "pause"))
        if pause.resumed_at is not None:
            log.append((pause.resumed_at, "resume"))
    return log


def _cap() -> dt.timedelta:
    return dt.timedelta(days=rulebook.rule_values("complaints.clocks", clock.today(), simulate=True)["pause_days"])


def pending_reveals(complaint: Complaint) -> list[Reveal]:
    return [each for each in complaint.reveals.all() if each.granted is None]


def running_reveal(actor: Actor, complaint: Complaint) -> Reveal | None:
    own = (each for each in complaint.reveals.all() if each.asked_by == actor.user_id and each.granted)
    return next((each for each in own if each.until is not None and each.until > clock.now()), None)


def pending_validity(complaint: Complaint) -> QuerySet[Validity]:
    return complaint.validities.filter(decided=None, accused__withdrawn_at=None).select_related("accused__person")


def validity_for(complaint: Complaint, pk: int) -> Validity:
    found = complaint.validities.filter(pk=pk).first()
    if found is None:
        raise NotFound("no_validity", "没有这项意见。")
    return found


def reveal_for(complaint: Complaint, pk: int) -> Reveal:
    found = complaint.reveals.filter(pk=pk).first()
    if found is None:
        raise NotFound("no_reveal", "没有这份申请。")
    return found


def similar(actor: Actor, complaint: Complaint) -> QuerySet[Complaint]:
    """Complaints with the same words within the rule's days: perhaps the same matter, which a person decides."""
    days = rulebook.rule_values("complaints.intake", clock.today(), simulate=True)["repeat_days"]
    since = complaint.received_at - dt.timedelta(days=days)
    same = complaints_visible_to(actor).filter(content_digest=complaint.content_digest, received_at__gte=since)
    return same.exclude(pk=complaint.pk).exclude(pk=complaint.repeat_of_id or 0).exclude(state=rules.MERGED)[:10]


def open_ones(actor: Actor) -> QuerySet[Any, Any]:
    """Open complaints within the actor's scope as the work queue needs them."""
    fields = (
        "pk",
        "state",
        "unit_id",
        "handler_id",
        "response_due",
        "response_met",
        "feedback_due",
        "feedback_met",
        "category",
        "unit_name",
    )
    found = with_clocks(complaints_visible_to(actor).open()).annotate(unit_name=F("unit__name"))
    rows: QuerySet[Any, Any] = found.order_by("received_at").values(*fields)[:500]
    return rows


def search_complaints(actor: Actor, words: Sequence[str]) -> Inquiry[Group]:
    """Complaints within the reader's scope and no conflict, by what they say or by their number; who complained is not in what is read."""
    if not actor.may("complaints.read"):
        return Group("投诉", [])
    unit = Unit.objects.filter(pk=OuterRef("unit_id"))
    rows = yield from sifted(
        complaints_visible_to(actor), words, document=F("text"), order="-received_at", columns=["category", "summary", "state"],
        indexed=True, exact=Q(pk__in=numbers_in(words, "诉")), unit_name=Subquery(unit.values("name")),
    )  # fmt: skip
    return grouped("投诉", rows, _hit, reverse("complaints:list"))


def _hit(row: Mapping[str, Any]) -> Hit:
    """Without the complainant's own words: they may say who it was."""
    told = " · ".join(filter(None, [row["summary"][:60], row["category"], row["unit_name"], rules.STATES[row["state"]]]))
    return Hit(Complaint(pk=row["id"]).number, reverse("complaints:detail", args=[row["id"]]), told)
