"""The API: tokens, scope, problem+json, a capability for every operation, and a description that does not change unnoticed."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest
from django.test import Client

from chengxin.core import clock
from chengxin.core.registry import capabilities
from chengxin.people import services as people
from chengxin.people.catalog import TOKEN_CAPABILITIES
from chengxin.people.models import ApiToken
from chengxin.portal.api import api
from tests.world import World

SNAPSHOT = Path(__file__).with_name("openapi.json")


def operations() -> list[tuple[str, str, object]]:
    return [
        (prefix + path, method, operation.view_func)
        for prefix, router in api._routers
        for path, view in router.path_operations.items()
        for operation in view.operations
        for method in operation.methods
    ]


@pytest.fixture
def caller(world: World) -> Client:
    """A token that may read findings of one squadron."""
    text = people.issue_token(
        world.actor("系统员"), name="大屏", granted=["findings.read", "rulebook.read"], unit=world.units["一中队"],
        expires_on=clock.today() + dt.timedelta(days=9),
    )  # fmt: skip
    people.approve_token(world.actor("安全员"), ApiToken.objects.get())
    return Client(headers={"authorization": f"Bearer {text}"})


def test_every_operation_names_a_capability_a_token_may_have_and_only_counter_and_platform_write() -> None:
    assert operations()
    for path, method, view in operations():
        code = getattr(view, "capability", None)
        assert code in capabilities, path
        assert code in TOKEN_CAPABILITIES, path
        assert method == "GET" or code in {"equipment.kiosk", "complaints.import"}, path


def test_the_description_is_the_one_that_was_agreed() -> None:
    described = json.loads(json.dumps(api.get_openapi_schema(), ensure_ascii=False))
    agreed = json.loads(SNAPSHOT.read_text(encoding="utf-8"))
    assert described == agreed, "the API changed: if that is meant, write the new description into openapi.json and the changelog"


def test_without_a_token_every_operation_answers_with_a_problem(world: World) -> None:
    filled = {
        "{code}": "attire.season",
        "{day}": "2026-09-30",
        "{count}": "7",
        "{pk}": "1",
        "{number}": "R-1",
        "{key}": "00000000-0000-4000-8000-000000000000",
    }
    for path, method, _ in operations():
        address = "/api/v1" + path
        for name, value in filled.items():
            address = address.replace(name, value)
        answer = world.client("局长").generic(method, address)
        assert (answer.status_code, answer["Content-Type"]) == (401, "application/problem+json; charset=utf-8"), path
        assert answer.json()["code"] == "bad_token"


def test_the_description_page_is_for_users_only(world: World) -> None:
    for address in ("/api/v1/docs", "/api/v1/openapi.json"):
        assert Client().get(address)["Location"].startswith("/account/login/")
        assert world.client("系统员").get(address).status_code == 200


def test_the_token_sees_its_unit_and_nothing_else(world: World, caller: Client) -> None:
    own, other = world.finding(), world.finding(person="外人")
    listed = caller.get("/api/v1/findings").json()
    assert [each["number"] for each in listed] == [own.number]
    assert listed[0]["rule"] == "attire.prohibited@1"
    assert caller.get(f"/api/v1/findings/{own.pk}").status_code == 200
    hidden, absent = caller.get(f"/api/v1/findings/{other.pk}"), caller.get("/api/v1/findings/999999")
    assert hidden.status_code == absent.status_code == 404
    assert hidden.json() == absent.json()


def test_what_the_token_does_not_hold_is_refused(caller: Client) -> None:
    answer = caller.get("/api/v1/persons")
    assert answer.status_code == 403
    assert "查看人员名册" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("address", "field"),
    [
        ("findings?limit=0", "limit"),
        ("findings?offset=-1", "offset"),
        ("findings?state=lost", "state"),
        ("findings?since=yesterday", "since"),
        ("findings?since=0001-01-01", "since"),
        ("findings?sicne=2026-09-01", "sicne"),
        ("workdays/1999-12-31/3", "day"),
        ("findings?clause=9.9", "clause"),
        ("findings?clause=%00", "clause"),
        ("workdays/2026-09-30/0", "count"),
        ("workdays/2026-02-30/3", "day"),
    ],
)
def test_a_bad_parameter_is_named(caller: Client, address: str, field: str) -> None:
    answer = caller.get(f"/api/v1/{address}")
    assert answer.status_code == 422
    assert answer.json()["field"] == field


def test_what_is_wrong_is_said_in_chinese(caller: Client) -> None:
    told = {address: caller.get(f"/api/v1/findings?{address}").json()["detail"] for address in ("limit=0", "since=gestern", "lmit=1")}
    assert told == {
        "limit=0": "参数“limit”不符合要求：不能小于 1。", "since=gestern": "参数“since”不符合要求：应为日期，如 2026-09-30。",
        "lmit=1": "没有参数“lmit”，请核对拼写。",
    }  # fmt: skip


def test_a_list_says_where_its_next_part_is(world: World, caller: Client) -> None:
    numbers = {world.finding(person=name).number for name in ("队员", "协管", "女队员")}
    address, seen = "/api/v1/findings?limit=2&state=open", []
    while address:
        answer = caller.get(address)
        seen.append([each["number"] for each in answer.json()])
        link = answer.headers.get("Link", "")
        assert link in {"", '</api/v1/findings?limit=2&state=open&offset=2>; rel="next"'}
        address = link[1 : link.index(">")] if link else ""
    assert [len(part) for part in seen] == [2, 1]
    assert {number for part in seen for number in part} == numbers


def test_what_an_interface_reads_stays_within_its_unit_and_names_no_more_than_it_needs(world: World) -> None:
    text = people.issue_token(
        world.actor("系统员"), name="平台", granted=[code for code in TOKEN_CAPABILITIES if code != "attire.today"],
        unit=world.units["一中队"], expires_on=clock.today() + dt.timedelta(days=9),
    )  # fmt: skip
    people.approve_token(world.actor("安全员"), ApiToken.objects.get())
    other = Client(headers={"authorization": f"Bearer {text}"})
    assert [each["name"] for each in other.get("/api/v1/units").json()] == ["一中队"]
    numbers = {each["number"] for each in other.get("/api/v1/persons").json()}
    assert world.persons["队员"].number in numbers
    assert world.persons["外人"].number not in numbers
    span = f"since={clock.today() - dt.timedelta(days=30)}&until={clock.today()}"
    world.item("R-1")
    world.item("X-1", unit="二中队")
    assert [each["number"] for each in other.get("/api/v1/equipment/items").json()] == ["R-1"]
    for address in ("equipment/custodies", f"shifts?{span}", "recordings", "complaints", f"activities?{span}", "inspections", "bulletins"):
        assert other.get(f"/api/v1/{address}").json() == [], address
    told = {each["code"]: each for each in other.get(f"/api/v1/indicators?{span}").json()}
    assert told["dress"]["total"] == {"name": "", "good": 0, "n": 0, "rate": None, "label": "样本不足"}
    assert other.get("/api/v1/rules/attire.season").json()["version"] == "attire.season@1"
    assert {"2.1.3", "3.3"} <= {each["code"] for each in other.get("/api/v1/clauses").json()}
    assert other.get("/api/v1/rules/none").status_code == 404
    assert other.get(f"/api/v1/shifts?since={clock.today()}&until=2020-01-01").json()["field"] == "until"


def test_working_days_are_counted_as_on_the_command_line(caller: Client) -> None:
    assert caller.get("/api/v1/workdays/2026-10-08/7").json() == {"date": "2026-10-16", "provisional": False, "calendar_version": "2026.1"}
