"""Coaching after a finding, a new draw from the same person's later recordings, and what came of it (2.3.2)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction

from chengxin.audit.services import record
from chengxin.conduct import rules, selectors
from chengxin.conduct.models import Coaching, FollowUp
from chengxin.conduct.selectors import coaching as questions
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.capabilities import require
from chengxin.core.errors import Conflict, DomainError, NotAllowed
from chengxin.draws.services import cast_draw, freeze_draw
from chengxin.evidence.models import Review
from chengxin.evidence.services.reviews import open_reviews
from chengxin.people import selectors as people

if TYPE_CHECKING:
    from chengxin.findings.models import Finding


@transaction.atomic
def record_coaching(actor: Actor, finding: Finding, *, held_on: dt.date, practised: str) -> Coaching:
    """Keep that the person of a confirmed finding about conduct was coached: by whom, on what day, what was practised. One a finding;
    the same again changes nothing.

    Raises Conflict for a finding that no longer counts or is objected to, NotAllowed for oneself, DomainError naming the field.
    """
    require(actor, "conduct.coach", unit_id=finding.unit_id)
    person = finding.person
    if finding.kind != questions.KIND or person is None:
        raise DomainError("no_conduct", "辅导以个人的言行问题为依据，请从列表中选择问题。", field="finding")
    if person.pk == actor.person_id:
        raise NotAllowed("oneself", "不能辅导自己，请由其他负责人辅导。")
    if not practised.strip():
        raise DomainError("no_text", "请写明练了什么。", field="practised")
    if not finding.seen_on <= held_on <= clock.today():
        raise DomainError("bad_day", f"辅导日期应在问题发现日 {finding.seen_on} 到今天之间。", field="held_on")
    people.lock_person(person)
    kept = questions.coaching_of(finding)
    if kept is not None:
        return _same(kept, actor, held_on, practised)
    if not questions.findings_to_coach(actor).filter(pk=finding.pk).exists():
        raise Conflict("not_confirmed", "这个问题已撤销、已并案或正在申辩，现在不能登记辅导。")
    made = Coaching.objects.create(
        finding=finding, person=person, unit=finding.unit, person_class=finding.person_class, held_on=held_on,
        practised=practised.strip(), coach_id=actor.named_user, coach_person_id=actor.person_id, coach_label=actor.label,
        entered_at=clock.now(),
    )  # fmt: skip
    record(
        actor, "conduct.coached", f"coaching:{made.pk}", unit_id=made.unit_id, person_id=made.person_id,
        details={"finding": finding.pk, "held_on": str(held_on)},
    )  # fmt: skip
    return made


def _same(kept: Coaching, actor: Actor, held_on: dt.date, practised: str) -> Coaching:
    if (kept.coach_id, kept.held_on, kept.practised) != (actor.user_id, held_on, practised.strip()):
        raise Conflict("coached", f"{kept.coach_label} 已登记 {kept.held_on} 的辅导，没有重复登记。")
    return kept


@transaction.atomic
def draw_follow_up(actor: Actor, coaching: Coaching, *, public: str = "") -> FollowUp:
    """Draw from the person's recordings after the day of the coaching: frozen, then cast with a text spoken aloud; by nobody of the
    person's unit. Another round only where nothing of the last one could be judged.

    Raises NotAllowed, Conflict, DomainError while there is no later recording.
    """
    coaching = Coaching.objects.select_for_update(of=("self",)).select_related("person").get(pk=coaching.pk)
    require(actor, "conduct.review", unit_id=coaching.unit_id)
    now = people.unit_of(coaching.person, clock.today())
    why = rules.why_not_review(
        person=actor.person_id, unit=actor.unit_id, of_person=coaching.person_id, units=[coaching.unit_id, now.pk if now else None]
    )
    if why:
        raise NotAllowed("recusal", why)
    if not questions.may_draw(coaching):
        raise Conflict("drawn", "已经抽过，请评查抽中的影像；没有重复抽取。")
    frame = questions.frame_of(coaching)
    if not any(not entry.excluded for entry in frame):
        raise DomainError("no_recordings", f"{coaching.held_on} 辅导之后还没有{coaching.person.name}可以抽取的影像，请在其执勤后再抽。")
    number = coaching.follow_ups.count() + 1
    policy = selectors.sheet_policy_at(clock.today())
    draw = freeze_draw(
        actor, key=f"conduct.follow_up:{coaching.pk}:{number}", title=f"言行辅导后再抽（第 {number} 次）", entries=frame,
        quotas={questions.STRATUM: policy.follow_ups}, rule_version=policy.version,
    )  # fmt: skip
    draw = cast_draw(actor, draw, public=public)
    open_reviews(draw)
    try:
        with transaction.atomic():
            made = FollowUp.objects.create(
                coaching=coaching, draw=draw, round=number, made_at=clock.now(), made_label=actor.label
            )  # fmt: skip
    except IntegrityError as error:
        raise Conflict("drawn", "已经抽过，没有重复抽取。") from error
    record(
        actor, "conduct.followed_up", f"coaching:{coaching.pk}", unit_id=coaching.unit_id, person_id=coaching.person_id,
        details={"draw": draw.key, "drawn": draw.drawn},
    )  # fmt: skip
    return made


def settle(actor: Actor, review: Review) -> None:
    """Close the coaching a review belongs to once its last recording is judged: the outcome is what the reviewers found."""
    follow_up = questions.follow_up_of(review)
    if follow_up is not None:
        close_coaching(actor, follow_up.coaching, is_asked=False)


@transaction.atomic
def close_coaching(actor: Actor, coaching: Coaching, *, is_asked: bool = True) -> Coaching:
    """Close a coaching by what the later recordings show. Asked for by hand where a drawn recording was reviewed elsewhere or replaced;
    then it raises Conflict while something of the draw waits. A second time changes nothing.
    """
    coaching = Coaching.objects.select_for_update(of=("self",)).get(pk=coaching.pk)
    require(actor, "conduct.review", unit_id=coaching.unit_id)
    if coaching.outcome:
        return coaching
    last = questions.last_follow_up(coaching)
    results = questions.results_of(questions.reviews_of(last)) if last is not None else None
    outcome = rules.outcome_of(results or [])
    if not outcome:
        if is_asked:
            raise Conflict("waiting", "再抽的影像还没有全部评查，或都不能判断，现在不能办结。")
        return coaching
    coaching.outcome, coaching.closed_at, coaching.closed_label = outcome, clock.now(), actor.label
    coaching.save(update_fields=["outcome", "closed_at", "closed_label"])
    record(
        actor, "conduct.coaching_closed", f"coaching:{coaching.pk}", unit_id=coaching.unit_id, person_id=coaching.person_id,
        details={"outcome": outcome},
    )  # fmt: skip
    return coaching
