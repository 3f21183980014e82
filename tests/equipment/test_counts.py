"""清点: what was expected, what came, what is missing; late and doubled scans; nobody closes while something waits."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from chengxin.core import clock
from chengxin.core.errors import Conflict, DomainError, NotAllowed
from chengxin.equipment import rules, selectors
from chengxin.equipment.models import Count, CountDifference, CountScan
from chengxin.equipment.services import counts
from chengxin.equipment.services.counts import Scan
from tests.world import World


@pytest.fixture(autouse=True)
def a_morning() -> Iterator[None]:
    """Whatever the time of day the tests run: in the evening the radio that is out would be overdue."""
    with clock.frozen(clock.at(clock.today(), 10)):
        yield


@pytest.fixture
def store(world: World) -> Count:
    """Three radios in the store, one more with 队员, one of another squadron; a count of the first squadron has begun."""
    world.shift("队员")
    for number in ("R-1", "R-2", "R-3", "R-4"):
        world.item(number)
    world.item("X-1", unit="二中队")
    with clock.frozen(clock.at(clock.today(), 9)):
        world.check_out("R-4")
    return counts.start_count(world.actor("装备员"), world.units["一中队"])


def scans(*codes: str, first: int = 1) -> list[Scan]:
    return [Scan(number, code, clock.now()) for number, code in enumerate(codes, start=first)]


def label(number: str) -> str:
    return rules.label_of(number)


def test_a_count_from_start_to_settled_differences(world: World, store: Count) -> None:
    keeper, key = world.actor("装备员"), uuid.uuid4()
    counts.join_count(keeper, store, key=key)
    codes = [label("R-1"), label("R-1"), label("X-1"), label("R-4"), "6901234567892"]
    kept = counts.keep_scans(keeper, store, key=key, scans=scans(*codes), announced=5)
    assert kept == [1, 2, 3, 4, 5]
    counts.finish_device(keeper, store, key=key, total=5)
    counts.close_count(keeper, store)
    found = {(each.kind, each.code) for each in CountDifference.objects.all()}
    assert found == {
        ("missing", "R-2"), ("missing", "R-3"), ("misplaced", "X-1"), ("out_but_here", "R-4"), ("unknown", "6901234567892"),
    }  # fmt: skip
    assert selectors.tally_of(store).twice == ("R-1",)
    assert "清点差异待处理：一中队 5 项" in [each.title for each in selectors.work_waiting_for(keeper)]
    for each in CountDifference.objects.all():
        counts.settle_difference(keeper, each, resolution="已查明")
    assert selectors.work_waiting_for(keeper) == []
    with pytest.raises(Conflict, match="已由装备员处理"):
        counts.settle_difference(world.actor("队长"), CountDifference.objects.all()[0], resolution="再")


def test_scans_that_come_twice_or_late_are_kept_once(world: World, store: Count) -> None:
    keeper, key = world.actor("装备员"), uuid.uuid4()
    counts.join_count(keeper, store, key=key)
    counts.join_count(keeper, store, key=key)
    first = scans(label("R-1"), label("R-2"))
    counts.keep_scans(keeper, store, key=key, scans=first, announced=3)
    assert counts.keep_scans(keeper, store, key=key, scans=first, announced=3) == [1, 2]
    assert CountScan.objects.count() == 2
    with pytest.raises(Conflict, match="还有 1 条扫描没有送达"):
        counts.finish_device(keeper, store, key=key, total=3)
    with pytest.raises(Conflict, match="装备员的设备还没有报告扫描完毕"):
        counts.close_count(keeper, store)
    counts.keep_scans(keeper, store, key=key, scans=scans(label("R-3"), first=3), announced=3)
    counts.finish_device(keeper, store, key=key, total=3)
    assert counts.close_count(keeper, store).closed_at is not None
    assert CountDifference.objects.count() == 0
    with pytest.raises(Conflict, match="已由装备员结束"):
        counts.keep_scans(keeper, store, key=key, scans=scans(label("R-1"), first=9), announced=9)


def test_a_phone_that_never_comes_back_is_given_up_by_name_and_reason(world: World, store: Count) -> None:
    keeper, captain, key = world.actor("装备员"), world.actor("队长"), uuid.uuid4()
    device = counts.join_count(keeper, store, key=key)
    counts.keep_scans(keeper, store, key=key, scans=scans(label("R-1")), announced=2)
    with pytest.raises(DomainError, match="为什么放弃"):
        counts.give_up_device(captain, device, reason="")
    counts.give_up_device(captain, device, reason="手机摔坏")
    counts.close_count(captain, store)
    device.refresh_from_db()
    assert (device.given_up_label, device.given_up_reason) == ("队长", "手机摔坏")
    assert set(CountDifference.objects.values_list("code", flat=True)) == {"R-2", "R-3"}


def test_counts_that_are_refused(world: World, store: Count) -> None:
    unit, keeper = world.units["一中队"], world.actor("装备员")
    with pytest.raises(Conflict, match="没有结束的清点"):
        counts.start_count(keeper, unit)
    with pytest.raises(DomainError, match="账上没有"):
        counts.start_count(keeper, unit, place="屋顶")
    with pytest.raises(NotAllowed, match="清点"):
        counts.start_count(world.actor("队员"), unit)
    with pytest.raises(NotAllowed, match="清点"):
        counts.start_count(keeper, world.units["二中队"])
    with pytest.raises(Conflict, match="还没有设备扫描过"):
        counts.close_count(keeper, store)
    with pytest.raises(DomainError, match="还没有加入"):
        counts.keep_scans(keeper, store, key=uuid.uuid4(), scans=[], announced=0)
    assert Count.objects.count() == 1


def test_what_a_phone_posts(world: World, store: Count) -> None:
    client, key = world.client("装备员"), str(uuid.uuid4())
    address = f"/equipment/counts/{store.pk}/scans/"

    def post(**body: Any) -> Any:
        return client.post(
            address, json.dumps({"device": key, **body}), content_type="application/json", headers={"accept": "application/json"}
        )

    scan = {"n": 1, "code": label("R-1"), "at": (clock.now() + dt.timedelta(days=400)).isoformat()}
    answer = post(total=1, scans=[scan]).json()
    assert (answer["kept"], answer["found"], answer["missing"]) == ([1], ["R-1"], 2)
    assert CountScan.objects.get().scanned_at <= clock.now()  # a clock in the future is not believed
    assert post(total=1, done=True).json()["done"] is True
    for wrong in ({"total": "x"}, {"total": 1, "scans": [{"n": 1}]}, {"total": 1, "scans": [{**scan, "at": "2026-01-01"}]}):
        assert post(**wrong).status_code == 422
    assert client.post(address, "no json", content_type="application/json").status_code == 422
    assert world.client("外队长").post(address, "{}", content_type="application/json").status_code == 404
    page = client.get(f"/equipment/counts/{store.pk}/").content.decode()
    assert "扫描完毕" in page
    assert client.post(f"/equipment/counts/{store.pk}/close/").status_code == 303
    difference = CountDifference.objects.first()
    assert difference is not None
    assert client.post(f"/equipment/differences/{difference.pk}/settle/", {"resolution": "在值班室"}).status_code == 303
    assert "在值班室" in client.get(f"/equipment/counts/{store.pk}/").content.decode()
