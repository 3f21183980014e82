"""The equipment pages, as a browser posts them: register, import, counter, cards, the officer's phone."""

from __future__ import annotations

import io
import uuid
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from python_calamine import CalamineWorkbook

from chengxin.core import clock
from chengxin.equipment.models import Card, Custody, Fault, Item
from tests.world import World, upload


def register(world: World, **more: str) -> Any:
    given = {
        "asset_number": "R-1", "kind": "radio", "model_name": "演示型", "serial": "SN1",
        "unit": str(world.units["一中队"].pk), "place": "1 号柜",
        "purchased_on": "2026-01-05", "price": "1,280.50", "document": "演示购〔2026〕1号",
    }  # fmt: skip
    return world.client("人事").post("/equipment/items/new/", {**given, **more})


def test_an_item_is_registered_once_with_its_price_in_fen(world: World) -> None:
    assert register(world).status_code == 303
    assert Item.objects.get().price == 128_050
    for more, message in (
        ({}, "编号 R-1 已经登记过"), ({"asset_number": "R-2"}, "相同序列号"), ({"asset_number": "小写"}, "编号用大写字母"),
        ({"asset_number": "R-3", "serial": "", "price": "很贵"}, "请填写金额"), ({"purchased_on": "2099-01-01"}, "不能晚于今天"),
    ):  # fmt: skip
        answer = register(world, **more)
        assert answer.status_code == 422
        assert message in answer.content.decode()
        assert 'value="演示型"' in answer.content.decode()
    assert Item.objects.count() == 1


def test_the_lists_show_their_unit_and_nothing_of_another(world: World) -> None:
    world.item("R-1")
    other = world.item("X-1", unit="二中队")
    page = world.client("装备员").get("/equipment/items/").content.decode()
    assert ("R-1" in page, "X-1" in page) == (True, False)
    assert world.client("装备员").get(f"/equipment/items/{other.pk}/").status_code == 404
    assert world.client("队员").get(f"/equipment/items/{other.pk}/").status_code == 404
    exported = world.client("装备员").get("/equipment/items/?export=csv").content.decode("utf-8-sig")
    assert ("R-1" in exported, "X-1" in exported) == (True, False)


def test_a_list_of_items_is_imported_previewed_and_again_without_change(world: World) -> None:
    clerk = world.client("人事")
    template = CalamineWorkbook.from_filelike(io.BytesIO(clerk.get("/equipment/import/template/").content)).get_sheet_by_index(0)
    heading = ",".join(str(cell) for cell in template.to_python()[0])
    rows = "R-1,对讲机,演示型,SN1,一中队,2026-01-05,1280,1 号柜\nJ-1,执法记录仪,演示型,,二中队,2026-01-05,2680.5,"
    for effect, added in (("新增", 2), ("无变化", 0)):
        answer = clerk.post("/equipment/import/", {"file": SimpleUploadedFile("装备.csv", f"{heading}\n{rows}".encode())})
        assert answer.status_code == 303, answer.content.decode()
        assert effect in clerk.get(answer["Location"]).content.decode()
        assert f"新增 {added} 件" in clerk.post(answer["Location"], follow=True).content.decode()
        assert clerk.post(answer["Location"]).status_code == 409
    wrong = "R-9,飞机,,,一中队,昨天,贵,"
    page = clerk.post(
        "/equipment/import/", {"file": SimpleUploadedFile("装备.csv", f"{heading}\n{rows}\n{wrong}".encode())}
    ).content.decode()
    for message in ("“飞机”应为", "请填写型号", "应写成 2026-09-30", "应为金额"):
        assert message in page
    assert Item.objects.count() == 2


