"""Plans, checklists, and who may be drawn: the frames as the day finds them."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import F, Max, Q

from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.errors import NotFound
from chengxin.core.registry import capabilities
from chengxin.draws import selectors as draws
from chengxin.findings.kinds import finding_kinds
from chengxin.people import selectors as people
from chengxin.people.models import Assignment, Grant, Person, Unit
from chengxin.rulebook import selectors as rulebook
from chengxin.rulekit.draws import Entry, tickets_of
from chengxin.supervision import rules
from chengxin.supervision.models import Plan, PlanQuerySet

if TYPE_CHECKING:
    from chengxin.draws.models import Draw
    from chengxin.rulebook.rules import RuleValues

TEMPLATES = ("all", "dress", "equipment", "conduct")


def policy_on(day: dt.date) -> RuleValues:
    return rulebook.rule_values("supervision.inspections", day, simulate=True)


# --- checklists ---


@dataclass(frozen=True)
class Item:
    """One line of a checklist: a catalogue entry and the kind of finding it becomes."""

    code: str
    title: str
    clause: str
    group: str
    kind: str
    entry: dict[str, Any]

    @property
    def may_concern_unit(self) -> bool:
        """Whether a unit, rather than a person, can have it: what an exemption may excuse is about a person."""
        return not finding_kinds[self.kind].guard


def template_choices(day: dt.date) -> list[tuple[str, str]]:
    policy = rulebook.rule_values("supervision.templates", day, simulate=True)
    return [(code, policy[code]["title"]) for code in TEMPLATES]


def items_of(template: str, day: dt.date) -> list[Item]:
    """The items of a checklist on a day: the entries that the catalogues of that day hold for its kinds, nothing of its own."""
    policy = rulebook.rule_values("supervision.templates", day, simulate=True)
    wanted = [policy[part] for part in policy[template].get("of", [template])]
    without = {code for part in wanted for code in part.get("without", ())}
    kinds = {finding_kinds[kind].rule: kind for part in wanted for kind in part["kinds"]}
    return [
        Item(code, entry["title"], entry["clause"], entry["group"], kinds[entry["rule"]], entry)
        for code, entry in rulebook.catalogue(day, simulate=True).items()
        if entry["rule"] in kinds and code not in without
    ]


def template_version(day: dt.date) -> str:
    return rulebook.rule_values("supervision.templates", day, simulate=True).version


# --- plans ---


def plans_visible_to(actor: Actor) -> PlanQuerySet:
    return Plan.objects.all().visible_to(actor)


def plan_for(actor: Actor, pk: int) -> Plan:
    """A plan, for who may read plans. Raises NotFound otherwise."""
    found = plans_visible_to(actor).filter(pk=pk).first()
    if found is None:
        raise NotFound("no_plan", "没有这份督查计划，或不在您的范围内。")
    return found


def squadron_choices() -> list[tuple[str, str]]:
    return [(str(pk), name) for pk, name in people.squadrons().values_list("pk", "name")]


# --- who may be drawn ---


@dataclass(frozen=True)
class Candidate:
    """Somebody who may be inspected, and when that was last so."""

    pk: int
    number: str
    name: str
    person_class: str
    unit_id: int
    unit: str
    last_checked_on: dt.date | None
    is_away: bool

    @property
    def entry_name(self) -> str:
        return f"{self.number} {self.name}"


def candidates(units: Collection[int], day: dt.date) -> list[Candidate]:
    """Everybody of both classes in the units on a day, with the last check in a submitted visit, whatever its plan."""
    rows = (
        people.members_of(units, day)
        .filter(person_class__in=rules.CLASSES)
        .exclude(left_on__lt=day)
        .annotate(last=Max("inspection_checks__visit__held_on", filter=Q(inspection_checks__outcome__in=[rules.FINE, rules.FLAWED])))
        .values_list("pk", "number", "name", "person_class", "unit_id", "unit_name", "last")
    )
    found = list(rows)
    away = people.statuses_on([row[0] for row in found], day)
    return [Candidate(*row, row[0] in away) for row in found]


def is_fresh(candidate: Candidate, day: dt.date, fresh_days: int) -> bool:
    last = candidate.last_checked_on
    return last is None or (day - last).days > fresh_days


@dataclass(frozen=True)
class Frame:
    """Who may be drawn for a plan, with the layers' quotas and what the classes come to."""

    entries: list[Entry]
    quotas: dict[str, int]
    cells: list[rules.Cell]
    shares: list[rules.Share]


