"""The roster's pages, as a browser posts them."""

from __future__ import annotations

import datetime as dt
import io

from django.core.files.uploadedfile import SimpleUploadedFile
from python_calamine import CalamineWorkbook

from chengxin.core import clock
from chengxin.duty.models import Leave, Shift, Swap
from tests.world import World


def tomorrow() -> dt.date:
    return clock.today() + dt.timedelta(days=1)


def test_a_captain_plans_the_week_and_an_officer_sees_the_own_shifts(world: World) -> None:
    day, person, unit = tomorrow(), world.persons["队员"], world.units["一中队"].pk
    captain = world.client("队长")
    answer = captain.post(f"/duty/roster/{unit}/?day={day}", {f"shift-{person.pk}-{day}": "day"})
    assert answer.status_code == 303
    assert "白班" in captain.get(answer["Location"]).content.decode()
    assert f"{day}" in world.client("队员").get("/duty/").content.decode()
    assert f"{day}" not in world.client("协管").get("/duty/").content.decode()
    assert world.client("外队长").get(f"/duty/roster/{unit}/").status_code == 404
    assert world.client("装备员").post(f"/duty/roster/{unit}/?day={day}", {f"shift-{person.pk}-{day}": ""}).status_code == 403
    assert Shift.objects.all().standing().count() == 1


def test_leave_goes_from_the_phone_to_the_captains_desk(world: World) -> None:
    own, captain, day = world.client("队员"), world.client("队长"), tomorrow()
    assert "起" in own.post("/duty/leave/", {"starts_on": "", "until": str(day)}).content.decode()
    assert own.post("/duty/leave/", {"starts_on": str(day), "until": str(day)}).status_code == 303
    assert "审批请假：队员" in captain.get("/").content.decode()
    leave = Leave.objects.get()
    assert captain.post(f"/duty/requests/leave/{leave.pk}/", {"granted": "yes", "note": ""}).status_code == 303
    assert "已同意" in own.get("/duty/").content.decode()
    assert captain.post(f"/duty/requests/leave/{leave.pk}/", {"granted": "no"}).status_code == 404


def test_a_swap_is_asked_answered_and_granted_on_the_pages(world: World) -> None:
    shift, other = world.shift("队员", tomorrow()), world.persons["协管"]
    own = world.client("队员")
    page = own.post("/duty/swap/", {"shift": str(shift.pk), "other": str(other.pk), "against": str(tomorrow())})
    assert "没有班次" in page.content.decode()
    assert own.post("/duty/swap/", {"shift": str(shift.pk), "other": str(other.pk), "against": ""}).status_code == 303
    swap = Swap.objects.get()
    assert "换班请您答复：队员" in world.client("协管").get("/").content.decode()
    assert world.client("协管").post(f"/duty/swap/{swap.pk}/answer/", {"agreed": "yes"}).status_code == 303
    assert world.client("队长").post(f"/duty/requests/swap/{swap.pk}/", {"granted": "yes"}).status_code == 303
    assert [each.person.name for each in Shift.objects.all().standing()] == ["协管"]


def test_a_roster_is_imported_from_the_template_and_again_without_change(world: World) -> None:
    captain, day = world.client("队长"), tomorrow()
    heading = CalamineWorkbook.from_filelike(io.BytesIO(captain.get("/duty/import/template/").content)).get_sheet_by_index(0).to_python()[0]
    numbers = [world.persons[name].number for name in ("队员", "协管")]
    text = "\n".join([",".join(str(cell) for cell in heading), *(f"{number},{day},夜班" for number in numbers)])
    for changed in (2, 0):
        answer = captain.post("/duty/import/", {"file": SimpleUploadedFile("排班.csv", text.encode())})
        assert answer.status_code == 303, answer.content.decode()
        assert "夜班" in captain.get(answer["Location"]).content.decode()
        assert f"改动 {changed} 处" in captain.post(answer["Location"], follow=True).content.decode()
    assert Shift.objects.count() == 2
    stranger = f"工号,日期,班次\n{world.persons['外人'].number},{day},白班"
    answer = captain.post("/duty/import/", {"file": SimpleUploadedFile("排班.csv", stranger.encode())})
    assert answer.status_code == 422
    assert "没有工号" in answer.content.decode()
