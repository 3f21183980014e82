"""What the verdicts of the last quarter would have been under a draft. It decides nothing and writes nothing (3.3).

Each part takes the facts as they are known, judges them twice by the same pure rules – with the values in force and with the draft's –
and tells how many would be judged differently, of which class and unit, and why. Nobody is named.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Max

from chengxin.appraisal.rules import titles as title_rules
from chengxin.appraisal.rules import verdicts as verdict_rules
from chengxin.appraisal.selectors import policy as eligibility
from chengxin.appraisal.selectors.units import TITLES, unit_facts
from chengxin.appraisal.selectors.verdicts import verdicts_of
from chengxin.complaints import rules as complaint_rules
from chengxin.complaints.models import Clock
from chengxin.complaints.services.clocks import end_of
from chengxin.consultations import rules
from chengxin.consultations.selectors.drafts import ValuesOn, in_force, tried
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.equipment.models import Custody
from chengxin.findings import rules as finding_rules
from chengxin.findings import selectors as findings
from chengxin.measures import rules as measure_rules
from chengxin.measures import selectors as measures
from chengxin.people.selectors import squadrons
from chengxin.reports import rules as indicator_rules
from chengxin.reports.selectors.indicators import WHAT, cells
from chengxin.rulebook import selectors as rulebook
from chengxin.rulebook.rules import complaint_terms

CLASSES = {"established": "在编", "auxiliary": "协管", "other": "其他", "": "不分类别"}
NO_UNIT = "未定单位"


@dataclass(frozen=True)
class Changed:
    """One fact that would be judged differently: whose unit and class, both verdicts, and what made the difference."""

    unit: str
    person_class: str
    before: str
    after: str
    why: str


@dataclass(frozen=True)
class Found:
    """What a part came to: how many facts were looked at, which would be judged differently, and what there is to say beside it."""

    checked: int
    changed: list[Changed] = field(default_factory=list)
    notes: tuple[str, ...] = ()

    @property
    def kinds(self) -> list[tuple[str, str, str, int]]:
        """(before, after, why, how many), the most frequent first."""
        counted = Counter((each.before, each.after, each.why) for each in self.changed)
        return [(*kind, n) for kind, n in sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))]

    @property
    def classes(self) -> list[tuple[str, int]]:
        counted = Counter(each.person_class for each in self.changed)
        return [(title, counted[code]) for code, title in CLASSES.items() if counted[code]]

    @property
    def units(self) -> list[tuple[str, int]]:
        return sorted(Counter(each.unit for each in self.changed).items(), key=lambda pair: (-pair[1], pair[0]))


@dataclass(frozen=True)
class Trial:
    """What a part is given: whose scope, the days of the quarter, and the values of a day as they are and as they would be."""

    actor: Actor
    first: dt.date
    last: dt.date
    before: ValuesOn
    after: ValuesOn

    @property
    def ends(self) -> dt.datetime:
        return min(end_of(self.last), clock.now())


@dataclass(frozen=True)
class Part:
    """Something that is judged, the rules it is judged by, and how."""

    code: str
    title: str
    unit: str
    rules: tuple[str, ...]
    judge: Callable[[Trial], Found]

    def is_touched(self, changes: list[dict[str, Any]]) -> bool:
        return any(each["rule"] in self.rules for each in changes)


def quarter(today: dt.date | None = None) -> tuple[dt.date, dt.date]:
    return rules.quarter_before(today or clock.today())


def simulate(actor: Actor, part: Part, changes: list[dict[str, Any]]) -> Found:
    """One part for the last quarter that is over. The database itself refuses any write meanwhile."""
    first, last = quarter()
    with read_only():
        return part.judge(Trial(actor, first, last, in_force, tried(changes)))


@contextmanager
def read_only() -> Iterator[None]:
    """Nothing can be written until the block ends."""
    with transaction.atomic(), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL transaction_read_only = on")
        yield
        transaction.set_rollback(True)  # of the inner savepoint alone: what follows may write again


# --- findings: terms and the ladder (3.1) ---


def _findings(trial: Trial) -> Any:
    return findings.counting_findings().filter(seen_on__range=(trial.first, trial.last)).annotate(unit_name=F("unit__name"))


def _terms(trial: Trial) -> Found:
    """Whether problems were put right in time: the last submission (or today, while it stands open) against the term."""
    calendar, today = rulebook.work_calendar(), clock.today()
    rows = _findings(trial).filter(due_workdays__isnull=False).annotate(handed_in=Max("rectifications__at"))
    changed, checked, moved = [], 0, 0
    for row in rows.values("seen_on", "due_from", "due_workdays", "due_on", "state", "handed_in", "unit_name", "person_class"):
        checked += 1
        days = _days_more(trial, "findings.rectification", row["seen_on"])
        due = finding_rules.due(row["due_from"], max(1, row["due_workdays"] + days), calendar).day
        is_done = row["state"] != finding_rules.OPEN and row["handed_in"] is not None
        done_on = clock.local_day(row["handed_in"]) if is_done else today
        moved += due != row["due_on"]
        words = ("按期" if done_on <= row["due_on"] else "逾期", "按期" if done_on <= due else "逾期")
        if words[0] != words[1]:
            why = f"整改期限{'放宽' if days > 0 else '收紧'} {abs(days)} 个工作日"
            changed.append(Changed(row["unit_name"], row["person_class"], *words, why))
    return Found(checked, changed, (f"整改期限改变的问题 {moved} 件；已批准的延期照算。",))


def _days_more(trial: Trial, code: str, day: dt.date) -> int:
    return int(trial.after(code, day)["workdays"]) - int(trial.before(code, day)["workdays"])


def _objections(trial: Trial) -> Found:
    """Whether the objections that were filed would have been in time."""
    calendar, changed, checked = rulebook.work_calendar(), [], 0
    rows = _findings(trial).filter(objections__isnull=False).values(
        "seen_on", "notified_at", "unit_name", "person_class", "object_by", "objections__filed_at"
    )  # fmt: skip
    for row in rows:
        checked += 1
        told, filed = clock.local_day(row["notified_at"]), clock.local_day(row["objections__filed_at"])
        workdays = int(trial.after("findings.objection", row["seen_on"])["workdays"])
        if filed > finding_rules.due(told, max(1, workdays), calendar).day and filed <= row["object_by"]:
            changed.append(Changed(row["unit_name"], row["person_class"], "期内", "过期", f"申辩期限改为 {workdays} 个工作日"))
    return Found(checked, changed, ("期限放宽时没有人受不利影响：当时没有提出的，不假定会提出。",))


def _ladder(trial: Trial) -> Found:
    """What the ladder would have proposed for each fact of the quarter, by everybody's facts of the year until its end."""
    rows = {row["pk"]: row for row in _findings(trial).filter(person__isnull=False).values("pk", "unit_name", "person_class")}
    before, after = measures.ladder_policies(trial.before), measures.ladder_policies(trial.after)
    late = _late_then(trial)
    changed = []
    for facts in measures.facts_by_person(trial.last).values():
        new_facts = [replace(fact, overdue_days=late.get(fact.finding, fact.overdue_days)) for fact in facts]
        old = {each.finding: each for each in measure_rules.ladder(facts, before)}
        new = {each.finding: each for each in measure_rules.ladder(new_facts, after)}
        for fact in facts:
            one, other = old.get(fact.finding), new.get(fact.finding)
            if fact.finding in rows and _measure(one) != _measure(other):
                row = rows[fact.finding]
                changed.append(Changed(row["unit_name"], row["person_class"], _measure(one), _measure(other), _grounds(one, other)))
    return Found(len(rows), changed, ("只是系统会提出的措施；采取什么措施由具名人员决定。",))


