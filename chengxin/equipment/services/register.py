"""Commands of the register: purchase, import, allocation, retirement (2.2.1, by 财务人事科)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.db import transaction

from chengxin.audit.services import record
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.capabilities import require
from chengxin.core.constraints import readable
from chengxin.core.errors import Conflict, DomainError
from chengxin.equipment import rules, selectors
from chengxin.equipment.models import Custody, Fault, Item
from chengxin.equipment.services.locks import move, step
from chengxin.files.services import keep_sheet, take_sheet
from chengxin.people import selectors as people

if TYPE_CHECKING:
    from chengxin.people.models import Unit

SHEET = "equipment.items"
LABELS = {"model_name": "型号", "serial": "序列号", "price": "单价", "place": "存放位置", "purchased_on": "购置日期"}


@transaction.atomic
def register_item(
    actor: Actor, *, asset_number: str, kind: str, model_name: str, unit: Unit, purchased_on: dt.date, price: int, serial: str = "",
    place: str = "", document: str = "",
) -> Item:  # fmt: skip
    """Enter a bought item and give it to a unit; the price is in fen. Raises Conflict for a number or serial in use."""
    require(actor, "equipment.register", unit_id=unit.pk)
    if not rules.NUMBER.fullmatch(asset_number) or not 3 <= len(asset_number) <= 24:
        raise DomainError("bad_number", "编号用大写字母、数字和短横线，3 到 24 位。", field="asset_number")
    if kind not in selectors.kinds():
        raise DomainError("bad_kind", "请从种类中选择。", field="kind")
    if purchased_on > clock.today():
        raise DomainError("in_the_future", "购置日期不能晚于今天，请更正。", field="purchased_on")
    if Item.objects.filter(asset_number=asset_number).exists():
        raise Conflict("number_taken", f"编号 {asset_number} 已经登记过，请核对。", field="asset_number")
    with readable(Item), transaction.atomic():
        item = Item.objects.create(
            asset_number=asset_number, kind=kind, model_name=model_name, serial=serial, unit=unit, place=place, purchased_on=purchased_on,
            price=price, document=document, registered_at=clock.now(),
        )  # fmt: skip
    step(actor, item.pk, "购置登记", f"发放给{unit.name}")
    record(actor, "equipment.registered", f"item:{item.pk}", unit_id=unit.pk, details={"number": asset_number})
    return item


def preview_items(actor: Actor, *, file_name: str, content: bytes, rows: Sequence[rules.ItemRow]) -> int:
    """Keep an understood list of items until it is applied. Its number."""
    require(actor, "equipment.register")
    return keep_sheet(actor, SHEET, file_name=file_name, content=content, rows=[vars(row) for row in rows])


@transaction.atomic
def apply_items(actor: Actor, number: int) -> dict[str, int]:
    """Apply a previewed list, all of it or nothing; an item that is registered as listed stays untouched."""
    require(actor, "equipment.register")
    sheet = take_sheet(actor, SHEET, number)
    units = {unit.name: unit for unit in people.all_units()}
    counts = {"added": 0, "changed": 0, "unchanged": 0}
    for row in sheet.rows:
        try:
            counts[_apply(actor, row, units)] += 1
        except DomainError as error:
            raise type(error)(error.code, f"第 {row['row']} 行：{error.message}整份表格没有导入。") from error
    if counts["added"] or counts["changed"]:
        record(actor, "equipment.imported", f"sheet:{number}", details={**counts, "file": sheet.file_name})
    return counts


def _apply(actor: Actor, row: Mapping[str, Any], units: Mapping[str, Unit]) -> str:
    if row["unit"] not in units:
        raise DomainError("unit_gone", f"单位“{row['unit']}”已不存在。")
    given = {name: row[name] for name in ("kind", "model_name", "serial", "price", "place")}
    given["purchased_on"] = dt.date.fromisoformat(row["purchased_on"])
    item = Item.objects.select_for_update().filter(asset_number=row["asset_number"]).first()
    if item is None:
        register_item(actor, asset_number=row["asset_number"], unit=units[row["unit"]], **given)
        return "added"
    different = [name for name, value in given.items() if getattr(item, name) != value]
    if "kind" in different:
        raise Conflict("other_kind", f"编号 {item.asset_number} 已登记为另一种类，不能改。")
    for name in different:
        setattr(item, name, given[name])
    if different:
        with readable(Item), transaction.atomic():
            item.save(update_fields=different)
        step(actor, item.pk, "更正登记", "、".join(LABELS[name] for name in different))
    if item.unit_id != units[row["unit"]].pk:
        allocate_item(actor, item, unit=units[row["unit"]], place=row["place"])
        return "changed"
    return "changed" if different else "unchanged"


@transaction.atomic
def allocate_item(actor: Actor, item: Item, *, unit: Unit, place: str = "") -> Item:
    """Give an item that is in the store to another unit (2.2.1). Raises Conflict while somebody holds it."""
    require(actor, "equipment.register", unit_id=unit.pk)
    item = move(item, rules.ALLOCATE)
    if item.unit_id == unit.pk and item.place == place:
        raise Conflict("there_already", f"装备已在{unit.name}的这个位置。", field="unit")
    before = people.unit_name(item.unit_id)
    item.unit, item.place = unit, place
    item.save(update_fields=["unit", "place"])
    Fault.objects.filter(item=item).unsettled().update(unit=unit)
    step(actor, item.pk, "调配", f"{before} → {unit.name}")
    record(actor, "equipment.allocated", f"item:{item.pk}", unit_id=unit.pk, details={"from": before})
    return item


@transaction.atomic
def retire_item(actor: Actor, item: Item, *, reason: str) -> Item:
    """Out of the books for good: never again issued, always answerable for its past. Raises Conflict while it is out."""
    require(actor, "equipment.register", unit_id=item.unit_id)
    if not reason.strip():
        raise DomainError("no_reason", "请写明报废理由。", field="reason")
    item = move(item, rules.RETIRE)
    assert not Custody.objects.filter(item=item, returned_at=None).exists(), "the transition table lets nobody retire what is out"
    Fault.objects.filter(item=item).unsettled().update(state=Fault.CONDEMNED, settled_at=clock.now())
    step(actor, item.pk, "报废", reason, "bad")
    record(actor, "equipment.retired", f"item:{item.pk}", unit_id=item.unit_id, details={"reason": reason})
    return item
