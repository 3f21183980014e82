"""The guide of the first days: each role's own steps, only what may be opened, remembered, put away and brought back."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from chengxin.core.registry import capabilities, menu
from chengxin.people.catalog import ROLE_BY_CODE, ROLES
from chengxin.portal import rules
from chengxin.portal.models import GuideStep
from tests.world import World

STEP = re.compile(r'action="/guide/([a-z_]+)/"')


def test_every_role_has_steps_and_every_step_a_page_that_its_roles_may_open() -> None:
    assert set(rules.OF_ROLE) == set(ROLE_BY_CODE)
    assert {code for codes in rules.OF_ROLE.values() for code in codes} == set(rules.STEPS)
    for step in rules.STEPS.values():
        assert reverse(step.address)
        assert step.capability == "signed_in" or step.capability in capabilities
    opened = {item.url: item.capability for item in menu}
    for role in ROLES:
        for code in rules.OF_ROLE[role.code]:
            step = rules.STEPS[code]
            for needed in {step.capability, opened[step.address]} - {"signed_in"}:
                assert role.code in capabilities[needed].roles, (role.code, code, needed)


@pytest.mark.parametrize("name", ["队员", "协管", "队长", "装备员", "督察", "局长", "人事"])
def test_the_home_page_shows_the_own_steps_and_each_opens_its_page(world: World, name: str) -> None:
    client = world.client(name)
    codes = STEP.findall(client.get("/").content.decode())
    assert 3 <= len(codes) <= rules.MOST
    for code in codes:
        answer = client.post(f"/guide/{code}/")
        assert (answer.status_code, answer["Location"]) == (303, reverse(rules.STEPS[code].address))
        assert client.get(answer["Location"]).status_code in {200, 303}
    page = client.get("/").content.decode()
    assert STEP.findall(page) == [], "all were taken: the guide is done"
    assert "看过" in client.get("/help/").content.decode()


def test_a_second_click_counts_once_and_what_is_no_step_is_refused(world: World) -> None:
    client = world.client("队员")
    for _ in range(2):
        assert client.post("/guide/dress/").status_code == 303
    assert client.post("/guide/nothing/").status_code == 404
    assert [each.step for each in GuideStep.objects.all()] == ["dress"]
    page = client.get("/").content.decode()
    assert "已看 1 步" in page
    assert client.get("/guide/dress/").status_code == 405
    assert "已看 0 步" in world.client("协管").get("/").content.decode(), "another's steps are another's"


def test_put_away_it_stays_away_until_it_is_asked_for(world: World) -> None:
    client = world.client("队员")
    assert client.post("/guide-away/").status_code == 303
    assert STEP.findall(client.get("/").content.decode()) == []
    assert len(STEP.findall(client.get("/help/").content.decode())) == 6
    assert client.post("/guide-again/").status_code == 303
    assert len(STEP.findall(client.get("/").content.decode())) == 6
