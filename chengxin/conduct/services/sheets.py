"""A drawn recording reviewed on a score sheet: looked at first, by nobody of the own unit, final once (2.3.2)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import asdict

from django.db import IntegrityError, transaction

from chengxin.audit.services import record
from chengxin.conduct import rules, selectors
from chengxin.conduct.models import Nomination, Remark, Sheet, SheetCorrection, WatchMoment
from chengxin.conduct.selectors import coaching as follow_ups
from chengxin.conduct.selectors import reviews as questions
from chengxin.conduct.services.coaching import settle
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.capabilities import require
from chengxin.core.errors import Conflict, DomainError, NotAllowed
from chengxin.evidence.models import Recording, Review, Viewing
from chengxin.evidence.selectors import reviews as drawn
from chengxin.evidence.services.reviews import keep_review
from chengxin.evidence.services.viewing import open_viewing
from chengxin.findings.services import raise_finding


def require_reviewer(actor: Actor, recording: Recording) -> None:
    """The capability in that unit, and neither oneself nor the own unit. Raises NotAllowed."""
    require(actor, "conduct.review", unit_id=recording.unit_id)
    why = questions.why_not_review(actor, recording)
    if why:
        raise NotAllowed("recusal", why)


def _beyond(recording: Recording, at_ms: int) -> bool:
    length = recording.duration_ms or int((recording.ended_at - recording.started_at).total_seconds() * 1000)
    return at_ms < 0 or at_ms > length + 1000


def _check_moment(recording: Recording, at_ms: int) -> None:
    if _beyond(recording, at_ms):
        raise DomainError("beyond", f"{recording.number} 没有 {rules.moment_text(max(0, at_ms))} 这个时刻，请核对。", field="at")


@transaction.atomic
def open_recording(actor: Actor, review: Review) -> Viewing:
    """Look at a drawn recording, with the draw as the reason."""
    require_reviewer(actor, review.recording)
    return open_viewing(actor, review.recording, reason=review.draw.title, matter=review.draw.key)


def _locked(actor: Actor, review: Review) -> Review:
    """The review as it is now, held, for who may review it and has looked. Raises NotAllowed, Conflict, DomainError."""
    held = Review.objects.select_for_update(of=("self",)).select_related("draw", "recording__person", "recording__unit")
    review = held.get(pk=review.pk)
    require_reviewer(actor, review.recording)
    if review.outcome:
        raise Conflict("reviewed", f"{review.reviewed_label} 已经评查，评查表不能再改；需要更正的请逐项更正。")
    if not drawn.has_looked(actor, review):
        raise DomainError("not_looked", "请先观看这段影像，再评查。")
    return review


@transaction.atomic
def save_sheet(
    actor: Actor, review: Review, *, marks: Mapping[str, int | None], notes: Mapping[str, str], scene: str = "", comment: str = "",
    is_unusable: bool = False,
) -> Sheet:  # fmt: skip
    """Keep the sheet as far as it is filled in; the actor's own draft, which nobody else sees or changes."""
    review = _locked(actor, review)
    return _kept(actor, review, marks, notes, scene, comment, is_unusable)


def _kept(
    actor: Actor, review: Review, marks: Mapping[str, int | None], notes: Mapping[str, str], scene: str, comment: str, is_unusable: bool
) -> Sheet:  # fmt: skip
    recording, policy = review.recording, selectors.sheet_policy_at(clock.local_day(review.recording.started_at))
    assert recording.person is not None, "a drawn recording has a person"
    if scene and scene not in rules.SCENES:
        raise DomainError("bad_scene", "请从列表中选择场景。", field="scene")
    known = {each.code for each in policy.criteria}
    sheet, _ = Sheet.objects.update_or_create(
        review=review, reviewer_id=actor.named_user,
        defaults={
            "recording": recording, "person": recording.person, "unit": recording.unit, "person_class": recording.person.person_class,
            "reviewer_label": actor.label, "scene": scene, "marks": {code: value for code, value in marks.items() if code in known},
            "notes": {code: text.strip() for code, text in notes.items() if code in known and text.strip()}, "comment": comment.strip(),
            "is_unusable": is_unusable, "rule_version": policy.version, "saved_at": clock.now(),
        },
    )  # fmt: skip
    return sheet


