"""tus 1.0 from the outside: resumable, one writer, nothing acknowledged that is not on the disk."""

from __future__ import annotations

import base64
import datetime as dt
import errno
import fcntl
import hashlib
import os
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.conf import settings
from django.test import Client
from tusclient.client import TusClient

from chengxin.audit.models import Entry
from chengxin.core import clock
from chengxin.evidence.models import PART_BYTES, Recording, Upload
from chengxin.evidence.services import receipts, store, uploads
from tests.evidence.clips import clip
from tests.world import World

PATH = "/evidence/uploads/"
OFFSETS = "application/offset+octet-stream"


def big(seed: int, size: int) -> bytes:
    """A film of any size: a player ignores what follows in a box it does not know."""
    film = clip(seed)
    rest = size - len(film)
    return film + rest.to_bytes(4, "big") + b"free" + hashlib.shake_256(bytes([seed])).digest(rest - 8)


class Dock:
    """A docking station with a token of its own."""

    def __init__(self, world: World, unit: str = "一中队") -> None:
        self.token, self.actor = world.device(unit, "evidence.ingest")
        self.client = Client(headers={"authorization": f"Bearer {self.token}", "tus-resumable": "1.0.0"})

    def create(self, content: bytes, body: bytes | None = None, **claims: str) -> Any:
        told = {"filename": "J-1_20260930083000_0001.mp4", "station": "一号站", **claims}
        metadata = ",".join(f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in told.items())
        headers = {"upload-length": str(len(content)), "upload-metadata": metadata}
        return self.client.post(PATH, body or b"", content_type=OFFSETS if body else "text/plain", headers=headers)

    def patch(self, location: str, offset: int, body: bytes, **headers: str) -> Any:
        return self.client.patch(location, body, content_type=OFFSETS, headers={"upload-offset": str(offset), **headers})

    def offset(self, location: str) -> int:
        return int(self.client.head(location).headers["Upload-Offset"])


@pytest.fixture
def dock(world: World) -> Dock:
    return Dock(world)


def test_an_upload_in_pieces_becomes_a_recording_with_a_signed_receipt(dock: Dock, world: World) -> None:
    content = big(1, 40_000)
    made = dock.create(content, local_id="0001")
    assert (made.status_code, "Upload-Expires" in made.headers) == (201, True)
    location = made.headers["Location"]
    assert dock.patch(location, 0, content[:1000]).headers["Upload-Offset"] == "1000"
    assert dock.offset(location) == 1000
    assert dock.client.get(location).json() == {"offset": 1000, "length": 40_000, "kept": False}
    assert Recording.objects.count() == 0
    last = dock.patch(location, 1000, content[1000:])
    assert (last.status_code, last.headers["Upload-Offset"]) == (204, "40000")
    kept = Recording.objects.get()
    assert (kept.sha256, kept.station, kept.local_id) == (hashlib.sha256(content).hexdigest(), "一号站", "0001")
    receipt = dock.client.get(location).json()["receipt"]
    assert receipt["content"]["sha256"] == kept.sha256
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(receipt["key"]))
    key.verify(bytes.fromhex(receipt["signature"]), receipts.canonical(receipt["content"]))
    with store.open_original(kept) as file:
        assert file.read() == content
    assert list(store.incoming().iterdir()) == []
    assert Entry.objects.filter(action="evidence.ingested").count() == 1


def test_creation_with_the_first_bytes_and_the_same_content_again(dock: Dock) -> None:
    content = big(2, 20_000)
    made = dock.create(content, body=content)
    assert (made.status_code, made.headers["Upload-Offset"]) == (201, "20000")
    again = dock.create(content, body=content)
    assert (again.status_code, Recording.objects.count()) == (201, 1)
    assert Upload.objects.filter(recording=Recording.objects.get()).count() == 2


