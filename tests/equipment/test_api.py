"""The counter's API: devices, keeper's turns, keys, scope, and what a refusal says."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from chengxin.audit.models import Entry
from chengxin.core import clock
from chengxin.equipment import rules
from chengxin.equipment.models import Card, Custody, KeeperTurn, Operation
from chengxin.equipment.services import counter as counters
from chengxin.people import services as people
from tests.world import PASSED, World

TODAY = dt.date(2026, 9, 30)


@pytest.fixture(autouse=True)
def before_the_day_shift() -> Iterator[None]:
    with clock.frozen(clock.at(TODAY, 7, 30)):
        yield


class Kiosk:
    """A device with its token, as it talks."""

    def __init__(self, world: World, unit: str = "一中队") -> None:
        text, self.actor = world.device(unit)
        self.client = Client(headers={"authorization": f"Bearer {text}"})

    def post(self, path: str, **body: Any) -> Any:
        return self.client.post(f"/api/v1/counter/{path}", body, content_type="application/json")

    def get(self, path: str, **query: str) -> Any:
        return self.client.get(f"/api/v1/counter/{path}", query)

    def take(self, holder: str, *codes: str, **more: Any) -> Any:
        items = [{"code": code, "readings": PASSED} for code in codes]
        return self.post("check-out", **{"key": str(uuid.uuid4()), "holder": holder, "items": items, **more})


def card(world: World, name: str) -> str:
    return counters.issue_card(world.actor("装备员"), world.persons[name])


def test_a_shift_change_at_the_counter(world: World) -> None:
    kiosk = Kiosk(world)
    world.shift("队员")
    item = world.item("R-1")
    turn = kiosk.post("turns", card=card(world, "装备员")).json()
    assert turn["keeper"] == "装备员"
    own = card(world, "队员")
    who = kiosk.get("holder", holder=own).json()
    assert (who["name"], who["problem"], who["due_at"]) == ("队员", "", "2026-09-30T19:30:00+08:00")
    seen = kiosk.get("item", code=item.label).json()
    assert (seen["place"], seen["service"], [check["code"] for check in seen["checks"]]) == ("store", "ready", ["charge", "signal"])
    (outcome,) = kiosk.take(own, item.label, turn=turn["turn"]).json()
    assert (outcome["done"], outcome["due_at"]) == (True, "2026-09-30T19:30:00+08:00")
    assert kiosk.get("item", code=item.label).json()["holder"] == "队员"
    assert [each["number"] for each in kiosk.get("holder", holder=own).json()["holds"]] == ["R-1"]
    answer = kiosk.post("return", key=str(uuid.uuid4()), turn=turn["turn"], items=[{"code": item.label}]).json()
    assert (answer[0]["done"], answer[0]["countersigned"]) == (True, True)
    held = Custody.objects.get()
    assert (held.keeper, held.countersigned_by) == (world.persons["装备员"], world.persons["装备员"])
    assert Entry.objects.get(action="equipment.checked_out").details["keeper"] == "装备员"


def test_only_a_keepers_card_opens_a_turn(world: World) -> None:
    kiosk = Kiosk(world)
    assert kiosk.post("turns", card=world.persons["装备员"].number).json()["code"] == "not_a_card"
    assert kiosk.post("turns", card=card(world, "队员")).status_code == 403
    assert kiosk.post("turns", card=rules.label_of("AAAAAAAAAAAAAA", rules.CARD)).json()["code"] == "unknown_card"
    assert KeeperTurn.objects.count() == 0
    old = card(world, "装备员")
    card(world, "装备员")
    assert kiosk.post("turns", card=old).json()["code"] == "unknown_card"
    assert Card.objects.filter(person=world.persons["装备员"], revoked_at=None).count() == 1


def test_a_turn_ends_runs_out_and_belongs_to_its_device(world: World) -> None:
    kiosk, other = Kiosk(world), Kiosk(world)
    world.shift("队员")
    item = world.item("R-1")
    turn = kiosk.post("turns", card=card(world, "装备员")).json()["turn"]
    assert other.take("T008", item.label, turn=turn).json()["code"] == "turn_over"
    with clock.frozen(clock.at(TODAY, 19, 31)):
        assert kiosk.take("T008", item.label, turn=turn).json()["code"] == "turn_over"
    assert kiosk.post(f"turns/{turn}/end").status_code == 204
    assert kiosk.take("T008", item.label, turn=turn).json()["code"] == "turn_over"
    assert Custody.objects.count() == 0


def test_a_suspended_keeper_answers_for_nothing_any_more(world: World) -> None:
    kiosk = Kiosk(world)
    world.shift("队员")
    item = world.item("R-1")
    turn = kiosk.post("turns", card=card(world, "装备员")).json()["turn"]
    people.set_status(world.actor("人事"), world.persons["装备员"], status="suspended", starts_on=TODAY, ends_on=None, approved_by="局长")
    assert kiosk.take("T008", item.label, turn=turn).status_code == 403


def test_the_same_key_is_answered_again_and_another_body_refused(world: World) -> None:
    kiosk = Kiosk(world)
    world.shift("队员")
    one, two = world.item("R-1"), world.item("R-2")
    key = str(uuid.uuid4())
    first = kiosk.take("T008", one.label, key=key)
    again = kiosk.take("T008", one.label, key=key)
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    refused = kiosk.take("T008", two.label, key=key)
    assert (refused.status_code, refused.json()["code"]) == (409, "key_reused")
    assert (Custody.objects.count(), Operation.objects.count()) == (1, 1)


@pytest.mark.parametrize("code", ["E:R-1:0", "e:r-1", "R-1 ", "E:R-1", "没有", "E:R-9:X", "'; DROP TABLE", "\u202eR-1"])
def test_codes_are_matched_exactly_or_not_at_all(world: World, code: str) -> None:
    kiosk = Kiosk(world)
    world.shift("队员")
    world.item("R-1")
    (outcome,) = kiosk.take("T008", code).json()
    good = code.strip() == "R-1"
    assert outcome["done"] is good
    assert good or outcome["code"] == "unknown_item"


def test_a_kiosk_knows_its_own_unit_only(world: World) -> None:
    kiosk = Kiosk(world)
    world.shift("外人")
    foreign = world.item("X-1", unit="二中队")
    assert kiosk.get("item", code=foreign.label).json()["code"] == "other_unit"
    assert kiosk.get("holder", holder=world.persons["外人"].number).json()["code"] == "other_unit"
    (outcome,) = kiosk.take(world.persons["外人"].number, foreign.label).json()
    assert (outcome["done"], outcome["code"]) == (False, "other_unit")
    assert kiosk.client.get("/api/v1/equipment/items/X-1/holder").status_code == 422
    assert [row["number"] for row in kiosk.client.get("/api/v1/equipment/items").json()] == []


def test_a_loan_at_the_counter_needs_a_keeper(world: World) -> None:
    kiosk = Kiosk(world)
    item = world.item("C-1", kind="camera")
    body = {
        "key": str(uuid.uuid4()), "holder": "T008", "items": [{"code": item.label, "readings": PASSED}], "reason": "取证",
        "due_at": "2026-10-01T08:00",
    }  # fmt: skip
    assert kiosk.post("loan", **body).status_code == 422
    turn = kiosk.post("turns", card=card(world, "装备员")).json()["turn"]
    assert kiosk.post("loan", **body, turn=turn).json()[0]["done"] is True
    past = {**body, "key": str(uuid.uuid4()), "due_at": "2026-09-30T07:00"}
    answer = kiosk.post("loan", **past, turn=turn).json()
    assert (answer["code"], answer["field"]) == ("due_in_the_past", "due_at")


def test_who_held_an_item_at_an_instant(world: World) -> None:
    kiosk = Kiosk(world)
    world.shift("队员")
    item = world.item("R-1")
    kiosk.take("T008", item.label)
    path = "/api/v1/equipment/items/R-1/holder"
    assert kiosk.client.get(path).json()["holder"] == "T008"
    assert kiosk.client.get(path, {"at": "2026-09-30T07:29:59"}).json()["holder"] is None
    with clock.frozen(clock.at(TODAY, 20)):
        assert [row["number"] for row in kiosk.client.get("/api/v1/equipment/overdue").json()] == ["R-1"]


def test_a_whole_squadron_with_refusals_explained(world: World) -> None:
    """Two of the roster and one who is not: every item is answered, every refusal says why."""
    kiosk = Kiosk(world)
    world.shift("队员")
    world.shift("女队员")
    labels = [world.item(f"R-{number}").label for number in range(1, 7)]
    answers = [kiosk.take(number, *labels[at : at + 3]) for at, number in ((0, "T008"), (2, "T009"))]
    assert [outcome["done"] for answer in answers for outcome in answer.json()] == [True, True, True, False, True, True]
    assert "队员领用" in answers[1].json()[0]["message"]
    stranger = kiosk.take("T010", labels[5])
    assert (stranger.status_code, stranger.json()["code"]) == (422, "not_on_duty")


def test_nothing_is_done_without_the_capability(world: World) -> None:
    text, _ = world.device("一中队", "equipment.read")
    reader = Client(headers={"authorization": f"Bearer {text}"})
    answer = reader.post("/api/v1/counter/return", {"key": str(uuid.uuid4()), "items": []}, content_type="application/json")
    assert answer.status_code == 403
    assert "登记台" in answer.json()["detail"]
