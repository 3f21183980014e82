"""Questions about dress, each with its day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import Count, Exists, F, OuterRef, Q
from django.urls import reverse

from chengxin.attire import rules
from chengxin.attire.models import (
    DisposedIssue,
    Exemption,
    HandBackEntry,
    RollCall,
    RollCallException,
    RollCallLine,
    SeasonOrder,
    UniformDisposal,
)
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.errors import NotFound
from chengxin.core.waiting import Waiting
from chengxin.equipment.selectors import stock
from chengxin.files import selectors as files
from chengxin.findings import selectors as findings
from chengxin.people import selectors as people
from chengxin.rulebook import selectors as rulebook
from chengxin.rulebook.rules import SeasonAnswer, season_by_month
from chengxin.ui.together import Inquiry, joined

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from chengxin.equipment.models import UniformIssue
    from chengxin.files.models import StoredFile
    from chengxin.people.models import Person, Unit

CHAPTER = "二（一）着装"


def season_order_at(day: dt.date) -> SeasonOrder | None:
    """The order of the whole bureau that holds on a day: the newest valid one."""
    around = {order.pk: order for order in SeasonOrder.objects.filter(starts_on__lte=day, ends_on__gte=day)}
    holding = rules.order_on(day, (order.as_rule() for order in around.values()))
    return around[holding.number] if holding else None


def season_on(day: dt.date, *, simulate: bool = False) -> SeasonAnswer:
    """The season of a day: the newest order, else the month (2.1.2). Raises DomainError before the rules are in force."""
    return _season(day, season_order_at(day), simulate=simulate)


def _season(day: dt.date, order: SeasonOrder | None, *, simulate: bool) -> SeasonAnswer:
    policy = rulebook.rule_values("attire.season", day, simulate=simulate)
    if order is None:
        return season_by_month(day, policy)
    return SeasonAnswer(order.season, policy.clause, policy.version, order.document_number, policy.simulated)


@dataclass(frozen=True)
class Dress:
    """今日着装: the season with its list, and the markings of each class."""

    day: dt.date
    season: SeasonAnswer
    order: SeasonOrder | None
    pieces: list[dict[str, str]]
    markings: dict[str, str]


def dress_on(day: dt.date) -> Dress:
    order = season_order_at(day)
    season = _season(day, order, simulate=True)
    policy = rulebook.rule_values("attire.dress", day, simulate=True)
    return Dress(day, season, order, policy[season.season], policy["marking_note"])


def expectations_on(persons: Collection[Person], day: dt.date) -> dict[int, rules.Expectation]:
    """What the day asks of each person, in three queries whatever their number."""
    ids = [person.pk for person in persons]
    wearing = rulebook.rule_values("attire.scope", day, simulate=True)["wearing_classes"]
    statuses = people.statuses_on(ids, day)
    exempt = {each.person_id: each.until for each in Exemption.objects.filter(person__in=ids, period__contains=day)}
    return {
        person.pk: rules.expectation(
            person.person_class,
            "left" if person.left_on is not None and day > person.left_on else statuses.get(person.pk, "in_post"),
            exempt.get(person.pk),
            wearing,
        )
        for person in persons
    }


def why_nothing_to_find(person: Person, day: dt.date, facts: Mapping[str, str]) -> str:
    """The guard of every dress finding: exemption, status, class and sex of the day come before it (2.1.4)."""
    entry = rulebook.catalogue(day, simulate=True).get(facts.get("entry", ""))
    if entry is None:
        return "请从目录中选择条目。"
    return rules.why_nothing_to_find(entry, expectations_on([person], day)[person.pk], person.sex)


@dataclass(frozen=True)
class Member:
    """A member on the roll-call sheet."""

    person: Person
    expected: rules.Expectation
    entries: list[dict[str, Any]]
    is_conductor: bool


def sheet_for(actor: Actor, unit: Unit, day: dt.date) -> list[Member]:
    """The members of a unit on a day with what may be found against each; nobody checks oneself."""
    persons = list(people.members_of([unit.pk], day))
    expected = expectations_on(persons, day)
    entries = [entry for entry in rulebook.catalogue(day, simulate=True).values() if rules.is_seen_at_roll_call(entry)]
    return [
        Member(person, expected[person.pk], _possible(entries, expected[person.pk], person.sex), person.pk == actor.person_id)
        for person in persons
    ]


def _possible(entries: list[dict[str, Any]], expected: rules.Expectation, sex: str) -> list[dict[str, Any]]:
    return [entry for entry in entries if not rules.why_nothing_to_find(entry, expected, sex)]


def units_to_call(actor: Actor) -> list[Unit]:
    """The squadrons whose roll the actor may call."""
    reach = actor.units_for("attire.roll_call")
    squadrons = people.squadrons()
    return list(squadrons if reach is None else squadrons.filter(pk__in=reach))


def roll_call_sessions(day: dt.date) -> dict[str, str]:
    sessions: dict[str, str] = rulebook.rule_values("attire.roll_call", day, simulate=True)["sessions"]
    return sessions


def roll_call_for(actor: Actor, pk: int) -> RollCall:
    """A roll-call within the actor's scope. Raises NotFound otherwise."""
    found = RollCall.objects.all().visible_to(actor).select_related("unit", "season_order").filter(pk=pk).first()
    if found is None:
        raise NotFound("no_roll_call", "没有这次点验，或不在您的范围内。")
    return found