def _measure(suggestion: measure_rules.Suggestion | None) -> str:
    return measure_rules.KINDS[suggestion.kind] if suggestion else "不提出"


def _grounds(one: measure_rules.Suggestion | None, other: measure_rules.Suggestion | None) -> str:
    told = other or one
    return measure_rules.GROUNDS[told.ground] if told else ""


def _late_then(trial: Trial) -> Mapping[int, int]:
    """Days beyond the draft's term, at the quarter's end, of what stands open; nothing where the term stays."""
    calendar = rulebook.work_calendar()
    rows = findings.counting_findings().filter(state=finding_rules.OPEN, due_workdays__isnull=False, seen_on__lte=trial.last)
    found = {}
    for row in rows.filter(seen_on__year=trial.last.year).values("pk", "seen_on", "due_from", "due_workdays"):
        days = _days_more(trial, "findings.rectification", row["seen_on"])
        if days and row["due_from"] is not None and row["due_workdays"] is not None:
            due = finding_rules.due(row["due_from"], max(1, row["due_workdays"] + days), calendar).day
            found[row["pk"]] = max(0, (trial.last - due).days)
    return found


# --- 评优 and exemplary titles (3.1, 3.2) ---


def _eligibility(trial: Trial) -> Found:
    """Everybody's eligibility as it was known when the quarter ended."""
    day, year = trial.last, trial.last.year
    codes = (eligibility.ELIGIBILITY, eligibility.REPEAT)
    one = eligibility.policy_on(day, {code: trial.before(code, day) for code in codes})
    other = eligibility.policy_on(day, {code: trial.after(code, day) for code in codes})
    before, after = (verdicts_of(year, trial.ends, policy=policy) for policy in (one, other))
    changed = [
        Changed(
            old.unit.name if old.unit else NO_UNIT, old.person_class, old.label, new.label, _why(old.reasons, new.reasons)
        )
        for old, new in zip(before, after, strict=True)
        if old.result != new.result
    ]  # fmt: skip
    return Found(len(before), changed, ("按季度末所知；取消资格的措施以已经决定的为准。",))


