"""Uploads that survive cut lines and kill -9: only what is durable on the disk is acknowledged (2.2.3).

Order of a part: bytes, fdatasync, then the row's offset, then the answer. One writer at a time: the file's own lock goes with
the process that held it.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import errno
import fcntl
import hashlib
import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any, BinaryIO
from uuid import UUID

from django.db import transaction

from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.capabilities import require
from chengxin.core.errors import Conflict, DomainError, NotFound
from chengxin.evidence import rules
from chengxin.evidence.models import PART_BYTES, Recording, Upload
from chengxin.evidence.selectors import sources
from chengxin.evidence.services import store
from chengxin.evidence.services.disk import Buffer, Disk, opened
from chengxin.evidence.services.ingest import Arrival, keep_recordings
from chengxin.files.bucket import StoreUnreachable
from chengxin.rulebook import selectors as rulebook

CHUNK = 1024 * 1024
STRIDE = 4 * CHUNK  # what lands on the disk at once while the next comes in; a part is several
ALGORITHMS = ("sha256", "sha1")  # of the protocol's checksums; what is kept is always SHA-256
AT_ONCE = BoundedSemaphore(2)  # in this process: the other threads stay free for people


class Gone(DomainError):
    status = 410


class Locked(DomainError):
    status = 423


class TooLarge(DomainError):
    status = 413


class ChecksumMismatch(DomainError):
    status = 460


class NoSpace(DomainError):
    status = 507


class Busy(DomainError):
    status = 503


def limits() -> Any:
    return rulebook.rule_values("footage.docks", clock.today(), simulate=True)


def start_upload(actor: Actor, *, length: int, claims: Mapping[str, str]) -> Upload:
    """Open an upload of so many bytes. ``claims``: filename, station, local_id, and what name or dock say of the recording.

    Raises DomainError for an empty or unnamed file, TooLarge beyond the rule's limit.
    """
    require(actor, "evidence.ingest")
    policy = limits()
    if length <= 0:
        raise DomainError("empty_file", "文件是空的，请在采集站上核对后重传。", field="Upload-Length")
    if length > policy["most_bytes"]:
        raise TooLarge("too_large", f"文件超过 {policy['most_bytes'] // 2**30} GiB 的上限，请分段后上传。", field="Upload-Length")
    if not claims.get("filename", "").strip():
        raise DomainError("no_name", "请在 Upload-Metadata 中写明 filename。", field="filename")
    now = clock.now()
    return Upload.objects.create(
        by_label=actor.label, user_id=actor.user_id, unit_id=actor.unit_id, length=length, claims=dict(claims), created_at=now,
        expires_at=now + dt.timedelta(hours=policy["upload_hours"]),
    )  # fmt: skip


def upload_for(actor: Actor, pk: UUID) -> Upload:
    """The actor's own upload. Raises NotFound for anybody else's, Gone when its time is over or it was refused."""
    upload = Upload.objects.filter(pk=pk, by_label=actor.label, user_id=actor.user_id).first()
    if upload is None:
        raise NotFound("no_upload", "没有这次上传，请重新开始。")
    if upload.trouble:
        raise Gone("refused", upload.trouble)
    if upload.recording_id is None and upload.expires_at < clock.now():
        raise Gone("expired", "这次上传已过期，请重新开始。")
    return upload


def path_of(upload: Upload) -> Path:
    return store.incoming() / f"upload-{upload.pk.hex}"


@dataclass(frozen=True)
class Checksum:
    """What the sender says the bytes of one request are."""

    algorithm: str
    digest: bytes

    @classmethod
    def read(cls, header: str) -> Checksum | None:
        """ "sha256 <base64>"; None for no header. Raises DomainError for another algorithm or no base64."""
        if not header:
            return None
        algorithm, _, text = header.partition(" ")
        try:
            digest = base64.b64decode(text.strip(), validate=True)
        except binascii.Error:
            digest = b""
        if algorithm not in ALGORITHMS or not digest:
            error = DomainError("bad_checksum", f"Upload-Checksum 应为 {'、'.join(ALGORITHMS)} 之一加 base64。", field="Upload-Checksum")
            error.status = 400
            raise error
        return cls(algorithm, digest)


def receive(
    actor: Actor, upload: Upload, *, offset: int, body: Callable[[int], bytes], checksum: Checksum | None = None
) -> store.Digests | None:
    """Take in what a request brings from ``offset`` on; ``body(n)`` gives at most n bytes, none at the end. Gives the digests of
    what the disk holds, when the whole file came in this request.

    Bytes that arrived before the line was cut count, except under a checksum: those count whole or not at all. Raises Conflict
    when the offset is not where the upload stands or the disk gave back something else, Locked while somebody else writes,
    ChecksumMismatch, NoSpace, Busy.
    """
    require(actor, "evidence.ingest")
    if not AT_ONCE.acquire(blocking=False):
        raise Busy("busy", "同时上传的文件较多，请稍后续传。")
    try:
        with _only_writer(upload) as file, opened(path_of(upload), os.O_RDWR) as disk, store.hashers(3) as pool:
            upload.refresh_from_db()
            if offset != upload.offset:
                raise Conflict("offset", f"已收到 {upload.offset} 字节，请从那里继续。", field="Upload-Offset")
            return _Receiving(upload, file, disk, pool).take(body, checksum)
    except OSError as error:
        if error.errno not in {errno.ENOSPC, errno.EDQUOT}:
            raise
        raise NoSpace("no_space", "影像存储空间不足，已收到的部分没有丢失；请通知管理员清理或扩容后续传。") from error
    finally:
        AT_ONCE.release()


@contextmanager
def _only_writer(upload: Upload) -> Iterator[BinaryIO]:
    """The upload's file under its lock. Raises Locked."""
    descriptor = os.open(path_of(upload), os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "r+b", buffering=0) as file:
        try:
            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Locked("locked", "这次上传正由另一个连接写入，请稍后续传。") from None
        yield file


