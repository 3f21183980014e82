"""Questions about case reviews: the register, rounds, results; what waits for whom."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from django.db.models import Q
from django.urls import reverse

from chengxin.casereviews import rules
from chengxin.casereviews.catalog import SECTION
from chengxin.casereviews.models import Case, MarkObjection, Review, Reviewed, Round
from chengxin.casereviews.selectors import rounds
from chengxin.casereviews.selectors.results import RoundFigures, year_rounds
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.quarters import quarter_days, quarter_of
from chengxin.core.waiting import Waiting
from chengxin.ui.together import Counted, Inquiry, joined

if TYPE_CHECKING:
    from chengxin.people.models import Person

__all__ = ["RoundFigures", "inquiries", "why_not_deduction", "work_waiting_for", "year_rounds"]


def why_not_deduction(person: Person, on: dt.date, facts: Mapping[str, str]) -> str:  # noqa: ARG001  (handlers do not change with the day)
    """A deduction concerns a person only who handled the case it was made on."""
    number = facts.get("case")
    if not number or Case.objects.filter(number=number, handlers__person=person).exists():
        return ""
    return f"{person.name} 不是案件 {number} 的承办人，扣分不能记到本人。"


def work_waiting_for(actor: Actor) -> list[Waiting]:
    """Sheets to fill in, steps of the round, results one may object to, objections to decide."""
    return joined(inquiries(actor))


def inquiries(actor: Actor) -> list[Inquiry[list[Waiting]]]:
    """The questions behind ``work_waiting_for``, to be asked with those of other rooms."""
    return [_sheets(actor), _steps(actor), _told(actor), _objections(actor)]


def _sheets(actor: Actor) -> Inquiry[list[Waiting]]:
    if not actor.may("casereviews.review") or actor.person_id is None:
        return []
    waiting = Review.objects.filter(person_id=actor.person_id, submitted_at=None, replaced_at=None, reviewed__replaced_at=None)
    count, address = Counted(waiting), reverse("casereviews:reviews")
    yield count
    return [Waiting(f"评查案卷 {count.n} 件", address, SECTION, "casereviews.review", count=count.n)] if count.n else []


def _steps(actor: Actor) -> Inquiry[list[Waiting]]:
    """The round of the current quarter, and what the open rounds wait for; the third quarter waits for none."""
    if not actor.may("casereviews.round"):
        return []
    today = clock.today()
    quarter = quarter_of(today)
    found = Round.objects.filter(Q(year=today.year, quarter=quarter) | ~Q(state=rules.FINAL)).order_by("year", "quarter")
    yield found
    reviewing = [each for each in found if each.state == rules.REVIEWING]
    cases = rounds.standing_cases(*reviewing)
    if reviewing:
        yield cases
    waiting = [
        item for each in found if (item := _next_step(each, [case for case in cases if case.round_id == each.pk], today)) is not None
    ]
    has_round = any((each.year, each.quarter) == (today.year, quarter) for each in found)
    if not has_round and quarter in rounds.round_policy_at(today).quarters:
        due_on = quarter_days(today.year, quarter)[1]
        title = f"冻结{rules.QUARTERS[quarter]}案卷评查的范围"
        waiting.append(Waiting(title, reverse("casereviews:new_round"), SECTION, "casereviews.round", due_on=due_on))
    return waiting


def _next_step(found: Round, cases: Sequence[Reviewed], today: dt.date) -> Waiting | None:
    title = {rules.FROZEN: "抽取评查案卷", rules.DRAWN: "指派评查人员"}.get(found.state, "")
    if found.state == rules.REVIEWING:
        title = _reviewing(found, cases)
    elif found.state == rules.TOLD and found.object_by is not None and today > found.object_by:
        pending = MarkObjection.objects.filter(mark__reviewed__round=found, outcome="").exists()
        title = "" if pending else "评查定稿"
    if not title:
        return None
    return Waiting(f"{title}：{found.title}", reverse("casereviews:round", args=[found.pk]), SECTION, "casereviews.step")


def _reviewing(found: Round, cases: Sequence[Reviewed]) -> str:
    """What a round under review waits for from its office: somebody as the third, or the result to be told."""
    sheet = rounds.sheet_of(found)
    if any(rounds.lacks_third(each, sheet) for each in cases):
        return "指派第三名评查人员"
    return "告知评查结果" if all(rounds.outcome_of(each, sheet) for each in cases) else ""


def _told(actor: Actor) -> Inquiry[list[Waiting]]:
    """A told round reaches who answers for a unit while the unit can object."""
    reach = actor.units_for("casereviews.object")
    if reach is not None and not reach:
        return []
    told = Reviewed.objects.filter(round__state=rules.TOLD, round__object_by__gte=clock.today(), marks__objection=None, marks__isnull=False)
    told = told if reach is None else told.filter(unit_id__in=reach)
    found = told.order_by("round").values("round", "round__year", "round__quarter", "round__object_by")
    yield found
    rows = {row["round"]: row for row in found}
    return [
        Waiting(
            f"查看评查结果，可以提出异议：{row['round__year']} 年{rules.QUARTERS[row['round__quarter']]}",
            reverse("casereviews:round", args=[pk]), SECTION, "casereviews.object", due_on=row["round__object_by"],
        )
        for pk, row in rows.items()
    ]  # fmt: skip


def _objections(actor: Actor) -> Inquiry[list[Waiting]]:
    """Objections this actor may decide: not of the own unit, not filed by oneself, not on a case one reviewed."""
    reach = actor.units_for("casereviews.decide")
    if reach is not None and not reach:
        return []
    pending = MarkObjection.objects.filter(outcome="").exclude(filed_by=actor.user_id or 0)
    pending = pending.exclude(mark__reviewed__unit_id=actor.unit_id or 0)
    own = Review.objects.filter(person_id=actor.person_id or 0).values("reviewed")
    pending = pending.exclude(mark__reviewed__in=own)
    pending = pending if reach is None else pending.filter(mark__reviewed__unit_id__in=reach)
    rows = pending.order_by("pk").values("mark__title", "mark__reviewed", "mark__reviewed__case__number")[:100]
    yield rows
    return [
        Waiting(
            f"决定评查异议：{row['mark__title']}", reverse("casereviews:reviewed", args=[row["mark__reviewed"]]), SECTION,
            "casereviews.decide", detail=row["mark__reviewed__case__number"],
        )
        for row in rows
    ]  # fmt: skip
