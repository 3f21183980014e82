"""``chengxin import``: a whole bureau into an empty system. Knows no Django, for there is no installation yet.

As with a restore everything is checked before anything is written, then built beside the data directory, compared with what was
exported, and renamed into place as the last step. Killed at any moment it leaves either no data directory or the whole of it.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from chengxin.core.errors import DomainError
from chengxin.core.postgres import prepare_place
from chengxin.transfer import lockbox, parcel
from chengxin.transfer.parcel import Parcel, Tell
from chengxin.transfer.restoring import (
    KeySource,
    Target,
    built_beside,
    keys_of,
    refuse_a_used_target,
    run_on_what_is_built,
    wait_for_the_watcher,
)

KIND, VERSION = "chengxin-export", 1
SEALED = "credentials.sealed"  # passwords and second factors
ROOM = 4  # of the lines' bytes: rows, their indexes, and the log of writing them


def examine_export(folder: Path, *, digest: str = "", tell: Tell) -> Parcel:
    """Open an export and read all of it. Raises DomainError naming what is wrong first; nothing is written."""
    found = parcel.examined(folder, KIND, VERSION, digest=digest, tell=tell)
    parcel.refuse_missing_migrations(found.facts["migrations"])  # its lines fit the tables of the very version that wrote them
    return found


def import_bureau(export: Parcel, target: Target, keys: KeySource, tell: Tell) -> dict[str, Any]:
    """Build the installation of an examined export. Raises DomainError, leaving the data directory as it was found.

    Returns what was compared. With an external database its empty tables are filled in one transaction.
    """
    refuse_a_used_target(target)
    secrets = keys_of(export, keys)
    lockbox.unseal((export.folder / SEALED).read_bytes(), keys.passphrase)  # a wrong passphrase is told now, not after an hour
    parcel.room_for(target.data, _room(export))
    with built_beside(target, tell) as staging:
        tell("取出文件……")
        parcel.take_out(export, "data", staging)
        parcel.take_out(export, "footage", target.footage or staging / "footage")
        lockbox.put_in_place(secrets, staging / "keys")
        if not is_external():
            prepare_place(staging / "postgres", target.data / "postgres")
        tell("建立数据表，逐表装入，核对结论……")
        found = _loaded(export, target, keys.passphrase)
    return found


def is_external() -> bool:
    """Whether the environment names a database server of its own."""
    return bool(os.environ.get("CHENGXIN_DATABASE_URL", "").strip())


def _room(export: Parcel) -> int:
    lines = sum(part.size for part in export.parts if part.path.startswith("tables/"))
    return lines * ROOM + sum(part.size for part in export.parts) - lines


def _loaded(export: Parcel, target: Target, passphrase: str) -> dict[str, Any]:
    """Load the tables in a process of the program itself on what is being built, and wait until its database has stopped."""
    known = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    environment = {**known, "CHENGXIN_DATA": str(target.staging), "CHENGXIN_BACKUP_PASSPHRASE": passphrase}
    ran = run_on_what_is_built(["import", str(export.folder), "--load"], environment)
    wait_for_the_watcher(target.staging)
    try:
        found: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    except (ValueError, IndexError) as error:
        raise DomainError("not_loaded", f"没有导入任何内容：{ran.stderr.strip()[-2000:]}") from error
    if "problem" in found:
        raise DomainError("not_loaded", f"没有导入任何内容：{found['problem']}")
    return found
