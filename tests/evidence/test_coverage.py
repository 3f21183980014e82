"""Duty × custody × footage: what is asked, of whom, and when a camera may go out again."""

from __future__ import annotations

import copy
import datetime as dt
import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from chengxin.audit.models import Entry
from chengxin.core import clock
from chengxin.core.errors import Conflict, DomainError, NotAllowed
from chengxin.equipment.models import Custody
from chengxin.equipment.services import faults
from chengxin.evidence import selectors
from chengxin.evidence.models import Gap, Recording
from chengxin.evidence.selectors import coverage as questions
from chengxin.evidence.services import coverage
from chengxin.evidence.services.folder import import_folder
from chengxin.findings.models import Proposal
from chengxin.rulekit.intervals import Interval, common, length
from tests.evidence.clips import clip
from tests.world import SYSTEM, World

TODAY = dt.date(2026, 9, 30)  # a Wednesday; 25–27 September were days off
NEXT = TODAY + dt.timedelta(days=1)
Dock = Callable[..., None]


@pytest.fixture(autouse=True)
def a_morning() -> Iterator[None]:
    with clock.frozen(clock.at(TODAY, 7)):
        yield


@pytest.fixture
def dock(world: World, tmp_path: Path) -> Dock:
    """Takes in footage of J-1 of given spans ("0830-0900") of the day; before, the unit's first footage of long ago."""
    numbers = iter(range(1, 100))

    def take(*spans: str, day: dt.date = TODAY) -> None:
        folder = tmp_path / f"dock-{next(numbers)}"
        folder.mkdir()
        lines = ["文件名,设备编号,开始时间,结束时间"]
        for span in spans:
            number = next(numbers)
            start, end = span.split("-")
            path = folder / f"film-{number}.mp4"
            path.write_bytes(clip(number))
            os.utime(path, (clock.now().timestamp() - 3600,) * 2)
            lines.append(f"{path.name},J-1,{day} {start[:2]}:{start[2:]}:00,{day} {end[:2]}:{end[2:]}:00")
        (folder / "list.csv").write_text("\n".join(lines), encoding="utf-8")
        import_folder(SYSTEM, folder, station="一号站")

    world.item("J-1", kind="recorder")
    with clock.frozen(clock.at(TODAY - dt.timedelta(days=20), 12)):
        take("0900-0901", day=TODAY - dt.timedelta(days=20))
    return take


def on_duty(world: World, name: str = "队员", *, out: tuple[int, int] = (8, 17), give_back: bool = True) -> Custody:
    """A day shift (8:30 to 17:30) with J-1 in the hand between two hours."""
    world.shift(name)
    with clock.frozen(clock.at(TODAY, out[0])):
        assert world.check_out("J-1", name=name)[0].done
    if give_back:
        with clock.frozen(clock.at(TODAY, out[1])):
            world.give_back("J-1")
    return Custody.objects.get()


def spans() -> list[tuple[str, str, str]]:
    local = [
        (gap, gap.started_at.astimezone(clock.SHANGHAI), gap.ended_at.astimezone(clock.SHANGHAI))
        for gap in Gap.objects.order_by("started_at")
    ]
    return [(f"{start:%H:%M}", f"{end:%H:%M}", gap.state) for gap, start, end in local]


def the_day_after(hours: int = 0) -> Any:
    """When the footage of today's duty should have been handed in."""
    return clock.frozen(clock.at(NEXT, 18) + dt.timedelta(hours=hours))


def test_what_is_asked_is_the_time_on_duty_with_the_camera_out_and_nothing_recorded(world: World, dock: Dock) -> None:
    custody = on_duty(world)
    shift = custody.shift
    assert shift is not None
    begin, end = (f"{moment.astimezone(clock.SHANGHAI):%H%M}" for moment in (shift.period.lower, shift.period.upper))
    with clock.frozen(clock.at(TODAY, 20)):
        dock(f"{begin}-1200", "1203-1500")
        assert coverage.find_gaps() == 0  # there is still time to hand it in
    with the_day_after():
        assert coverage.find_gaps() == 1
        assert coverage.find_gaps() == 0
    assert spans() == [("15:00", "17:00", "open")]  # three minutes at noon are not worth a question, and after 17:00 the camera was back
    assert end > "1700"
    assert [item.kind for item in selectors.work_waiting_for(world.actor("队员"))] == ["evidence.explain_gap"]
    (row,) = questions.coverage_by_shift(None, TODAY, TODAY)
    minutes = (clock.at(TODAY, 17) - shift.period.lower).total_seconds() / 60
    assert (row.wanted, row.covered) == (minutes, minutes - 120 - 3)


