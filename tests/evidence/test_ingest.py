"""A dock's folder: each file once, whose it is, what was left out and why."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import xlsxwriter
from django.conf import settings

from chengxin.audit.models import Entry
from chengxin.core import clock
from chengxin.core.errors import DomainError, NotAllowed
from chengxin.evidence import rules
from chengxin.evidence.models import PART_BYTES, Recording
from chengxin.evidence.services import store
from chengxin.evidence.services.folder import Report, import_folder
from tests.evidence.clips import clip, sound
from tests.world import SYSTEM, World

TODAY = dt.date(2026, 9, 30)


@pytest.fixture(autouse=True)
def an_evening() -> Iterator[None]:
    with clock.frozen(clock.at(TODAY, 20)):
        yield


@pytest.fixture
def dock(tmp_path: Path) -> Path:
    folder = tmp_path / "dock"
    folder.mkdir()
    return folder


def put(folder: Path, name: str, content: bytes) -> Path:
    """A file that was finished long ago, by the frozen clock."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.utime(path, (clock.now().timestamp() - 3600,) * 2)
    return path


def take(folder: Path, **more: object) -> Report:
    return import_folder(SYSTEM, folder, station="一号站", **more)  # type: ignore[arg-type]


def on_duty_with(world: World, number: str = "J-1") -> None:
    """The officer holds a camera from 7:30 to 19:00."""
    with clock.frozen(clock.at(TODAY, 7, 30)):
        world.shift("队员")
        world.item(number, kind="recorder")
        world.check_out(number)
    with clock.frozen(clock.at(TODAY, 19)):
        world.give_back(number)


def test_footage_belongs_to_who_held_the_device_and_to_the_duty_of_that_time(world: World, dock: Path) -> None:
    on_duty_with(world)
    source = put(dock, "0930/J-1_T008_20260930083000_0001.mp4", clip(1))
    report = take(dock)
    assert (report.taken, report.unattributed, report.refused) == (1, 0, [])
    kept = Recording.objects.get()
    assert (kept.person, kept.unit, kept.attribution) == (world.persons["队员"], world.units["一中队"], rules.ATTRIBUTED)
    assert kept.shift is not None
    assert kept.custody is not None
    assert (kept.started_at, kept.station, kept.local_id) == (clock.at(TODAY, 8, 30), "一号站", "0930/J-1_T008_20260930083000_0001.mp4")
    assert (kept.sha256, kept.size, kept.parts) == (hashlib.sha256(clip(1)).hexdigest(), len(clip(1)), [kept.sha256])
    assert (kept.kept_through, kept.deletable_from, kept.category) == (dt.date(2026, 12, 30), dt.date(2026, 12, 31), rules.ORDINARY)
    assert kept.rule_version.startswith("footage.retention@")
    with store.open_original(kept) as file:
        assert file.read() == clip(1)
    assert source.exists(), "the dock's own file is the dock's"
    assert Entry.objects.get(action="evidence.ingested").details["count"] == 1
    assert list(store.incoming().iterdir()) == []


def test_a_second_run_and_a_second_copy_change_nothing(world: World, dock: Path) -> None:
    put(dock, "J-1_20260930083000_0001.mp4", clip(1))
    assert take(dock).taken == 1
    put(dock, "again/J-1_20260930083000_0001.mp4", clip(1))
    report = take(dock)
    assert (report.files, report.taken, report.known) == (2, 0, 2)
    assert Recording.objects.count() == 1
    assert Entry.objects.filter(action="evidence.ingested").count() == 1


def test_a_lists_word_comes_before_the_name_and_its_gaps_are_reported(world: World, dock: Path) -> None:
    on_duty_with(world)
    put(dock, "A.mp4", clip(1))
    put(dock, "B.mp4", clip(2)[:-50])
    book = xlsxwriter.Workbook(str(dock / "清单.xlsx"))
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["导出清单"])
    sheet.write_row(1, 0, ["文件名", "设备编号", "开始时间", "结束时间", "文件大小", "重要标记", "时钟偏差"])
    sheet.write_row(2, 0, ["A.mp4", "J-1", "2026-09-30 09:01:30", "2026-09-30 09:11:30", str(len(clip(1))), "是", 90])
    sheet.write_row(3, 0, ["B.mp4", "J-1", "2026-09-30 09:20:00", "2026-09-30 09:30:00", str(len(clip(2))), "", 0])
    sheet.write_row(4, 0, ["C.mp4", "J-1", "2026-09-30 09:40:00", "2026-09-30 09:50:00", "10", "", 0])
    sheet.write_row(5, 0, ["../../etc/passwd.mp4", "J-1", "", "", "", "", 0])
    book.close()
    report = take(dock)
    assert (report.taken, report.half, report.rows_without_file) == (1, ["B.mp4"], ["C.mp4"])
    assert report.refused == [("../../etc/passwd.mp4", "清单中的路径越出了文件夹，没有理会")]
    kept = Recording.objects.get()
    assert (kept.category, kept.drift_seconds, kept.attribution) == (rules.IMPORTANT, 90, rules.ATTRIBUTED)
    assert (kept.started_at, kept.ended_at) == (clock.at(TODAY, 9), clock.at(TODAY, 9, 10))
    put(dock, "B.mp4", clip(2))  # the rest has come
    assert take(dock).taken == 1