@dataclass
class _Landing:
    """Bytes on their way: settled on the disk, and hashed as part and as whole, side by side."""

    until: int
    settled: Future[bool]
    hashing: list[Future[None]]


class _Receiving:
    """One request's bytes on their way to the disk: while some land there, the next come in."""

    def __init__(self, upload: Upload, file: BinaryIO, disk: Disk, pool: ThreadPoolExecutor) -> None:
        self.upload, self.disk, self.pool = upload, disk, pool
        self.whole = hashlib.sha256() if upload.offset == 0 else None  # of a resumed one it is read back at the end
        self.coming, self.other = Buffer(STRIDE), Buffer(STRIDE)
        self.landing: _Landing | None = None
        self.landed = self.passed_on = upload.offset
        self.head = b""
        file.truncate(upload.offset)  # what was written and never acknowledged
        part, stride = upload.offset // PART_BYTES * PART_BYTES, upload.offset // STRIDE * STRIDE
        self.parts = bytes(upload.part_digests)[: part // PART_BYTES * 32]
        file.seek(part)
        begun = _exactly(file, upload.offset - part)
        self.part = hashlib.sha256(begun)
        self.coming.start(stride)
        self.coming.append(begun[stride - part :])

    @property
    def at(self) -> int:
        return self.coming.begin + self.coming.filled

    def take(self, body: Callable[[int], bytes], checksum: Checksum | None) -> store.Digests | None:
        """Take everything; the digests of the whole file when it came in this one request."""
        promised = hashlib.new(checksum.algorithm) if checksum else None
        while self.at < self.upload.length:
            chunk = body(min(CHUNK, self.upload.length - self.at, STRIDE - self.coming.filled))
            if not chunk:
                break
            if self.at == 0:
                self.head = chunk[: rules.HEAD]
                self._refuse_what_is_no_recording(chunk)
            self.coming.append(chunk)
            if promised is not None:
                promised.update(chunk)
            if self.coming.filled == STRIDE:
                self._let_go(withheld=promised is not None)
        self._let_go(withheld=promised is not None)
        self._wait()
        if promised is not None and checksum is not None and promised.digest() != checksum.digest:
            os.ftruncate(self.disk.descriptor, self.upload.offset)
            raise ChecksumMismatch("checksum", "收到的内容与校验值不符，这一段没有收下，请重传。", field="Upload-Checksum")
        self._acknowledge()
        if self.whole is None or self.at < self.upload.length:
            return None
        return store.Digests(self.at, self.whole.hexdigest(), self.parts, self.head)

    def _let_go(self, *, withheld: bool) -> None:
        """Send what has come to the disk, when what came before is there; whole parts of that are acknowledged meanwhile."""
        self._wait()
        going, since = self.coming, self.passed_on
        if self.at > since:
            self.passed_on = self.at
            content = going.view(since, self.at)
            hashing = [self.pool.submit(each.update, content) for each in (self.part, self.whole) if each is not None]
            self.landing = _Landing(self.at, self.pool.submit(self.disk.settle, going, since), hashing)
            self.coming, self.other = self.other, going
            self.coming.start(self.passed_on)
        if not withheld and self.landed % PART_BYTES == 0:
            self._acknowledge()

    def _wait(self) -> None:
        """Until what was let go lies on the disk, just as it came. Raises Conflict when it does not."""
        if self.landing is None:
            return
        landing, self.landing = self.landing, None
        for hashing in landing.hashing:
            hashing.result()
        if not landing.settled.result():
            number = (landing.until - 1) // PART_BYTES + 1
            raise Conflict("damaged", f"第 {number} 段在磁盘上与收到的不一致，没有收下，请重传。", field="Upload-Offset")
        self.landed = landing.until
        if landing.until % PART_BYTES == 0 or landing.until == self.upload.length:
            self.parts += self.part.digest()
            self.part = hashlib.sha256()

    def _acknowledge(self) -> None:
        """Durable first, then the row: whoever reads the row may rely on the bytes."""
        if self.landed == self.upload.offset:
            return
        moved = Upload.objects.filter(pk=self.upload.pk, offset=self.upload.offset).update(offset=self.landed, part_digests=self.parts)
        if not moved:
            raise Conflict("offset", "这次上传已被另一个连接改动，请查询后续传。", field="Upload-Offset")
        self.upload.offset, self.upload.part_digests = self.landed, self.parts

    def _refuse_what_is_no_recording(self, chunk: bytes) -> None:
        if len(chunk) >= min(rules.HEAD, self.upload.length) and rules.medium_of(chunk[: rules.HEAD]) is None:
            _refuse(self.upload, f"“{self.upload.claims['filename']}”的内容不是录像、录音或照片，没有入库。")


def _exactly(file: BinaryIO, count: int) -> bytes:
    content = b""
    while len(content) < count and (chunk := file.read(count - len(content))):
        content += chunk
    return content


def _refuse(upload: Upload, why: str) -> None:
    """End an upload for good: its bytes go, why stays to be read."""
    Upload.objects.filter(pk=upload.pk).update(trouble=why[:300])
    path_of(upload).unlink(missing_ok=True)
    raise DomainError("not_a_recording", why, field="file")


# --- the end of an upload ---


def finish(actor: Actor, upload: Upload, proven: store.Digests | None = None) -> Upload:
    """Read back what lies on the disk, compare every part, and keep it as a recording. A finished upload stays as it is.

    ``proven`` are the digests of what ``receive`` has just read back, so that it need not be read once more.

    Raises Locked while somebody else does it, DomainError when the content is no recording, Conflict when a part came back
    otherwise than it was received: the upload then stands before that part and is sent again from there.
    """
    require(actor, "evidence.ingest")
    if upload.recording_id is not None or upload.offset < upload.length:
        return upload
    with _only_writer(upload) as file:
        upload.refresh_from_db()
        if upload.recording_id is None:
            draft, digests = (path_of(upload), proven) if proven else _read_back(upload, file)
            Upload.objects.filter(pk=upload.pk).update(sha256=digests.sha256)
            try:
                (kept,) = keep_recordings(actor, [_arrival(upload, draft, digests)])
            except StoreUnreachable as error:
                raise Busy("store", "影像存储暂时不可用；已收到的内容没有丢失，请稍后再查询，系统会继续入库。") from error
            except DomainError as error:
                if error.code in {"not_a_recording", "empty_file"}:
                    _refuse(upload, error.message)
                raise
            Upload.objects.filter(pk=upload.pk).update(recording=kept.recording)
            upload.recording = kept.recording
            path_of(upload).unlink(missing_ok=True)
    return upload


def _read_back(upload: Upload, file: BinaryIO) -> tuple[Path | None, store.Digests]:
    """What lies on the disk, read from there. After a crash in the middle of an earlier finish it may lie in place already."""
    size = os.fstat(file.fileno()).st_size
    if size == 0 and upload.sha256 and store.originals().size(upload.sha256) == upload.length:
        with store.originals().open(upload.sha256) as kept:
            return None, store.read_back(kept)
    digests = store.digests_on_disk(path_of(upload))
    received = bytes(upload.part_digests)
    for number in range(len(received) // 32):
        if digests.parts[number * 32 : number * 32 + 32] != received[number * 32 : number * 32 + 32]:
            Upload.objects.filter(pk=upload.pk).update(offset=number * PART_BYTES, part_digests=received[: number * 32])
            raise Conflict("damaged", f"第 {number + 1} 段在磁盘上与收到的不一致，请从那里重传。", field="Upload-Offset")
    return path_of(upload), digests


def _arrival(upload: Upload, draft: Path | None, digests: store.Digests) -> Arrival:
    claims = upload.claims
    name = Path(str(claims["filename"]).replace("\\", "/")).name
    station = str(claims.get("station") or upload.by_label)[:60]
    return Arrival(
        digests, Recording.UPLOADED, station, str(claims.get("local_id") or f"{upload.pk}/{name}"), name, _claim(name, claims),
        drift_of(claims), draft, "", upload.unit_id,
    )  # fmt: skip


def _claim(name: str, claims: Mapping[str, Any]) -> rules.Claim:
    """What the dock says, and for the rest what the name says."""
    named = rules.read_name(sources.profiles(), name) or rules.Claim()
    return rules.Claim(
        str(claims.get("device") or named.device)[:60], str(claims.get("officer") or named.officer)[:60],
        device_moment(claims.get("started")) or named.started_at, device_moment(claims.get("ended")) or named.ended_at, named.sequence,
        str(claims.get("important", "")).lower() in {"1", "true", "yes", "是"} or named.is_important,
    )  # fmt: skip


def device_moment(text: Any) -> dt.datetime | None:
    """ISO 8601 by the device's own clock, without a zone; with one, that moment in the bureau's zone."""
    try:
        moment = dt.datetime.fromisoformat(str(text or ""))
    except ValueError:
        return None
    return moment.astimezone(clock.SHANGHAI).replace(tzinfo=None) if moment.tzinfo else moment


def drift_of(claims: Mapping[str, Any]) -> int:
    """Seconds the device's clock is ahead of the station's, as both read at docking; 0 when nobody compared them."""
    device, station = device_moment(claims.get("device_clock")), device_moment(claims.get("station_clock"))
    return round((device - station).total_seconds()) if device and station else 0


def give_up(actor: Actor, upload: Upload) -> None:
    """The sender wants it no more. Raises Conflict for one that is kept already: a recording goes by expiry only."""
    require(actor, "evidence.ingest")
    if upload.recording_id is not None:
        raise Conflict("kept", "文件已经入库，不能撤销上传；影像只能到期按程序删除。")
    with _only_writer(upload):
        path_of(upload).unlink(missing_ok=True)
        upload.delete()


def sweep_uploads() -> int:
    """Finish what is complete and remove what expired; how many were removed."""
    removed = 0
    for upload in Upload.objects.filter(recording=None, trouble="", expires_at__lt=clock.now()):
        try:
            with transaction.atomic(), _only_writer(upload):
                path_of(upload).unlink(missing_ok=True)
                removed += upload.delete()[0]
        except Locked:
            continue
    return removed + _sweep_copies()


def _sweep_copies() -> int:
    """Remove the copies of an import that was killed; a running one is younger than a day."""
    old = clock.now().timestamp() - 86_400
    left = [path for path in store.incoming().glob("copy-*") if path.stat().st_mtime < old]
    for path in left:
        path.unlink(missing_ok=True)
    return len(left)