def test_footage_that_comes_later_closes_the_question(world: World, dock: Dock) -> None:
    on_duty(world)
    with the_day_after():
        coverage.find_gaps()
        dock("0700-1200")
        coverage.find_gaps()
        assert [each[2] for each in spans()] == ["covered", "open"]
        dock("1200-1600")
        coverage.find_gaps()
        dock("1600-1800")
        coverage.find_gaps()
        assert {each[2] for each in spans()} == {"covered"}


def test_the_officer_explains_and_another_decides(world: World, dock: Dock) -> None:
    on_duty(world)
    with the_day_after():
        coverage.find_gaps()
        gap, officer, captain = Gap.objects.get(), world.actor("队员"), world.actor("队长")
        with pytest.raises(NotAllowed, match="只能说明本人"):
            coverage.explain_gap(world.actor("女队员"), gap, cause="other", explanation="她忘了开机")
        with pytest.raises(DomainError, match="请写明情况"):
            coverage.explain_gap(officer, gap, cause="other", explanation="忘")
        with pytest.raises(Conflict, match="本人还没有说明"):
            coverage.accept_gap(captain, gap)
        with pytest.raises(Conflict, match="本人可在 2026-10-10 前说明"):  # three working days after 1 October, with the long holiday
            coverage.propose_gap(captain, gap, note="没有说明")
        assert Gap.objects.get().state == Gap.OPEN
        coverage.explain_gap(officer, gap, cause="break", explanation="返队整理材料，未外出")
        with pytest.raises(Conflict, match="不需要说明"):
            coverage.explain_gap(officer, gap, cause="other", explanation="再说一次")
        with pytest.raises(NotAllowed, match="认可影像缺失"):
            coverage.accept_gap(world.actor("外队长"), gap)
        coverage.accept_gap(captain, gap, note="属实")
    gap.refresh_from_db()
    assert (gap.state, gap.decided_label, gap.explanation) == (Gap.ACCEPTED, "队长", "返队整理材料，未外出")
    assert Entry.objects.filter(action__startswith="evidence.gap").count() == 2
    assert Proposal.objects.count() == 0


def test_a_leader_who_does_not_accept_makes_a_proposal_and_no_finding(world: World, dock: Dock) -> None:
    on_duty(world)
    with the_day_after():
        coverage.find_gaps()
        gap = coverage.explain_gap(world.actor("队员"), Gap.objects.get(), cause="other", explanation="没有什么可录")
        with pytest.raises(DomainError, match="请写明不认可的理由"):
            coverage.propose_gap(world.actor("队长"), gap, note=" ")
        coverage.propose_gap(world.actor("队长"), gap, note="执勤应全程开机")
    proposal = Proposal.objects.get()
    assert (proposal.person, proposal.kind, proposal.state) == (world.persons["队员"], "equipment.use", Proposal.WAITING)


def test_a_failure_reported_in_time_is_not_misconduct(world: World, dock: Dock) -> None:
    custody = on_duty(world, give_back=False)
    with clock.frozen(clock.at(TODAY, 12)):
        faults.report_fault(world.actor("队员"), custody.item, description="开不了机")
    with clock.frozen(clock.at(TODAY, 17)):
        world.give_back("J-1")
    with the_day_after():
        coverage.find_gaps()
        gap = coverage.explain_gap(world.actor("队员"), Gap.objects.get(), cause="technical", explanation="中午起开不了机")
        assert gap.is_declared
        with pytest.raises(Conflict, match="不作问题处理"):
            coverage.propose_gap(world.actor("队长"), gap, note="还是应当")
        coverage.accept_gap(world.actor("队长"), gap)
    assert Proposal.objects.count() == 0


def test_a_failure_nobody_reported_is_an_explanation_like_any_other(world: World, dock: Dock) -> None:
    on_duty(world)
    with the_day_after():
        coverage.find_gaps()
        assert not coverage.explain_gap(world.actor("队员"), Gap.objects.get(), cause="technical", explanation="好像坏了").is_declared


