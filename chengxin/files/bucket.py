"""A place in an S3 store: streamed in and out, every part checked by its MD5, locked where the bucket offers Object Lock.

Only what Amazon S3, Ceph RGW and SeaweedFS have in common is used: the lock is set after the upload, parts carry Content-MD5.
"""

from __future__ import annotations

import base64
import datetime as dt
import errno
import hashlib
import io
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO, cast

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from urllib3.exceptions import HTTPError

PART = 16 * 1024 * 1024  # bytes of a part; at least 5 MiB, and 10,000 of them hold 160 GiB
ABSENT = {"404", "NoSuchKey", "NoSuchVersion", "NotFound"}
REFUSED = {"403", "AccessDenied"}
MODE = "COMPLIANCE"  # nobody shortens it, whatever their rights


class StoreUnreachable(OSError):
    """The store does not answer or cannot do it now; nothing is lost, try again."""


@dataclass(frozen=True)
class Access:
    """Where the store is and who asks."""

    url: str
    access_key: str
    secret_key: str
    region: str = "us-east-1"
    authority: str = ""  # a file with the certificate of the store's own authority; empty: the system's


@cache
def _client(access: Access, process: int) -> Any:  # noqa: ARG001  (a connection is not carried into a child)
    settings = Config(
        s3={"addressing_style": "path"}, request_checksum_calculation="when_required", response_checksum_validation="when_required",
        retries={"mode": "standard", "max_attempts": 4}, connect_timeout=5, read_timeout=60,
    )  # fmt: skip
    return boto3.client(
        "s3", endpoint_url=access.url, aws_access_key_id=access.access_key, aws_secret_access_key=access.secret_key,
        region_name=access.region, verify=access.authority or None, config=settings,
    )  # fmt: skip


@contextmanager
def _as_files() -> Iterator[None]:
    """The store's refusals as those of files."""
    try:
        yield
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        if code in ABSENT:
            raise FileNotFoundError(errno.ENOENT, code) from error
        if code in REFUSED:
            raise PermissionError(errno.EACCES, code) from error
        raise StoreUnreachable(errno.EIO, code) from error
    except (BotoCoreError, HTTPClientError, HTTPError) as error:
        raise StoreUnreachable(errno.EIO, type(error).__name__) from error


