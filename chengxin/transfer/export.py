"""``chengxin export``: a whole bureau as documented lines of JSON and files, for another system, another database or the archive."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from django.db import connection, transaction

from chengxin.audit.services import record
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.transfer import lockbox, state, tables
from chengxin.transfer.backup import Wishes, footage_facts, pack_files, pack_keys
from chengxin.transfer.importing import KIND, SEALED, VERSION
from chengxin.transfer.outcomes import outcomes
from chengxin.transfer.parcel import Packing, Parcel, Tell, readable

CREDENTIALS = "credentials"
XID = "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint"


def export_bureau(actor: Actor, folder: Path, wishes: Wishes, tell: Tell) -> Parcel:
    """Write everything a bureau consists of into a new folder, as it was at one moment, while the system runs.

    Files come first and once more after the tables, so that these name none that is missing. Raises DomainError, with nothing left
    behind, for a short passphrase or a folder that is there.
    """
    with Packing(folder) as packing:
        lockbox.refuse_short(wishes.passphrase)
        keys = pack_keys(packing, wishes)
        with transaction.atomic():
            record(actor, "transfer.export_begun", "system:export", details={"folder": packing.final.name, "keys": wishes.keys})
        tell("导出文件……")
        pack_files(packing, wishes)
        tell("导出数据表……")
        facts = _pack_tables(packing, wishes)
        pack_files(packing, wishes)
        for path in packing.damaged:
            tell(f"警告：原件 {path} 的内容与其摘要不符，已损坏；照现状导出。")
        found = packing.close({
            "format": KIND, "version": VERSION, **state.description(), **facts, "keys": keys, "footage": footage_facts(wishes),
            "damaged": sorted(packing.damaged),
        })  # fmt: skip
    tell(f"共 {len(found.parts)} 个文件，{readable(sum(part.size for part in found.parts))}。")
    return found


@contextmanager
def at_one_moment() -> Iterator[None]:
    """Whatever is asked within it is as it was when it began; writers go on."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def _pack_tables(packing: Packing, wishes: Wishes) -> Mapping[str, Any]:
    """All tables and what the rules make of them, seen at one moment."""
    with at_one_moment():
        as_of = clock.now()
        told = outcomes(as_of)
        cursor = psycopg.Cursor(connection.connection)
        cursor.execute("SET LOCAL TIME ZONE 'UTC'")
        written = {}
        for table in tables.travelling(cursor):
            with packing.writing(table.path) as take:
                rows = tables.write_lines(cursor, table, take)
            written[table.name] = {"rows": rows, "columns": [name for name, _ in table.columns]}
        kept = json.dumps(tables.credentials(cursor), ensure_ascii=False).encode()
        packing.add_bytes(SEALED, lockbox.seal({CREDENTIALS: kept}, wishes.passphrase))
        following = cursor.execute(XID).fetchone()
        counts = state.counts()
    assert following is not None
    return {"as_of": as_of.isoformat(), "tables": written, "following_transaction": following[0], "counts": counts, "outcomes": told}
