"""Dress at the desk, form by form, as a browser posts them."""

from __future__ import annotations

import datetime as dt

from chengxin.attire.models import Exemption, HandBackEntry, SeasonOrder, UniformDisposal
from chengxin.core import clock
from chengxin.people.services import record_departure
from tests.world import World, upload


def test_an_order_is_entered_and_withdrawn_by_who_may_and_seen_by_all(world: World) -> None:
    day = clock.today()
    given = {"season": "summer", "starts_on": str(day), "ends_on": str(day), "reason": "高温", "signer": "局长", "document_number": "换7号"}
    assert world.client("队长").post("/attire/orders/", given).status_code == 403
    assert SeasonOrder.objects.count() == 0
    leader = world.client("局长")
    assert leader.post("/attire/orders/", given).status_code == 303
    assert "换7号" in world.client("队员").get("/attire/orders/").content.decode()
    assert "夏装" in world.client("队员").get("/attire/today/").content.decode().split("</h1>")[0]
    order = SeasonOrder.objects.get()
    assert leader.post(f"/attire/orders/{order.pk}/withdraw/", {"reason": "降温"}).status_code == 303
    again = leader.post(f"/attire/orders/{order.pk}/withdraw/", {"reason": "降温"})
    assert (again.status_code, "已经撤回" in again.content.decode()) == (422, True)


def test_an_exemption_is_granted_and_ended(world: World) -> None:
    client, day = world.client("人事"), clock.today()
    given = {"person": "女队员", "starts_on": str(day), "until": str(day + dt.timedelta(days=5)), "approved_by": "局长"}
    assert client.post("/attire/exemptions/", given).status_code == 303
    refused = client.post("/attire/exemptions/", {**given, "person": "没有的人"})
    assert (refused.status_code, "没有找到" in refused.content.decode()) == (422, True)
    exemption = Exemption.objects.get()
    assert client.post(f"/attire/exemptions/{exemption.pk}/end/").status_code == 303
    exemption.refresh_from_db()
    assert exemption.until == day


def test_a_leavers_list_is_filled_in_and_nothing_else_is_held_up(world: World) -> None:
    gone = world.persons["队员"]
    record_departure(world.actor("人事"), gone, left_on=clock.today())
    client = world.client("装备员")
    assert "还有 6 项" in client.get("/attire/hand-backs/").content.decode()
    assert client.post(f"/attire/hand-backs/{gone.pk}/", {"item-badges": "returned", "item-winter": "missing"}).status_code == 303
    assert HandBackEntry.objects.count() == 2
    assert "还有 5 项" in client.get("/attire/hand-backs/").content.decode()


def test_a_disposal_keeps_its_photo_when_the_rest_is_refused(world: World) -> None:
    client, day = world.client("装备员"), clock.today()
    given = {
        "unit": str(world.units["一中队"].pk),
        "description": "旧夏装",
        "pieces": "0",
        "manner": "销毁",
        "witness": "队长",
        "disposed_on": str(day),
    }
    refused = client.post("/attire/disposals/", {**given, "photo_files": upload()})
    page = refused.content.decode()
    assert (refused.status_code, "请选择已收回待处置的制服，或填写册外件数" in page) == (422, True)
    kept = page.split('name="photos" value="')[1].split('"')[0]
    assert client.post("/attire/disposals/", {**given, "pieces": "2", "photos": kept}).status_code == 303
    made = UniformDisposal.objects.get()
    assert client.get(f"/attire/disposals/{made.pk}/photos/1/?small")["Content-Type"] == "image/jpeg"
    assert client.get(f"/attire/disposals/{made.pk}/photos/2/").status_code == 404
