"""``chengxin backup``: database, files, footage and keys into a folder, while the system runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from chengxin.audit.services import record
from chengxin.core.actor import Actor
from chengxin.core.errors import DomainError
from chengxin.core.postgres import BaseBackupFailed, copy_database
from chengxin.transfer import lockbox, state
from chengxin.transfer.parcel import Packing, Parcel, Tell, opened, readable

KIND, VERSION = "chengxin-backup", 1
DATABASE = "database/base.tar"
# what lies in the data directory and is not copied as files: the running server, what can be made again, the keys (their own way)
LEFT_OUT = {"postgres", "postgres.log", "socket", "keys", "speech-model", "footage", "footage-copy", "lists"}
MADE_AGAIN = {"derived", "pictures"}  # films and pictures made from footage


@dataclass(frozen=True)
class Wishes:
    """How the keys travel ("encrypted", "apart", "clear"), and whether footage is taken along."""

    keys: str = "encrypted"
    passphrase: str = ""
    footage: bool = True
    previous: Path | None = None


def back_up(actor: Actor, folder: Path, wishes: Wishes, tell: Tell) -> Parcel:
    """Make a backup in a new folder. Files come first and once more after the database, so that it names none that is missing.

    Raises DomainError, with nothing left behind, when anything of it cannot be had.
    """
    previous = opened(wishes.previous, KIND, VERSION) if wishes.previous else None
    with Packing(folder, previous) as packing:
        keys = pack_keys(packing, wishes)
        counts = state.counts()
        with transaction.atomic():
            record(actor, "transfer.backup_begun", "system:backup", details={"folder": packing.final.name, "keys": wishes.keys})
        tell("备份文件……")
        pack_files(packing, wishes)
        tell("备份数据库……")
        _pack_database(packing)
        pack_files(packing, wishes)
        for path in packing.damaged:
            tell(f"警告：原件 {path} 的内容与其摘要不符，已损坏；照现状备份。")
        found = packing.close({
            "format": KIND, "version": VERSION, **state.description(), "database": _database_facts(), "counts": counts, "keys": keys,
            "footage": footage_facts(wishes), "damaged": sorted(packing.damaged),
        })  # fmt: skip
    tell(f"共 {len(found.parts)} 个文件，{readable(sum(part.size for part in found.parts))}。")
    return found


def pack_keys(packing: Packing, wishes: Wishes) -> dict[str, Any]:
    """Put the keys in as asked for; the manifest tells which ones there are, never what they are."""
    keys = lockbox.keys_in(settings.DATA_DIR / "keys")
    if wishes.keys == "encrypted":
        packing.add_bytes(lockbox.SEALED, lockbox.seal(keys, wishes.passphrase))
    elif wishes.keys == "clear":
        for name, content in keys.items():
            packing.add_bytes(f"{lockbox.CLEAR}/{name}", content)
    return {"how": wishes.keys, "names": lockbox.fingerprints(keys)}


def pack_files(packing: Packing, wishes: Wishes) -> None:
    """Put in what lies in the data directory and belongs to the bureau, and footage if wished."""
    packing.add_tree(settings.DATA_DIR, "data", skip=_is_left_out)
    if wishes.footage and settings.FOOTAGE_DIR.is_dir():
        packing.add_tree(settings.FOOTAGE_DIR, "footage", skip=_is_made_again)


def _is_left_out(path: PurePosixPath) -> bool:
    return path.parts[0] in LEFT_OUT or path.parts[0].endswith((".lock", ".coming"))


def _is_made_again(path: PurePosixPath) -> bool:
    return path.parts[0] in MADE_AGAIN or path.name.startswith("copy-")


def _pack_database(packing: Packing) -> None:
    try:
        with packing.writing(DATABASE) as take:
            copy_database(settings.DATABASE_TARGET, take)
    except BaseBackupFailed as error:
        raise DomainError("database_not_copied", str(error)) from error


def _database_facts() -> Mapping[str, Any]:
    connection.ensure_connection()
    target = settings.DATABASE_TARGET
    version = connection.connection.info.server_version
    return {"kind": "embedded" if target.embedded else "external", "release": version // 10000, "name": target.name}


def footage_facts(wishes: Wishes) -> str:
    """Whether footage is in a parcel, lies in a bucket, or is taken along some other way."""
    if settings.FOOTAGE_BUCKET:
        return "bucket"
    return "included" if wishes.footage else "apart"
