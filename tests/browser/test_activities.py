"""An activity in real Chromium: the code at the desk, the phone that opens it, the roll with an exception; and the year's page."""

from __future__ import annotations

import datetime as dt
import re
import uuid

import pytest
from playwright.sync_api import expect

from chengxin.activities import services
from chengxin.activities.models import Activity, RosterLine
from chengxin.core import clock
from tests.browser.conftest import Site
from tests.world import World


def arranged(world: World) -> Activity:
    """An activity of the first squadron that begins now, in this year's programme."""
    programme = services.create_programme(world.actor("督察"), year=clock.today().year)
    starts = clock.now().replace(second=0, microsecond=0)
    ends = min(starts + dt.timedelta(hours=1), clock.at(clock.today(), 23, 59) + dt.timedelta(minutes=1))
    return services.plan_activity(
        world.actor("队长"), form_key=uuid.uuid4(), parts=[programme.parts.get(code="q4.study")], title="廉政专题学习", place="局会议室",
        starts_at=starts, ends_at=ends, unit=world.units["一中队"], units=[world.units["一中队"]], leader=world.persons["队长"],
    )  # fmt: skip


def test_the_code_at_the_desk_a_phone_and_the_roll(site: Site) -> None:
    made = arranged(site.world)
    desk = site.page("队长", screen="desktop")
    desk.goto(f"/activities/{made.pk}/")
    desk.get_by_role("button", name="开始点名").click()
    expect(desk.get_by_text("应到 5", exact=True)).to_be_visible()
    desk.get_by_role("link", name="门口二维码").click()
    expect(desk.get_by_role("img", name=re.compile("到场二维码"))).to_be_visible()
    expect(desk.locator(".door-count")).to_have_text(re.compile(r"已到\s*0 / 5 人"))
    site.picture(desk, "activity-door-desktop")
    assert site.serious_violations(desk) == []
    address = desk.locator("[data-address]").inner_text()

    phone = site.page("队员", screen="phone")
    phone.goto(address)
    expect(phone.get_by_text("已到场：廉政专题学习。")).to_be_visible()
    site.picture(phone, "activity-own-phone")
    assert site.serious_violations(phone) == []
    assert RosterLine.objects.get(person=site.world.persons["队员"]).way == "code"
    expect(desk.locator(".door-count")).to_have_text(re.compile(r"已到\s*1 / 5 人"), timeout=20_000)

    phone.goto(f"/activities/check-in/{made.pk}/1-forged/")
    expect(phone.get_by_text("这不是本次活动的二维码")).to_be_visible()

    leader = site.page("队长", screen="phone")
    leader.goto(f"/activities/{made.pk}/roll/")
    expect(leader.get_by_text("已扫码")).to_be_visible()
    leader.get_by_label("协管", exact=True).select_option(label="缺席：执勤在岗")
    leader.get_by_label("活动情况").fill("学习廉政条例。")
    site.picture(leader, "activity-roll-phone")
    assert site.serious_violations(leader) == []
    leader.get_by_role("button", name="确认到场并办结").click()
    expect(leader.get_by_text("到场已确认，活动已办结。")).to_be_visible()
    made.refresh_from_db()
    assert made.state == "closed"
    absent = RosterLine.objects.get(presence="absent")
    assert (absent.person.name, absent.reason, absent.reason_state) == ("协管", "on_duty", "accepted")
    site.picture(leader, "activity-closed-phone")
    desk.goto(f"/activities/{made.pk}/")
    site.picture(desk, "activity-closed-desktop")
    assert site.serious_violations(desk) == []


@pytest.mark.parametrize("screen", ["phone", "desktop"])
def test_the_year_its_talks_and_its_risks_fit_the_screen(site: Site, screen: str) -> None:
    arranged(site.world)
    actor = site.world.actor("队长")
    services.record_talk(
        actor, form_key=uuid.uuid4(), person=site.world.persons["协管"], held_on=clock.today(), themes=["integrity"], content="谈岗位。"
    )
    services.register_risk(
        actor, form_key=uuid.uuid4(), unit=site.world.units["一中队"], post="现场执法岗", text="人情执法", grade="high", measure="双人执法",
        responsible=site.world.persons["队员"],
    )  # fmt: skip
    page = site.page("督察", screen=screen)
    for name in ("", "talks/", "risks/", "weak-points/", "summary/", "new/", "mine/", "list/"):
        page.goto(f"/activities/{name}")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        width = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
        assert width[0] <= width[1], (name, width)
        assert site.serious_violations(page) == [], name
        site.picture(page, f"activities-{name.strip('/') or 'year'}-{screen}")
