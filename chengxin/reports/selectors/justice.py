"""Supervision records of a span of days as 司法局 may have them: no complainant, nothing sealed, persons as the setting says (3.1)."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chengxin.complaints.selectors import figures
from chengxin.core import clock
from chengxin.draws import selectors as draws
from chengxin.findings import rules as states
from chengxin.findings import selectors as findings
from chengxin.measures import selectors as measures
from chengxin.people import selectors as people
from chengxin.reports.kinds import Value
from chengxin.reports.selectors.sections.shared import CLASSES, WHOLE
from chengxin.rulebook import selectors as rulebook
from chengxin.rulekit.draws import ticket
from chengxin.supervision import rules as inspection_rules
from chengxin.supervision import selectors as inspections

if TYPE_CHECKING:
    from chengxin.people.models import Person

Naming = Callable[["Person | None"], str]


@dataclass(frozen=True)
class Records:
    """One kind of record: its file's name, title, headings and rows."""

    name: str
    title: str
    columns: tuple[str, ...]
    rows: Sequence[Sequence[Value]]


def records_between(since: dt.date, until: dt.date) -> list[Records]:
    """Plans, visits, coverage, findings with their rectification, measures, complaint figures."""
    name_of = naming(until)
    return [
        _plans(since, until), _visits(since, until), _coverage(since, until), _findings(since, until, name_of),
        _rectifications(since, until), _measures(since, until, name_of), _complaints(since, until),
    ]  # fmt: skip


def draw_files_between(since: dt.date, until: dt.date) -> list[tuple[str, dict[str, Any]]]:
    """Every draw that was cast, as ``chengxin draw verify`` reads it; who pressed the button is no part of what can be recomputed.

    Where the setting says numbers, a frame that names persons is written with their numbers and with everybody's ticket: the order
    can be checked, and the tickets themselves once the names are asked for.
    """
    by_name = _is_by_name(until)
    found = []
    for draw in draws.draws_between(since, until).exclude(cast_at=None):
        file = draws.file_of(draw) | {"frozen_by": "", "cast_by": ""}
        file["replacements"] = [{**each, "by": ""} for each in file["replacements"]]
        found.append((f"draw-{draw.pk:06d}", file if by_name else _numbered(file)))
    return found


ENTRY = re.compile(r"(?P<before>(?:.*/)?)(?P<number>\S+) (?P<name>\S+)")  # "一中队/T002 某某", "T008 某某"


def _numbered(file: dict[str, Any]) -> dict[str, Any]:
    """A draw's file with numbers in place of persons' names; unchanged when its frame names nobody."""
    matches = {name: match for name, *_ in file["frame"] if (match := ENTRY.fullmatch(name))}
    known = people.names_by_number({match["number"] for match in matches.values()})
    shown = {name: match["before"] + match["number"] for name, match in matches.items() if known.get(match["number"]) == match["name"]}
    if not shown:
        return file

    def told(name: str | None) -> str | None:
        return None if name is None else shown.get(name, name)

    return file | {
        "frame": [[told(name), *rest] for name, *rest in file["frame"]], "drawn": [told(name) for name in file["drawn"]],
        "standing": [told(name) for name in file["standing"]],
        "replacements": [{**each, "out": told(each["out"]), "in": told(each["in"])} for each in file["replacements"]],
        "tickets": {told(name): ticket(file["seed"], file["frame_sha256"], name) for name, *_ in file["frame"]},
        "note": "人员写作工号；范围摘要和票号由含姓名的原范围算出，需核对原范围时另行申请。",
    }  # fmt: skip


def naming(day: dt.date) -> Naming:
    """Persons by number or by name, as the rule of a day says [setting]."""
    by_name = _is_by_name(day)

    def name_of(person: Person | None) -> str:
        return "" if person is None else person.name if by_name else person.number

    return name_of


def _is_by_name(day: dt.date) -> bool:
    return bool(rulebook.rule_values("reports.justice_export", day, simulate=True)["persons"] == "name")


def _plans(since: dt.date, until: dt.date) -> Records:
    plans = {visit.plan_id: visit.plan for visit in inspections.visits_between(since, until).select_related("plan")}
    rows = [
        (
            pk,
            plan.get_kind_display(),
            plan.title,
            plan.get_mode_display(),
            str(plan.starts_on),
            str(plan.ends_on),
            plan.get_state_display(),
            plan.rule_version,
        )
        for pk, plan in sorted(plans.items())
    ]
    return Records("plans", "检查计划", ("编号", "种类", "名称", "方式", "起", "止", "状态", "规则版本"), rows)


def _visits(since: dt.date, until: dt.date) -> Records:
    visits = inspections.visits_between(since, until).select_related("plan", "unit").order_by("held_on", "pk")
    rows = [
        (each.pk, each.plan_id, each.plan.get_kind_display(), each.get_mode_display(), each.unit.name, str(each.held_on), each.place)
        for each in visits
    ]
    return Records("visits", "检查记录", ("编号", "计划编号", "种类", "方式", "单位", "日期", "地点"), rows)


