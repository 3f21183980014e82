"""What a count expects and what it found."""

from __future__ import annotations

from chengxin.core.actor import Actor
from chengxin.core.errors import NotFound
from chengxin.equipment import rules
from chengxin.equipment.models import Count, CountDevice, CountDifference, CountQuerySet, CountScan, Custody, Item


def counts_visible_to(actor: Actor) -> CountQuerySet:
    return Count.objects.all().visible_to(actor)


def count_for(actor: Actor, pk: int) -> Count:
    found = counts_visible_to(actor).select_related("unit").filter(pk=pk).first()
    if found is None:
        raise NotFound("no_count", "没有这次清点，或不在您的范围内。")
    return found


def device_for(count: Count, pk: int) -> CountDevice:
    found = CountDevice.objects.select_related("count").filter(count=count, pk=pk).first()
    if found is None:
        raise NotFound("no_device", "没有这台设备。")
    return found


def difference_for(actor: Actor, pk: int) -> CountDifference:
    found = CountDifference.objects.filter(pk=pk, count__in=counts_visible_to(actor)).first()
    if found is None:
        raise NotFound("no_difference", "没有这项差异，或不在您的范围内。")
    return found


def expected_in(unit_id: int, place: str) -> list[int]:
    """Items that should lie in a unit's store (or one place of it): neither out nor in repair, lost or retired."""
    here = Item.objects.filter(unit_id=unit_id, service__in=[rules.READY, rules.FAULTY])
    here = here.filter(place=place) if place else here
    return list(here.exclude(custodies__returned_at=None, custodies__isnull=False).order_by("pk").values_list("pk", flat=True))


def places_of(unit_id: int) -> list[str]:
    places = Item.objects.filter(unit_id=unit_id).exclude(place="").order_by("place").values_list("place", flat=True)
    return list(places.distinct())


def tally_of(count: Count) -> rules.Tally:
    """How a count stands now, by the numbers on the labels; what was scanned and is no label of ours stays as it was read."""
    expected = list(count.lines.values_list("item__asset_number", flat=True))
    rows = CountScan.objects.filter(device__count=count).order_by("pk").values_list("number", "code")
    scanned = [number or code for number, code in rows]
    known = set(Item.objects.filter(asset_number__in=scanned).values_list("asset_number", flat=True))
    out = Custody.objects.filter(item__asset_number__in=scanned, returned_at=None)
    return rules.tally(expected, scanned, known, set(out.values_list("item__asset_number", flat=True)))
