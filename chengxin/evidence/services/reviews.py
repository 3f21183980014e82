"""The random review of a month: frozen, drawn with quotas per squadron and class, looked at, and kept (2.2.3)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from django.db import transaction

from chengxin.audit.services import record
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.capabilities import require
from chengxin.core.errors import Conflict, DomainError, NotAllowed
from chengxin.draws.models import Draw
from chengxin.draws.services import cast_draw, freeze_draw, replace_drawn
from chengxin.evidence.models import ReasonReview, Review
from chengxin.evidence.selectors import coverage, reviews
from chengxin.evidence.services.keeping import step
from chengxin.rulekit.draws import Entry


@transaction.atomic
def freeze_month(actor: Actor, month: dt.date) -> Draw:
    """Freeze the frame of a month that is over. Raises DomainError for one that still runs, Conflict for a second freeze."""
    require(actor, "evidence.review")
    return _freeze(actor, month, reviews.key_of(month), "影像随机抽查", reviews.frame_of, "review_quota")


@transaction.atomic
def freeze_reasons(actor: Actor, month: dt.date) -> Draw:
    """The same of the looks of a month, by the unit of who looked: the reasons given are to hold."""
    require(actor, "evidence.review_reasons")
    return _freeze(actor, month, reviews.reasons_key_of(month), "调阅理由随机抽查", reviews.reasons_frame_of, "reason_quota")


def _freeze(
    actor: Actor, month: dt.date, key: str, title: str, frame_of: Callable[[dt.date], list[Entry]], quota: str
) -> Draw:  # fmt: skip
    if reviews.following(month) > clock.today():
        raise DomainError("running", "这个月还没有结束，月末之后再抽取。", field="month")
    policy, frame = coverage.keeping_on(clock.today()), frame_of(month)
    quotas = {entry.stratum: policy[quota] for entry in frame}
    return freeze_draw(
        actor, key=key, title=f"{month:%Y 年 %m 月}{title}", entries=frame, quotas=quotas, rule_version=policy.version
    )  # fmt: skip


@transaction.atomic
def cast_month(actor: Actor, draw: Draw, *, public: str) -> Draw:
    """Draw, with a text that somebody present spoke aloud."""
    require(actor, "evidence.review")
    draw = cast_draw(actor, draw, public=public)
    open_reviews(draw)
    return draw


def open_reviews(draw: Draw) -> list[Review]:
    """The reviews of what a draw of recordings drew. The chapter that draws asks for its own capability before it calls."""
    return Review.objects.bulk_create(Review(draw=draw, recording_id=int(name.removeprefix("影"))) for name in draw.drawn)


@transaction.atomic
def cast_reasons(actor: Actor, draw: Draw, *, public: str) -> Draw:
    """The same for the reasons of looks."""
    require(actor, "evidence.review_reasons")
    draw = cast_draw(actor, draw, public=public)
    ReasonReview.objects.bulk_create(ReasonReview(draw=draw, viewing_id=int(name.removeprefix("阅"))) for name in draw.drawn)
    return draw


@transaction.atomic
def record_reason(actor: Actor, review: ReasonReview, *, outcome: str, note: str = "") -> ReasonReview:
    """Whether the reason of a drawn look holds, said by somebody who neither looked nor is of the unit of who looked."""
    require(actor, "evidence.review_reasons")
    review = ReasonReview.objects.select_for_update(of=("self",)).select_related("viewing__recording", "draw").get(pk=review.pk)
    viewing = review.viewing
    if viewing.user_id == actor.named_user or (actor.unit_id is not None and reviews.unit_of_viewer(viewing) == actor.unit_id):
        raise NotAllowed("own_unit", "不能审查本人或本单位人员的调阅，请由其他单位的人员审查。")
    if review.outcome:
        raise Conflict("reviewed", f"{review.reviewed_label} 已经审查。")
    if outcome not in dict(ReasonReview.OUTCOMES):
        raise DomainError("bad_outcome", "请选择结果。", field="outcome")
    if outcome == ReasonReview.UNSOUND and not note.strip():
        raise DomainError("no_note", "请写明为什么理由不成立。", field="note")
    review.outcome, review.note, review.reviewed_by = outcome, note.strip(), actor.named_user
    review.reviewed_label, review.reviewed_at = actor.label, clock.now()
    review.save()
    step(actor, viewing.recording, "抽查调阅理由", f"{viewing.label}：{review.get_outcome_display()} {review.note}".strip())
    record(
        actor, "evidence.reason_reviewed", f"viewing:{viewing.pk}", person_id=viewing.person_id,
        details={"outcome": outcome, "draw": review.draw.key, "note": review.note},
    )  # fmt: skip
    return review


@transaction.atomic
def replace_review(actor: Actor, review: Review, *, reason: str) -> None:
    """Take the next recording instead of one that cannot be reviewed. One that was reviewed stays."""
    require(actor, "evidence.review", unit_id=review.recording.unit_id)
    review = Review.objects.select_for_update(of=("self",)).select_related("recording", "draw").get(pk=review.pk)
    if review.outcome:
        raise Conflict("reviewed", "已经审查过的不能替换。")
    made = replace_drawn(actor, review.draw, out=review.recording.number, reason=reason)
    if made.into is not None:
        Review.objects.create(draw=review.draw, recording_id=int(made.into.removeprefix("影")))


@transaction.atomic
def record_review(actor: Actor, review: Review, *, outcome: str, note: str = "") -> Review:
    """What the reviewer found, after having looked. Nobody reviews a recording of the own unit, nor the own."""
    require(actor, "evidence.review", unit_id=review.recording.unit_id)
    return keep_review(actor, review, outcome=outcome, note=note)


@transaction.atomic
def keep_review(actor: Actor, review: Review, *, outcome: str, note: str = "") -> Review:
    """The same for a chapter that reviews on a sheet of its own and asks for its own capability before it calls."""
    review = Review.objects.select_for_update(of=("self",)).select_related("recording", "draw").get(pk=review.pk)
    if actor.unit_id == review.recording.unit_id or actor.person_id == review.recording.person_id:
        raise NotAllowed("own_unit", "不能审查本单位的影像，请由其他单位的人员审查。")
    if review.outcome:
        raise Conflict("reviewed", f"{review.reviewed_label} 已经审查。")
    if outcome not in dict(Review.OUTCOMES):
        raise DomainError("bad_outcome", "请选择结果。", field="outcome")
    if outcome != Review.FINE and not note.strip():
        raise DomainError("no_note", "请写明发现的问题或不能判断的原因。", field="note")
    if not reviews.has_looked(actor, review):
        raise DomainError("not_looked", "请先观看这段影像，再填写结果。", field="outcome")
    review.outcome, review.note, review.reviewed_by = outcome, note.strip(), actor.named_user
    review.reviewed_label, review.reviewed_at = actor.label, clock.now()
    review.save()
    step(actor, review.recording, "随机抽查", f"{review.get_outcome_display()} {review.note}".strip())
    record(
        actor, "evidence.reviewed", f"recording:{review.recording_id}", unit_id=review.recording.unit_id,
        person_id=review.recording.person_id, details={"outcome": outcome, "draw": review.draw.key},
    )  # fmt: skip
    return review