def roll_call_by_key(actor: Actor, client_key: UUID) -> RollCall | None:
    """What a phone has sent already, if the actor sent it."""
    return RollCall.objects.filter(client_key=client_key, conductor_id=actor.user_id).first()


def lines_of(roll_call: RollCall) -> list[RollCallLine]:
    lines = roll_call.lines.select_related("person").prefetch_related("exceptions__finding")
    return list(lines.order_by("person__name_key"))


def season_orders() -> QuerySet[SeasonOrder]:
    return SeasonOrder.objects.all()


def order_for(pk: int) -> SeasonOrder:
    found = SeasonOrder.objects.filter(pk=pk).first()
    if found is None:
        raise NotFound("no_order", "没有这份换装令。")
    return found


def exemptions_visible_to(actor: Actor) -> QuerySet[Exemption]:
    """Exemptions of the units the actor may grant them in."""
    reach = actor.units_for("attire.exempt")
    every = Exemption.objects.select_related("person")
    if reach is None:
        return every
    return every.filter(person__assignments__unit__in=reach, person__assignments__period__contains=clock.today())


def exemption_for(actor: Actor, pk: int) -> Exemption:
    found = exemptions_visible_to(actor).filter(pk=pk).first()
    if found is None:
        raise NotFound("no_exemption", "没有这条豁免，或不在您的范围内。")
    return found


def exemption_on(person: Person, day: dt.date) -> Exemption | None:
    return exemptions_on(person, day).first()


def exemptions_on(person: Person, day: dt.date) -> QuerySet[Exemption]:
    """At most one holds on a day; as a question, to be asked with others."""
    return Exemption.objects.filter(person=person, period__contains=day)


@dataclass(frozen=True)
class HandBackLine:
    """One thing on a leaver's list and how it stands."""

    item: str
    title: str
    last: HandBackEntry | None
    styles: tuple[str, ...] = ()
    issued: tuple[UniformIssue, ...] = ()

    @property
    def is_open(self) -> bool:
        return self.last is None or self.last.outcome == HandBackEntry.MISSING

    @property
    def pieces_out(self) -> int:
        """Pieces the uniform book says are still with the person."""
        return sum(issue.quantity for issue in self.issued if issue.taken_back_on is None)


def hand_back_list(person: Person) -> list[HandBackLine]:
    """The list of the day the person left, with the newest entry of each thing and what the uniform book says of it."""
    return _hand_back_lines(person, HandBackEntry.objects.filter(person=person).order_by("pk"), list(stock.issues_of(person)))


def _hand_back_lines(person: Person, entries: Iterable[HandBackEntry], issues: Collection[UniformIssue]) -> list[HandBackLine]:
    day = person.left_on or clock.today()
    items = rulebook.rule_values("attire.hand_back", day, simulate=True)["items"]
    newest = {entry.item: entry for entry in entries}
    return [
        HandBackLine(
            item["code"], item["title"], newest.get(item["code"]), tuple(item.get("styles", ())),
            tuple(issue for issue in issues if issue.style in item.get("styles", ())),
        )
        for item in items
    ]  # fmt: skip


def leaver_for(actor: Actor, pk: int) -> Person:
    found = next((person for person in leavers_visible_to(actor) if person.pk == pk), None)
    if found is None:
        raise NotFound("no_leaver", "没有这名离队人员，或不在您的范围内。")
    return found


def leavers_visible_to(actor: Actor) -> QuerySet[Person]:
    """Who has left, from the units the actor takes uniforms back for; newest first."""
    reach = actor.units_for("attire.hand_back")
    left = people.leavers()
    left = left if reach is None else left.filter(assignments__unit__in=reach).distinct()
    return left.order_by("-left_on", "name_key")[:500]


def open_hand_backs(actor: Actor) -> list[Person]:
    """Leavers with something not handed back."""
    if not actor.may("attire.hand_back"):
        return []
    return [person for person in leavers_visible_to(actor) if any(line.is_open for line in hand_back_list(person))]


def issues_to_dispose(actor: Actor) -> list[UniformIssue]:
    """Uniforms taken back from people of the actor's units, not fit for the store and not yet disposed of."""
    reach = actor.units_for("attire.dispose")
    waiting = stock.issues_to_dispose().exclude(pk__in=DisposedIssue.objects.values("issue"))
    if reach is not None:
        waiting = waiting.filter(person__assignments__unit__in=reach).distinct()
    return list(waiting.order_by("taken_back_on", "pk")[:500])