def _coverage(since: dt.date, until: dt.date) -> Records:
    rows = [
        (
            each.unit.name,
            CLASSES.get(each.person_class, each.person_class),
            inspection_rules.MODES.get(each.mode, each.mode),
            each.visits,
            each.checked,
            each.flawed,
        )
        for each in inspections.coverage(since, until)
    ]
    return Records("coverage", "检查覆盖", ("单位", "人员类别", "方式", "检查次数", "检查人次", "发现问题人次"), rows)


def _seen(since: dt.date, until: dt.date) -> Any:
    return findings.findings_visible_to(WHOLE).filter(seen_on__range=(since, until)).order_by("seen_on", "pk")


def _findings(since: dt.date, until: dt.date, name_of: Naming) -> Records:
    """The fact as a sentence; free notes stay here. The person's own name in the sentence is written as the person is."""
    today = clock.today()
    rows = [
        (each.number, each.clause, _without_name(each.text, each.person, name_of), each.get_grade_display(), str(each.seen_on),
         each.unit.name,
         name_of(each.person), CLASSES.get(each.person_class, ""), each.finder_office, each.get_state_display(),
         "是" if each.corrected_on_spot else "否", str(each.due_on or ""), "是" if each.is_overdue(today) else "否",
         str(clock.local_day(each.closed_at)) if each.closed_at else "", each.rule_label)
        for each in _seen(since, until).select_related("person", "unit")
    ]  # fmt: skip
    columns = (
        "编号", "条款", "事实", "程度", "发现日期", "单位", "责任人", "人员类别", "发现部门", "状态", "当场整改", "整改期限",
        "目前逾期", "销号日期", "规则版本",
    )  # fmt: skip
    return Records("findings", "发现的问题", columns, rows)


def _without_name(text: str, person: Person | None, name_of: Naming) -> str:
    return text if person is None else text.replace(person.name, name_of(person))


def _rectifications(since: dt.date, until: dt.date) -> Records:
    seen = _seen(since, until).prefetch_related("rectifications", "objections", "extensions")
    outcomes = {"": "待复核", "passed": "通过", "returned": "退回"}
    rows: list[Sequence[Value]] = []
    for finding in seen:
        rows += [
            (finding.number, f"整改第 {each.round} 次", str(clock.local_day(each.at)), outcomes[each.outcome],
             str(clock.local_day(each.rechecked_at)) if each.rechecked_at else "")
            for each in finding.rectifications.all()
        ]  # fmt: skip
        rows += [
            (finding.number, "申辩", str(clock.local_day(each.filed_at)), each.get_outcome_display() or "待决定",
             str(clock.local_day(each.decided_at)) if each.decided_at else "")
            for each in finding.objections.all()
        ]  # fmt: skip
        if finding.state == states.WITHDRAWN:
            rows.append((finding.number, "撤销", "", "已撤销", ""))
    return Records("rectifications", "整改、复核与申辩", ("问题编号", "事项", "提出日期", "结果", "决定日期"), rows)


def _measures(since: dt.date, until: dt.date, name_of: Naming) -> Records:
    decided = measures.measures_between(since, until).select_related("person", "unit", "finding").order_by("decided_at", "pk")
    rows = [
        (each.number, each.get_kind_display(), each.get_ground_display(), each.clause, name_of(each.person), each.unit.name,
         CLASSES.get(each.person_class, ""), each.finding.number if each.finding else "",
         str(clock.local_day(each.decided_at)) if each.decided_at else "", each.get_state_display())
        for each in decided
    ]  # fmt: skip
    columns = ("编号", "措施", "事由", "条款", "对象", "单位", "人员类别", "依据的问题", "决定日期", "状态")
    return Records("measures", "决定的措施", columns, rows)


def _complaints(since: dt.date, until: dt.date) -> Records:
    """Figures alone: no complaint, and nothing of who complained."""
    found = figures.service(None, since, until)
    rows: list[Sequence[Value]] = [
        ("收到", found.n, ""),
        ("办结", found.closed, ""),
        ("要求重新办理", found.reopened, ""),
        ("重复投诉", found.repeats, ""),
    ]
    for term in found.terms:
        rows.append((f"{term.title}按时", term.in_time, f"到期或已办 {term.due}，进行中 {term.running}"))
    rows += [("认为已解决", found.solved, f"评价 {found.answered}"), ("满意", found.satisfied, f"评价 {found.answered}")]
    rows += [(f"结果：{title}", count, "") for title, count in found.results]
    return Records("complaints", "投诉数字", ("项目", "件数", "说明"), rows)


def versions_on(day: dt.date) -> list[str]:
    codes = ("reports.justice_export", "findings.rectification", "complaints.clocks")
    return [rulebook.rule_values(code, day, simulate=True).version for code in codes]


__all__ = ["Records", "draw_files_between", "naming", "records_between", "versions_on"]