def _why(old: Iterable[verdict_rules.Reason], new: Iterable[verdict_rules.Reason]) -> str:
    """The grounds that came or fell away, without anything about the person."""
    titles = {**verdict_rules.GROUNDS, "newcomer": "任职时间", "leave": "长期休假", "other": "人员类别"}
    one, other = ({titles[each.kind] for each in reasons if each.kind in titles} for reasons in (old, new))
    came, went = sorted(other - one), sorted(one - other)
    return "；".join([f"因{'、'.join(came)}"] * bool(came) + [f"不再因{'、'.join(went)}"] * bool(went)) or "次数标准改变"


def _titles(trial: Trial) -> Found:
    """Whether each squadron met the criteria of an exemplary title at the quarter's end."""
    changed, units = [], list(squadrons())
    for unit in units:
        results = []
        for values_on in (trial.before, trial.after):
            policy = values_on(TITLES, trial.last)
            results.append(title_rules.criteria(unit_facts(unit, trial.last, policy["look_back_months"]), policy.values))
        old_words, new_words = ("符合" if all(each.holds for each in criteria) else "不符合" for criteria in results)
        if old_words != new_words:
            differ = [new.title for old, new in zip(*results, strict=True) if old.holds != new.holds]
            changed.append(Changed(unit.name, "", old_words, new_words, "、".join(differ)))
    return Found(len(units), changed)


# --- complaints (3.2) ---


def _clocks(trial: Trial) -> Found:
    """Each clock that began in the quarter, judged as things stand now."""
    calendar, now, changed, checked = rulebook.work_calendar(), clock.now(), [], 0
    begun = Clock.objects.filter(started_at__gte=clock.at(trial.first), started_at__lt=clock.at(trial.last + dt.timedelta(days=1)))
    terms = {}
    for kind, started, due_at, met_at, unit in begun.values_list("kind", "started_at", "due_at", "met_at", "complaint__unit__name"):
        checked += 1
        day = clock.local_day(started)
        if day not in terms:
            terms[day] = (trial.before("complaints.clocks", day), trial.after("complaints.clocks", day))
        counted = complaint_terms(started, terms[day][1], calendar, day)
        due = counted.respond_by if kind == complaint_rules.RESPONSE else end_of(counted.feedback.day)
        name = "response_hours" if kind == complaint_rules.RESPONSE else "feedback_workdays"
        if terms[day][0][name] == terms[day][1][name]:
            continue
        old, new = (complaint_rules.VERDICTS[complaint_rules.verdict(each, met_at, now)] for each in (due_at, due))
        if old != new:
            word = "小时" if kind == complaint_rules.RESPONSE else "个工作日"
            changed.append(Changed(unit or NO_UNIT, "", old, new, f"{complaint_rules.CLOCKS[kind]}时限改为 {terms[day][1][name]} {word}"))
    return Found(checked, changed, ("按投诉时限计，一件投诉有响应、反馈两个时限。",))


