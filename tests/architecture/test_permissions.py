"""The permission table: every address of ours × every one of the cast, as the catalogs say it and not otherwise."""

from __future__ import annotations

import re
import uuid

import pytest
from django.urls import get_resolver

from tests.architecture.test_doors import OPEN, own_patterns
from tests.world import CAST, World

ADDRESSES = sorted((route, pattern.callback.capability) for route, pattern in own_patterns(get_resolver()))


def filled(route: str) -> str:
    """An address with a number or name in each place that nothing stands under."""
    for kind, value in (
        ("int:year", "2026"),
        ("int", "987654"),
        ("uuid", str(uuid.UUID(int=1))),
        ("str:code", "2.1.3"),
        ("slug", "mark"),
        ("str", "submit"),
    ):
        route = re.sub(rf"<{kind}(?::\w+)?>", value, route)
    return "/" + route


@pytest.mark.parametrize("name", CAST)
def test_who_does_not_hold_the_capability_gets_403_and_who_holds_it_does_not(world: World, name: str) -> None:
    client, actor = world.client(name), world.actor(name)
    client.raise_request_exception = True
    for route, capability in ADDRESSES:
        answer = client.get(filled(route))
        if answer.status_code == 405:
            answer = client.post(filled(route))
        allowed = capability in OPEN or actor.may(capability)
        assert (answer.status_code != 403) is allowed, (route, capability, answer.status_code)
        assert answer.status_code in ({200, 302, 303, 404, 409, 412, 422} if allowed else {403}), (route, answer.status_code)


def test_nobody_gets_in_without_signing_in(world: World) -> None:
    client = world.client()
    for route, capability in ADDRESSES:
        if capability == "public":
            continue
        for method in ("get", "post"):
            answer = getattr(client, method)(filled(route))
            assert answer.status_code in {401, 405} or answer["Location"].startswith("/account/login/?next="), (method, route)


def test_roles_hold_what_requirements_say_and_nothing_of_the_others() -> None:
    from chengxin.core.registry import capabilities

    held = {
        role: {each.code for each in capabilities if role in each.roles}
        for role in ("supervisor", "captain", "keeper", "officer", "auditor")
    }
    assert "findings.raise" in held["supervisor"]
    assert "attire.roll_call" not in held["supervisor"]
    assert {"attire.roll_call", "findings.rectify"} <= held["captain"]
    assert not {"findings.raise", "findings.recheck", "findings.decide"} & held["captain"]
    assert "people.change" not in held["keeper"]
    assert held["officer"] == {
        "activities.see",
        "appraisal.object", "appraisal.read_own",
        "attire.today", "complaints.answer_own", "contests.see", "duty.read_own", "duty.request", "equipment.read_own", "equipment.report",
        "conduct.practise", "consultations.opine", "consultations.read", "equipment.sizes",
        "evidence.explain_gap", "evidence.mark", "evidence.read_own", "evidence.view_own", "exams.sit", "files.upload",
        "findings.object", "findings.read_own", "measures.read_own", "portal.home",
        "portal.read_file", "portal.search", "rulebook.read",
    }  # fmt: skip
    assert held["auditor"] == {"audit.read", "evidence.read_log", "portal.home", "rulebook.read"}


def test_established_officers_and_auxiliaries_hold_the_same() -> None:
    from chengxin.core.registry import capabilities

    assert [each.code for each in capabilities if ("officer" in each.roles) != ("auxiliary" in each.roles)] == []