class Bucket:
    """A bucket with versions; what was written first is never written over, a second writing is another version."""

    def __init__(self, access: Access, name: str) -> None:
        self.access, self.name = access, name

    @property
    def client(self) -> Any:
        return _client(self.access, os.getpid())

    def locks(self) -> bool:
        """Whether the bucket offers Object Lock."""
        try:
            with _as_files():
                found = self.client.get_object_lock_configuration(Bucket=self.name)
        except (FileNotFoundError, PermissionError):
            return False
        except StoreUnreachable as error:
            if error.strerror == "ObjectLockConfigurationNotFoundError":
                return False
            raise
        return bool(found.get("ObjectLockConfiguration", {}).get("ObjectLockEnabled") == "Enabled")

    def write(self, content: bytes, key: str) -> None:
        """Keep a few bytes."""
        self.replace(io.BytesIO(content), key)

    def keys(self, prefix: str) -> list[str]:
        """The keys that begin so, up to a thousand."""
        with _as_files():
            found = self.client.list_objects_v2(Bucket=self.name, Prefix=path_of(prefix))
        return [each["Key"].partition("/")[2] for each in found.get("Contents", [])]

    def keep(self, files: Sequence[tuple[Path, str]]) -> None:
        for source, key in files:
            if self.size(key) != source.stat().st_size:
                with source.open("rb") as file:
                    self.replace(file, key)
        for source, _ in files:
            source.unlink(missing_ok=True)

    def replace(self, source: BinaryIO, key: str) -> None:
        source.seek(0)
        first = source.read(PART)
        with _as_files():
            if len(first) < PART:
                self.client.put_object(Bucket=self.name, Key=path_of(key), Body=first, ContentMD5=_md5(first))
            else:
                self._write_parts(first, source, path_of(key))

    def _write_parts(self, first: bytes, source: BinaryIO, path: str) -> None:
        begun = self.client.create_multipart_upload(Bucket=self.name, Key=path)["UploadId"]
        place = {"Bucket": self.name, "Key": path, "UploadId": begun}
        parts: list[dict[str, Any]] = []
        piece = first
        try:
            while piece:
                number = len(parts) + 1
                done = self.client.upload_part(**place, PartNumber=number, Body=piece, ContentMD5=_md5(piece))
                parts.append({"PartNumber": number, "ETag": done["ETag"]})
                piece = source.read(PART)
            self.client.complete_multipart_upload(**place, MultipartUpload={"Parts": parts})
        except BaseException:
            self.client.abort_multipart_upload(**place)
            raise

    def open(self, key: str) -> BinaryIO:
        size, version = self._head(key)
        return cast(BinaryIO, io.BufferedReader(_Stream(self, path_of(key), version, size), 256 * 1024))

    def size(self, key: str) -> int | None:
        try:
            return self._head(key)[0]
        except FileNotFoundError:
            return None

    def _head(self, key: str) -> tuple[int, str]:
        """Bytes and version of what stands; under a mark of deletion, of what stood before it: a mark takes nothing away."""
        try:
            with _as_files():
                found = self.client.head_object(Bucket=self.name, Key=path_of(key))
            return found["ContentLength"], found.get("VersionId", "")
        except FileNotFoundError:
            versions = [each for each in self._versions(key) if "Size" in each]
            if not versions:
                raise
            return versions[0]["Size"], versions[0]["VersionId"]

    def _versions(self, key: str) -> list[dict[str, Any]]:
        """Every version and mark of deletion, the newest first."""
        with _as_files():
            found = self.client.list_object_versions(Bucket=self.name, Prefix=path_of(key))
        every = [*found.get("Versions", []), *found.get("DeleteMarkers", [])]
        return sorted((each for each in every if each["Key"] == path_of(key)), key=lambda each: each["LastModified"], reverse=True)

    def remove(self, key: str, *, bypass: bool = False) -> None:
        """Every version goes. Raises PermissionError while one of them is locked; ``bypass`` asks to go round a lock, in vain."""
        more = {"BypassGovernanceRetention": True} if bypass else {}
        versions = self._versions(key)
        for each in sorted(versions, key=lambda each: "Size" not in each):  # what is locked is asked first, the marks go last
            with _as_files():
                self.client.delete_object(Bucket=self.name, Key=path_of(key), VersionId=each["VersionId"], **more)

    def lock(self, key: str, until: dt.datetime) -> None:
        """Nobody may delete it before ``until``, and nobody can take that back. Raises PermissionError for an earlier end."""
        with _as_files():
            retention = {"Mode": MODE, "RetainUntilDate": until.astimezone(dt.UTC)}
            _, version = self._head(key)
            named = {"VersionId": version} if version else {}
            self.client.put_object_retention(Bucket=self.name, Key=path_of(key), Retention=retention, **named)

    def locked_until(self, key: str) -> dt.datetime | None:
        """Until when the newest version is locked."""
        with _as_files():
            found = self.client.head_object(Bucket=self.name, Key=path_of(key))
        until: dt.datetime | None = found.get("ObjectLockRetainUntilDate") if found.get("ObjectLockMode") == MODE else None
        return until


def make_bucket(access: Access, name: str) -> None:
    """A bucket with versions and Object Lock, which can only be had from the beginning; one that exists stays as it is."""
    with _as_files():
        client = _client(access, os.getpid())
        if name not in {each["Name"] for each in client.list_buckets().get("Buckets", [])}:
            client.create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)


def path_of(key: str) -> str:
    """The object's name: spread by the first characters of the digest."""
    return f"{key[:2]}/{key}"


def _md5(content: bytes) -> str:
    return base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode()


class _Stream(io.RawIOBase):
    """An object read from where one stands to its end in one answer; going elsewhere asks anew."""

    def __init__(self, bucket: Bucket, path: str, version: str, size: int) -> None:
        self._bucket, self._path, self._version, self._size = bucket, path, version, size
        self._at = 0
        self._body: Any = None

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if at != self._at:
            self._end()
            self._at = max(0, at)
        return self._at

    def readinto(self, buffer: Any) -> int:
        if self._at >= self._size or not len(buffer):
            return 0
        with _as_files():
            if self._body is None:
                named = {"VersionId": self._version} if self._version else {}
                span = f"bytes={self._at}-{self._size - 1}"
                self._body = self._bucket.client.get_object(Bucket=self._bucket.name, Key=self._path, Range=span, **named)["Body"]
            piece = self._body.read(len(buffer))
        if not piece:
            raise StoreUnreachable(errno.EIO, "IncompleteBody")
        buffer[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)

    def _end(self) -> None:
        if self._body is not None:
            self._body.close()
            self._body = None

    def close(self) -> None:
        self._end()
        super().close()
