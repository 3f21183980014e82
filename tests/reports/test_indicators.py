"""The four indicators over real facts: with n, within the reader's scope, what was reversed counted no more."""

from __future__ import annotations

import datetime as dt

import pytest

from chengxin.attire import selectors as attire
from chengxin.attire.services import SeenException
from chengxin.core import clock
from chengxin.draws.models import Draw
from chengxin.equipment import selectors as equipment
from chengxin.equipment.models import Custody
from chengxin.evidence.models import Gap, Review
from chengxin.findings import services as findings
from chengxin.findings.models import Finding
from chengxin.reports import rules, selectors
from chengxin.reports.selectors.indicators import Indicator
from tests.complaints.conftest import Case, case, closed, send  # noqa: F401  (fixtures of the neighbours)
from tests.evidence.conftest import Film, film  # noqa: F401
from tests.reports.conftest import AUTUMN, on
from tests.world import World

SINCE, UNTIL = dt.date(2026, 1, 1), dt.date(2026, 12, 31)


def told(world: World, name: str, code: str) -> Indicator:
    return next(each for each in selectors.indicators(world.actor(name), SINCE, UNTIL) if each.code == code)


def test_dress_is_the_share_the_roll_calls_give_and_a_reversed_finding_counts_no_more(world: World) -> None:
    seen = SeenException(world.persons["队员"].pk, ("attire.markings_missing",), corrected_on_spot=False)
    with on(AUTUMN):
        world.roll_call(exceptions=[seen])
        found = told(world, "局长", rules.DRESS)
        same = attire.dress_compliance(world.actor("局长"), SINCE, UNTIL)[0].rate
        assert (found.total.good, found.total.n) == (same.good, same.n)
        assert found.total.good == found.total.n - 1 > 0
        assert [name for name, _ in found.classes] == ["在编", "协管"]
        assert found.total.label == "样本不足"
        findings.withdraw_finding(world.actor("局长"), Finding.objects.get(), reason="认定有误")
        assert told(world, "局长", rules.DRESS).total.good == found.total.n


def test_a_captain_sees_the_own_squadron_alone_and_an_officer_none(world: World) -> None:
    with on(AUTUMN):
        world.roll_call()
        world.roll_call(by="外队长", unit="二中队")
        assert [name for name, _ in told(world, "局长", rules.DRESS).units] == ["一中队", "二中队"]
        assert [name for name, _ in told(world, "外队长", rules.DRESS).units] == ["二中队"]
        assert selectors.indicators(world.actor("队员"), SINCE, UNTIL) == []
        assert world.client("队员").get("/reports/indicators/").status_code == 403


def test_the_closure_of_the_home_page_is_the_closure_of_the_indicators(world: World) -> None:
    with on(AUTUMN, 7):
        world.shift()
        for number in ("RADIO-0001", "RADIO-0002"):
            world.item(number)
    with on(AUTUMN, 9):
        world.check_out("RADIO-0001", "RADIO-0002")
    with on(AUTUMN, 16):
        world.give_back("RADIO-0001")
    with on(AUTUMN + dt.timedelta(days=3)):
        found = told(world, "局长", rules.CLOSURE)
        same = equipment.closure(world.actor("局长"), SINCE, UNTIL)
        assert (found.total.good, found.total.n) == (same.done, same.n) == (1, 2)
        assert [(name, each.n) for name, each in found.units] == [("一中队", 2)]
        assert [(name, each.n) for name, each in found.classes] == [("在编", 2)]
        assert [(name, each.n) for name, each in found.by_month if each.n] == [("2026-10", 2)]
        home = world.client("局长").get("/").content.decode()
    assert "/reports/indicators/" in home


@pytest.mark.parametrize(("state", "closed_loop"), [("open", 0), ("proposed", 0), ("accepted", 1), ("covered", 1)])
def test_footage_that_is_not_accounted_for_keeps_the_loop_open(world: World, state: str, closed_loop: int) -> None:
    with on(AUTUMN, 7):
        shift = world.shift()
        world.item("J-1", kind="recorder")
    with on(AUTUMN, 9):
        world.check_out("J-1")
    with on(AUTUMN, 16):
        world.give_back("J-1")
    with on(AUTUMN + dt.timedelta(days=3)):
        custody, at = Custody.objects.get(), clock.at(AUTUMN, 10)
        Gap.objects.create(
            person=custody.holder, unit=custody.unit, shift=shift, custody=custody, started_at=at, ended_at=at + dt.timedelta(hours=1),
            found_at=clock.now(), rule_version="-", state=state,
        )  # fmt: skip
        assert (told(world, "局长", rules.CLOSURE).total.good, told(world, "局长", rules.CLOSURE).total.n) == (closed_loop, 1)


def test_conduct_counts_the_reviewed_recordings_and_not_those_nobody_could_judge(world: World, film: Film) -> None:  # noqa: F811
    with on(AUTUMN, 12):
        films = [film(seed) for seed in (1, 2, 3)]
        draw = Draw.objects.create(
            key="evidence.review:2026-10", title="抽查", frame_text="[]", quotas={},
            frame_sha256="-", rule_version="-", frozen_at=clock.now(),
            frozen_by=1, frozen_label="督察",
        )  # fmt: skip
        for recording, outcome in zip(films, (Review.FINE, Review.PROBLEM, Review.UNUSABLE), strict=True):
            Review.objects.create(draw=draw, recording=recording, outcome=outcome)
        found = told(world, "局长", rules.CONDUCT)
    assert (found.total.good, found.total.n) == (1, 2)
    assert [name for name, _ in found.units] == ["一中队"]


def test_satisfaction_is_told_with_both_clocks_and_apart_from_being_solved(world: World, case: Case) -> None:  # noqa: F811
    with on(AUTUMN):
        for satisfied in (True, False):
            complaint = closed(world, case("大队"))
            complaint.answers.create(round=0, at=clock.now(), solved=True, satisfied=satisfied)
        found = told(world, "局长", rules.SATISFACTION)
    assert (found.total.good, found.total.n) == (1, 2)
    assert [name for name, _ in found.units] == ["大队"]
    assert found.classes == []
    assert [note.split()[0] for note in found.notes] == ["24", "3"]


def test_the_page_shows_n_the_scope_and_the_way_to_the_facts_and_bends_bad_days(world: World) -> None:
    with on(AUTUMN):
        world.roll_call()
        client = world.client("局长")
        page = client.get("/reports/indicators/?from=2026-10-01&until=2026-10-14").content.decode()
        assert "样本不足" in page
        assert "/reports/indicators/dress/facts/?from=2026-10-01&amp;until=2026-10-14" in page
        for bad in ("?from=x&until=y", "?from=2027-01-01&until=2026-01-01", "?from=1800-01-01&until=9999-12-31"):
            assert client.get(f"/reports/indicators/{bad}").status_code == 200
        assert "本单位" in world.client("队长").get("/reports/indicators/").content.decode()


def test_a_span_takes_as_many_queries_whatever_its_length(world: World, django_assert_max_num_queries: object) -> None:
    with on(AUTUMN):
        world.roll_call()
        with django_assert_max_num_queries(30):  # type: ignore[operator]
            selectors.indicators(world.actor("局长"), dt.date(2024, 1, 1), UNTIL)
