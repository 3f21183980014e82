"""Sheets: handed in once, unseen by the other reviewer; a third reviewer where two are too far apart (2.4.1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.db import transaction

from chengxin.audit.services import record
from chengxin.casereviews import rules
from chengxin.casereviews.models import Review, Reviewed, Round
from chengxin.casereviews.selectors import rounds
from chengxin.casereviews.services.rounds import locked
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.capabilities import require
from chengxin.core.errors import Conflict, DomainError, NotAllowed


def _held(reviewed_pk: int) -> Reviewed:
    """The case, held until the transaction ends: two sheets handed in at once follow one another."""
    held: Reviewed = Reviewed.objects.select_for_update(of=("self",)).select_related("round", "case", "unit").get(pk=reviewed_pk)
    return held


@transaction.atomic
def submit_review(
    actor: Actor, review: Review, *, vetoes: Mapping[str, str] | None = None, deductions: Sequence[rules.Deduction] = ()
) -> Review:  # fmt: skip
    """Hand in one's sheet: vetoes with their reasons, deductions in tenths of a point. The very same again changes nothing.

    When the second sheet is too far from the first, a third reviewer is seated; where nobody independent is left, the sheet still
    counts and the round's office is told. Raises DomainError naming the item, Conflict for another sheet than the one handed in.
    """
    require(actor, "casereviews.review")
    reviewed = _held(review.reviewed_id)
    review = Review.objects.select_for_update(of=("self",)).get(pk=review.pk)
    if review.person_id != actor.person_id:
        raise NotAllowed("not_yours", "这份评查表不由您填写。")
    if review.replaced_at is not None or reviewed.replaced_at is not None:
        raise Conflict("replaced", "您的这项评查已被替换，不用再提交。")
    marks = rules.Marks({code: text.strip() for code, text in (vetoes or {}).items()}, tuple(deductions))
    if review.submitted_at is not None:
        if rounds.marks_on(review) == marks:
            return review
        raise Conflict("submitted", "您已经提交过这份评查表，提交后不能再改；定稿前被评查单位可以提出异议。")
    if reviewed.round.state != rules.REVIEWING:
        raise Conflict("not_reviewing", f"本轮评查目前是“{rules.STATES[reviewed.round.state]}”，不能提交评查表。")
    sheet = rounds.sheet_of(reviewed.round)
    wrong = rules.problems(marks, sheet)
    if wrong:
        raise DomainError("bad_sheet", wrong[0][1], field=wrong[0][0])
    review.vetoes, review.score, review.submitted_at = dict(marks.vetoes), rules.score(marks, sheet), clock.now()
    review.deductions = [[each.item, each.points, each.reason, each.page] for each in marks.deductions]
    review.save()
    record(actor, "casereviews.submitted", f"review:{review.pk}", unit_id=reviewed.unit_id, details={"case": reviewed.case.number})
    if rounds.lacks_third(reviewed, sheet):
        _seat_third(actor, reviewed)
    return review


def _seat_third(actor: Actor, reviewed: Reviewed) -> Review | None:
    """Seat the independent reviewer with the fewest cases who had no part in this one; None where there is nobody."""
    barred = {reviewed.case.number: set(reviewed.reviews.values_list("person_id", flat=True))}
    person = _next_person(reviewed.round, reviewed, barred)
    if person is None:
        return None
    made = Review.objects.create(reviewed=reviewed, seat=rules.THIRD, person_id=person, assigned_at=clock.now())
    record(actor, "casereviews.third_assigned", f"review:{made.pk}", unit_id=reviewed.unit_id, details={"case": reviewed.case.number})
    return made


def _next_person(found: Round, reviewed: Reviewed, barred: Mapping[str, set[int]]) -> int | None:
    order = rounds.order_in(found, clock.today())
    chosen = rules.assign([rounds.drawn_of(reviewed)], order, 1, loads=rounds.loads_in(found), barred=barred)
    return next(iter(chosen[reviewed.case.number]), None)


@transaction.atomic
def assign_third(actor: Actor, reviewed: Reviewed) -> Review:
    """Seat a third reviewer at a case that waits for one, after others were granted the role. Raises DomainError, Conflict."""
    require(actor, "casereviews.round")
    reviewed = _held(reviewed.pk)
    if reviewed.round.state != rules.REVIEWING or not rounds.lacks_third(reviewed, rounds.sheet_of(reviewed.round)):
        raise Conflict("no_third", "这件案卷不需要第三名评查人员，或已经指派。")
    made = _seat_third(actor, reviewed)
    if made is None:
        raise DomainError(
            "too_few_reviewers",
            f"{reviewed.unit.name}的案件 {reviewed.case.number} 还缺 1 名评查人员：须非本单位、非承办、没有评查过本案，"
            "目前没有这样的人。请先由安全管理员授权其他单位的评查人员。",
        )
    return made


@transaction.atomic
def replace_reviewer(actor: Actor, review: Review, *, reason: str) -> Review:
    """Let the next independent reviewer take the seat of one who cannot review, with the reason. Raises Conflict once handed in."""
    require(actor, "casereviews.round")
    found = locked(review.reviewed.round)
    reviewed = _held(review.reviewed_id)
    review = Review.objects.select_for_update(of=("self",)).get(pk=review.pk)
    if review.submitted_at is not None or review.replaced_at is not None or found.state != rules.REVIEWING:
        raise Conflict("not_replaceable", "这份评查表已提交或已替换，不能再替换评查人员。")
    if not reason.strip():
        raise DomainError("no_reason", "请写明替换理由。", field="reason")
    barred = {reviewed.case.number: set(reviewed.reviews.values_list("person_id", flat=True))}
    person = _next_person(found, reviewed, barred)
    if person is None:
        raise DomainError("too_few_reviewers", f"{reviewed.unit.name}的这件案卷没有可以替换的独立评查人员，还缺 1 人，请先授权。")
    review.replaced_at, review.replaced_label, review.reason = clock.now(), actor.label, reason.strip()[:200]
    review.save()
    made = Review.objects.create(reviewed=reviewed, seat=review.seat, person_id=person, assigned_at=clock.now())
    record(
        actor, "casereviews.reviewer_replaced", f"review:{review.pk}", unit_id=reviewed.unit_id, person_id=review.person_id,
        details={"in": person, "reason": reason.strip()},
    )  # fmt: skip
    return made
