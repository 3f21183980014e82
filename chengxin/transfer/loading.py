"""The tables of an export into empty ones, in one transaction, and whether they then say what they said there."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
from django.db import connection, transaction

from chengxin.audit import services as audit
from chengxin.core.actor import Actor
from chengxin.core.errors import DomainError
from chengxin.transfer import lockbox, state, tables
from chengxin.transfer.export import CREDENTIALS
from chengxin.transfer.importing import SEALED
from chengxin.transfer.outcomes import first_difference, outcomes
from chengxin.transfer.parcel import CHUNK, Parcel

REPLICA = "SET LOCAL session_replication_role = replica"  # rows come as they were: no trigger, no event, no check of the order
NEEDED = "请由数据库管理员执行 GRANT SET ON PARAMETER session_replication_role TO 本用户，或使用内置数据库。"
# one transaction number a round; nothing of it waits for the disk
USE_UP = """DO $$ BEGIN WHILE pg_current_xact_id()::text::bigint < {} LOOP COMMIT; END LOOP; END $$"""


def load(actor: Actor, export: Parcel, passphrase: str) -> dict[str, Any]:
    """Fill the tables of this database, which must be empty, from an export whose files are in place, and compare the two.

    Raises DomainError with the tables as empty as before. Afterwards this system's own audit goes on where the other's ended.
    """
    use_up_numbers(export.facts["following_transaction"])
    try:
        with transaction.atomic():
            _load_rows(export, passphrase)
            found = _compared(export)
            facts = {"digest": export.digest, "tables": len(export.facts["tables"])}
            audit.record(actor, "transfer.imported", "system:import", details=facts)
    except psycopg.errors.InsufficientPrivilege as error:
        raise DomainError("not_allowed", f"数据库用户不能原样装入：{error.diag.message_primary}。{NEEDED}") from error
    return found


def _load_rows(export: Parcel, passphrase: str) -> None:
    connection.ensure_connection()
    cursor = psycopg.Cursor(connection.connection)
    there = {table.name: table for table in tables.travelling(cursor)}
    told = export.facts["tables"]
    if set(there) != set(told):
        raise DomainError("other_tables", f"数据表不同：{'、'.join(sorted(set(there) ^ set(told)))}。请用同一版本的程序导入。")
    _refuse_used(cursor)
    cursor.execute(REPLICA)
    cursor.execute("SET LOCAL TIME ZONE 'UTC'")
    tables.empty(cursor, there.values())
    for name, table in sorted(there.items()):
        rows = tables.read_lines(cursor, table, _chunks(export.folder / table.path))
        if rows != told[name]["rows"]:
            raise DomainError("rows_missing", f"{table.path} 应有 {told[name]['rows']} 行，装入 {rows} 行。")
    kept = lockbox.unseal((export.folder / SEALED).read_bytes(), passphrase)[CREDENTIALS]
    tables.put_credentials(cursor, json.loads(kept))
    tables.number_on(cursor, there.values())
    if missing := tables.orphan(cursor):
        raise DomainError("orphan", f"数据不完整：{missing}。")


def _refuse_used(cursor: tables.Cursor) -> None:
    for name in ("people_user", "audit_entry", "findings_finding"):
        row = cursor.execute(f"SELECT EXISTS (SELECT FROM {name})").fetchone()
        if row and row[0]:
            raise DomainError("not_empty", f"数据库不是空的（{name} 有数据）：只导入到空系统。")


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


def _compared(export: Parcel) -> dict[str, Any]:
    """Counts, files, audit and outcomes against what was exported. Raises DomainError naming the first that differs."""
    told = export.facts
    difference = first_difference(told["outcomes"], outcomes(dt.datetime.fromisoformat(told["as_of"])))
    if difference:
        raise DomainError("other_outcome", f"导入后的结论与导出时不同：{difference}。")
    counts = state.counts()
    if counts != told["counts"]:
        raise DomainError("other_counts", f"导入后的数量 {counts} 与导出时 {told['counts']} 不同。")
    found = state.examination()
    if found["audit"].get("first_misfit"):
        raise DomainError("audit_broken", f"导入的审计与封存不符：{found['audit']['first_misfit']['text']}")
    compared = {chapter: len(each) for chapter, each in told["outcomes"].items()}
    return {**found, "rows": sum(each["rows"] for each in told["tables"].values()), "compared": compared}


def use_up_numbers(following: int) -> None:
    """Let this server's transaction numbers go on after the other's, as the sealed ranges of the audit tell entries apart by them."""
    connection.ensure_connection()
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off")
        cursor.execute(USE_UP.format(int(following)))
        cursor.execute("RESET synchronous_commit")
