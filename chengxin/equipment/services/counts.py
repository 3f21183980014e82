"""清点: start, join, scan, finish, close, settle (2.2.1). Scans come late and twice from phones without network; none is lost."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction

from chengxin.audit.services import record
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.capabilities import require
from chengxin.core.constraints import readable
from chengxin.core.errors import Conflict, DomainError
from chengxin.equipment import rules, selectors
from chengxin.equipment.models import Count, CountDevice, CountDifference, CountLine, CountScan, Item

if TYPE_CHECKING:
    from chengxin.people.models import Unit

MOST_SCANS = 2000


@dataclass(frozen=True)
class Scan:
    """One scan as a device made it; ``sequence`` is the device's own running number from 1."""

    sequence: int
    code: str
    scanned_at: dt.datetime


@transaction.atomic
def start_count(actor: Actor, unit: Unit, *, place: str = "") -> Count:
    """Begin a count of a unit's store or one place in it; what should be there by the book is frozen now.

    Raises Conflict while another count of the place is open, DomainError when nothing should be there.
    """
    require(actor, "equipment.count", unit_id=unit.pk)
    expected = selectors.expected_in(unit.pk, place.strip())
    if not expected:
        raise DomainError("nothing_expected", "账上没有应在这里的装备，请核对单位和位置。", field="place")
    with readable(Count), transaction.atomic():
        count = Count.objects.create(
            unit=unit, place=place.strip(), started_at=clock.now(), started_by=actor.named_user, started_label=actor.label
        )
    CountLine.objects.bulk_create(CountLine(count=count, item_id=item) for item in expected)
    record(actor, "equipment.count_started", f"count:{count.pk}", unit_id=unit.pk, details={"expected": len(expected)})
    return count


@transaction.atomic
def join_count(actor: Actor, count: Count, *, key: UUID) -> CountDevice:
    """A phone or scanner takes part; joining again changes nothing."""
    count = _open(actor, count)
    device, _ = CountDevice.objects.get_or_create(
        count=count, key=key, defaults={"by_label": actor.label, "joined_at": clock.now()}
    )  # fmt: skip
    return device


@transaction.atomic
def keep_scans(actor: Actor, count: Count, *, key: UUID, scans: Sequence[Scan], announced: int) -> list[int]:
    """Keep what a device scanned; the numbers that are kept, for the device to strike off. What came before comes once.

    ``announced`` is how many scans the device has made so far: until that many are here the count cannot close.
    """
    count = _open(actor, count)
    device = CountDevice.objects.select_for_update().filter(count=count, key=key).first()
    if device is None:
        raise DomainError("not_joined", "这台设备还没有加入清点，请刷新页面。")
    if len(scans) > MOST_SCANS or any(not 0 < scan.sequence <= 100_000 for scan in scans):
        raise DomainError("bad_scans", "扫描数据不正确，请刷新页面后重试。")
    now = clock.now()
    CountScan.objects.bulk_create(
        (
            CountScan(
                device=device, sequence=scan.sequence, code=scan.code.replace("\0", "")[:120],
                number=(rules.number_in(scan.code) or "")[:24], scanned_at=min(scan.scanned_at, now), received_at=now,
            )
            for scan in scans
        ),
        ignore_conflicts=True,
    )  # fmt: skip
    device.announced = max(device.announced, announced, *(scan.sequence for scan in scans), 0)
    device.finished_at = None
    device.save(update_fields=["announced", "finished_at"])
    return list(device.scans.order_by("sequence").values_list("sequence", flat=True))


@transaction.atomic
def finish_device(actor: Actor, count: Count, *, key: UUID, total: int) -> CountDevice:
    """A device says it is done and how many scans it made. Raises Conflict while some of them are missing here."""
    count = _open(actor, count)
    device = CountDevice.objects.select_for_update().filter(count=count, key=key).first()
    if device is None:
        raise DomainError("not_joined", "这台设备还没有加入清点，请刷新页面。")
    kept = device.scans.count()
    if kept < max(total, device.announced):
        raise Conflict("scans_pending", f"还有 {max(total, device.announced) - kept} 条扫描没有送达，请等网络恢复。")
    device.announced, device.finished_at = max(total, device.announced), clock.now()
    device.save(update_fields=["announced", "finished_at"])
    return device