def test_a_half_file_without_a_list_comes_again_whole_as_another_recording(world: World, dock: Path) -> None:
    name = "J-1_20260930083000_0001.mp4"
    put(dock, name, clip(1)[:-50])
    take(dock)
    put(dock, name, clip(1))
    assert take(dock).taken == 1
    half, whole = Recording.objects.order_by("pk")
    assert (half.local_id, whole.local_id) == (name, f"{name}@{whole.sha256[:8]}")
    assert take(dock).taken == 0


def test_what_is_no_recording_and_what_is_being_written_stay_out(world: World, dock: Path) -> None:
    put(dock, "J-1_20260930083000_0001.mp4", b"MZ" + bytes(600))
    put(dock, "J-1_20260930083000_0002.mp4", b"")
    young = put(dock, "J-1_20260930083000_0003.mp4", clip(3))
    os.utime(young, (clock.now().timestamp() - 1,) * 2)
    outside = dock.parent / "secret.mp4"
    outside.write_bytes(clip(4))
    (dock / "J-1_20260930083000_0004.mp4").symlink_to(outside)
    put(dock, "Thumbs.db", b"x")
    put(dock, "J-1_20260930083000_0006.wav", sound())
    report = take(dock)
    assert (report.files, report.taken, report.half) == (4, 1, ["J-1_20260930083000_0003.mp4"])
    assert [name for name, _ in report.refused] == ["J-1_20260930083000_0001.mp4", "J-1_20260930083000_0002.mp4"]
    assert "不是录像、录音或照片" in report.refused[0][1]
    assert report.missing_numbers == [("J-1", "2026-09-30", 4), ("J-1", "2026-09-30", 5)]
    assert Recording.objects.get().medium == rules.AUDIO
    assert list(store.incoming().iterdir()) == []


def test_registered_in_place_the_file_stays_and_is_read_from_there(world: World, dock: Path) -> None:
    path = put(dock, "J-1_20260930083000_0001.mp4", clip(1))
    assert take(dock, in_place=True).taken == 1
    kept = Recording.objects.get()
    assert (kept.door, kept.path) == (Recording.IN_PLACE, str(path))
    with store.open_original(kept) as file:
        assert file.read() == clip(1)
    assert not (settings.FOOTAGE_DIR / "originals").exists()


def test_unknown_devices_foreign_names_and_future_clocks_wait_for_a_person(world: World, dock: Path) -> None:
    on_duty_with(world)
    put(dock, "X-9_20260930083000_0001.mp4", clip(1))
    put(dock, "J-1_T009_20260930083000_0002.mp4", clip(2))
    put(dock, "J-1_20270101000000_0003.mp4", clip(3))
    put(dock, "VID0001.mp4", clip(4))
    assert take(dock).unattributed == 4
    notes = dict(Recording.objects.values_list("original_name", "attribution_note"))
    assert "没有登记编号或序列号为 X-9 的设备" in notes["X-9_20260930083000_0001.mp4"]
    assert "文件名所写工号 T009 不是领用人" in notes["J-1_T009_20260930083000_0002.mp4"]
    assert "在将来" in notes["J-1_20270101000000_0003.mp4"]
    unknown = Recording.objects.get(original_name="VID0001.mp4")
    assert (unknown.is_time_known, unknown.person, unknown.started_at) == (False, None, clock.now())
    future = Recording.objects.get(original_name="J-1_20270101000000_0003.mp4")
    assert future.kept_through == dt.date(2027, 4, 1)


def test_digests_of_parts_agree_with_the_file(tmp_path: Path) -> None:
    content = os.urandom(2 * PART_BYTES + 12345)
    path = tmp_path / "big"
    path.write_bytes(content)
    found = store.digests_of(path)
    parts = [hashlib.sha256(content[at : at + PART_BYTES]).digest() for at in range(0, len(content), PART_BYTES)]
    assert (found.size, found.sha256, found.parts) == (len(content), hashlib.sha256(content).hexdigest(), b"".join(parts))
    path.write_bytes(content[:PART_BYTES])
    exact = store.digests_of(path)
    assert (exact.sha256, exact.parts) == (hashlib.sha256(content[:PART_BYTES]).hexdigest(), parts[0])
    hashing = store.Hashing()
    for at in range(0, len(content), 1_000_003):
        hashing.update(content[at : at + 1_000_003])
    assert hashing.digests() == found


def test_only_a_keeper_or_the_system_takes_footage_in(world: World, dock: Path) -> None:
    put(dock, "J-1_20260930083000_0001.mp4", clip(1))
    with pytest.raises(NotAllowed, match="影像入库"):
        import_folder(world.actor("队员"), dock, station="一号站")
    with pytest.raises(DomainError, match="没有文件夹"):
        take(dock / "gone")
    with pytest.raises(DomainError, match="采集站名称"):
        import_folder(SYSTEM, dock, station=" ")
    assert Recording.objects.count() == 0
