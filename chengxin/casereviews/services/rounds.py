"""A round from its frame to its reviewers: frozen, drawn, replaced with a reason, assigned by a draw (2.4.1, 2.4.2, 2.4.4)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from django.db import transaction

from chengxin.audit.services import record
from chengxin.casereviews import rules
from chengxin.casereviews.models import Case, FrameCase, Review, Reviewed, Round
from chengxin.casereviews.selectors import rounds
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.capabilities import require
from chengxin.core.constraints import readable
from chengxin.core.errors import Conflict, DomainError
from chengxin.draws.services import cast_draw, freeze_draw, replace_drawn
from chengxin.rulekit.draws import Entry


def locked(found: Round) -> Round:
    """The round as it is now, held until the transaction ends."""
    return Round.objects.select_for_update(of=("self",)).select_related("draw", "reviewers_draw").get(pk=found.pk)


def move(found: Round, action: str) -> None:
    try:
        found.state = rules.after(found.state, action)
    except rules.NotPossible as error:
        raise Conflict("not_possible", str(error)) from error


@transaction.atomic
def freeze_round(actor: Actor, *, year: int, quarter: int) -> Round:
    """Fix the frame of a quarter's round, and the sheet it is reviewed by, before there is a seed.

    The frame is every ordinary-procedure case that stood in none before. Raises DomainError for the third quarter (which has 专项督查
    and lacks no review), one that has not begun and an empty frame; Conflict for a second round of a quarter.
    """
    require(actor, "casereviews.round")
    today, last = clock.today(), rounds.last_round()
    policy, sheet = rounds.round_policy_at(today), rounds.sheet_policy_at(today)
    why = rules.why_no_round(year, quarter, policy.quarters, today, (last.year, last.quarter) if last else None)
    if why:
        kind = Conflict if last is not None and (year, quarter) <= (last.year, last.quarter) and quarter in policy.quarters else DomainError
        raise kind("no_round", why, field="quarter")
    cases = list(rounds.framable().select_for_update(of=("self",)).select_related("unit").order_by("number"))
    if not cases:
        raise DomainError("empty_frame", "上轮以来没有登记新结案的普通程序案件，没有可以评查的案卷，请先登记。", field="quarter")
    frame = rounds.frame_of(cases, policy)
    title = f"{year} 年{rules.QUARTERS[quarter]}案卷评查"
    draw = freeze_draw(
        actor, key=f"casereviews.round:{year}-{quarter}", title=title, entries=frame.entries, quotas=frame.quotas,
        rule_version=policy.version,
    )  # fmt: skip
    with readable(Round, FrameCase), transaction.atomic():
        found = Round.objects.create(
            year=year, quarter=quarter, since=last.until if last else None, until=today, sheet=rounds.sheet_values_at(today),
            rule_version=f"{sheet.version} {policy.version}", objection_workdays=policy.objection_workdays, draw=draw,
            frozen_at=clock.now(), frozen_label=actor.label,
        )  # fmt: skip
        FrameCase.objects.bulk_create(FrameCase(round=found, case=case) for case in cases)
    record(actor, "casereviews.frozen", f"round:{found.pk}", details={"title": title, "cases": len(cases), "quotas": frame.quotas})
    return found


@transaction.atomic
def cast_round(actor: Actor, found: Round, *, public: str) -> Round:
    """Draw the cases, with a text that somebody present spoke aloud. Raises Conflict for a second draw."""
    require(actor, "casereviews.round")
    found = locked(found)
    move(found, rules.CAST)
    found.draw = draw = cast_draw(actor, found.draw, public=public)
    _keep_drawn(found, draw.drawn)
    found.save()
    record(actor, "casereviews.drawn", f"round:{found.pk}", details={"drawn": len(draw.drawn)})
    return found


def _keep_drawn(found: Round, numbers: Iterable[str]) -> list[Reviewed]:
    cases = Case.objects.filter(number__in=list(numbers)).prefetch_related("handlers").order_by("number")
    return Reviewed.objects.bulk_create(
        Reviewed(round=found, case=case, unit_id=case.unit_id, handlers=sorted(each.person_id for each in case.handlers.all()))
        for case in cases
    )


@transaction.atomic
def replace_case(actor: Actor, reviewed: Reviewed, *, reason: str) -> Reviewed | None:
    """Take the next ticket of the unit instead of a case that cannot be reviewed; None where the unit has no case left.

    Raises Conflict once a sheet of it was handed in, DomainError without a reason or independent reviewers.
    """
    require(actor, "casereviews.round")
    found = locked(reviewed.round)
    reviewed = Reviewed.objects.select_for_update(of=("self",)).select_related("case").get(pk=reviewed.pk)
    if found.state not in {rules.DRAWN, rules.REVIEWING} or reviewed.replaced_at is not None:
        raise Conflict("not_replaceable", "这件案卷已被替换，或本轮结果已告知，不能再替换。")
    if reviewed.reviews.filter(submitted_at__isnull=False).exists():
        raise Conflict("reviewed", "已经有人提交评查表的案卷不能替换。")
    made = replace_drawn(actor, found.draw, out=reviewed.case.number, reason=reason)
    reviewed.replaced_at, reviewed.replaced_label, reviewed.reason = clock.now(), actor.label, reason.strip()[:200]
    reviewed.save()
    record(
        actor, "casereviews.case_replaced", f"round:{found.pk}", unit_id=reviewed.unit_id,
        details={"out": reviewed.case.number, "in": made.into, "reason": reason.strip()},
    )  # fmt: skip
    if made.into is None:
        return None
    (came,) = _keep_drawn(found, [made.into])
    if found.state == rules.REVIEWING:
        seat_reviewers(found, [came])
    return came


@transaction.atomic
def assign_reviewers(actor: Actor, found: Round, *, public: str) -> Round:
    """Draw the order of everybody who reviews and seat two at every case, evenly; nobody of the unit, no handler.

    Raises DomainError that says which unit lacks how many reviewers, and who there is.
    """
    require(actor, "casereviews.round")
    found = locked(found)
    move(found, rules.ASSIGN)
    cases = list(rounds.standing_cases(found))
    everybody = rounds.candidates(clock.today())
    refuse_shortage(cases, [each.reviewer for each in everybody if not each.away])
    entries = [Entry(each.entry_name, rounds.POOL, each.away) for each in everybody]
    draw = freeze_draw(
        actor, key=f"casereviews.reviewers:{found.year}-{found.quarter}", title=f"{found.title}：评查人员", entries=entries,
        quotas={rounds.POOL: len(entries)}, rule_version=found.rule_version[:80],
    )  # fmt: skip
    found.reviewers_draw = cast_draw(actor, draw, public=public)
    found.save()
    seat_reviewers(found, cases)
    record(actor, "casereviews.assigned", f"round:{found.pk}", details={"cases": len(cases), "reviewers": len(entries)})
    return found


def seat_reviewers(found: Round, cases: Sequence[Reviewed]) -> None:
    """Seat two independent reviewers at each case, whoever has the fewest first."""
    order = rounds.order_in(found, clock.today())
    refuse_shortage(cases, order)
    seated = rules.assign([rounds.drawn_of(each) for each in cases], order, loads=rounds.loads_in(found))
    Review.objects.bulk_create(
        Review(reviewed=each, seat=seat, person_id=person, assigned_at=clock.now())
        for each in cases
        for seat, person in zip(rules.SEATS, seated[each.case.number], strict=True)
    )


def refuse_shortage(cases: Iterable[Reviewed], reviewers: Sequence[rules.Reviewer]) -> None:
    """Raises DomainError that names the units with too few independent reviewers."""
    lacking = rules.shortages([rounds.drawn_of(each) for each in cases], reviewers)
    if not lacking:
        return
    worst: dict[int, list[rules.Shortage]] = defaultdict(list)
    for each in lacking:
        worst[each.unit].append(each)
    names = rounds.units_named(worst)
    told = "；".join(_told(names[unit], rows) for unit, rows in worst.items())
    raise DomainError("too_few_reviewers", f"独立的评查人员不足：{told}。请先由安全管理员授权其他单位的评查人员，再指派。")


def _told(unit: str, rows: Sequence[rules.Shortage]) -> str:
    row = max(rows, key=lambda each: each.lacking)
    there = f"现有 {len(row.there)} 人（{'、'.join(row.there)}）" if row.there else "现有 0 人"
    return f"{unit}的 {len(rows)} 件案卷每件须 {row.wanted} 名非本单位、非承办的评查人员，{there}，还缺 {row.lacking} 人"
