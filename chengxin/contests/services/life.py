"""A contest from its announcement to its start: planned, rules fixed, entries closed, order drawn, started (2.4.2, 2.4.3)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from uuid import UUID

from django.db import transaction

from chengxin.audit.services import record
from chengxin.contests import rules, selectors
from chengxin.contests.models import Contest
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.capabilities import require
from chengxin.core.errors import Conflict, DomainError, NotAllowed
from chengxin.draws.services import cast_draw, freeze_draw
from chengxin.rulekit.draws import Entry as FrameEntry

STRATUM = "出场"


@transaction.atomic
def plan_contest(
    actor: Actor, *, kind: str, subject: str, title: str, held_on: dt.date, place: str = "", form_key: UUID
) -> Contest:  # fmt: skip
    """Announce a contest with the rulebook's rules of its day; the same form again is the same contest.

    Raises DomainError for an unknown kind, no title, or a day that is over.
    """
    require(actor, "contests.plan")
    sent = Contest.objects.filter(form_key=form_key).first()
    if sent is not None:
        return sent
    if kind not in rules.KINDS or subject not in rules.SUBJECTS:
        raise DomainError("bad_kind", "请从列表中选择种类和参赛方式。", field="kind")
    if not title.strip():
        raise DomainError("no_title", "请填写“名称”。", field="title")
    if held_on < clock.today():
        raise DomainError("past_day", f"日期不能早于今天（{clock.today()}），请更正。", field="held_on")
    policy = selectors.contest_policy_at(held_on, kind)
    made, is_new = Contest.objects.get_or_create(
        form_key=form_key,
        defaults={
            "kind": kind, "subject": subject, "title": title.strip(), "held_on": held_on, "place": place.strip(),
            "policy": rules.plain_policy(policy), "rule_version": policy.version, "planned_at": clock.now(),
            "planned_by": actor.named_user, "planned_label": actor.label,
        },
    )  # fmt: skip
    if is_new:
        record(actor, "contests.planned", f"contest:{made.pk}", details={"kind": kind, "subject": subject})
    return made


def locked(contest: Contest) -> Contest:
    """The contest as it is now, held until the transaction ends: entries, sheets and steps come one after the other."""
    found: Contest = Contest.objects.select_for_update(of=("self",)).select_related("draw").get(pk=contest.pk)
    return found


def move(contest: Contest, action: str) -> None:
    """Take a step of its life, not yet saved. Raises Conflict when the state does not admit it."""
    try:
        contest.state = rules.after(contest.state, action)
    except rules.NotPossible as error:
        raise Conflict("not_possible", str(error)) from error


def refuse_judge(actor: Actor, contest: Contest) -> None:
    """Who judges a contest does not organise it from then on: the organiser reads names. Raises NotAllowed."""
    if selectors.judge_of(actor, contest) is not None:
        raise NotAllowed("is_judge", "您是这场竞赛的评委，只凭出场号评分，不能办理组织工作；请由其他组织者办理。")


@transaction.atomic
def set_contest_rules(
    actor: Actor, contest: Contest, *, drop: str, drop_from: int, minimum_judges: int, places_shown: int, ties: Sequence[str],
    weights: Mapping[str, int],
) -> Contest:  # fmt: skip
    """Choose how sheets are dropped, weighed and ties parted, while entries are open and never after.

    Raises Conflict once entries are closed, DomainError for rules that could not be worked with.
    """
    require(actor, "contests.plan")
    contest = locked(contest)
    refuse_judge(actor, contest)
    if contest.state != rules.PLANNED:
        raise Conflict("rules_fixed", "竞赛规则在报名截止时已经确定，此后不能再改。")
    policy = contest.ruleset
    if set(weights) != {each.code for each in policy.rounds}:
        raise DomainError("bad_weights", "请填写每个环节的权重。")
    chosen = rules.with_choices(
        policy, drop=drop, drop_from=drop_from, minimum_judges=minimum_judges, places_shown=places_shown, ties=ties, weights=weights
    )
    flaws = rules.flaws_of(chosen)
    if flaws:
        raise DomainError("bad_rules", flaws[0][1], field=flaws[0][0])
    if chosen == policy:
        return contest
    contest.policy = rules.plain_policy(chosen)
    contest.save(update_fields=["policy"])
    details = {"drop": drop, "drop_from": drop_from, "minimum_judges": minimum_judges, "ties": list(ties), "weights": dict(weights)}
    record(actor, "contests.rules_set", f"contest:{contest.pk}", details=details)
    return contest


@transaction.atomic
def move_contest(actor: Actor, contest: Contest, *, held_on: dt.date, place: str, reason: str) -> Contest:
    """Hold it on another day or elsewhere, before it starts; what was there before stays to be read with the reason.

    Raises Conflict once it has started, DomainError for a day that is over, of another year (its number says the year) or under another
    version of the rules (they are those of its day), and without a reason.
    """
    require(actor, "contests.plan")
    contest = locked(contest)
    refuse_judge(actor, contest)
    if contest.started_at is not None or contest.is_over:
        raise Conflict("started", "竞赛已经开始评分或已经结束，时间地点不能再改。")
    place = place.strip()
    if (held_on, place) == (contest.held_on, contest.place):
        raise DomainError("same", f"时间地点与现在相同（{contest.held_on} {contest.place}），请改动其中一项。", field="held_on")
    if not reason.strip():
        raise DomainError("no_reason", "请写明改期的理由。", field="reason")
    _refuse_day(contest, held_on)
    before = {"held_on": str(contest.held_on), "place": contest.place}
    contest.moved_note = f"原定 {contest.held_on} {contest.place}".rstrip() + f"：{reason.strip()}（{actor.label}）"
    contest.held_on, contest.place = held_on, place
    contest.save(update_fields=["held_on", "place", "moved_note"])
    record(actor, "contests.moved", f"contest:{contest.pk}", details={"before": before, "reason": reason.strip()})
    return contest


def _refuse_day(contest: Contest, held_on: dt.date) -> None:
    if held_on != contest.held_on and held_on < clock.today():
        raise DomainError("past_day", f"日期不能早于今天（{clock.today()}），请更正。", field="held_on")
    if held_on.year != contest.held_on.year:
        raise DomainError("other_year", "编号按年度，不能改到另一年度；请取消后在新年度发起。", field="held_on")
    there = selectors.contest_policy_at(held_on, contest.kind).version
    if there != contest.rule_version:
        text = f"那一天的竞赛规则是 {there}，本竞赛按 {contest.rule_version} 发起；请另选日期，或取消后重新发起。"
        raise DomainError("other_rules", text, field="held_on")


@transaction.atomic
def close_entries(actor: Actor, contest: Contest) -> Contest:
    """Fix the rules and who enters: the draw's frame is frozen, so that nobody comes in after the order is known.

    Raises Conflict when it was closed before, DomainError with fewer than two entries.
    """
    require(actor, "contests.plan")
    contest = locked(contest)
    refuse_judge(actor, contest)
    move(contest, rules.CLOSE)
    entries = selectors.entries_of(contest)
    standing = sum(entry.withdrawn_at is None for entry in entries)
    if standing < 2:
        raise DomainError("too_few", f"参赛者只有 {standing} 个，至少两个才能比赛；请先报名，或取消竞赛。")
    frame = [FrameEntry(entry.code, STRATUM, f"已退出：{entry.withdrawn_reason}" if entry.withdrawn_at else "") for entry in entries]
    contest.draw = freeze_draw(
        actor, key=f"contests.order:{contest.pk}", title=f"{contest.title}：出场次序", entries=frame, quotas={STRATUM: standing},
        rule_version=contest.rule_version,
    )  # fmt: skip
    contest.save(update_fields=["state", "draw"])
    record(actor, "contests.closed", f"contest:{contest.pk}", details={"entries": standing, "policy": contest.policy})
    return contest


@transaction.atomic
def draw_order(actor: Actor, contest: Contest, *, public: str) -> Contest:
    """Draw the start numbers with a text spoken aloud. Raises Conflict before the freeze and after a first draw, DomainError while
    somebody lacks independent judges: who could read the numbers is named a judge no more once they are drawn.
    """
    require(actor, "contests.plan")
    contest = locked(contest)
    refuse_judge(actor, contest)
    move(contest, rules.DRAW)
    if not public.strip():
        raise DomainError("no_text", "请填写“公开内容”，由在场的另一人当场报出。", field="public")
    _refuse_lacking(contest, "抽签")
    assert contest.draw is not None, "the state says that it was frozen"
    contest.draw = cast_draw(actor, contest.draw, public=public)
    by_code = {entry.code: entry for entry in contest.entries.all()}
    for number, code in enumerate(contest.draw.drawn, start=1):
        entry = by_code[code]
        entry.number = number
        entry.save(update_fields=["number"])
    contest.save(update_fields=["state"])
    record(actor, "contests.order_drawn", f"contest:{contest.pk}", details={"entries": len(by_code), "seed": contest.draw.seed})
    return contest


def _refuse_lacking(contest: Contest, step: str) -> None:
    lacking = selectors.lacking(contest)
    if lacking:
        who = "；".join(f"{entry.title if entry.number is None else f'{entry.number} 号'}{each.text}" for entry, each in lacking)
        raise DomainError("judges_missing", f"独立评委不足，不能{step}：{who}。请增聘其他单位的评委。")


@transaction.atomic
def start_contest(actor: Actor, contest: Contest) -> Contest:
    """Open the judges' sheets. Raises DomainError that says for whom how many independent judges are missing."""
    require(actor, "contests.plan")
    contest = locked(contest)
    refuse_judge(actor, contest)
    move(contest, rules.START)
    _refuse_lacking(contest, "开始")
    contest.started_at = clock.now()
    contest.save(update_fields=["state", "started_at"])
    record(actor, "contests.started", f"contest:{contest.pk}")
    return contest


@transaction.atomic
def cancel_contest(actor: Actor, contest: Contest, *, reason: str) -> Contest:
    """Call it off with a reason that stays; what was entered and scored stays to be read. Raises Conflict after the confirmation."""
    require(actor, "contests.plan")
    contest = locked(contest)
    move(contest, rules.CANCEL)
    if not reason.strip():
        raise DomainError("no_reason", "请写明取消的理由。", field="reason")
    contest.ended_at, contest.ended_label, contest.ended_note = clock.now(), actor.label, reason.strip()
    contest.save(update_fields=["state", "ended_at", "ended_label", "ended_note"])
    record(actor, "contests.cancelled", f"contest:{contest.pk}", details={"reason": reason.strip()})
    return contest
