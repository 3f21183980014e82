"""Judges and their sheets: nobody scores the own unit, a sheet is submitted once and changed only by a new one (2.4.2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction

from chengxin.audit.services import record
from chengxin.contests import rules, selectors
from chengxin.contests.models import Contest, Entry, Judge, Member, Sheet
from chengxin.contests.services.life import locked, refuse_judge
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.capabilities import require
from chengxin.core.errors import Conflict, DomainError, NotAllowed, NotFound
from chengxin.people import selectors as people

if TYPE_CHECKING:
    from chengxin.people.models import Person


@transaction.atomic
def appoint_judge(actor: Actor, contest: Contest, *, person: Person, reason: str = "") -> Judge:
    """Name a judge; after the start only with a reason. Twice is once.

    Raises DomainError for who lacks the capability, competes, or could read the drawn start numbers, Conflict once it is over.
    """
    require(actor, "contests.plan")
    contest = locked(contest)
    known = Judge.objects.filter(contest=contest, person=person).first()
    if known is not None and known.released_at is None:
        return known
    refuse_judge(actor, contest)
    if contest.is_over:
        raise Conflict("over", f"“{contest.title}”{rules.STATES[contest.state]}，不能再聘任评委。")
    if known is not None:
        raise Conflict("released", f"{person.name}已解除评委，不能再聘任，请另选他人。", field="person")
    if person.pk == actor.person_id:
        raise NotAllowed("oneself", "组织者知道参赛名单，不能聘任自己为评委，请由其他组织者聘任。")
    if person.pk not in {each.pk for each, _, _ in selectors.judge_pool()}:
        raise DomainError("no_judge", f"{person.name}没有“担任竞赛评委”的权限，请另选或联系安全管理员授权。", field="person")
    if Member.objects.filter(contest=contest, person=person).exists():
        raise DomainError("competes", f"{person.name}参加这场竞赛，不能担任评委。", field="person")
    if contest.state not in {rules.PLANNED, rules.CLOSED} and selectors.may_read_names([person.pk]):
        raise DomainError(
            "reads_names",
            f"出场次序已经抽定，{person.name}有组织或确认的权限，看得到出场号是谁的，不能再担任评委；请另选他人。",
            field="person",
        )
    is_late = contest.state == rules.RUNNING
    if is_late and not reason.strip():
        raise DomainError("no_reason", "评分已经开始，增补评委须写明理由。", field="reason")
    made = Judge.objects.create(
        contest=contest, person=person, unit=people.unit_of(person, clock.today()), appointed_at=clock.now(), appointed_label=actor.label,
        is_late=is_late,
    )  # fmt: skip
    record(
        actor,
        "contests.judge_appointed",
        f"contest:{contest.pk}",
        person_id=person.pk,
        details={"judge": made.pk, "reason": reason.strip()},
    )
    return made


@transaction.atomic
def release_judge(actor: Actor, judge: Judge, *, reason: str) -> Judge:
    """Let a judge go with a reason: submitted sheets stay, no more are waited for. A second time changes nothing."""
    require(actor, "contests.plan")
    contest = locked(judge.contest)
    refuse_judge(actor, contest)
    judge = Judge.objects.select_for_update(of=("self",)).select_related("person").get(pk=judge.pk)
    if judge.released_at is not None:
        return judge
    if contest.is_over:
        raise Conflict("over", f"“{contest.title}”{rules.STATES[contest.state]}，不能再解除评委。")
    if not reason.strip():
        raise DomainError("no_reason", "请写明解除的理由。", field="reason")
    judge.released_at, judge.released_label, judge.released_reason = clock.now(), actor.label, reason.strip()
    judge.save(update_fields=["released_at", "released_label", "released_reason"])
    record(
        actor, "contests.judge_released", f"contest:{contest.pk}", person_id=judge.person_id,
        details={"judge": judge.pk, "reason": reason.strip()},
    )  # fmt: skip
    return judge


# --- sheets ---


def _sheet_place(actor: Actor, contest: Contest, number: int, round_code: str) -> tuple[Judge, Entry, rules.Round]:
    """Where a sheet belongs. Raises Conflict unless scoring is open, NotFound for a number or round there is none of, NotAllowed for who
    is no judge or belongs to the entry's unit.
    """
    judge = selectors.standing_judge(actor, contest)
    if contest.state != rules.RUNNING:
        raise Conflict("not_running", f"“{contest.title}”目前是“{rules.STATES[contest.state]}”，不在评分中。您填写的内容没有提交。")
    entry = Entry.objects.filter(contest=contest, number=number).first()
    round_ = contest.ruleset.round(round_code)
    if entry is None or round_ is None:
        raise NotFound("no_entry", "没有这个出场号或环节，请返回评分页核对。")
    if entry.withdrawn_at is not None:
        raise Conflict("withdrawn", f"{number} 号已退出，不需要评分。")
    units = selectors.units_of_judge(judge, day=contest.held_on) | ({actor.unit_id} if actor.unit_id is not None else set())
    if rules.is_recused(units, entry.unit_id):
        raise NotAllowed("recusal", f"{number} 号与您同属一个单位，须回避，由其他评委评分。")
    return judge, entry, round_


def _standing_sheet(judge: Judge, entry: Entry, round_code: str) -> Sheet | None:
    rows = Sheet.objects.select_for_update().filter(judge=judge, entry=entry, round=round_code)
    return rows.exclude(state=rules.WITHDRAWN).first()


def _refuse_points(round_: rules.Round, points: Mapping[str, int], *, complete: bool) -> None:
    wrong = rules.flaws_in_points(round_, points, complete=complete)
    if wrong:
        raise DomainError("bad_points", " ".join(wrong.values()), field=next(iter(wrong)))


def _filled(contest: Contest, judge: Judge, entry: Entry, round_: rules.Round, sheet: Sheet | None) -> Sheet:
    """The judge's sheet to write into: the draft there is, or a new one that names the withdrawn one it stands for."""
    if sheet is not None:
        return sheet
    earlier = Sheet.objects.filter(judge=judge, entry=entry, round=round_.code).order_by("-pk").first()
    return Sheet(
        contest=contest, entry=entry, judge=judge, round=round_.code, replaces=earlier, entry_unit=entry.unit_id, judge_unit=judge.unit_id
    )


