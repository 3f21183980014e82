"""Every screen of every role, on the phone and at the desk: it opens, fits, says nothing to the console, and axe finds nothing serious."""

from __future__ import annotations

import datetime as dt

import pytest

from chengxin.attire.services import grant_exemption, issue_season_order, record_disposal
from chengxin.core import clock
from chengxin.equipment.services.stock import issue_uniform, move_stock, take_back_uniform
from chengxin.findings import services as findings
from chengxin.people.services import record_departure
from tests.browser.conftest import Site
from tests.world import World

SCREENS = {
    "队员": [
        "/",
        "/me/",
        "/attire/today/",
        "/attire/orders/",
        "/findings/",
        "/findings/{finding}/",
        "/findings/{finding}/notice/",
        "/rulebook/",
        "/duty/",
    ],
    "队长": [
        "/",
        "/attire/roll-call/{unit}/",
        "/attire/roll-calls/",
        "/people/",
        "/persons/{person}/",
        "/rulebook/clauses/2.1.3/",
        "/duty/roster/{unit}/",
        "/duty/requests/",
        "/duty/import/",
    ],
    "督察": ["/", "/findings/new/", "/findings/?state=open", "/rulebook/gaps/", "/rulebook/calendar/2027/"],
    "局长": ["/", "/findings/{finding}/", "/attire/orders/", "/rulebook/issue/", "/rulebook/calendar/notice/"],
    "人事": ["/people/new/", "/people/{person}/", "/people/import/", "/attire/exemptions/"],
    "装备员": ["/", "/attire/hand-backs/", "/attire/hand-backs/{gone}/", "/attire/disposals/"],
    "安全员": ["/", "/people/users/", "/people/users/{user}/", "/people/tokens/"],
    "系统员": ["/people/units/", "/people/tokens/"],
    "审计员": ["/", "/audit/", "/no/such/page/", "/findings/", "/account/password/change/", "/account/2fa/", "/account/logout/"],
}
REFUSED = {("审计员", "/findings/"): 403, ("审计员", "/no/such/page/"): 404}


@pytest.fixture
def places(world: World) -> dict[str, int]:
    """A town with something on every screen."""
    day, leader, keeper = clock.today(), world.actor("局长"), world.actor("装备员")
    finding = world.finding(photos=[world.photo(world.actor("督察"))])
    findings.file_objection(world.actor("队员"), finding, text="当时在换装")
    world.finding(person="协管", code="conduct.hands")
    world.roll_call(by="大队长", session="evening")
    grant_exemption(world.actor("人事"), world.persons["女队员"], starts_on=day, until=day + dt.timedelta(days=9), approved_by="局长")
    issue_season_order(
        leader, season="winter", starts_on=day, ends_on=day + dt.timedelta(days=3), reason="寒潮", signer="局长", document_number="换1号"
    )
    record_departure(world.actor("人事"), world.persons["外人"], left_on=day)
    gone = world.persons["女队员"]
    record_departure(world.actor("人事"), gone, left_on=day)
    finance = world.actor("人事")
    move_stock(finance, style="hat", size="57", sex="male", person_class="established", kind="received", change=1)
    hat = issue_uniform(finance, world.persons["队员"], style="hat", size="57", quantity=1)
    take_back_uniform(finance, hat, into_stock=False)
    record_disposal(
        keeper, unit=world.units["一中队"], description="旧夏装", pieces=2, manner="销毁", witness="队长", disposed_on=day,
        photos=[world.photo(keeper)],
    )  # fmt: skip
    return {
        "finding": finding.pk,
        "unit": world.units["一中队"].pk,
        "person": world.persons["队员"].pk,
        "gone": gone.pk,
        "user": world.users["队员"].pk,
    }


@pytest.mark.parametrize("screen", ["phone", "desktop"])
@pytest.mark.parametrize("who", SCREENS)
def test_the_screens_of(site: Site, places: dict[str, int], who: str, screen: str) -> None:
    page = site.page(who, screen=screen)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    for number, address in enumerate(SCREENS[who]):
        expected = REFUSED.get((who, address), 200)
        answer = page.goto(address.format(**places))
        assert answer is not None
        assert answer.status == expected, address
        site.picture(page, f"{who}-{screen}-{number}")
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), f"{address} scrolls sideways"
        assert site.serious_violations(page) == [], address
        assert [text for text in said if not (expected != 200 and "Failed to load" in text)] == [], address
        said.clear()


def test_the_description_of_the_api_opens_without_loosening_the_policy(site: Site) -> None:
    page = site.page("系统员", screen="desktop")
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.goto("/api/v1/docs")
    page.get_by_role("heading", name="城心 API").wait_for()
    site.picture(page, "api-desktop")
    assert said == []
