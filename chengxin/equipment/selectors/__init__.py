"""Questions about equipment: what there is, who holds it, what is late, what waits."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Count as Counted
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.urls import reverse

from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.errors import DomainError, NotFound
from chengxin.core.waiting import Waiting
from chengxin.equipment import rules
from chengxin.equipment.models import Card, CountDifference, Custody, CustodyQuerySet, Fault, Item, ItemQuerySet
from chengxin.equipment.selectors.counts import (
    count_for,
    counts_visible_to,
    device_for,
    difference_for,
    expected_in,
    places_of,
    tally_of,
)
from chengxin.equipment.selectors.stock import (
    entitlement_of,
    entitlement_source,
    forecast,
    issue_for,
    issues_of,
    movements,
    sizes_of,
    stock_pieces,
    stock_table,
    styles,
)
from chengxin.people import selectors as people
from chengxin.rulebook import selectors as rulebook
from chengxin.ui.together import Counted as Tally
from chengxin.ui.together import Inquiry, joined

if TYPE_CHECKING:
    from chengxin.equipment.models import UniformIssue
    from chengxin.people.models import Person

__all__ = [
    "count_for",
    "counts_visible_to",
    "device_for",
    "difference_for",
    "entitlement_of",
    "entitlement_source",
    "expected_in",
    "forecast",
    "issue_for",
    "issues_of",
    "movements",
    "places_of",
    "sizes_of",
    "stock_table",
    "styles",
    "tally_of",
]

CHAPTER = "二（二）装备"


def kinds(day: dt.date | None = None) -> dict[str, dict[str, Any]]:
    """The kinds of the rule in force, by code: title, wear-life in years, checks before use, whether it takes footage."""
    return rules.by_code(rulebook.rule_values("equipment.kinds", day or clock.today(), simulate=True)["kinds"])


def kind_choices() -> list[tuple[str, str]]:
    return [(code, kind["title"]) for code, kind in kinds().items()]


def kits() -> dict[str, dict[str, Any]]:
    """What belongs together for a post: title and kinds, by code."""
    return rules.by_code(rulebook.rule_values("equipment.kinds", clock.today(), simulate=True)["kits"])


def policy_on(day: dt.date) -> Any:
    return rulebook.rule_values("equipment.custody", day, simulate=True)


# --- items ---


def items_visible_to(actor: Actor) -> ItemQuerySet:
    return Item.objects.all().visible_to(actor)


def with_place(items: ItemQuerySet) -> QuerySet[Item]:
    """Items with where each is: in the store, with whom and since when, or returned and waiting."""
    last = Custody.objects.filter(item=OuterRef("pk")).filter(Q(returned_at=None) | Q(countersigned_at=None))
    held = last.filter(returned_at=None)
    return items.annotate(
        is_out=Exists(held),
        is_returned=Exists(last.filter(returned_at__isnull=False)),
        holder_name=Subquery(held.values("holder__name")[:1]),
        taken_at=Subquery(held.values("taken_at")[:1]),
        due_at=Subquery(held.values("due_at")[:1]),
    )


def item_for(actor: Actor, pk: int) -> Item:
    """An item of the actor's units, or one the actor holds now. Raises NotFound."""
    mine = Exists(Custody.objects.filter(item=OuterRef("pk"), returned_at=None, holder_id=actor.person_id or 0))
    reach = actor.units_for("equipment.read")
    found = with_place(Item.objects.all()).select_related("unit").filter(pk=pk)
    item = (found if reach is None else found.filter(Q(unit__in=reach) | mine)).first()
    if item is None:
        raise NotFound("no_item", "没有这件装备，或不在您的范围内。")
    return item


def item_by_code(actor: Actor, text: str) -> Item:
    """An item of the actor's units by its label's code or its exact number. Raises DomainError (field "code")."""
    number = rules.number_in(text) or (text.strip() if rules.NUMBER.fullmatch(text.strip()) else None)
    found = items_visible_to(actor).filter(asset_number=number).first() if number else None
    if found is None:
        raise DomainError("unknown_item", f"没有编号“{text.strip()[:40]}”的装备，或不在您的范围内。请核对标签。", field="code")
    return found