# --- equipment (2.2) ---


def _custodies(trial: Trial) -> Found:
    """Whether what was checked out for duty came back in time."""
    now, changed, checked = clock.now(), [], 0
    due = Custody.objects.filter(
        purpose=Custody.DUTY, due_at__gte=clock.at(trial.first), due_at__lt=clock.at(trial.last + dt.timedelta(days=1))
    )
    grace: dict[dt.date, int] = {}
    for due_at, returned_at, unit, person_class in due.values_list("due_at", "returned_at", "unit__name", "holder__person_class"):
        checked += 1
        day = clock.local_day(due_at)
        if day not in grace:
            one, other = (values_on("equipment.custody", day)["grace_hours"] for values_on in (trial.before, trial.after))
            grace[day] = other - one
        came = returned_at or now
        words = ("按时" if came <= due_at else "逾期", "按时" if came <= due_at + dt.timedelta(hours=grace[day]) else "逾期")
        if words[0] != words[1]:
            changed.append(Changed(unit, person_class, *words, f"归还宽限{'增加' if grace[day] > 0 else '减少'} {abs(grace[day])} 小时"))
    return Found(checked, changed)


# --- the four indicators (1) ---


def _goals(trial: Trial) -> Found:
    """Each indicator of the quarter against its goal, in all and by unit, as far as the reader may read its facts."""
    changed, checked = [], 0
    for code, title in indicator_rules.INDICATORS.items():
        if not trial.actor.may(WHAT[code][1]):
            continue
        counted = cells(code, trial.actor, trial.first, trial.last)
        results = []
        for values_on in (trial.before, trial.after):
            least = values_on("goals.indicators", trial.last)["minimum_n"]
            target = values_on("reports.goals", trial.last)[code]
            measured = [("全局", indicator_rules.measured(counted, least)), *indicator_rules.by_unit(counted, least)]
            results.append([(unit, indicator_rules.against(target, each), target, each) for unit, each in measured])
        for (unit, old, _, _), (_, new, target, found) in zip(*results, strict=True):
            checked += 1
            if old != new:
                changed.append(Changed(unit, "", old, new, f"{title} {found.label}（n={found.n}），目标 {target}%"))
    return Found(checked, changed, ("按指标和单位计，全局另计一项；没有权限查看的指标不在内。",))


PARTS = (
    Part("terms", "问题整改是否按期", "件", ("findings.rectification",), _terms),
    Part("objections", "申辩是否在期内", "件", ("findings.objection",), _objections),
    Part(
        "ladder", "措施阶梯提出的措施", "件",
        ("measures.ladder", "findings.repeat", "findings.rectification", "attire.measures", "equipment.measures"), _ladder,
    ),
    Part("eligibility", "年度评优资格", "人", ("appraisal.eligibility", "findings.repeat"), _eligibility),
    Part("titles", "示范中队条件", "个", ("appraisal.titles",), _titles),
    Part("clocks", "投诉时限是否按时", "个", ("complaints.clocks",), _clocks),
    Part("custodies", "装备是否按时归还", "件", ("equipment.custody",), _custodies),
    Part("goals", "四项指标是否达到目标", "项", ("reports.goals", "goals.indicators"), _goals),
)  # fmt: skip
PART_BY_CODE = {part.code: part for part in PARTS}