def objects_frame(plan: Plan, day: dt.date) -> Frame:
    """The frame of the persons to be checked: by squadron, class and whether they were checked lately."""
    policy, found = policy_on(day), candidates(list(plan.units.values_list("pk", flat=True)), day)
    counted: Counter[tuple[str, str, bool]] = Counter()
    entries = []
    for each in found:
        fresh = is_fresh(each, day, policy["fresh_days"])
        entries.append(
            Entry(each.entry_name, rules.stratum(each.unit, each.person_class, is_fresh=fresh), rules.AWAY if each.is_away else "")
        )
        if not each.is_away:
            counted[each.unit, each.person_class, fresh] += 1
    cells = [
        rules.Cell(unit, person_class, counted[unit, person_class, True], counted[unit, person_class, False])
        for unit, person_class in dict.fromkeys((each.unit, each.person_class) for each in found)
    ]
    rate, minimum = policy["rate_percent"], policy["squadron_minimum"]
    return Frame(entries, rules.quotas(cells, rate, minimum), cells, rules.shares(cells, rate, minimum))


# --- who inspects ---


def inspectors_pool(day: dt.date) -> list[tuple[Person, frozenset[int] | None]]:
    """Persons whose role lets them inspect on a day, with the units the role reaches (None: all)."""
    roles = capabilities["supervision.inspect"].roles
    grants = Grant.objects.filter(role__in=roles, period__contains=day, user__is_active=True, user__person__left_on=None)
    reach: dict[Person, frozenset[int] | None] = {}
    for grant in grants.filter(user__person__isnull=False).select_related("user__person").order_by("user__person__number"):
        person, units = grant.user.person, None if grant.unit_id is None else people.units_below(grant.unit_id)
        assert person is not None
        before = reach.get(person, frozenset())
        reach[person] = None if units is None or before is None else before | units
    return list(reach.items())


def why_recused(person: Person, unit: Unit, day: dt.date) -> str:
    """Why somebody must not inspect a unit on a day, "" when nothing speaks against it."""
    since = day - dt.timedelta(days=policy_on(day)["recusal_days"])
    return _recusals([person], since, day)(person, unit.pk)


def _recusals(persons: Sequence[Person], since: dt.date, day: dt.date) -> Callable[[Person, int], str]:
    ids = [person.pk for person in persons]
    rows = list(
        Assignment.objects.filter(person__in=ids, period__overlap=(since, day + dt.timedelta(days=1))).values_list(
            "person_id", "unit_id", "period"
        )
    )
    own = {person: unit for person, unit, period in rows if day in period}
    formerly: dict[int, set[int]] = {}
    for person, unit, _ in rows:
        formerly.setdefault(person, set()).add(unit)
    away = people.statuses_on(ids, day)

    def why(person: Person, unit_id: int) -> str:
        return rules.why_recused(unit_id, own.get(person.pk), formerly.get(person.pk, ()), is_away=person.pk in away)

    return why


def inspectors_frame(plan: Plan, day: dt.date) -> tuple[list[Entry], dict[str, int]]:
    """For each squadron that is to be visited a layer of everybody who inspects; who is recused stands in it with the reason."""
    policy = policy_on(day)
    units = {target.unit_id: target.unit for target in plan.targets.standing().select_related("unit")}
    pool = inspectors_pool(day)
    why = _recusals([person for person, _ in pool], day - dt.timedelta(days=policy["recusal_days"]), day)
    entries = [
        Entry(
            f"{unit.name}/{person.number} {person.name}", unit.name,
            why(person, unit.pk) or ("" if reach is None or unit.pk in reach else "权限不及该单位"),
        )
        for unit in units.values()
        for person, reach in pool
    ]  # fmt: skip
    return entries, {unit.name: policy["inspectors_per_visit"] for unit in units.values()}


