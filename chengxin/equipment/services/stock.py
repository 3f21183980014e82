"""Uniform stock and issue: every piece moves through the book (2.1)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from django.db import transaction

from chengxin.audit.services import record
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.capabilities import require
from chengxin.core.errors import Conflict, DomainError, NotAllowed
from chengxin.equipment import selectors
from chengxin.equipment.models import SizeProfile, StockMovement, UniformIssue, UniformStock
from chengxin.people import selectors as people

if TYPE_CHECKING:
    from chengxin.people.models import Person


@transaction.atomic
def move_stock(actor: Actor, *, style: str, size: str, sex: str, person_class: str, kind: str, change: int, note: str = "") -> UniformStock:
    """Pieces come in or go out. Raises DomainError for an unknown style or size, Conflict when there are not so many."""
    require(actor, "equipment.stock")
    known = selectors.styles()
    if style not in known or size not in known[style]["sizes"]:
        raise DomainError("bad_size", "这个品种没有这个尺码，请重新选择。", field="size")
    if change == 0:
        raise DomainError("nothing", "数量不能为 0。", field="change")
    UniformStock.objects.get_or_create(style=style, size=size, sex=sex, person_class=person_class)
    stock = UniformStock.objects.select_for_update().get(style=style, size=size, sex=sex, person_class=person_class)
    _move(actor, stock, kind, change, note)
    record(actor, "equipment.stock_moved", f"stock:{stock.pk}", details={"kind": kind, "change": change, "left": stock.quantity})
    return stock


def _move(actor: Actor, stock: UniformStock, kind: str, change: int, note: str) -> None:
    """Move under the stock's lock. Raises Conflict when fewer are there than go out."""
    if stock.quantity + change < 0:
        raise Conflict("not_enough", f"库存只有 {stock.quantity} 件，不够 {-change} 件。", field="change")
    stock.quantity += change
    stock.save(update_fields=["quantity"])
    StockMovement.objects.create(
        stock=stock, kind=kind, change=change, left=stock.quantity, note=note.strip(), by=actor.named_user, by_label=actor.label,
        at=clock.now(),
    )  # fmt: skip


@transaction.atomic
def issue_uniform(
    actor: Actor, person: Person, *, style: str, size: str, quantity: int, exchanges: UniformIssue | None = None, note: str = ""
) -> UniformIssue:
    """Give pieces to a person against the entitlement of the day; an exchange takes the old ones back in the same act.

    Raises DomainError beyond the entitlement or for who wears none, Conflict when the store has too few.
    """
    require(actor, "equipment.stock")
    if quantity < 1:
        raise DomainError("bad_quantity", "件数至少为 1。", field="quantity")
    person = people.lock_person(person)  # two clerks do not give the same entitlement twice
    if person.left_on is not None:
        raise DomainError("left", f"{person.name} 已离队，不能发放。", field="person")
    if exchanges is not None:
        _take_back(actor, exchanges, "换发收回")
    line = next((each for each in selectors.entitlement_of(person) if each.style == style), None)
    if line is None:
        raise DomainError("not_entitled", f"{person.name} 的人员类别不配发这个品种。", field="style")
    if quantity > line.open_quantity:
        text = f"按配发标准现在可领 {line.open_quantity} 件（{line.years} 年 {line.quantity} 件）；提前更换请办理换发。"
        raise DomainError("beyond_entitlement", text, field="quantity")
    stock = UniformStock.objects.select_for_update().filter(
        style=style, size=size, sex=person.sex, person_class=person.person_class
    ).first()  # fmt: skip
    if stock is None:
        raise Conflict("not_enough", "这个尺码没有库存。", field="size")
    _move(actor, stock, StockMovement.ISSUED, -quantity, note or f"发放给{person.name}")
    made = UniformIssue.objects.create(
        person=person, stock=stock, style=style, quantity=quantity, issued_on=clock.today(), rule_version=line.rule_version,
        by_label=actor.label, exchanges=exchanges,
    )  # fmt: skip
    details = {"style": style, "size": size, "quantity": quantity}
    record(actor, "equipment.uniform_issued", f"person:{person.pk}", person_id=person.pk, details=details)
    return made


@transaction.atomic
def take_back_uniform(actor: Actor, issue: UniformIssue, *, into_stock: bool, note: str = "") -> UniformIssue:
    """Pieces come back: into the store when they can be worn again, else to disposal with the markings removed (2.1.3)."""
    require(actor, "equipment.stock")
    issue = _take_back(actor, issue, note or "收回", into_stock=into_stock)
    details = {"style": issue.style, "quantity": issue.quantity, "into_stock": into_stock}
    record(actor, "equipment.uniform_taken_back", f"person:{issue.person_id}", person_id=issue.person_id, details=details)
    return issue


@transaction.atomic
def take_back_from_leaver(actor: Actor, person: Person, *, styles: Collection[str]) -> list[UniformIssue]:
    """What a leaver brought back goes off the book and waits for disposal. Whoever records the hand-back has been asked
    for that capability already. Raises DomainError for somebody still in service.
    """
    if person.left_on is None:
        raise DomainError("in_service", f"{person.name} 仍在队，请由财务人事科办理收回。")
    back = [_take_back(actor, issue, "离队交回") for issue in UniformIssue.objects.worn().filter(person=person, style__in=styles)]
    for issue in back:
        details = {"style": issue.style, "quantity": issue.quantity, "into_stock": False}
        record(actor, "equipment.uniform_taken_back", f"person:{person.pk}", person_id=person.pk, details=details)
    return back


def _take_back(actor: Actor, issue: UniformIssue, note: str, *, into_stock: bool = False) -> UniformIssue:
    issue = UniformIssue.objects.select_for_update().get(pk=issue.pk)
    if issue.taken_back_on is not None:
        raise Conflict("taken_back", f"这次发放的制服已于 {issue.taken_back_on} 收回。")
    issue.taken_back_on, issue.taken_back_label, issue.into_stock = clock.today(), actor.label, into_stock
    issue.save(update_fields=["taken_back_on", "taken_back_label", "into_stock"])
    if into_stock:
        stock = UniformStock.objects.select_for_update().get(pk=issue.stock_id)
        _move(actor, stock, StockMovement.TAKEN_BACK, issue.quantity, note)
    return issue


@transaction.atomic
def set_sizes(actor: Actor, *, sizes: Mapping[str, str]) -> SizeProfile:
    """The own sizes by style, entered once. Raises DomainError for a size the style does not have."""
    require(actor, "equipment.sizes")
    if actor.person_id is None:
        raise NotAllowed("no_person", "这个用户没有对应的人员。")
    known = selectors.styles()
    for style, size in sizes.items():
        if style not in known or size not in known[style]["sizes"]:
            raise DomainError("bad_size", "请从列表中选择尺码。", field=f"size-{style}")
    profile, _ = SizeProfile.objects.update_or_create(
        person_id=actor.person_id, defaults={"sizes": dict(sizes), "changed_at": clock.now()}
    )  # fmt: skip
    record(actor, "equipment.sizes_changed", f"person:{actor.person_id}", person_id=actor.person_id)
    return profile