@transaction.atomic
def finish_sheet(
    actor: Actor, review: Review, *, marks: Mapping[str, int | None], notes: Mapping[str, str], scene: str = "", comment: str = "",
    is_unusable: bool = False,
) -> Sheet:  # fmt: skip
    """Hand the sheet in, once and for all. The result of the review follows from what was found: 发现问题 exactly when a finding was
    raised from the recording, 不能判断 when it cannot be judged.

    Raises DomainError naming the line that is empty or out of range, Conflict when somebody else was first.
    """
    review = _locked(actor, review)
    sheet = _kept(actor, review, marks, notes, scene, comment, is_unusable)
    policy = selectors.sheet_policy_at(clock.local_day(review.recording.started_at))
    if is_unusable:
        _require_nothing_found(review.recording, comment)
        sheet.marks, sheet.total = {}, None
    else:
        sheet.total = _scored(policy, sheet.marks)
    sheet.criteria = [asdict(each) for each in policy.criteria]
    sheet.state, sheet.final_at = rules.FINAL, clock.now()
    sheet.save()
    outcome, note = _result(sheet)
    keep_review(actor, review, outcome=outcome, note=note)
    record(
        actor, "conduct.reviewed", f"sheet:{sheet.pk}", unit_id=sheet.unit_id, person_id=sheet.person_id,
        details={"recording": review.recording_id, "total": sheet.total, "outcome": outcome, "rule": sheet.rule_version},
    )  # fmt: skip
    settle(actor, review)
    return sheet


def _scored(policy: rules.SheetPolicy, marks: Mapping[str, int | None]) -> int:
    try:
        return rules.score(policy.criteria, marks)
    except rules.Misfit as error:
        raise DomainError("bad_points", str(error)) from error


def _require_nothing_found(recording: Recording, comment: str) -> None:
    if not comment.strip():
        raise DomainError("no_reason", "不能判断的，请在总评里写明原因。", field="comment")
    if questions.counting_recordings([recording.pk]):
        raise Conflict("found", "已从这段影像登记了问题，不能再说不能判断。")


def _result(sheet: Sheet) -> tuple[str, str]:
    if sheet.is_unusable:
        return Review.UNUSABLE, sheet.comment[:300]
    counting = questions.with_counting(Nomination.objects.filter(recording=sheet.recording)).select_related("finding")
    numbers = [each.finding.number for each in counting]
    return (Review.PROBLEM, f"登记问题 {'、'.join(numbers)}"[:300]) if numbers else (Review.FINE, f"得分 {sheet.total}")


@transaction.atomic
def correct_sheet(actor: Actor, sheet: Sheet, *, code: str, points: int, reason: str) -> SheetCorrection:
    """Another number for a line of a final sheet; the sheet itself stays. Raises DomainError naming the field."""
    sheet = Sheet.objects.select_for_update(of=("self",)).select_related("recording__person").get(pk=sheet.pk)
    require_reviewer(actor, sheet.recording)
    if sheet.state != rules.FINAL or sheet.is_unusable:
        raise Conflict("not_final", "只有已评分并提交的评查表可以更正。")
    line = next((each for each in questions.lines_of(sheet) if each.code == code), None)
    if line is None or line.now is None:
        raise DomainError("no_line", "请选择评分项。", field="code")
    if not 0 <= points <= line.points:
        raise DomainError("bad_points", f"“{line.title}”应在 0 到 {line.points} 分之间。", field="points")
    if not reason.strip():
        raise DomainError("no_reason", "请写明更正理由。", field="reason")
    if points == line.now:
        raise DomainError("same", "与现在的分数相同，没有更正。", field="points")
    made = SheetCorrection.objects.create(
        sheet=sheet, code=code, title=line.title, before=line.now, after=points, reason=reason.strip(), by_id=actor.named_user,
        by_label=actor.label, at=clock.now(),
    )  # fmt: skip
    record(
        actor, "conduct.corrected", f"sheet:{sheet.pk}", unit_id=sheet.unit_id, person_id=sheet.person_id,
        details={"line": code, "before": made.before, "after": points, "reason": made.reason},
    )  # fmt: skip
    return made