def test_wrong_offset_checksum_version_and_type_change_nothing(dock: Dock) -> None:
    content = big(3, 5000)
    location = dock.create(content).headers["Location"]
    dock.patch(location, 0, content[:2000])
    assert dock.patch(location, 100, content[100:]).status_code == 409
    assert dock.patch(location, 2500, content[2500:]).status_code == 409
    wrong = "sha256 " + base64.b64encode(hashlib.sha256(b"x").digest()).decode()
    refused = dock.patch(location, 2000, content[2000:3000], **{"upload-checksum": wrong})
    assert (refused.status_code, refused.json()["title"]) == (460, "校验不符")
    assert dock.offset(location) == 2000
    assert dock.patch(location, 2000, content[2000:], **{"upload-checksum": "md5 AAAA"}).status_code == 400
    assert dock.client.patch(location, content, content_type="video/mp4", headers={"upload-offset": "2000"}).status_code == 415
    assert dock.client.patch(location, content, content_type=OFFSETS, headers={"tus-resumable": "0.2.2"}).status_code == 412
    right = "sha256 " + base64.b64encode(hashlib.sha256(content[2000:]).digest()).decode()
    assert dock.patch(location, 2000, content[2000:], **{"upload-checksum": right}).status_code == 204
    assert Recording.objects.count() == 1


def test_what_is_no_recording_is_refused_with_its_first_bytes(dock: Dock) -> None:
    content = b"MZ" + bytes(90_000)
    location = dock.create(content, filename="x.mp4").headers["Location"]
    refused = dock.patch(location, 0, content[:5000])
    assert (refused.status_code, "内容不是录像" in refused.json()["detail"]) == (422, True)
    assert dock.client.head(location).status_code == 410
    assert dock.client.get(location).json()["detail"].startswith("“x.mp4”")
    assert (Recording.objects.count(), list(store.incoming().iterdir())) == (0, [])


def test_sizes_names_and_metadata_are_looked_at_before_anything_comes(dock: Dock) -> None:
    def post(**headers: str) -> Any:
        return dock.client.post(PATH, headers=headers)

    assert post(**{"upload-length": "0", "upload-metadata": "filename YQ=="}).status_code == 422
    assert post(**{"upload-length": "-5"}).status_code == 400
    assert post(**{"upload-defer-length": "1"}).status_code == 400
    assert post(**{"upload-length": "99999999999999", "upload-metadata": "filename YQ=="}).status_code == 413
    assert post(**{"upload-length": "5"}).json()["field"] == "filename"
    assert post(**{"upload-length": "5", "upload-metadata": "filename ***"}).status_code == 400
    assert Upload.objects.count() == 0
    escaping = dock.create(big(4, 5000), body=big(4, 5000), filename="../../../etc/passwd.mp4")
    assert escaping.status_code == 201
    assert Recording.objects.get().original_name == "passwd.mp4"


def test_only_the_sender_with_the_right_sees_an_upload(dock: Dock, world: World) -> None:
    location = dock.create(big(5, 5000)).headers["Location"]
    other = Dock(world, "二中队")
    assert other.client.head(location).status_code == 404
    assert other.patch(location, 0, b"x").status_code == 404
    kiosk, _ = world.device()
    assert Client(headers={"authorization": f"Bearer {kiosk}"}).post(PATH).status_code == 403
    assert Client().post(PATH).status_code == 401
    assert Client(headers={"authorization": "Bearer nonsense"}).post(PATH).status_code == 401
    assert Client().options(PATH).headers["Tus-Extension"].startswith("creation")
    keeper = Client(enforce_csrf_checks=True)
    keeper.force_login(world.users["装备员"])
    refused = keeper.post(PATH, headers={"tus-resumable": "1.0.0", "upload-length": "5"})
    assert (refused.status_code, refused.json()["code"]) == (403, "no_form_token")