@transaction.atomic
def give_up_device(actor: Actor, device: CountDevice, *, reason: str) -> None:
    """A phone that will not come back (broken, gone): named, with a reason; what it did not send is scanned again by another."""
    count = _open(actor, device.count)
    if not reason.strip():
        raise DomainError("no_reason", "请写明为什么放弃这台设备未送达的扫描。", field="reason")
    device = CountDevice.objects.select_for_update().get(pk=device.pk)
    device.finished_at, device.given_up_label, device.given_up_reason = clock.now(), actor.label, reason.strip()
    device.save()
    details = {"device": device.by_label, "reason": reason.strip(), "missing": device.announced - device.scans.count()}
    record(actor, "equipment.device_given_up", f"count:{count.pk}", unit_id=count.unit_id, details=details)


@transaction.atomic
def close_count(actor: Actor, count: Count) -> Count:
    """End the count: differences become tasks. Raises Conflict while a device is still scanning or has scans to send."""
    count = _open(actor, count)
    waiting = [device for device in count.devices.select_for_update().order_by("pk") if device.finished_at is None]
    if waiting:
        names = "、".join(device.by_label for device in waiting)
        raise Conflict(
            "devices_scanning", f"{names}的设备还没有报告扫描完毕，可能有扫描尚未送达；请在那台设备上点“扫描完毕”，或写明理由放弃它。"
        )
    if not count.devices.exists():
        raise Conflict("nothing_scanned", "还没有设备扫描过，不能结束清点。")
    found = selectors.tally_of(count)
    items = {item.asset_number: item.pk for item in Item.objects.filter(asset_number__in=[code for _, code in found.differences()])}
    CountDifference.objects.bulk_create(
        CountDifference(count=count, kind=kind, code=code, item_id=items.get(code)) for kind, code in found.differences()
    )
    count.closed_at, count.closed_label = clock.now(), actor.label
    count.save(update_fields=["closed_at", "closed_label"])
    details = {"found": len(found.found), "differences": len(found.differences()), "twice": len(found.twice)}
    record(actor, "equipment.count_closed", f"count:{count.pk}", unit_id=count.unit_id, details=details)
    return count


@transaction.atomic
def settle_difference(actor: Actor, difference: CountDifference, *, resolution: str) -> CountDifference:
    """Say what became of a difference. Losses, returns and allocations are recorded by their own commands."""
    difference = CountDifference.objects.select_for_update(of=("self",)).select_related("count").get(pk=difference.pk)
    require(actor, "equipment.count", unit_id=difference.count.unit_id)
    if difference.settled_at is not None:
        raise Conflict("settled", f"这项差异已由{difference.settled_label}处理。")
    if not resolution.strip():
        raise DomainError("no_resolution", "请写明处理结果：在哪里找到、已登记遗失、已归还等。", field="resolution")
    difference.settled_at, difference.settled_label, difference.resolution = clock.now(), actor.label, resolution.strip()
    difference.save()
    record(
        actor, "equipment.difference_settled", f"count:{difference.count_id}", unit_id=difference.count.unit_id,
        details={"code": difference.code, "resolution": difference.resolution},
    )  # fmt: skip
    return difference


def _open(actor: Actor, count: Count) -> Count:
    """The count under its lock. Raises Conflict when it is closed: late scans then belong to the next one."""
    count = Count.objects.select_for_update().get(pk=count.pk)
    require(actor, "equipment.count", unit_id=count.unit_id)
    if count.closed_at is not None:
        raise Conflict("count_closed", f"这次清点已由{count.closed_label}结束。")
    return count