def test_the_desks_counter_says_what_was_done_and_keeps_what_was_not(world: World) -> None:
    keeper, now = world.client("装备员"), clock.at(clock.today(), 9)
    with clock.frozen(now):
        world.shift("队员")
        world.item("R-1")
        world.item("R-2")
        form = {"gesture": "check_out", "holder": "队员", "codes": "R-1\nR-2\nR-9", "checked": "on", "key": str(uuid.uuid4()), "reason": ""}
        answer = keeper.post("/equipment/counter/", form)
        page = answer.content.decode()
        assert (answer.status_code, Custody.objects.count()) == (422, 2)
        assert "没有这件装备" in page
        assert ">\nR-9</textarea>" in page or ">R-9</textarea>" in page
        back = {"gesture": "return", "codes": "R-1\nR-2", "key": str(uuid.uuid4()), "condition": "good"}
        assert keeper.post("/equipment/counter/", back).status_code == 303
        assert keeper.post("/equipment/counter/", back).status_code == 303  # the second click
        assert Custody.objects.filter(countersigned_at=None).count() == 0
        for changed, message in (
            ({"holder": ""}, "请填写领用人"), ({"holder": "没有这人"}, "没有找到"), ({"gesture": "loan"}, "请填写应还时间"),
            ({"codes": " "}, "请填写"),
        ):  # fmt: skip
            answer = keeper.post("/equipment/counter/", {**form, "key": str(uuid.uuid4()), **changed})
            assert (answer.status_code, message in answer.content.decode()) == (422, True), message


def test_the_officers_phone_shows_what_is_held_and_reports_a_fault_with_a_photo(world: World) -> None:
    with clock.frozen(clock.at(clock.today(), 9)):
        world.shift("队员")
        item = world.item("R-1")
        world.check_out("R-1")
        own = world.client("队员")
        assert "R-1" in own.get("/equipment/mine/").content.decode()
        assert "R-1" not in world.client("女队员").get("/equipment/mine/").content.decode()
        page = own.get(f"/equipment/items/{item.pk}/").content.decode()
        assert ("报告并停用" in page, "领用记录" in page, "调配" in page) == (True, False, False)
        refused = own.post(f"/equipment/items/{item.pk}/", {"description": "", "photo_files": upload()})
        assert (refused.status_code, "已保存的照片" in refused.content.decode()) == (422, True)
        answer = own.post(f"/equipment/items/{item.pk}/", {"description": "天线断", "photo_files": upload()})
        assert answer.status_code == 303
        fault = Fault.objects.get()
        assert own.get(f"/equipment/faults/{fault.pk}/photos/1/").status_code == 200
        assert world.client("女队员").get(f"/equipment/faults/{fault.pk}/photos/1/").status_code == 404


def test_the_steps_of_a_fault_on_the_page(world: World) -> None:
    item = world.item("R-1")
    keeper, captain = world.client("装备员"), world.client("队长")
    keeper.post(f"/equipment/items/{item.pk}/", {"description": "开不了机"})
    fault = Fault.objects.get()
    address = f"/equipment/faults/{fault.pk}/"
    assert "不能早于今天" in keeper.post(f"{address}send/", {"repairer": "演示维修部", "expected_on": "2020-01-01"}).content.decode()
    assert keeper.post(f"{address}send/", {"repairer": "演示维修部", "expected_on": "2099-01-01"}).status_code == 303
    assert keeper.post(f"{address}outcome/", {"repaired": "yes", "outcome": "换电池", "cost": "35.5"}).status_code == 303
    assert keeper.post(f"{address}accept/", {"passed": "yes", "note": ""}).status_code == 422
    assert captain.post(f"{address}accept/", {"passed": "yes", "note": ""}).status_code == 303
    assert captain.post(f"{address}nothing/", {}).status_code == 404
    found = Fault.objects.get()
    assert (found.state, found.cost) == ("closed", 3550)


def test_a_card_is_shown_once_and_kept_as_a_digest(world: World) -> None:
    keeper, person = world.client("装备员"), world.persons["队员"]
    page = keeper.post("/equipment/cards/", {"person": str(person.pk)}).content.decode()
    assert "data:image/svg+xml" in page
    assert "data:image/svg+xml" not in keeper.get("/equipment/cards/").content.decode()
    assert len(Card.objects.get().digest) == 64
    assert keeper.post("/equipment/cards/", {"person": str(world.persons["外人"].pk)}).status_code == 422


def test_the_kiosks_shell_holds_no_data(world: World) -> None:
    world.item("R-1")
    page = world.client().get("/equipment/kiosk/").content.decode()
    assert "R-1" not in page
    assert "启用这台设备" in page


def test_an_unknown_host_gets_a_calm_page(world: World) -> None:
    answer = world.client().get("/", headers={"host": "evil.example"})
    assert answer.status_code == 400