def test_nobody_decides_the_own_gap(world: World, dock: Dock) -> None:
    on_duty(world, "队长")
    with the_day_after():
        coverage.find_gaps()
        gap = coverage.explain_gap(world.actor("队长"), Gap.objects.get(), cause="other", explanation="在开会，没有外出")
        with pytest.raises(NotAllowed, match="涉及本人"):
            coverage.accept_gap(world.actor("队长"), gap)
        coverage.accept_gap(world.actor("大队长"), gap)


def test_a_camera_goes_out_again_only_when_its_footage_is_here_or_explained(world: World, dock: Dock) -> None:
    custody = on_duty(world)
    with clock.frozen(clock.at(NEXT, 7, 30)):
        world.shift("女队员", NEXT)
        (refused,) = world.check_out("J-1", name="女队员")
        assert (refused.done, refused.code) == (False, "held")
        assert refused.message == "队员 上次执勤的影像还没有入库，也没有说明，不能再领用。"
        assert questions.bare_custodies(world.persons["队员"].pk) == [custody]
        with pytest.raises(NotAllowed, match="只能说明本人"):
            coverage.explain_custody(world.actor("女队员"), custody, cause="other", explanation="不知道情况")
        coverage.explain_custody(world.actor("队员"), custody, cause="break", explanation="全天在队备勤")
        assert questions.bare_custodies(world.persons["队员"].pk) == []
        assert world.check_out("J-1", name="女队员")[0].done


def test_footage_in_the_store_lets_the_camera_go_and_a_question_holds_it_again(world: World, dock: Dock) -> None:
    on_duty(world)
    with clock.frozen(clock.at(TODAY, 20)):
        dock("0830-1200")
    with the_day_after():
        assert questions.why_unaccounted(_locked("J-1"), {"recorder": {"footage": True}}) == {}
        coverage.find_gaps()
        (why,) = questions.why_unaccounted(_locked("J-1"), {"recorder": {"footage": True}}).values()
        assert "须本人在“影像缺失”中说明" in why


def test_a_unit_without_a_dock_is_not_asked_for_footage(world: World) -> None:
    world.item("J-1", kind="recorder")
    on_duty(world)
    with the_day_after():
        assert coverage.find_gaps() == 0
        assert questions.why_unaccounted(_locked("J-1"), {"recorder": {"footage": True}}) == {}
    assert Recording.objects.count() == 0


def _locked(number: str) -> Any:
    from django.db import transaction

    from chengxin.equipment.services.locks import lock_items

    with transaction.atomic():
        return list(lock_items([number]).values())


@pytest.mark.parametrize("seed", range(6))
def test_the_sum_of_a_duty_is_that_of_its_intervals(world: World, dock: Dock, seed: int) -> None:
    """The one pass in the database says what the interval arithmetic says, cameras and films overlapping at random."""
    custody, chance = on_duty(world), random.Random(seed)
    dock("0900-0901")
    shift, film = custody.shift, Recording.objects.latest("pk")
    assert shift is not None
    Recording.objects.filter(pk=film.pk).update(shift=None)

    def span() -> Interval:
        start = clock.at(TODAY, 6) + dt.timedelta(minutes=chance.randrange(800))
        return start, start + dt.timedelta(minutes=chance.randrange(240))

    held = [(custody.taken_at, custody.returned_at or clock.now())] + [span() for _ in range(chance.randrange(4))]
    for number, (taken_at, returned_at) in enumerate(held[1:]):
        other = copy.copy(custody)
        other.pk, other.item, other.taken_at, other.returned_at = None, world.item(f"J-{number + 50}", kind="camera"), taken_at, returned_at
        other._state.adding = True
        other.save()
    filmed = [span() for _ in range(chance.randrange(9))]
    for number, (started_at, ended_at) in enumerate(filmed):
        other_film = copy.copy(film)
        other_film.pk, other_film.sha256, other_film.local_id, other_film.shift = None, f"{number:064d}", f"n{number}", shift
        other_film.started_at, other_film.ended_at = started_at, ended_at
        other_film._state.adding = True
        other_film.save()
    wanted = common([(shift.period.lower, shift.period.upper)], held)
    covered = common(wanted, filmed)
    (row,), (total,) = questions.coverage_by_shift(None, TODAY, TODAY), questions.coverage_by_unit(None, TODAY, TODAY)
    minutes = [round(length(spans).total_seconds() / 60) for spans in (wanted, covered)]
    assert [row.wanted, row.covered] == minutes == [total.wanted, total.covered]
    assert total.shifts == 1
