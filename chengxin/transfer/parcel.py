"""A folder that travels: its contents with size and SHA-256 in a manifest, and one digest over all of it. Knows no Django."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from chengxin.core.errors import DomainError

MANIFEST = "manifest.json"
CHUNK = 1024 * 1024
PARTIAL = ".partial"
ADDRESSED = re.compile(r"[0-9a-f]{64}")  # files that are named by the digest of what they hold
HERE = Path(__file__).resolve().parents[1]

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Part:
    """A file of a parcel: where in it, how many bytes, and their SHA-256."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Parcel:
    """What a manifest says. ``facts`` is all of it but the parts and the digest."""

    folder: Path
    facts: Mapping[str, Any]
    parts: tuple[Part, ...]
    digest: str


def digest_of(facts: Mapping[str, Any], parts: Iterable[Part]) -> str:
    """One SHA-256 over the facts and every part, so that one line kept apart vouches for everything."""
    whole = {**facts, "parts": [[part.path, part.size, part.sha256] for part in parts]}
    return hashlib.sha256(json.dumps(whole, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


class Packing:
    """A parcel in the making, in a folder beside its own: it gets its name when everything is in it and durable."""

    def __init__(self, folder: Path, previous: Parcel | None = None) -> None:
        self.final = folder.resolve()
        self.folder = self.final.with_name(self.final.name + PARTIAL)
        self.parts: dict[str, Part] = {}
        self.damaged: list[str] = []
        self._earlier = {part.path: part for part in previous.parts} if previous else {}
        self._previous = previous.folder if previous else None
        if self.final.exists():
            raise DomainError("exists", f"{self.final} 已经存在，请换一个名字；已有的备份和导出不覆盖。")
        if self.folder.exists():  # what a killed run left: only this program gives that name
            shutil.rmtree(self.folder)
        self.folder.mkdir(parents=True, mode=0o700)

    def __enter__(self) -> Packing:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is not None:
            shutil.rmtree(self.folder, ignore_errors=True)

    def add_bytes(self, path: str, content: bytes) -> None:
        with self.writing(path) as take:
            take(content)

    def writing(self, path: str) -> _Writing:
        """``with packing.writing(path) as take``: take(bytes) as they come; the part is listed when the block ends well."""
        return _Writing(self, path)

    def add_tree(self, root: Path, path: str, *, skip: Callable[[PurePosixPath], bool] = lambda _: False) -> None:
        """Every file below a folder, those that are here and unchanged excepted. What vanishes meanwhile is not missed."""
        for source in _files_below(root):
            inside = PurePosixPath(source.relative_to(root).as_posix())
            if not skip(inside):
                self._add_file(source, f"{path}/{inside}")

    def _add_file(self, source: Path, path: str) -> None:
        try:
            size = source.stat().st_size
        except FileNotFoundError:
            return
        here = self.parts.get(path)
        if here and here.size == size and ADDRESSED.fullmatch(source.name):
            return
        earlier = self._earlier.get(path)
        if earlier and earlier.size == size and ADDRESSED.fullmatch(source.name) and self._linked(path):
            self.parts[path] = earlier
            return
        try:
            with source.open("rb") as reading, self.writing(path) as take:
                while chunk := reading.read(CHUNK):
                    take(chunk)
        except FileNotFoundError:
            return
        if ADDRESSED.fullmatch(source.name) and self.parts[path].sha256 != source.name and path not in self.damaged:
            self.damaged.append(path)  # one rotten original is told; it must not keep everything else from being saved

    def _linked(self, path: str) -> bool:
        """Whether the same file of the previous parcel now is in this one too, without another copy of its bytes."""
        assert self._previous is not None
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            target.hardlink_to(self._previous / path)
        except OSError:
            return False
        return True

    def close(self, facts: Mapping[str, Any]) -> Parcel:
        """Write the manifest, make everything durable and give the folder its name."""
        parts = tuple(self.parts[path] for path in sorted(self.parts))
        digest = digest_of(facts, parts)
        told = {**facts, "parts": [vars(part) for part in parts], "digest": digest}
        manifest = self.folder / MANIFEST
        with manifest.open("x", encoding="utf-8") as file:
            manifest.chmod(0o600)
            json.dump(told, file, ensure_ascii=False, indent=1)
            file.write("\n")
        os.sync()
        self.folder.rename(self.final)
        os.sync()
        return Parcel(self.final, facts, parts, digest)


class _Writing:
    def __init__(self, packing: Packing, path: str) -> None:
        self._packing, self._path, self._hash, self._size = packing, path, hashlib.sha256(), 0
        target = packing.folder / path
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        target.unlink(missing_ok=True)
        self._file = os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")

    def __enter__(self) -> Callable[[bytes], None]:
        return self._take

    def _take(self, chunk: bytes) -> None:
        self._hash.update(chunk)
        self._size += len(chunk)
        self._file.write(chunk)

    def __exit__(self, kind: object, *_: object) -> None:
        self._file.close()
        if kind is None:
            self._packing.parts[self._path] = Part(self._path, self._size, self._hash.hexdigest())


def _files_below(root: Path) -> Iterable[Path]:
    for folder, folders, files in os.walk(root):
        folders.sort()
        for name in sorted(files):
            path = Path(folder) / name
            if path.is_file() and not path.is_symlink():
                yield path


def opened(folder: Path, kind: str, version: int) -> Parcel:
    """A parcel by its manifest. Raises DomainError for a folder that holds none, another kind, a newer one, or an altered manifest."""
    path = folder / MANIFEST
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        found, its_version, digest = told["format"], told["version"], told.pop("digest")
        parts = tuple(Part(str(each["path"]), int(each["size"]), str(each["sha256"])) for each in told.pop("parts"))
    except FileNotFoundError as error:
        raise DomainError("no_manifest", f"{folder} 里没有 {MANIFEST}：不是完整的备份或导出，或没有做完。") from error
    except (ValueError, KeyError, TypeError, UnicodeDecodeError) as error:
        raise DomainError("bad_manifest", f"{path} 被截断或被改动，读不出来。") from error
    if found != kind:
        raise DomainError("other_format", f"{folder} 是 {found}，这里需要 {kind}。")
    if not isinstance(its_version, int) or its_version > version:
        raise DomainError("newer_format", f"{folder} 的格式是第 {its_version} 版，本程序只认识到第 {version} 版：请用新版程序。")
    if digest_of(told, parts) != digest:
        raise DomainError("altered_manifest", f"{path} 被改动：内容与其总摘要不符。")
    if any(_leads_out(part.path) for part in parts):
        raise DomainError("altered_manifest", f"{path} 被改动：含有指向别处的路径。")
    return Parcel(folder.resolve(), told, parts, digest)


def _leads_out(path: str) -> bool:
    pure = PurePosixPath(path)
    return pure.is_absolute() or ".." in pure.parts or not pure.parts


def refuse_unknown_migrations(migrations: Mapping[str, Iterable[str]]) -> None:
    """Raises DomainError naming the first of our migrations this program does not have: what it holds was made by a newer one."""
    for app, names in sorted(migrations.items()):
        folder = HERE / app / "migrations"
        for name in sorted(names):
            if not (folder / f"{name}.py").exists():
                raise DomainError("newer_data", f"数据来自更新的版本：本程序没有 {app}.{name}。请先升级程序，再恢复或导入。")


def refuse_missing_migrations(migrations: Mapping[str, Iterable[str]]) -> None:
    """Raises DomainError naming the first migration of this program that the data had not seen: an older one wrote them."""
    for path in sorted(HERE.glob("*/migrations/[0-9]*.py")):
        app, name = path.parts[-3], path.stem
        if name not in migrations.get(app, ()):
            raise DomainError("older_data", f"数据来自较旧的版本（没有 {app}.{name}）：请先在原系统升级程序，再导出一次。")


def check(parcel: Parcel, tell: Tell) -> None:
    """Read every part. Raises DomainError naming the first that is missing, cut short or altered."""
    total = sum(part.size for part in parcel.parts)
    tell(f"核对 {len(parcel.parts)} 个文件，共 {readable(total)}……")
    for part in parcel.parts:
        path = parcel.folder / part.path
        try:
            size = path.stat().st_size
        except (FileNotFoundError, NotADirectoryError):
            raise DomainError("missing_part", f"缺少 {part.path}：这份备份或导出不完整，没有恢复任何内容。") from None
        if size != part.size:
            raise DomainError("cut_part", f"{part.path} 应为 {part.size} 字节，实为 {size} 字节：被截断或被改动，没有恢复任何内容。")
        with path.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != part.sha256:
                raise DomainError("altered_part", f"{part.path} 的内容与清单的 SHA-256 不符：被改动或已损坏，没有恢复任何内容。")


def examined(folder: Path, kind: str, version: int, *, digest: str = "", tell: Tell) -> Parcel:
    """Open a parcel and read all of it; ``digest`` is the one that was kept apart. Raises DomainError naming what is wrong first."""
    found = opened(folder, kind, version)
    if digest and digest.lower() != found.digest:
        raise DomainError("other_digest", f"总摘要是 {found.digest}，与给出的 {digest} 不符：不是那一份，或已被改动。")
    refuse_unknown_migrations(found.facts["migrations"])
    check(found, tell)
    return found


def take_out(parcel: Parcel, prefix: str, folder: Path) -> int:
    """Copy the parts below ``prefix/`` into a folder, checked again as they are read; how many. What lies there whole stays.

    Raises DomainError naming a part that differs now.
    """
    taken = 0
    for part in parcel.parts:
        if not part.path.startswith(f"{prefix}/"):
            continue
        target = folder / part.path.removeprefix(f"{prefix}/")
        taken += 1
        if target.exists() and target.stat().st_size == part.size and _digest(target) == part.sha256:
            continue
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = target.with_name(f"{target.name}.coming")
        hashing = hashlib.sha256()
        with (parcel.folder / part.path).open("rb") as reading, draft.open("wb") as writing:
            draft.chmod(0o600)
            while chunk := reading.read(CHUNK):
                hashing.update(chunk)
                writing.write(chunk)
        if hashing.hexdigest() != part.sha256:
            raise DomainError("altered_part", f"{part.path} 在读取时与清单不符，没有恢复任何内容。")
        draft.replace(target)
    return taken


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def readable(size: int) -> str:
    return f"{size / 2**30:.1f} GiB" if size >= 2**30 else f"{size / 2**20:.1f} MiB"


def room_for(folder: Path, size: int) -> None:
    """Raises DomainError when the disk of a folder has not that many bytes left."""
    there = next(each for each in (folder, *folder.parents) if each.exists())
    free = shutil.disk_usage(there).free
    if free < size:
        raise DomainError("disk_full", f"{there} 所在的盘只剩 {readable(free)}，需要 {readable(size)}：请腾出空间或换一块盘。")