def inspector_choices(unit: Unit, day: dt.date) -> list[tuple[str, str]]:
    """Who may be assigned by hand to visit a unit: everybody who inspects, except who is recused."""
    pool = [person for person, reach in inspectors_pool(day) if reach is None or unit.pk in reach]
    why = _recusals(pool, day - dt.timedelta(days=policy_on(day)["recusal_days"]), day)
    return [(str(person.pk), f"{person.number} {person.name}") for person in pool if not why(person, unit.pk)]


def number_in(name: str) -> str:
    """The person's number in an entry's name ("一中队/T002 督察", "T008 队员")."""
    return name.rpartition("/")[2].split()[0]


# --- what a draw shows ---


@dataclass(frozen=True)
class DrawLine:
    """An entry as the printed list shows it: its ticket, its place in the layer, and what became of it."""

    name: str
    stratum: str
    excluded: str
    ticket: str
    place: int | None
    word: str


def lines_of(draw: Draw) -> list[DrawLine]:
    """The whole frame with tickets, in the order in which each layer was drawn; without tickets while there is no seed."""
    if not draw.seed:
        return [DrawLine(each.name, each.stratum, each.excluded, "", None, "回避或排除" if each.excluded else "") for each in draw.entries]
    drawn, standing = set(draw.drawn), set(draws.standing(draw))
    lines = []
    for stratum, tickets in tickets_of(draw.entries, draw.seed, draw.frame_sha256).items():
        for place, (ticket, name) in enumerate(sorted(tickets), start=1):
            word = (
                "抽中" if name in standing and name in drawn else "替补抽中" if name in standing else "抽中后替换" if name in drawn else ""
            )
            lines.append(DrawLine(name, stratum, "", ticket, place, word))
    barred = [DrawLine(each.name, each.stratum, each.excluded, "", None, "回避或排除") for each in draw.entries if each.excluded]
    return sorted([*lines, *barred], key=lambda line: (line.stratum, line.place or 10**9, line.name))


def changes_since(plan: Plan, draw: Draw) -> list[str]:
    """What the frozen frame of persons says otherwise than the day does: who came, went, or changed unit or class since."""
    frozen = {each.name: each.stratum.rpartition(" ")[0] for each in draw.entries}
    day = clock.today()
    now = {each.entry_name: f"{each.unit} {rules.CLASSES[each.person_class]}" for each in candidates(_units(plan), day)}
    gone = [f"{name}：冻结后离开" for name in frozen if name not in now]
    moved = [f"{name}：冻结时{frozen[name]}，现{now[name]}" for name in frozen if name in now and now[name] != frozen[name]]
    return [*gone, *moved, *(f"{name}：冻结后新到，不在范围内" for name in now if name not in frozen)]


def _units(plan: Plan) -> list[int]:
    return list(plan.units.values_list("pk", flat=True))


def strata_of(draw: Draw) -> list[tuple[str, int, int, int]]:
    """Layer, how many may be drawn, how many are excluded, the quota."""
    free, barred = Counter[str](), Counter[str]()
    for _, stratum, excluded in draw.entries:
        (barred if excluded else free)[stratum] += 1
    return [(name, free[name], barred[name], draw.quotas.get(name, 0)) for name in sorted(free.keys() | barred.keys())]


def shares_of(draw: Draw) -> list[rules.Share]:
    """What a draw's quotas come to for each class, as the frame was frozen."""
    strata = strata_of(draw)
    return [
        rules.Share(
            code, sum(quota for name, _, _, quota in strata if f" {title} " in name),
            sum(free for name, free, _, _ in strata if f" {title} " in name),
        )
        for code, title in rules.CLASSES.items()
    ]  # fmt: skip


def plan_rows(actor: Actor) -> Any:
    return plans_visible_to(actor).values(
        "pk", "title", "kind", "mode", "year", "quarter", "starts_on", "ends_on", "state", planner=F("planned_label")
    )
