"""Every figure on a page equals the rows behind its click: in the small town, for whoever looks."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from chengxin.attire.services import SeenException
from chengxin.complaints.models import Accused
from chengxin.core import clock
from chengxin.findings import services as findings
from chengxin.findings.models import Finding
from chengxin.people import services as people
from chengxin.people.models import ApiToken
from chengxin.reports import rules
from tests.complaints.conftest import Case, case, closed, send  # noqa: F401  (fixtures of the neighbours)
from tests.reports.conftest import AUTUMN, on
from tests.world import CAST, World

PAGE = "/reports/indicators/"
SPAN = f"?from={AUTUMN}&until={AUTUMN}"
LINK = re.compile(r'<a href="(/reports/indicators/[a-z]+/facts/[^"]*)"[^>]*>([^<]*)</a>')


def figures_on(page: str) -> list[tuple[str, int]]:
    """(address, number) of every number that is a link to facts."""
    return [(unescape(address), int(text)) for address, text in LINK.findall(page) if text.isdecimal()]


def count_behind(client: Client, address: str) -> int:
    answer = client.get(address)
    assert answer.status_code == 200, address
    found = re.search(r"，共 (\d+) 条。", answer.content.decode())
    assert found is not None
    return int(found[1])


def every_figure_is_the_rows_behind_it(client: Client) -> int:
    """How many were compared."""
    page = client.get(PAGE).content.decode()
    numbers = dict(figures_on(page))
    for address, number in numbers.items():
        assert count_behind(client, address) == number, address
    return len(numbers)


def flawed(world: World, *names: str, by: str = "队长", unit: str = "一中队") -> None:
    seen = [SeenException(world.persons[name].pk, ("attire.markings_missing",), corrected_on_spot=False) for name in names]
    world.roll_call(by=by, unit=unit, exceptions=seen)


@pytest.fixture
def furnished(world: World, case: Case) -> World:  # noqa: F811
    """Facts of several kinds, of two squadrons, some good and some not."""
    with on(AUTUMN, 7):
        world.shift()
        for number in ("RADIO-1", "RADIO-2"):
            world.item(number)
    with on(AUTUMN, 9):
        world.check_out("RADIO-1", "RADIO-2")
        flawed(world, "队员", "协管")
        flawed(world, by="外队长", unit="二中队")
    with on(AUTUMN, 16):
        world.give_back("RADIO-1")
        for satisfied in (True, False):
            complaint = closed(world, case("大队"))
            complaint.answers.create(round=0, at=clock.now(), solved=True, satisfied=satisfied)
    return world


@pytest.mark.parametrize(("name", "least"), [("局长", 25), ("督察", 25), ("大队长", 20), ("队长", 10), ("外队长", 4)])
def test_every_figure_equals_the_rows_behind_its_click(furnished: World, name: str, least: int) -> None:
    with on(AUTUMN, 20):
        assert every_figure_is_the_rows_behind_it(furnished.client(name)) >= least


@pytest.mark.parametrize("name", CAST)
def test_whoever_sees_an_indicator_can_open_its_facts_whatever_else_is_closed(furnished: World, name: str) -> None:
    with on(AUTUMN, 20):
        client = furnished.client(name)
        for code in rules.INDICATORS:
            answer = client.get(f"{PAGE}{code}/facts/{SPAN}")
            shown = f'id="{code}"' in client.get(PAGE).content.decode()
            assert answer.status_code == (200 if shown else 403), code


def test_the_good_and_the_bad_add_up_to_all_and_are_told_apart(furnished: World) -> None:
    with on(AUTUMN, 20):
        client = furnished.client("局长")
        address = f"{PAGE}dress/facts/{SPAN}"
        every, good, bad = (count_behind(client, f"{address}{more}") for more in ("", "&good=1", "&good=0"))
        assert (every, bad) == (good + bad, 2)
        page = client.get(f"{address}&good=0").content.decode()
        assert page.count("不合格</span>") == 2
        assert "协管" in page
        finding = Finding.objects.get(person=furnished.persons["队员"])
        findings.withdraw_finding(furnished.actor("局长"), finding, reason="认定有误")
        assert (count_behind(client, f"{address}&good=1"), count_behind(client, f"{address}&good=0")) == (good + 1, 1)
        assert every_figure_is_the_rows_behind_it(client) >= 25


def test_a_captain_opens_the_own_squadrons_rows_alone_and_an_officer_none(furnished: World) -> None:
    with on(AUTUMN, 20):
        captain = furnished.client("外队长")
        page = captain.get(f"{PAGE}dress/facts/{SPAN}").content.decode()
        assert "外人" in page
        assert "女队员" not in page
        other = furnished.units["一中队"].pk
        assert count_behind(captain, f"{PAGE}dress/facts/{SPAN}&unit={other}") == 0
        assert furnished.client("队员").get(f"{PAGE}dress/facts/").status_code == 403
        assert furnished.client("人事").get(f"{PAGE}satisfaction/facts/").status_code == 403, "figures of complaints are not for everybody"
        assert captain.get(f"{PAGE}nothing/facts/").status_code == 404


def test_a_complaint_is_counted_but_not_shown_to_whom_it_is_about(furnished: World, case: Case) -> None:  # noqa: F811
    with on(AUTUMN, 20):
        complaint = closed(furnished, case("一中队"))
        complaint.answers.create(round=0, at=clock.now(), solved=True, satisfied=False)
        number = complaint.number
        address = f"{PAGE}satisfaction/facts/{SPAN}"
        assert number in furnished.client("局长").get(address).content.decode()
        chief = furnished.persons["局长"]
        Accused.objects.create(complaint=complaint, person=chief, unit=furnished.units["局"], named_at=clock.now(), named_label="-")
        client = furnished.client("局长")
        page = client.get(address).content.decode()
        assert number not in page
        assert "回避，不显示" in page
        assert count_behind(client, address) == 3


def test_a_list_of_facts_filters_sorts_pages_and_exports_what_it_shows(furnished: World) -> None:
    with on(AUTUMN, 20):
        client = furnished.client("局长")
        address = f"{PAGE}closure/facts/{SPAN}"
        assert "RADIO-2" in client.get(f"{address}&good=0&sort=fact_day").content.decode()
        exported = client.get(f"{address}&export=csv").content.decode("utf-8-sig").splitlines()
        assert exported[0] == "日期,单位,来源,记录,人员,人员类别,结果"
        assert len(exported) == 1 + count_behind(client, address)
        assert client.get(f"{address}&export=xlsx").status_code == 200
        for bad in ("&unit=x", "&unit=99999999999999", "&class=x", "&good=7", "&page=x", "&sort=x", "&from=x", "&unit=²"):
            assert client.get(address + bad).status_code == 200, bad


def test_too_few_facts_are_no_number_on_the_page_in_its_charts_or_on_the_wall(furnished: World) -> None:
    with on(AUTUMN, 20):
        page = furnished.client("局长").get(PAGE).content.decode()
        assert "样本不足" in page
        assert "data-chart" not in page
        assert not re.search(r"\d%", page)
        told = furnished.client("局长").get(f"/reports/wall/now/?since={int(clock.now().timestamp())}").json()
        assert [each["label"] for each in told["indicators"]] == ["样本不足"] * 4
        assert all(value is None for each in told["indicators"] for value in each["chart"]["series"][0]["values"])


def test_what_is_overdue_and_what_is_new_lead_to_as_many_rows(furnished: World) -> None:
    with on(AUTUMN, 20):
        furnished.finding()
        page = furnished.client("局长").get(PAGE).content.decode()
        for title, address, number in (
            ("发现的问题", "/findings/", 3),
            ("逾期未还的装备", "/equipment/custodies/", 1),
            ("收到的投诉", "/complaints/list/", 2),
        ):
            found = re.search(rf'<a href="({address}[^"]*)"><span>{title}</span> <strong[^>]*>(\d+)</strong>', page)
            assert found is not None, title
            assert int(found[2]) == number, title
            assert f"共 {number} 条" in furnished.client("局长").get(unescape(found[1])).content.decode()
    with on(AUTUMN.replace(day=30)):
        page = furnished.client("局长").get(PAGE).content.decode()
        assert re.search(r'<a href="/findings/\?late=True"><span>[^<]*</span> <strong class="matter-bad">3</strong>', page)


def test_a_complaint_whose_term_ran_out_is_in_the_list_of_late_ones(world: World, case: Case) -> None:  # noqa: F811
    with on(AUTUMN, 9):
        case("大队")
        assert "共 1 条" in world.client("局长").get("/complaints/list/").content.decode()
        assert "共 1 条" not in world.client("局长").get("/complaints/list/?late=True").content.decode()
    with on(AUTUMN.replace(day=20)):
        assert "共 1 条" in world.client("局长").get("/complaints/list/?late=True").content.decode()


def test_the_page_takes_few_queries_however_many_facts_there_are(furnished: World) -> None:
    def taken(address: str) -> int:
        client.get(address)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address).status_code == 200
        return len(captured)

    with on(AUTUMN, 20):
        client = furnished.client("局长")
        before = taken(PAGE)
        assert before <= 12 + 4  # four are the shell's: session, user, grants, units
        assert taken(f"{PAGE}dress/facts/") <= 12
        furnished.roll_call(session="evening")
        assert taken(PAGE) == before


def wall_token(world: World) -> str:
    text = people.issue_token(
        world.actor("系统员"), name="大厅大屏", granted=["reports.wall"], unit=None, expires_on=AUTUMN.replace(day=31)
    )
    people.approve_token(world.actor("安全员"), ApiToken.objects.get(name="大厅大屏"))
    return text


def test_the_wall_shows_figures_without_names_to_its_own_token_and_nothing_else(furnished: World) -> None:
    with on(AUTUMN, 20):
        client, token = Client(), wall_token(furnished)
        shell = client.get("/reports/wall/")
        assert shell.status_code == 200
        assert "合格 " not in shell.content.decode(), "the shell holds no figure"
        assert client.get("/reports/wall/now/").status_code == 401
        answer = client.get("/reports/wall/now/", headers={"authorization": f"Bearer {token}"})
        assert answer.status_code == 200
        assert [unit["name"] for unit in answer.json()["units"]] == ["大队", "一中队", "二中队"]
        for person in furnished.persons:
            assert person not in answer.content.decode().replace("大队长", ""), person
        assert client.get(f"{PAGE}", headers={"authorization": f"Bearer {token}"}).status_code == 302
        assert client.get("/api/v1/findings", headers={"authorization": f"Bearer {token}"}).status_code == 403
        assert furnished.client("队员").get("/reports/wall/now/").status_code == 403


def test_a_session_shows_the_wall_for_a_while_and_a_token_as_long_as_it_is_good(furnished: World, settings: Any) -> None:
    with on(AUTUMN, 20):
        opened = int(clock.now().timestamp())
        token = wall_token(furnished)
        assert "indicators" in furnished.client("局长").get(f"/reports/wall/now/?since={opened}").json()
    with on(AUTUMN, 21):
        assert furnished.client("局长").get(f"/reports/wall/now/?since={opened}").json() == {"ended": True}
        assert furnished.client("局长").get("/reports/wall/now/?since=x").json() == {"ended": True}
        answer = Client().get(f"/reports/wall/now/?since={opened}", headers={"authorization": f"Bearer {token}"})
        assert "indicators" in answer.json()


def test_the_home_page_and_the_dashboard_tell_the_same(furnished: World) -> None:
    with on(AUTUMN, 20):
        client = furnished.client("局长")
        home = client.get("/").content.decode()
        page = client.get(f"{PAGE}?from={AUTUMN.replace(day=1)}&until={AUTUMN}").content.decode()
        for code, title in rules.INDICATORS.items():
            told = re.search(rf'{title}</p><p class="stat-value"><a [^>]*>样本不足（n=(\d+)）', home)
            assert told is not None, title
            address = f"{PAGE}{code}/facts/?from={AUTUMN.replace(day=1)}&until={AUTUMN}"
            assert int(told[1]) == dict(figures_on(page)).get(address, 0), title
