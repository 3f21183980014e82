"""Two copies of what is important: written, read again, each repaired from the other."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from chengxin.audit.models import Entry
from chengxin.core import clock
from chengxin.core.errors import DomainError
from chengxin.evidence import selectors
from chengxin.evidence.models import Copy, Damage, Recording
from chengxin.evidence.services import copies, keeping, store
from tests.evidence.clips import clip
from tests.evidence.conftest import Film
from tests.world import World

TODAY = dt.date(2026, 9, 30)


@pytest.fixture(autouse=True)
def an_evening() -> Iterator[None]:
    with clock.frozen(clock.at(TODAY, 20)):
        yield


def flip(path: Path, at: int = 100) -> None:
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)


def original(recording: Recording) -> Path:
    return store.originals().path_of(recording.sha256)  # type: ignore[attr-defined]


def second(recording: Recording) -> Path:
    return store.copies().path_of(recording.sha256)  # type: ignore[attr-defined]


@pytest.fixture
def important(world: World, film: Film) -> Recording:
    recording = keeping.mark_important(world.actor("队员"), film(), reason="案件证据")
    assert copies.copy_important() == 1
    return recording


def test_the_second_copy_is_of_important_footage_only(world: World, film: Film, important: Recording) -> None:
    film(2)
    assert copies.copy_important() == 0
    assert second(important).read_bytes() == clip(1)
    assert Copy.objects.get().recording == important
    assert [step.title for step in important.steps.all()][-1] == "写入副本"


@pytest.mark.parametrize("where", ["original", "copy"])
def test_a_flipped_byte_is_found_and_repaired_from_the_other_side(world: World, important: Recording, where: str) -> None:
    path = original(important) if where == "original" else second(important)
    flip(path)
    assert list(copies.damaged_parts(important, where)) == [1]
    verdict = copies.verify_all()
    assert (verdict.checked, verdict.repaired, len(verdict.damaged)) == (1, 1, 1)
    assert path.read_bytes() == clip(1)
    damage = Damage.objects.get()
    assert (damage.where, damage.repaired_at is not None) == (where, True)
    assert damage.repaired_from == ("copy" if where == "original" else "original")
    assert Entry.objects.filter(action__in=["evidence.damage_found", "evidence.repaired"]).count() == 2
    assert copies.verify_all().damaged == []


def test_a_lost_original_comes_back_from_the_copy(world: World, important: Recording) -> None:
    original(important).unlink()
    copies.check_recording(important)
    assert original(important).read_bytes() == clip(1)


def test_what_has_no_good_side_is_told_until_it_has_one(world: World, important: Recording) -> None:
    flip(original(important))
    flip(second(important), 200)
    for _ in range(2):
        verdict = copies.verify_all()
        assert (verdict.repaired, len(verdict.damaged)) == (0, 2)
    assert Damage.objects.filter(repaired_at=None).count() == 2
    assert Entry.objects.filter(action="evidence.damage_found").count() == 2
    assert Copy.objects.get().state == Copy.DAMAGED
    assert "evidence.damage" in [each.kind for each in selectors.work_waiting_for(world.actor("督察"))]
    flip(second(important), 200)  # somebody brings back a good copy
    assert copies.verify_all().repaired == 1
    assert list(copies.unsettled()) == []


def test_ordinary_footage_is_found_damaged_and_cannot_be_repaired(world: World, film: Film) -> None:
    recording = film()
    flip(original(recording))
    verdict = copies.verify_all()
    assert verdict.damaged == [{"recording": recording.number, "where": "原件", "what": "原件的摘要不符", "repaired": "否"}]


def test_a_damaged_original_is_never_copied(world: World, film: Film) -> None:
    recording = keeping.mark_important(world.actor("队员"), film(), reason="案件证据")
    flip(original(recording))
    assert copies.copy_important() == 0
    assert not second(recording).exists()
    assert Damage.objects.get().where == "original"


def test_the_schedule_reads_what_was_not_read_for_a_month(world: World, important: Recording) -> None:
    flip(second(important))
    assert copies.check_due().checked == 0
    with clock.frozen(clock.at(TODAY + dt.timedelta(days=31), 2)):
        assert copies.check_due().repaired == 1
        assert copies.check_due().checked == 0


def test_a_file_registered_in_place_is_repaired_nowhere_but_its_copy_is(world: World, film: Film) -> None:
    recording = keeping.mark_important(world.actor("队员"), film(in_place=True), reason="案件证据")
    copies.copy_important()
    flip(Path(recording.path))
    verdict = copies.verify_all()
    assert (len(verdict.damaged), verdict.repaired) == (1, 0)
    assert second(recording).read_bytes() == clip(1)


def test_marking_orders_the_second_copy_once_and_a_refused_mark_none(world: World, film: Film) -> None:
    recording = film()
    jobs = ProcrastinateJob.objects.filter(task_name="evidence.copy_important", status="todo")
    jobs.delete()  # what an earlier test committed and left
    with pytest.raises(DomainError):
        keeping.mark_important(world.actor("队员"), recording, reason="好看")
    assert jobs.count() == 0
    keeping.mark_important(world.actor("队员"), recording, reason="案件证据")
    keeping.mark_important(world.actor("队长"), recording, reason="投诉举报")
    assert jobs.count() == 1
