"""Footage in a distributed store: streamed, locked, whole with one volume server killed, and no way round the lock."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import os
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chengxin.audit.models import Entry
from chengxin.core import clock
from chengxin.evidence import rules, selectors
from chengxin.evidence.models import Damage, Recording, StoreCheck
from chengxin.evidence.selectors import expiry as questions
from chengxin.evidence.services import canary, copies, examination, expiry, keeping, locks, store
from chengxin.files.bucket import Access, Bucket, StoreUnreachable, path_of
from tests.evidence.clips import clip
from tests.evidence.conftest import Film
from tests.evidence.seaweed import WEED, Store, running
from tests.world import World

TODAY = dt.date(2027, 3, 10)  # after any real clock of these tests: what the store locks until then is locked now
BIG = 40 * 1024 * 1024 + 7


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with running(tmp_path_factory.mktemp("engine") / "store") as store:
        yield store


@pytest.fixture
def bucket(engine: Store) -> Bucket:
    return engine.bucket()


@pytest.fixture
def in_the_store(engine: Store, settings: Any) -> Iterator[Store]:
    """The application with its originals and copies in the store."""
    access = engine.access
    settings.S3 = {
        "url": access.url, "access_key": access.access_key, "secret_key": access.secret_key, "region": access.region,
        "authority": access.authority,
    }  # fmt: skip
    settings.S3_COPY = settings.S3
    settings.FOOTAGE_BUCKET, settings.FOOTAGE_COPY_BUCKET = "footage", "footage-copy"
    settings.STORE_FILERS = [f"http://127.0.0.1:{engine.ports['filer']}"]
    settings.STORE_MASTERS = [f"http://127.0.0.1:{engine.ports['master']}"]
    with clock.frozen(clock.at(TODAY, 20)):
        yield engine


def content(size: int) -> tuple[bytes, str]:
    data = os.urandom(size)
    return data, hashlib.sha256(data).hexdigest()


def tomorrow() -> dt.datetime:
    return dt.datetime.now(dt.UTC) + dt.timedelta(days=1)


# --- the place ---


@pytest.mark.parametrize("size", [1, 16 * 1024 * 1024, BIG])
def test_what_is_kept_comes_back_whole_and_from_anywhere(bucket: Bucket, tmp_path: Path, size: int) -> None:
    data, key = content(size)
    path = tmp_path / "film"
    path.write_bytes(data)
    bucket.keep([(path, key)])
    assert not path.exists()
    assert bucket.size(key) == size
    with bucket.open(key) as file:
        assert hashlib.file_digest(file, "sha256").hexdigest() == key  # type: ignore[arg-type]
        for at in (size // 2, 0, max(0, size - 5)):
            file.seek(at)
            assert file.read(100) == data[at : at + 100]
        assert file.seek(0, io.SEEK_END) == size
        assert file.read(1) == b""


def test_what_is_not_there_is_not_found_and_removing_it_is_harmless(bucket: Bucket) -> None:
    assert bucket.size("nothing") is None
    with pytest.raises(FileNotFoundError):
        bucket.open("nothing")
    bucket.remove("nothing")


def test_a_store_that_does_not_answer_says_so_and_keeps_the_file_where_it_was(tmp_path: Path) -> None:
    path = tmp_path / "film"
    path.write_bytes(b"film")
    with pytest.raises(StoreUnreachable):
        Bucket(Access("https://127.0.0.1:9", "a", "b"), "footage").keep([(path, "key")])
    assert path.read_bytes() == b"film"


def test_a_locked_object_cannot_be_deleted_with_the_applications_own_credentials(bucket: Bucket, engine: Store) -> None:
    data, key = content(5000)
    bucket.write(data, key)
    assert bucket.locked_until(key) is None
    bucket.lock(key, tomorrow())
    with pytest.raises(PermissionError):
        bucket.remove(key)
    with pytest.raises(PermissionError):
        bucket.remove(key, bypass=True)
    with pytest.raises(PermissionError):
        bucket.lock(key, tomorrow() - dt.timedelta(hours=3))
    keeper = Bucket(Access(engine.access.url, *_keeper(engine), authority=engine.access.authority), "footage")
    with pytest.raises(PermissionError):
        keeper.remove(key, bypass=True)
    bucket.lock(key, tomorrow() + dt.timedelta(days=1))  # longer is allowed
    with bucket.open(key) as file:
        assert file.read() == data


def _keeper(engine: Store) -> tuple[str, str]:
    return engine.recipe.keeper.access, engine.recipe.keeper.secret


def test_an_object_without_a_lock_goes_with_all_its_versions(bucket: Bucket) -> None:
    bucket.write(b"one", "loose")
    bucket.write(b"two", "loose")
    bucket.remove("loose")
    assert bucket.size("loose") is None
    assert "loose" not in bucket.keys("loose")


def test_a_mark_of_deletion_hides_nothing(bucket: Bucket) -> None:
    data, key = content(3000)
    bucket.write(data, key)
    bucket.lock(key, tomorrow())
    bucket.client.delete_object(Bucket="footage", Key=path_of(key))
    with bucket.open(key) as file:
        assert file.read() == data


def test_the_application_can_make_no_bucket_and_switch_nothing_off(bucket: Bucket) -> None:
    for attempt in (
        lambda: bucket.client.create_bucket(Bucket="mine"),
        lambda: bucket.client.delete_bucket(Bucket="footage"),
        lambda: bucket.client.put_bucket_versioning(Bucket="footage", VersioningConfiguration={"Status": "Suspended"}),
    ):
        with pytest.raises(Exception, match=r"AccessDenied|InvalidBucketState"):
            attempt()


def test_past_the_gateway_every_door_is_shut(bucket: Bucket, engine: Store, tmp_path: Path) -> None:
    data, key = content(2000)
    bucket.write(data, key)
    filer, master = (f"http://127.0.0.1:{engine.ports[role]}" for role in ("filer", "master"))
    for method, url in (
        ("DELETE", f"{filer}/buckets/footage/{path_of(key)}"),
        ("DELETE", f"{filer}/buckets/footage?recursive=true"),
        ("GET", f"{filer}/buckets/footage/{path_of(key)}"),
        ("POST", f"{filer}/buckets/footage/{path_of(key)}"),
        ("GET", f"{master}/col/delete?collection=footage"),
        ("GET", f"{master}/dir/assign"),
    ):
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(urllib.request.Request(url, method=method), timeout=5)
        assert refused.value.code in {401, 403, 404, 405}, url
    address = [f"127.0.0.1:{engine.ports[role]}.{engine.ports[role] + 10000}" for role in ("master", "filer")]
    with pytest.raises(subprocess.TimeoutExpired):  # the shell gets no connection without a certificate and tries for ever
        subprocess.run(
            [WEED, "shell", "-master", address[0], "-filer", address[1]], input=b"fs.rm -rf /buckets/footage\nexit\n", timeout=5,
            capture_output=True, cwd=tmp_path,
        )  # fmt: skip
    with bucket.open(key) as file:
        assert file.read() == data


# --- the application on it ---


def test_a_recording_is_locked_as_it_comes_and_goes_when_its_term_is_over(in_the_store: Store, world: World, film: Film) -> None:
    recording = film()
    recording.refresh_from_db()
    bucket = in_the_store.bucket()
    assert recording.locked_until == recording.deletable_from
    assert bucket.locked_until(recording.sha256) == clock.at(recording.deletable_from, 0)
    with pytest.raises(PermissionError):
        store.remove_original(recording)
    assert f"存储锁定到 {recording.locked_until}" in questions.why_kept(recording, TODAY)
    assert not list(store.incoming().iterdir())
    examined = examination.examine(recording)
    assert examined.codec == "h264"
    assert not examined.trouble
    assert not list(store.incoming().iterdir())


def test_bytes_the_store_does_not_let_go_are_taken_away_later(in_the_store: Store, world: World, film: Film) -> None:
    recording = film()
    Recording.objects.filter(pk=recording.pk).update(deleted_at=clock.now())
    assert expiry.remove_remains() == 0  # still locked
    recording.refresh_from_db()
    assert recording.removed_at is None
    assert in_the_store.bucket().size(recording.sha256) == recording.size


def test_locks_of_what_is_important_are_renewed(in_the_store: Store, world: World, film: Film) -> None:
    recording = film()
    keeping.mark_important(world.actor("队员"), recording, reason="案件证据")
    assert copies.copy_important() == 1
    assert in_the_store.bucket("footage-copy").locked_until(recording.sha256) == clock.at(recording.deletable_from, 0)
    near = recording.deletable_from - dt.timedelta(days=10)
    with clock.frozen(clock.at(near, 3)):
        assert locks.lock_due() == 1
        assert locks.lock_due() == 0
    recording.refresh_from_db()
    assert recording.locked_until == near + dt.timedelta(days=90)
    for name in ("footage", "footage-copy"):
        assert in_the_store.bucket(name).locked_until(recording.sha256) == clock.at(recording.locked_until, 0)


def test_a_damaged_original_in_the_store_is_repaired_from_the_copy(in_the_store: Store, world: World, film: Film) -> None:
    recording = film()
    keeping.mark_important(world.actor("队员"), recording, reason="案件证据")
    copies.copy_important()
    in_the_store.bucket().write(b"something else", recording.sha256)  # what whoever has the credentials can do
    verdict = copies.verify_all()
    assert (len(verdict.damaged), verdict.repaired) == (1, 1)
    assert Damage.objects.get().repaired_from == "copy"
    with store.open_original(recording) as file:
        assert hashlib.file_digest(file, "sha256").hexdigest() == recording.sha256  # type: ignore[arg-type]


def test_the_canary_stays_alive(in_the_store: Store, world: World) -> None:
    first, second = canary.check_store()
    assert (first.place, second.place) == ("originals", "copies")
    assert first.passed, first.lines
    assert second.passed, second.lines
    assert len(first.lines) == 6
    assert selectors.store_checks()[0].pk == second.pk
    assert not [each for each in selectors.work_waiting_for(world.actor("督察")) if each.kind == "evidence.store_open"]


def test_a_store_that_locks_nothing_is_an_alarm(in_the_store: Store, world: World, settings: Any) -> None:
    from chengxin.files import seaweed

    Bucket(seaweed.access(in_the_store.recipe, in_the_store.recipe.keeper, in_the_store.ports), "x").client.create_bucket(
        Bucket="footage-x"
    )
    place = Bucket(seaweed.access(in_the_store.recipe, in_the_store.recipe.keeper, in_the_store.ports), "footage-x")
    lines = canary.try_to_destroy(place)
    assert [line["passed"] for line in lines] == [False]
    settings.STORE_MASTERS = [in_the_store.access.url.replace("https", "http")]
    settings.S3 = settings.S3_COPY = {**settings.S3, "url": "https://127.0.0.1:9"}
    first, _ = canary.check_store()
    assert not first.passed
    assert StoreCheck.objects.filter(passed=False).count() == 2
    assert Entry.objects.filter(action="evidence.store_open").count() == 2
    kinds = [each.kind for each in selectors.work_waiting_for(world.actor("督察"))]
    assert kinds.count("evidence.store_open") == 2


def test_footage_in_directories_has_nothing_to_lock(world: World, film: Film) -> None:
    with clock.frozen(clock.at(TODAY, 20)):
        recording = film()
        assert (locks.lock_due(), canary.check_store(), recording.locked_until) == (0, [], None)


def test_how_long_the_store_is_to_lock() -> None:
    term, day = dt.date(2026, 12, 31), dt.date(2026, 12, 1)
    assert rules.lock_until(term, day, 90, is_kept_on=False) == term
    assert rules.lock_until(term, day, 90, is_kept_on=True) == dt.date(2027, 3, 1)
    assert rules.lock_until(dt.date(2028, 1, 1), day, 90, is_kept_on=True) == dt.date(2028, 1, 1)


# --- the last: it leaves the engine with a server less ---


def test_with_one_volume_server_killed_everything_is_there_and_more_can_come(in_the_store: Store, world: World, film: Film) -> None:
    bucket = in_the_store.bucket()
    kept = {key: data for data, key in (content(size) for size in (100, 20_000, 17 * 1024 * 1024, 3_000_000, 400_000, 50))}
    for key, data in kept.items():
        bucket.write(data, key)
    recordings = [film(seed) for seed in range(1, 4)]
    in_the_store.kill("volume1")
    for key, data in kept.items():
        with bucket.open(key) as file:
            assert file.read() == data
    assert copies.verify_all().damaged == []
    later = film(9, content=clip(9))
    with store.open_original(later) as file:
        assert hashlib.file_digest(file, "sha256").hexdigest() == later.sha256  # type: ignore[arg-type]
    assert Recording.objects.count() == len(recordings) + 1
