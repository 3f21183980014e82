"""What the random review of a month holds."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django.db.models import F

from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.errors import NotFound
from chengxin.draws import selectors as draws
from chengxin.evidence import rules
from chengxin.evidence.models import ReasonReview, Recording, Review, Viewing
from chengxin.people import selectors as people
from chengxin.rulekit.draws import Entry

if TYPE_CHECKING:
    from chengxin.draws.models import Draw

CLASSES = {"established": "在编", "auxiliary": "协管", "other": "其他"}


def key_of(month: dt.date) -> str:
    return f"evidence.review:{month:%Y-%m}"


def draw_of(month: dt.date) -> Draw | None:
    return draws.draw_by_key(key_of(month))


def reasons_key_of(month: dt.date) -> str:
    return f"evidence.reasons:{month:%Y-%m}"


def reasons_draw_of(month: dt.date) -> Draw | None:
    return draws.draw_by_key(reasons_key_of(month))


def following(month: dt.date) -> dt.date:
    """The first of the next month."""
    return (month.replace(day=28) + dt.timedelta(days=4)).replace(day=1)


def frame_of(month: dt.date) -> list[Entry]:
    """The month's films and sounds by unit and class of person; what nobody can judge is excluded with the reason."""
    rows = Recording.objects.filter(
        started_at__date__gte=month, started_at__date__lt=following(month), is_time_known=True, medium__in=[rules.VIDEO, rules.AUDIO],
        person__isnull=False, attribution=rules.ATTRIBUTED,
    ).values_list("pk", "unit__name", "person__person_class", "deleted_at", "trouble")  # fmt: skip
    return [
        Entry(f"影{pk:07d}", f"{unit} {CLASSES[person_class]}", "已到期删除" if deleted_at else "读取有问题" if trouble else "")
        for pk, unit, person_class, deleted_at, trouble in rows
    ]


def reviews_of(draw: Draw) -> list[Review]:
    """The reviews of what stands drawn; what was replaced keeps its row and is left out."""
    standing = {int(name.removeprefix("影")) for name in draws.standing(draw)}
    rows = Review.objects.filter(draw=draw, recording__in=standing).select_related("recording__person", "recording__unit")
    return list(rows)


def review_for(actor: Actor, pk: int) -> Review:
    """A review, for who reviews. Raises NotFound."""
    found = Review.objects.select_related("draw", "recording__person", "recording__unit").filter(pk=pk).first()
    if found is None or not actor.may("evidence.review", found.recording.unit_id):
        raise NotFound("no_review", "没有这项抽查。")
    return found


def has_looked(actor: Actor, review: Review) -> bool:
    """Whether the actor looked at the recording since it was drawn."""
    since = review.draw.cast_at
    return since is not None and Viewing.objects.all().of(actor).filter(recording=review.recording, opened_at__gte=since).exists()


def reasons_frame_of(month: dt.date) -> list[Entry]:
    """The month's looks at other people's recordings, by the unit of who looked."""
    rows = list(
        Viewing.objects.filter(opened_at__gte=clock.at(month, 0), opened_at__lt=clock.at(following(month), 0))
        .exclude(person=F("recording__person")).select_related("person").order_by("pk")
    )  # fmt: skip
    units = {person: people.unit_of(person, month) for person in {row.person for row in rows if row.person is not None}}
    found = []
    for row in rows:
        unit = units.get(row.person) if row.person is not None else None
        found.append(Entry(f"阅{row.pk:07d}", unit.name if unit else "其他", ""))
    return found


def reason_reviews_of(draw: Draw) -> list[ReasonReview]:
    return list(ReasonReview.objects.filter(draw=draw).select_related("viewing__recording__person", "viewing__recording__unit"))


def reason_review_for(actor: Actor, pk: int) -> ReasonReview:
    """A drawn look, for who judges reasons. Raises NotFound."""
    every = ReasonReview.objects.select_related("draw", "viewing__recording__person", "viewing__recording__unit", "viewing__person")
    found = every.filter(pk=pk).first()
    if found is None or not actor.may("evidence.review_reasons"):
        raise NotFound("no_review", "没有这项抽查。")
    return found


def unit_of_viewer(viewing: Viewing) -> int | None:
    """The unit that who looked belonged to on that day."""
    unit = people.unit_of(viewing.person, clock.local_day(viewing.opened_at)) if viewing.person is not None else None
    return unit.pk if unit else None
