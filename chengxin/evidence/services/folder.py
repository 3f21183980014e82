"""A dock's folder tree with its list: taken in, or registered where it stays. Again and again, each file once (2.2.3)."""

from __future__ import annotations

import csv
import datetime as dt
import io
import itertools
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any

from python_calamine import CalamineWorkbook

from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.capabilities import require
from chengxin.core.errors import DomainError
from chengxin.evidence import rules
from chengxin.evidence.models import Recording
from chengxin.evidence.selectors import sources
from chengxin.evidence.services import store
from chengxin.evidence.services.ingest import Arrival, keep_recordings, refuse_what_is_no_recording

BATCH = 200  # files a transaction
THREADS = 2
SETTLED = dt.timedelta(seconds=30)  # a file that changed less than so long ago is still being written
LISTS = (".xls", ".xlsx", ".csv")


@dataclass
class Report:
    """What an import found: numbers, and every file that was not taken, with why."""

    files: int = 0
    taken: int = 0
    known: int = 0
    unattributed: int = 0
    bytes: int = 0
    half: list[str] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    rows_without_file: list[str] = field(default_factory=list)
    missing_numbers: list[tuple[str, str, int]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return vars(self)


@dataclass(frozen=True)
class Listed:
    """What a dock's list says of one file."""

    claim: rules.Claim
    size: int | None
    drift_seconds: int


def import_folder(
    actor: Actor, folder: Path, *, station: str, in_place: bool = False, progress: Callable[[int, int], None] | None = None
) -> Report:
    """Take in what a dock's folder holds, or register it where it lies. Files known by number and size are not read again; files
    still being written, or shorter than the list says, are left for the next time.

    ``progress`` is told how many of how many files are done. Raises DomainError when the folder is not there.
    """
    require(actor, "evidence.ingest")
    folder = folder.resolve()
    if not folder.is_dir():
        raise DomainError("no_folder", f"没有文件夹 {folder}，请核对路径。", field="folder")
    if not station.strip() or len(station) > 60:
        raise DomainError("bad_station", "请填写采集站名称（至多 60 字）。", field="station")
    report, paths = Report(), sorted(_files_below(folder))
    listed = _lists(folder, report)
    found = {PurePosixPath(path.relative_to(folder).as_posix()) for path in paths}
    report.rows_without_file = sorted(str(name) for name in listed if name not in found and not _by_name(name, found))
    report.files = len(paths)
    claims: list[rules.Claim] = []
    importer = _Importer(actor, folder, station, in_place, report, listed)
    with store.hashers(THREADS) as pool:
        begun: _Begun | None = None
        for batch in [*_batches(paths), ()]:  # while one batch is written to the database the next is read already
            following = importer.begin(batch, pool)
            if begun is not None:
                importer.end(begun)
                claims += begun.claims
                if progress is not None:
                    progress(report.taken + report.known + len(report.half) + len(report.refused), report.files)
            begun = following
    report.refused.sort()
    report.missing_numbers = [(device, str(day), number) for device, day, number in rules.missing_numbers(claims)]
    return report


def _files_below(folder: Path) -> Iterator[Path]:
    """Every file whose name looks like a recording; links are not followed, so nothing outside the folder is reached."""
    for at, _, names in os.walk(folder, followlinks=False):
        for name in names:
            path = Path(at) / name
            if rules.is_recording_name(name) and not path.is_symlink():
                yield path


def _batches(paths: Sequence[Path]) -> Iterator[tuple[Path, ...]]:
    walk = iter(paths)
    while batch := tuple(itertools.islice(walk, BATCH)):
        yield batch


def _by_name(name: PurePosixPath, found: set[PurePosixPath]) -> bool:
    return len(name.parts) == 1 and any(path.name == name.name for path in found)


@dataclass(frozen=True)
class _Begun:
    """A batch on its way: the claims of all its files, known ones too, and what is being read."""

    claims: list[rules.Claim]
    reading: list[Future[Arrival | None]]


@dataclass
class _Importer:
    """One run over one folder."""

    actor: Actor
    folder: Path
    station: str
    in_place: bool
    report: Report
    listed: Mapping[PurePosixPath, Listed]

    def __post_init__(self) -> None:
        self.profiles = sources.profiles()

    def begin(self, batch: Sequence[Path], pool: ThreadPoolExecutor) -> _Begun:
        """Look at one batch and start reading what is wanted of it."""
        names = {path: path.relative_to(self.folder).as_posix() for path in batch}
        known = sources.known_recordings([(self.station, name) for name in names.values()], []).by_local_id
        claims = {path: self._claim(path, names[path]) for path in batch}
        wanted = [path for path in batch if self._is_wanted(path, names[path], known, claims[path])]
        reading = [pool.submit(self._arrival, path, names[path], claims[path]) for path in wanted]
        return _Begun([listed.claim for listed in claims.values()], reading)

    def end(self, begun: _Begun) -> None:
        """Keep what was read."""
        arrivals = [arrival for reading in begun.reading if (arrival := reading.result()) is not None]
        kept = keep_recordings(self.actor, arrivals) if arrivals else []
        for arrival, each in zip(arrivals, kept, strict=True):
            self.report.taken += each.is_new
            self.report.known += not each.is_new
            self.report.bytes += arrival.digests.size if each.is_new else 0
            self.report.unattributed += each.is_new and each.recording.attribution != rules.ATTRIBUTED

    def _claim(self, path: Path, name: str) -> Listed:
        """What name and list say together; the list is the dock's own word and comes first."""
        named = rules.read_name(self.profiles, path.name) or rules.Claim()
        listed = self.listed.get(PurePosixPath(name)) or self.listed.get(PurePosixPath(path.name))
        if listed is None:
            return Listed(named, None, 0)
        told = {key: value for key, value in vars(listed.claim).items() if value not in ("", None, False)}
        return replace(listed, claim=replace(named, **told))

    def _is_wanted(self, path: Path, name: str, known: Mapping[tuple[str, str], tuple[str, int]], listed: Listed) -> bool:
        stat = path.stat()
        _, size = known.get((self.station, name), ("", -1))
        if size == stat.st_size:
            self.report.known += 1
            return False
        is_young = clock.now().timestamp() - stat.st_mtime < SETTLED.total_seconds()
        if is_young or (listed.size is not None and stat.st_size < listed.size):
            self.report.half.append(name)
            return False
        return True

    def _arrival(self, path: Path, name: str, listed: Listed) -> Arrival | None:
        """The file's digests, copied in beside the originals unless it stays; None when it is no recording."""
        try:
            draft, digests = (None, store.digests_of(path)) if self.in_place else store.copy_in(path)
        except OSError as error:
            self.report.refused.append((name, f"读不出来：{error.strerror or error}"))
            return None
        try:
            refuse_what_is_no_recording(name, digests)
        except DomainError as error:
            if draft is not None:
                draft.unlink(missing_ok=True)
            self.report.refused.append((name, error.message))
            return None
        return Arrival(
            digests, Recording.IN_PLACE if self.in_place else Recording.IMPORTED, self.station, name, path.name, listed.claim,
            listed.drift_seconds, draft, str(path) if self.in_place else "", self.actor.unit_id,
        )  # fmt: skip


# --- the dock's lists ---


def _lists(folder: Path, report: Report) -> dict[PurePosixPath, Listed]:
    """What every list in the folder says, by the file it names. A row that names a file outside the folder is refused."""
    headings = sources.headings()
    listed: dict[PurePosixPath, Listed] = {}
    for path in sorted(each for each in folder.rglob("*") if each.suffix.lower() in LISTS and each.is_file() and not each.is_symlink()):
        try:
            rows = _rows(path)
        except Exception as error:
            report.refused.append((path.relative_to(folder).as_posix(), f"清单读不出来：{error}"))
            continue
        below = PurePosixPath(path.parent.relative_to(folder).as_posix())
        for row in _understood(rows, headings):
            name = _name_within(row["file"])
            if name is None:
                report.refused.append((str(row["file"]), "清单中的路径越出了文件夹，没有理会"))
                continue
            entry = _listed(row)
            listed[name] = entry
            listed.setdefault(below / name, entry)
    return {name: entry for name, entry in listed.items() if name.parts}


def _rows(path: Path) -> list[list[Any]]:
    if path.suffix.lower() == ".csv":
        content = path.read_bytes()
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = content.decode("gb18030")
        return list(csv.reader(io.StringIO(text)))
    return CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()


def _understood(rows: Sequence[Sequence[Any]], headings: Mapping[str, Sequence[str]]) -> Iterator[dict[str, Any]]:
    """The rows below a heading that names files, by meaning."""
    for at, row in enumerate(rows):
        cells = [str(cell).strip() for cell in row]
        places = {meaning: cells.index(name) for meaning, names in headings.items() for name in names if name in cells}
        if "file" in places:
            for below in rows[at + 1 :]:
                told = {meaning: below[place] if place < len(below) else "" for meaning, place in places.items()}
                if str(told["file"]).strip():
                    yield told
            return


def _name_within(cell: Any) -> PurePosixPath | None:
    """The file a list names, below the folder; None for one that would lie outside."""
    name = PurePosixPath(str(cell).strip().replace("\\", "/"))
    if name.is_absolute() or ".." in name.parts or ":" in (name.parts or ("",))[0]:
        return None
    return name


def _listed(row: Mapping[str, Any]) -> Listed:
    def text(meaning: str) -> str:
        cell = row.get(meaning, "")
        return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell).strip()

    is_important = text("important") in {"是", "重要", "1", "Y", "y", "true", "True"}
    claim = rules.Claim(text("device"), text("officer"), _moment(row.get("started")), _moment(row.get("ended")), None, is_important)
    drift = text("drift")
    return Listed(claim, int(text("size")) if text("size").isdecimal() else None, int(drift) if drift.lstrip("-").isdecimal() else 0)


MOMENTS = ("%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%Y%m%d%H%M%S", "%Y-%m-%dT%H:%M:%S")


def _moment(cell: Any) -> dt.datetime | None:
    """A cell as the device's clock; naive."""
    if isinstance(cell, dt.datetime):
        return cell
    return next((found for form in MOMENTS if (found := rules.moment_in(str(cell or "").strip(), form)) is not None), None)