@transaction.atomic
def save_sheet(actor: Actor, contest: Contest, *, number: int, round_code: str, points: Mapping[str, int], note: str = "") -> Sheet:
    """Keep a draft with the points given so far (hundredths by criterion).

    Raises Conflict for a submitted sheet, DomainError (field: the criterion) for points outside the grid.
    """
    require(actor, "contests.judge")
    contest = locked(contest)
    judge, entry, round_ = _sheet_place(actor, contest, number, round_code)
    _refuse_points(round_, points, complete=False)
    sheet = _standing_sheet(judge, entry, round_code)
    if sheet is not None and sheet.state == rules.SUBMITTED:
        raise Conflict("submitted", f"{number} 号的评分表已经提交，要改请先撤回并写明理由。")
    sheet = _filled(contest, judge, entry, round_, sheet)
    sheet.points, sheet.total, sheet.note, sheet.saved_at = dict(points), sum(points.values()), note.strip()[:200], clock.now()
    sheet.save()
    record(actor, "contests.sheet_saved", f"contest:{contest.pk}", details={"sheet": sheet.pk, "number": number, "round": round_code})
    return sheet


@transaction.atomic
def submit_sheet(
    actor: Actor, contest: Contest, *, number: int, round_code: str, points: Mapping[str, int], client_key: UUID, note: str = ""
) -> Sheet:  # fmt: skip
    """Submit a sheet once; the same ``client_key`` sent again is answered with what was kept, even after the confirmation.

    Raises NotAllowed (no judge, the own unit), Conflict (not running, submitted already, a key of another sheet or of other points),
    DomainError (field: the criterion) for points missing or outside the grid.
    """
    require(actor, "contests.judge")
    contest = locked(contest)
    sent = Sheet.objects.filter(client_key=client_key).select_related("judge", "entry").first()
    if sent is not None:
        if (
            sent.contest_id != contest.pk
            or sent.judge.person_id != actor.person_id
            or (sent.entry.number, sent.round) != (number, round_code)
        ):
            raise Conflict("key_taken", "这次发送的标识已用于另一份评分表，请刷新页面后重新提交。")
        if sent.state == rules.WITHDRAWN:
            raise Conflict("withdrawn_sheet", "这份评分表已经撤回，请刷新页面重新填写。")
        if sent.points != dict(points):
            said = f"这份评分表先前已经送达（合计 {rules.points_text(sent.total)} 分），之后的改动没有计入；要改请刷新页面，撤回后重填。"
            raise Conflict("sent_before", said)
        return sent
    judge, entry, round_ = _sheet_place(actor, contest, number, round_code)
    sheet = _standing_sheet(judge, entry, round_code)
    if sheet is not None and sheet.state == rules.SUBMITTED:
        raise Conflict("submitted", f"{number} 号的评分表已经提交，只计一次；要改请先撤回并写明理由。")
    _refuse_points(round_, points, complete=True)
    sheet = _filled(contest, judge, entry, round_, sheet)
    sheet.points, sheet.total, sheet.note = dict(points), sum(points.values()), note.strip()[:200]
    sheet.state, sheet.client_key, sheet.saved_at, sheet.submitted_at = rules.SUBMITTED, client_key, clock.now(), clock.now()
    sheet.submitted_label = actor.label
    sheet.save()
    record(
        actor, "contests.sheet_submitted", f"contest:{contest.pk}",
        details={"sheet": sheet.pk, "number": number, "round": round_code, "total": sheet.total},
    )  # fmt: skip
    return sheet


@transaction.atomic
def withdraw_sheet(actor: Actor, sheet: Sheet, *, reason: str) -> Sheet:
    """Take the own submitted sheet back before the confirmation, with a reason: it stays in the record and a new one may be filled.

    Raises NotAllowed for somebody else's sheet, Conflict when it is none to take back or the contest is over.
    """
    require(actor, "contests.judge")
    contest = locked(sheet.contest)
    sheet = Sheet.objects.select_for_update(of=("self",)).select_related("judge", "entry").get(pk=sheet.pk)
    if sheet.judge.person_id != actor.person_id:
        raise NotAllowed("not_yours", "只能撤回自己的评分表。")
    selectors.standing_judge(actor, contest)
    if contest.state != rules.RUNNING:
        raise Conflict("over", f"“{contest.title}”{rules.STATES[contest.state]}，评分表不能再撤回。")
    if sheet.state != rules.SUBMITTED:
        raise Conflict("not_submitted", f"这份评分表{rules.SHEET_STATES[sheet.state]}，不需要撤回。")
    if not reason.strip():
        raise DomainError("no_reason", "请写明撤回的理由，理由会留在记录里。", field="reason")
    sheet.state, sheet.withdrawn_at, sheet.withdrawn_reason = rules.WITHDRAWN, clock.now(), reason.strip()
    sheet.save(update_fields=["state", "withdrawn_at", "withdrawn_reason"])
    record(
        actor, "contests.sheet_withdrawn", f"contest:{contest.pk}",
        details={"sheet": sheet.pk, "number": sheet.entry.number, "round": sheet.round, "reason": reason.strip()},
    )  # fmt: skip
    return sheet