def test_two_writers_at_once_the_second_is_told_to_wait(dock: Dock) -> None:
    content = big(6, 5000)
    location = dock.create(content).headers["Location"]
    upload = Upload.objects.get()
    with uploads.path_of(upload).open("wb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert dock.patch(location, 0, content).status_code == 423
        assert dock.client.delete(location).status_code == 423
    assert dock.patch(location, 0, content).status_code == 204


def test_giving_up_expiry_and_what_is_kept(dock: Dock) -> None:
    first = dock.create(big(7, 5000)).headers["Location"]
    dock.patch(first, 0, big(7, 5000)[:100])
    assert dock.client.delete(first).status_code == 204
    assert dock.client.head(first).status_code == 404
    kept = dock.create(big(8, 5000), body=big(8, 5000)).headers["Location"]
    assert dock.client.delete(kept).status_code == 409
    old = dock.create(big(9, 5000)).headers["Location"]
    dock.patch(old, 0, big(9, 5000)[:600])
    with clock.frozen(clock.now() + dt.timedelta(hours=73)):
        assert dock.client.head(old).status_code == 410
        assert dock.client.head(kept).status_code == 200
        assert uploads.sweep_uploads() == 1
    assert (Upload.objects.count(), list(store.incoming().iterdir())) == (1, [])


def test_bytes_that_were_written_and_never_acknowledged_do_not_count(dock: Dock) -> None:
    """As after kill -9: the file is longer than the row says."""
    content = big(10, 5000)
    location = dock.create(content).headers["Location"]
    dock.patch(location, 0, content[:3000])
    with uploads.path_of(Upload.objects.get()).open("ab") as file:
        file.write(b"torn bytes")
    assert dock.offset(location) == 3000
    assert dock.patch(location, 3000, content[3000:]).status_code == 204
    assert Recording.objects.get().sha256 == hashlib.sha256(content).hexdigest()


def test_a_server_killed_between_the_last_byte_and_the_row_makes_up_for_it(dock: Dock, monkeypatch: pytest.MonkeyPatch) -> None:
    content = big(11, 5000)
    location = dock.create(content).headers["Location"]

    def killed(*_: Any) -> Any:
        raise KeyboardInterrupt

    dock.patch(location, 0, content[:700])
    with monkeypatch.context() as patch:
        patch.setattr(uploads, "_read_back", killed)
        with pytest.raises(KeyboardInterrupt):
            dock.patch(location, 700, content[700:])
    with monkeypatch.context() as patch:
        patch.setattr(uploads, "keep_recordings", killed)
        with pytest.raises(KeyboardInterrupt):
            dock.offset(location)
    assert (Upload.objects.get().offset, Recording.objects.count()) == (5000, 0)
    upload = Upload.objects.get()
    store.originals().keep([(uploads.path_of(upload), upload.sha256)])  # moved in, and killed before the row
    assert dock.offset(location) == 5000
    assert Recording.objects.get().sha256 == hashlib.sha256(content).hexdigest()
    assert list(store.incoming().iterdir()) == []


def test_a_part_that_comes_back_damaged_is_asked_for_again(dock: Dock, monkeypatch: pytest.MonkeyPatch) -> None:
    content = big(12, PART_BYTES + 5000)
    location = dock.create(content).headers["Location"]
    dock.patch(location, 0, content[: PART_BYTES + 100])
    with uploads.path_of(Upload.objects.get()).open("r+b") as file:
        file.seek(70)
        file.write(b"!")
    refused = dock.patch(location, PART_BYTES + 100, content[PART_BYTES + 100 :])
    assert (refused.status_code, refused.json()["code"]) == (409, "damaged")
    assert (dock.offset(location), Recording.objects.count()) == (0, 0)
    assert dock.patch(location, 0, content).status_code == 204
    kept = Recording.objects.get()
    assert (kept.sha256, len(kept.parts)) == (hashlib.sha256(content).hexdigest(), 2)


@pytest.mark.parametrize("first", [0, 1000, PART_BYTES + 4097])
def test_bytes_that_the_disk_gives_back_otherwise_are_never_acknowledged(dock: Dock, monkeypatch: pytest.MonkeyPatch, first: int) -> None:
    content = big(18, 2 * PART_BYTES + 5000)
    location = dock.create(content).headers["Location"]
    if first:
        dock.patch(location, 0, content[:first])
    written = os.pwrite

    def with_a_wrong_bit(descriptor: int, piece: memoryview, at: int) -> int:
        for damaged in range(max(PART_BYTES + 5000 - at, 0), len(piece))[:1]:
            piece[damaged] ^= 1  # where the disk's own memory would have it
            wrote = written(descriptor, piece, at)
            piece[damaged] ^= 1
            return wrote
        return written(descriptor, piece, at)

    with monkeypatch.context() as patch:
        patch.setattr(os, "pwrite", with_a_wrong_bit)
        refused = dock.patch(location, first, content[first:])
    assert (refused.status_code, refused.json()["code"]) == (409, "damaged")
    stands = dock.offset(location)
    assert stands == max(first, PART_BYTES)
    assert dock.patch(location, stands, content[stands:]).status_code == 204
    assert Recording.objects.get().sha256 == hashlib.sha256(content).hexdigest()


def test_a_file_system_without_direct_transfers_takes_the_same_bytes(dock: Dock, monkeypatch: pytest.MonkeyPatch) -> None:
    content = big(19, PART_BYTES + 4097)
    opening, refused = os.open, []

    def through_the_cache_only(path: Any, flags: int, *rest: Any, **named: Any) -> int:
        if flags & os.O_DIRECT:
            refused.append(path)
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        return opening(path, flags, *rest, **named)

    monkeypatch.setattr(os, "open", through_the_cache_only)
    location = dock.create(content, body=content[:1000]).headers["Location"]
    assert dock.patch(location, 1000, content[1000:]).status_code == 204
    assert len(refused) == 3  # two requests and the reading back
    kept = Recording.objects.get()
    assert (kept.sha256, len(kept.parts)) == (hashlib.sha256(content).hexdigest(), 2)


def test_a_resumed_upload_reads_one_part_again_at_most(dock: Dock, monkeypatch: pytest.MonkeyPatch) -> None:
    content = big(13, 2 * PART_BYTES + 5000)
    location = dock.create(content).headers["Location"]
    dock.patch(location, 0, content[: PART_BYTES + 777])
    read: list[int] = []
    exactly = uploads._exactly
    monkeypatch.setattr(uploads, "_exactly", lambda file, count: (read.append(count), exactly(file, count))[1])
    assert dock.patch(location, PART_BYTES + 777, content[PART_BYTES + 777 :]).status_code == 204
    assert read == [777]
    assert Recording.objects.get().sha256 == hashlib.sha256(content).hexdigest()


def test_a_full_disk_is_said_and_what_was_acknowledged_stays(dock: Dock, monkeypatch: pytest.MonkeyPatch) -> None:
    content = big(14, 5000)
    location = dock.create(content).headers["Location"]
    dock.patch(location, 0, content[:1000])

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fdatasync", full)
        refused = dock.patch(location, 1000, content[1000:])
        assert (refused.status_code, "空间不足" in refused.json()["detail"]) == (507, True)
    assert dock.offset(location) == 1000
    assert dock.patch(location, 1000, content[1000:]).status_code == 204


def test_more_uploads_than_threads_are_sent_away_for_a_while(dock: Dock) -> None:
    content = big(15, 5000)
    location = dock.create(content).headers["Location"]
    with uploads.AT_ONCE, uploads.AT_ONCE:
        assert dock.patch(location, 0, content).status_code == 503
    assert dock.patch(location, 0, content).status_code == 204


def test_the_drift_measured_at_docking_corrects_the_time(dock: Dock, world: World) -> None:
    content = big(16, 5000)
    clocks = {"device_clock": "2026-09-30T20:01:30", "station_clock": "2026-09-30T20:00:00+08:00"}
    dock.create(content, body=content, started="2026-09-30T08:31:30", **clocks)
    kept = Recording.objects.get()
    assert (kept.drift_seconds, kept.started_at) == (90, clock.at(dt.date(2026, 9, 30), 8, 30))


@pytest.mark.django_db(transaction=True)
def test_a_client_that_others_wrote_uploads_and_resumes(world: World, live_server: Any, tmp_path: Path) -> None:
    dock = Dock(world)
    content = big(17, 3 * 1024 * 1024 + 17)
    path = tmp_path / "J-1_20260930083000_0009.mp4"
    path.write_bytes(content)
    client = TusClient(f"{live_server.url}{PATH}", headers={"Authorization": f"Bearer {dock.token}"})
    first = client.uploader(str(path), chunk_size=1024 * 1024, metadata={"filename": path.name, "station": "二号站"}, upload_checksum=True)
    first.upload(stop_at=1024 * 1024)
    resumed = client.uploader(str(path), chunk_size=700_000, url=first.url)
    assert resumed.get_offset() == 1024 * 1024
    resumed.upload()
    kept = Recording.objects.get()
    assert (kept.sha256, kept.station, kept.size) == (hashlib.sha256(content).hexdigest(), "二号站", len(content))
    assert settings.FOOTAGE_DIR.is_dir()