@transaction.atomic
def add_remark(actor: Actor, review: Review, *, at_ms: int, text: str) -> Remark:
    """Note something at a moment of the recording. The same note again changes nothing."""
    review = _locked(actor, review)
    if not text.strip():
        raise DomainError("no_text", "请写明这一刻看到或听到什么。", field="remark")
    _check_moment(review.recording, at_ms)
    made, is_new = Remark.objects.get_or_create(
        review=review, by_id=actor.named_user, at_ms=at_ms, text=text.strip()[:300],
        defaults={"by_label": actor.label, "noted_at": clock.now()},
    )  # fmt: skip
    if is_new:
        record(actor, "conduct.remarked", f"recording:{review.recording_id}", unit_id=review.recording.unit_id, details={"at_ms": at_ms})
    return made


@transaction.atomic
def nominate_finding(
    actor: Actor, recording: Recording, *, entry: str, at_ms: int, note: str = "", review: Review | None = None,
    moment: WatchMoment | None = None,
) -> Nomination:  # fmt: skip
    """Raise a finding about the conduct seen at a moment of a recording: by this named reviewer, who has looked. The same entry of the
    same recording is the same finding and is returned unchanged.

    Raises NotAllowed (own unit, oneself), DomainError (not looked, no such entry or moment), Conflict (the moment was not confirmed).
    """
    if review is not None:
        _locked(actor, review)
    recording = Recording.objects.select_for_update(of=("self",)).select_related("person", "unit").get(pk=recording.pk)
    require_reviewer(actor, recording)
    assert recording.person is not None, "who reviews a recording got it by its person"
    known = selectors.entries_at(clock.local_day(recording.started_at)).get(entry)
    if known is None:
        raise DomainError("no_entry", "请从禁止言行目录中选择条目。", field="entry")
    _check_moment(recording, at_ms)
    _require_look(actor, recording, review, moment)
    existing = Nomination.objects.filter(recording=recording, entry=entry, person=recording.person).select_related("finding").first()
    if existing is not None:
        return existing
    place = f"{recording.number} {rules.moment_text(at_ms)}"
    finding = raise_finding(
        actor, kind=follow_ups.KIND, seen_at=recording.started_at + dt.timedelta(milliseconds=at_ms),
        facts={"act": known["title"], "entry": entry}, source=f"conduct.recording:{recording.pk}", described=f"影像评查 {place}",
        person=recording.person, grade=known["grade"], note=f"{place} {note}".strip(),
    )  # fmt: skip
    try:
        with transaction.atomic():
            made = Nomination.objects.create(
                recording=recording, person=recording.person, entry=entry, at_ms=at_ms, review=review, moment=moment, finding=finding,
                by_id=actor.named_user, by_label=actor.label, at=clock.now(),
            )  # fmt: skip
    except IntegrityError:
        return Nomination.objects.get(recording=recording, entry=entry, person=recording.person)
    record(
        actor, "conduct.nominated", f"recording:{recording.pk}", unit_id=finding.unit_id, person_id=recording.person_id,
        details={"finding": finding.pk, "entry": entry, "at_ms": at_ms},
    )  # fmt: skip
    return made


def _require_look(actor: Actor, recording: Recording, review: Review | None, moment: WatchMoment | None) -> None:
    """A finding rests on a look of the reviewer's own: in the draw, or at the moment the scan nominated and a person confirmed."""
    if moment is not None and moment.state != rules.CONFIRMED:
        raise Conflict("not_confirmed", "这个时刻还没有经人观看认定属实，不能据此登记问题。")
    if moment is not None:
        has_looked = questions.has_looked_since(actor, recording, moment.transcript.imported_at)
    else:
        has_looked = review is not None and drawn.has_looked(actor, review)
    if not has_looked:
        raise DomainError("not_looked", "请先观看这段影像，再登记问题。")