def item_at_counter(actor: Actor, text: str) -> Item:
    """An item by the code a counter scanned, exactly. Raises DomainError that tells an unknown code from another unit's item."""
    number = rules.number_in(text) or (text.strip() if rules.NUMBER.fullmatch(text.strip()) else None)
    found = with_place(Item.objects.all()).select_related("unit").filter(asset_number=number).first() if number else None
    if found is None:
        raise DomainError("unknown_item", "没有这件装备，请核对标签；未登记的装备请找财务人事科登记。", field="code")
    if not actor.may("equipment.kiosk", found.unit_id):
        raise DomainError("other_unit", "这是其他单位的装备，请送回所属单位的装备室办理。", field="code")
    return found


def holder_at(item: Item, when: dt.datetime) -> Person | None:
    """Who held the item at an instant (aware): from the moment it was taken until just before it was returned.

    None: it was in the store, and the unit's keeper answers for it (2.2.1).
    """
    held = Custody.objects.filter(item=item, taken_at__lte=when).filter(Q(returned_at=None) | Q(returned_at__gt=when))
    custody = held.select_related("holder").first()
    return custody.holder if custody else None


def import_effects(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """What each row of a list of items would do: add, change (and what), or nothing."""
    titles = dict(kind_choices())
    known = {item.asset_number: item for item in Item.objects.filter(asset_number__in=[row["asset_number"] for row in rows])}
    units = {unit.pk: unit.name for unit in people.all_units()}
    labels = {"kind": "种类", "model_name": "型号", "serial": "序列号", "price": "单价", "place": "位置"}

    def effect(row: dict[str, Any]) -> str:
        item = known.get(row["asset_number"])
        if item is None:
            return "新增"
        changes = [label for name, label in labels.items() if getattr(item, name) != row[name]]
        changes += ["购置日期"] if str(item.purchased_on) != row["purchased_on"] else []
        changes += ["单位"] if units[item.unit_id] != row["unit"] else []
        return f"修改{'、'.join(changes)}" if changes else "无变化"

    return [{**row, "kind_title": titles[row["kind"]], "effect": effect(row)} for row in rows]


def renewals(actor: Actor, years: Sequence[int]) -> list[tuple[int, list[dict[str, Any]]]]:
    """For each year what wears out by its end, by kind: pieces and their last prices in fen. Retired items need no renewal."""
    owned: dict[str, list[tuple[dt.date, int]]] = {}
    for kind, bought, price in items_visible_to(actor).exclude(service=rules.RETIRED).values_list("kind", "purchased_on", "price"):
        owned.setdefault(kind, []).append((bought, price))
    return [(year, [_renewal(year, code, kind, owned.get(code, [])) for code, kind in kinds().items()]) for year in years]


def _renewal(year: int, code: str, kind: dict[str, Any], owned: list[tuple[dt.date, int]]) -> dict[str, Any]:
    bought_before = dt.date(year + 1 - kind["wear_years"], 1, 1)
    prices = [price for bought, price in owned if bought < bought_before]
    return {"code": code, "title": kind["title"], "years": kind["wear_years"], "pieces": len(prices), "sum": sum(prices)}


# --- custody ---


def custodies_visible_to(actor: Actor) -> CustodyQuerySet:
    return Custody.objects.all().visible_to(actor)


def custody_for(actor: Actor, pk: int) -> Custody:
    found = custodies_visible_to(actor).select_related("item", "holder", "keeper", "countersigned_by", "shift").filter(pk=pk).first()
    if found is None:
        raise NotFound("no_custody", "没有这条领用记录，或不在您的范围内。")
    return found


@dataclass(frozen=True)
class Held:
    """What somebody holds: the item, and how urgent the return is."""

    custody: Custody
    urgency: str
    kind: str
    checks: list[dict[str, Any]]

    @property
    def tone(self) -> str:
        return {rules.DUE: "ok", rules.SOON: "warn", rules.LATE: "bad"}[self.urgency]

    @property
    def label(self) -> str:
        return rules.URGENCY[self.urgency]


def held_by(person_id: int) -> list[Held]:
    """What a person holds now, the most urgent first."""
    return _held(_open_of(person_id))


def _open_of(person_id: int) -> CustodyQuerySet:
    return Custody.objects.all().open().filter(holder_id=person_id).select_related("item", "unit").order_by("due_at")


def _held(custodies: Iterable[Custody]) -> list[Held]:
    known, now = kinds(), clock.now()
    soon = policy_on(clock.today())["soon_minutes"]
    return [
        Held(each, rules.urgency(each.due_at, now, soon), known[each.item.kind]["title"], known[each.item.kind]["checks"])
        for each in custodies
    ]


def returned_by(person_id: int, days: int = 30) -> QuerySet[Custody]:
    """What a person returned lately, newest first."""
    since = clock.now() - dt.timedelta(days=days)
    return Custody.objects.filter(holder_id=person_id, returned_at__gte=since).select_related("item").order_by("-returned_at")


@dataclass(frozen=True)
class PersonsEquipment:
    """What a person holds, held lately and broke or lost, and the uniforms of the book, as the asking actor may see it."""

    held: list[Held]
    returned: list[Custody]
    faults: list[Fault]
    uniforms: list[tuple[str, UniformIssue]]


def of_person(actor: Actor, person: Person, most: int) -> Inquiry[PersonsEquipment]:
    """The equipment part of a personal file; of what was returned and broken the newest, no more than ``most``."""
    custodies = custodies_visible_to(actor).filter(holder=person).select_related("item", "unit")
    held, returned = custodies.open().order_by("due_at"), custodies.exclude(returned_at=None).order_by("-returned_at")[:most]
    faults = faults_visible_to(actor).filter(custody__holder=person).select_related("item").order_by("-reported_at")[:most]
    issued = issues_of(person)
    yield held, returned, faults, issued
    titles = {style: row["title"] for style, row in styles().items()}
    uniforms = [(titles.get(issue.style, issue.style), issue) for issue in issued]
    return PersonsEquipment(_held(held), list(returned), list(faults), uniforms)


def overdue(actor: Actor) -> CustodyQuerySet:
    """Open custodies past their term within the actor's scope, the latest first to return at the top."""
    found = custodies_visible_to(actor).overdue(clock.now()).select_related("item", "holder", "unit", "shift")
    return found.order_by("due_at")


def uncountersigned(actor: Actor) -> CustodyQuerySet:
    """Returns that wait for a keeper within the actor's scope; not the actor's own."""
    reach = actor.units_for("equipment.keep")
    found = Custody.objects.all().uncountersigned().exclude(holder_id=actor.person_id or 0)
    found = found if reach is None else found.filter(unit__in=reach)
    return found.select_related("item", "holder").order_by("returned_at")


@dataclass(frozen=True)
class Closure:
    """装备闭环率: custodies returned in time and countersigned / custodies that fell due, with the least n for a rate."""

    done: int
    n: int
    minimum: int

    @property
    def label(self) -> str:
        return f"{100 * self.done / self.n:.1f}%" if self.n >= max(1, self.minimum) else "样本不足"


def closure(actor: Actor, since: dt.date, until: dt.date) -> Closure:
    """The rate of the custodies that fell due in a span of days, within the actor's scope."""
    until_at = min(clock.at(until + dt.timedelta(days=1)), clock.now())
    due = custodies_visible_to(actor).filter(due_at__gte=clock.at(since), due_at__lt=until_at)
    in_time = Q(returned_at__lte=F("due_at"), countersigned_at__isnull=False)
    counted = due.aggregate(n=Counted("pk"), done=Counted("pk", filter=in_time))
    minimum = rulebook.rule_values("goals.indicators", until, simulate=True)["minimum_n"]
    return Closure(counted["done"], counted["n"], minimum)


# --- faults ---


def faults_visible_to(actor: Actor) -> Any:
    return Fault.objects.all().visible_to(actor)


def fault_for(actor: Actor, pk: int) -> Fault:
    found = faults_visible_to(actor).select_related("item", "unit", "custody__holder", "liability__person").filter(pk=pk).first()
    if found is None:
        raise NotFound("no_fault", "没有这张故障单，或不在您的范围内。")
    return found  # type: ignore[no-any-return]


# --- cards ---


def cards_in_scope(actor: Actor) -> QuerySet[Any]:
    """Members of the units whose cards the actor makes, with since when each has a card."""
    reach = actor.units_for("equipment.card")
    units = [unit.pk for unit in people.all_units() if reach is None or unit.pk in reach]
    since = Card.objects.filter(person=OuterRef("pk"), revoked_at=None).values("issued_at")[:1]
    members = people.members_of(units, clock.today()).exclude(person_class="other")
    return members.annotate(card_since=Subquery(since))


# --- what waits ---


def work_waiting_for(actor: Actor) -> list[Waiting]:
    """Own items to return, overdue items by escalation, returns to countersign, faults, liability, count differences."""
    return joined(inquiries(actor))


def inquiries(actor: Actor) -> list[Inquiry[list[Waiting]]]:
    """The questions behind ``work_waiting_for``, to be asked with those of other rooms."""
    return [
        _own_returns(actor), _overdue_of_others(actor), _counter_work(actor), _fault_work(actor), _liability(actor), _differences(actor),
        _low_stock(actor),
    ]  # fmt: skip


def _own_returns(actor: Actor) -> Inquiry[list[Waiting]]:
    if actor.person_id is None:
        return []
    address, open_ = reverse("equipment:own"), _open_of(actor.person_id)
    yield open_
    return [
        Waiting(
            f"归还{each.kind} {each.custody.item.asset_number}", address, CHAPTER, "equipment.return",
            due_on=clock.local_day(each.custody.due_at),
            detail=f"{each.label}，应于 {each.custody.due_at.astimezone(clock.SHANGHAI):%m-%d %H:%M} 前归还",
        )
        for each in _held(open_)
        if each.urgency != rules.DUE
    ]  # fmt: skip


def _overdue_of_others(actor: Actor) -> Inquiry[list[Waiting]]:
    """One line for the whole list; the longer an item is late, the higher it is known."""
    escalation = policy_on(clock.today())["escalation"]
    if not actor.roles & escalation.keys():
        return []
    now, found = clock.now(), overdue(actor)
    yield found
    late = [each for each in found if actor.roles & rules.audience(now - each.due_at, escalation) and each.holder_id != actor.person_id]
    if not late:
        return []
    return [
        Waiting(
            f"逾期未还装备 {len(late)} 件", f"{reverse('equipment:custodies')}?state=late", CHAPTER, "equipment.overdue",
            due_on=clock.local_day(late[0].due_at), count=len(late),
        )
    ]  # fmt: skip


def _counter_work(actor: Actor) -> Inquiry[list[Waiting]]:
    if not actor.may("equipment.keep"):
        return []
    count, address = Tally(uncountersigned(actor)), reverse("equipment:countersign")
    yield count
    return [Waiting(f"验收归还 {count.n} 件", address, CHAPTER, "equipment.countersign", count=count.n)] if count.n else []


def _fault_work(actor: Actor) -> Inquiry[list[Waiting]]:
    if not actor.may("equipment.repair"):
        return []
    titles = {Fault.REPORTED: "处理故障", Fault.IN_REPAIR: "跟进维修", Fault.REPAIRED: "验收维修"}
    reach = actor.units_for("equipment.repair")
    open_ = Fault.objects.all().unsettled().select_related("item").exclude(state=Fault.REPAIRED, outcome_by=actor.user_id or 0)
    open_ = (open_ if reach is None else open_.filter(unit__in=reach)).order_by("reported_at")[:50]
    yield open_
    return [
        Waiting(
            f"{'处理遗失' if fault.is_loss else titles[fault.state]}：{fault.item.asset_number}",
            reverse("equipment:fault", args=[fault.pk]), CHAPTER, "equipment.fault", due_on=fault.expected_on,
            detail=fault.description[:60],
        )
        for fault in open_
    ]  # fmt: skip


def _liability(actor: Actor) -> Inquiry[list[Waiting]]:
    if not actor.may("equipment.decide_liability"):
        return []
    reach = actor.units_for("equipment.decide_liability")
    open_ = Fault.objects.filter(liability=None, custody__isnull=False).exclude(reported_by=actor.user_id or 0)
    count = Tally(open_ if reach is None else open_.filter(unit__in=reach))
    yield count
    address = f"{reverse('equipment:faults')}?undecided=yes"
    return [Waiting(f"认定损坏责任 {count.n} 件", address, CHAPTER, "equipment.liability", count=count.n)] if count.n else []


def _differences(actor: Actor) -> Inquiry[list[Waiting]]:
    if not actor.may("equipment.count"):
        return []
    reach = actor.units_for("equipment.count")
    open_ = CountDifference.objects.filter(settled_at=None)
    open_ = open_ if reach is None else open_.filter(count__unit__in=reach)
    rows = open_.values("count_id", "count__unit__name").annotate(n=Counted("pk")).order_by("count_id")
    yield rows
    return [
        Waiting(
            f"清点差异待处理：{row['count__unit__name']} {row['n']} 项", reverse("equipment:count", args=[row["count_id"]]), CHAPTER,
            "equipment.difference", count=row["n"],
        )
        for row in rows
    ]  # fmt: skip


def _low_stock(actor: Actor) -> Inquiry[list[Waiting]]:
    if not actor.may("equipment.stock"):
        return []
    pieces = stock_pieces()
    yield pieces
    low = [row for row in stock_table(pieces) if row.low]
    titles = "、".join(dict.fromkeys(row.title for row in low))
    return [Waiting(f"制服库存不足 {len(low)} 项", reverse("equipment:stock"), CHAPTER, "equipment.stock", detail=titles)] if low else []


# --- what footage asks ---


def items_by_name(names: Collection[str]) -> dict[str, Item]:
    """Items by asset number or serial number as a device writes them; a serial that two items share names neither."""
    found: dict[str, Item] = {}
    serials: dict[str, list[Item]] = {}
    for item in Item.objects.filter(Q(asset_number__in=names) | Q(serial__in=names)):
        found[item.asset_number] = item
        serials.setdefault(item.serial, []).append(item)
    own = {serial: items[0] for serial, items in serials.items() if serial and len(items) == 1}
    return {name: found.get(name) or own[name] for name in names if name in found or name in own}


def held_between(item_ids: Collection[int], since: dt.datetime, until: dt.datetime) -> list[Custody]:
    """The custodies of some items that touch a span, in order."""
    touching = Custody.objects.filter(item_id__in=item_ids, taken_at__lte=until).filter(Q(returned_at=None) | Q(returned_at__gte=since))
    return list(touching.select_related("holder").order_by("taken_at"))


def duty_custodies(kinds_: Collection[str], since: dt.datetime, until: dt.datetime, holder: int | None = None) -> list[Custody]:
    """Duty custodies of some kinds whose shift ended within a span, in order."""
    found = Custody.objects.filter(
        purpose=Custody.DUTY, item__kind__in=kinds_, taken_at__gte=since - dt.timedelta(days=2), shift__period__endswith__gte=since,
        shift__period__endswith__lte=until,
    )  # fmt: skip
    found = found if holder is None else found.filter(holder_id=holder)
    return list(found.select_related("shift", "item", "holder").order_by("taken_at", "pk"))


def last_duty_custodies(item_ids: Collection[int]) -> list[Custody]:
    """The latest duty custody of each of some items, with its holder; one index look an item, however long its past."""
    newest = Custody.objects.filter(item_id=OuterRef("pk"), purpose=Custody.DUTY).order_by("-taken_at").values("pk")[:1]
    last = Item.objects.filter(pk__in=item_ids).annotate(last=Subquery(newest)).values_list("last", flat=True)
    return list(Custody.objects.filter(pk__in=[pk for pk in last if pk]).select_related("holder"))


def is_fault_declared(custody: Custody, by: dt.datetime) -> bool:
    """Whether a fault of the item was reported during the custody or until a moment after it."""
    return Fault.objects.filter(item_id=custody.item_id, reported_at__gte=custody.taken_at, reported_at__lte=by).exists()