def disposal_choices(actor: Actor) -> list[tuple[str, str]]:
    """What waits for disposal, in words to choose from."""
    titles = {style: row["title"] for style, row in stock.styles().items()}
    return [
        (
            str(each.pk),
            f"{each.person.name} {titles.get(each.style, each.style)} {each.stock.size} {each.quantity} 件，{each.taken_back_on} 收回",
        )
        for each in issues_to_dispose(actor)
    ]


def disposals_visible_to(actor: Actor) -> QuerySet[UniformDisposal]:
    reach = actor.units_for("attire.dispose")
    every = UniformDisposal.objects.select_related("unit")
    return every if reach is None else every.filter(unit_id__in=reach)


def disposal_photos(actor: Actor, pk: int) -> list[StoredFile]:
    if not disposals_visible_to(actor).filter(pk=pk).exists():
        raise NotFound("no_disposal", "没有这条处置记录，或不在您的范围内。")
    return list(files.files_of(f"disposal:{pk}"))


@dataclass(frozen=True)
class Compliance:
    """着装规范率 of one group: persons checked without a dress finding / persons checked."""

    group: str
    rate: rules.Rate


def dress_compliance(actor: Actor, since: dt.date, until: dt.date) -> tuple[Compliance, list[Compliance], list[Compliance]]:
    """The rate within the actor's scope: (all, per unit, per class). Reversed and merged findings do not count."""
    minimum = rulebook.rule_values("goals.indicators", until, simulate=True)["minimum_n"]
    found = RollCallException.objects.filter(line=OuterRef("pk"), finding__in=findings.counting_findings())
    lines = RollCallLine.objects.filter(
        roll_call__in=RollCall.objects.all().visible_to(actor).filter(held_on__range=(since, until)), outcome=rules.CHECKED
    ).annotate(bad=Exists(found))
    counts = {"n": Count("pk"), "good": Count("pk", filter=Q(bad=False))}
    total = lines.aggregate(**counts)
    units = lines.values("roll_call__unit__name", "roll_call__unit__sequence").annotate(**counts)
    classes = lines.values("person_class").annotate(**counts).order_by("-person_class")
    labels = {"established": "在编", "auxiliary": "协管", "other": "其他"}
    return (
        Compliance("合计", rules.Rate(total["good"], total["n"], minimum)),
        [
            Compliance(row["roll_call__unit__name"], rules.Rate(row["good"], row["n"], minimum))
            for row in units.order_by("roll_call__unit__sequence")
        ],
        [Compliance(labels[row["person_class"]], rules.Rate(row["good"], row["n"], minimum)) for row in classes],
    )


def work_waiting_for(actor: Actor) -> list[Waiting]:
    """Roll-calls not yet held today, and leavers who still hold something."""
    return joined(inquiries(actor))


def inquiries(actor: Actor) -> list[Inquiry[list[Waiting]]]:
    """The questions behind ``work_waiting_for``, to be asked with those of other rooms."""
    return [_roll_calls_due(actor), _hand_backs_due(actor)]


def _roll_calls_due(actor: Actor) -> Inquiry[list[Waiting]]:
    if not actor.may("attire.roll_call") or actor.units_for("attire.roll_call") is None:
        return []
    today = clock.today()
    if not rulebook.work_calendar().is_workday(today):
        return []
    held = RollCall.objects.filter(held_on=today, unit=OuterRef("pk"), session="day")
    units = people.squadrons().filter(~Exists(held), pk__in=actor.units_for("attire.roll_call") or (), id=actor.unit_id or 0)
    yield units
    return [
        Waiting(f"班前点验：{unit.name}", reverse("attire:roll_call_of", args=[unit.pk]), CHAPTER, "attire.roll_call", due_on=today)
        for unit in units
    ]


def _hand_backs_due(actor: Actor) -> Inquiry[list[Waiting]]:
    if not actor.may("attire.hand_back"):
        return []
    leavers = leavers_visible_to(actor)
    yield leavers
    entries = HandBackEntry.objects.filter(person__in=[each.pk for each in leavers]).order_by("pk")
    yield entries
    lines = {each.pk: _hand_back_lines(each, [entry for entry in entries if entry.person_id == each.pk], ()) for each in leavers}
    return [
        Waiting(
            f"离队交回：{person.name}",
            reverse("attire:hand_back", args=[person.pk]),
            CHAPTER,
            "attire.hand_back",
            detail=f"{person.left_on} 离队",
        )
        for person in leavers
        if any(line.is_open for line in lines[person.pk])
    ]


def roll_call_rows(actor: Actor, since: dt.date | None = None) -> QuerySet[RollCall, Any]:
    """Roll-calls within the actor's scope, newest first, one row each."""
    found = RollCall.objects.all().visible_to(actor)
    found = found.filter(held_on__gte=since) if since else found
    counted = found.annotate(
        checked=Count("lines", filter=Q(lines__outcome=rules.CHECKED), distinct=True),
        exceptions=Count("lines__exceptions", distinct=True),
    )
    return counted.order_by("-held_on", "-pk").values(
        "id", "held_on", "session", "season", "checked", "exceptions", unit_name=F("unit__name")
    )
