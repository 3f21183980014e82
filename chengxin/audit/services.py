"""Commands of the audit: keep an entry, seal what is new, verify everything."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import psycopg
from django.db import connection, transaction

from chengxin.audit import signing
from chengxin.audit.models import Checkpoint, Entry
from chengxin.audit.rules import checkpoint_content, digests, merkle_root
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.errors import Conflict
from chengxin.core.registry import audit_actions
from chengxin.ui.database import send

# The canonical text of an entry: its columns as one JSON array, made by the database so that every language can repeat it.
# json_build_array prints in one way only (", " between values), and so does the jsonb of the details (keys ordered, one space).
CANONICAL = """convert_to(json_build_array('chengxin-entry-1', id, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
 actor_user, actor_label, channel, address, action, subject, unit_id, person_id, details, xid)::text, 'UTF8')"""
INSERT = """INSERT INTO audit_entry
 (at, actor_user, actor_label, channel, address, action, subject, unit_id, person_id, details)
 VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s::jsonb)"""
# one row for all leaves, in the order in which they are sealed
LEAVES = f"""SELECT coalesce(array_agg(id), '{{}}'), coalesce(string_agg(leaf, ''::bytea), ''::bytea) FROM (
 SELECT id, sha256('\\x00'::bytea || {CANONICAL}) AS leaf FROM audit_entry WHERE xid >= %s AND xid < %s ORDER BY xid, id) AS ordered"""
CHECKPOINT = """INSERT INTO audit_checkpoint
 (number, at, from_xid, until_xid, entries, root, algorithm, digests, previous, signature, key, entry_ids, leaves)
 VALUES (%(number)s, %(at)s, %(from_xid)s, %(until_xid)s, %(entries)s, %(root)s, %(algorithm)s, %(digests)s::jsonb, %(previous)s,
 %(signature)s, %(key)s, %(entry_ids)b, %(leaves)b)"""
SEAL_LOCK = 427014


def record(
    actor: Actor,
    action: str,
    subject: str,
    *,
    unit_id: int | None = None,
    person_id: int | None = None,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Keep one gesture in the caller's transaction: it stands exactly if the gesture stands.

    ``subject`` is "kind:id". Raises RuntimeError outside a transaction and KeyError for an action nobody declared.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("an audit entry belongs into the transaction of its gesture")
    row = (
        clock.now(), actor.user_id, actor.label, actor.channel, actor.address, audit_actions[action].code, subject, unit_id,
        person_id, json.dumps(dict(details or {}), ensure_ascii=False),
    )  # fmt: skip
    send(INSERT, row)  # every gesture pays for this: a plain statement costs a third of a model's save


@transaction.atomic
def seal() -> Checkpoint | None:
    """Seal all entries of finished transactions that no checkpoint holds yet; None when there are none.

    Every transaction below the snapshot's xmin is over, so no entry can turn up in the range later; and every entry
    committed so far lies in exactly one range. A physical copy of the database keeps the transaction numbers; on a server
    whose numbers began anew this refuses (Conflict), since the ranges would no longer tell entries apart.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [SEAL_LOCK])
        cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        until = cursor.fetchone()[0]
    last = Checkpoint.objects.order_by("-number").first()
    start = last.until_xid if last else 0
    if until < start:
        raise Conflict("audit_renumbered", "数据库的事务编号小于已封存的范围：请用物理备份恢复，检查点才能接续。")
    ids, leaves = _leaves(start, until)
    if not leaves:
        return None
    number = last.number + 1 if last else 1
    previous = last.digests["sha256"] if last else ""
    root = merkle_root(leaves)
    content = checkpoint_content(number, start, until, len(leaves), root, previous)
    row = {
        "number": number, "at": clock.now(), "from_xid": start, "until_xid": until, "entries": len(leaves), "root": root.hex(),
        "algorithm": "sha256", "digests": json.dumps(digests(content)), "previous": previous, "signature": signing.sign(content),
        "key": signing.public_key(), "entry_ids": ids, "leaves": b"".join(leaves),
    }  # fmt: skip
    with _binary_cursor() as cursor:
        cursor.execute(CHECKPOINT, row)
    return Checkpoint.objects.defer("leaves", "entry_ids").get(number=number)


def _binary_cursor() -> psycopg.Cursor[Any]:
    """A cursor that sends and takes bytes and arrays as they are: as text, a large checkpoint would take twice as long."""
    connection.ensure_connection()
    return psycopg.Cursor(connection.connection)


def _leaves(start: int, until: int) -> tuple[list[int], list[bytes]]:
    with _binary_cursor() as cursor:
        ids, leaves = cursor.execute(LEAVES, [start, until], binary=True).fetchone() or ([], b"")
    return ids, _split(bytes(leaves))


@dataclass(frozen=True)
class Misfit:
    """The first thing that is not as it was sealed."""

    kind: str
    checkpoint: int
    entry: int | None
    text: str


@dataclass(frozen=True)
class Verdict:
    """What a verification found."""

    entries: int
    sealed: int
    checkpoints: int
    misfit: Misfit | None

    def as_json(self) -> dict[str, Any]:
        found: dict[str, Any] = {
            "ok": self.misfit is None,
            "entries": self.entries,
            "sealed": self.sealed,
            "unsealed": self.entries - self.sealed,
            "checkpoints": self.checkpoints,
        }
        if self.misfit is not None:
            found["first_misfit"] = vars(self.misfit)
        return found


def verify() -> Verdict:
    """Recompute every checkpoint from the entries and name the first that does not fit."""
    checkpoints = list(Checkpoint.objects.order_by("number"))
    misfit = next(_misfits(checkpoints), None)
    return Verdict(Entry.objects.count(), sum(c.entries for c in checkpoints), len(checkpoints), misfit)


def _misfits(checkpoints: list[Checkpoint]) -> Iterator[Misfit]:
    previous, start = "", 0
    for expected, checkpoint in enumerate(checkpoints, start=1):
        number = checkpoint.number
        if number != expected:
            yield Misfit("checkpoint_missing", expected, None, f"缺少第 {expected} 号检查点。")
        if checkpoint.previous != previous or checkpoint.from_xid != start or not _is_authentic(checkpoint):
            yield Misfit("checkpoint_changed", number, None, f"第 {number} 号检查点被改动，或签名不符。")
        yield from _entry_misfits(checkpoint)
        previous, start = checkpoint.digests.get("sha256", ""), checkpoint.until_xid


def _entry_misfits(checkpoint: Checkpoint) -> Iterator[Misfit]:
    """Entries of a sealed range that were deleted, inserted or changed, by their number."""
    sealed = dict(zip(checkpoint.entry_ids, _split(bytes(checkpoint.leaves)), strict=False))
    present = dict(zip(*_leaves(checkpoint.from_xid, checkpoint.until_xid), strict=True))
    for entry in sorted(sealed.keys() | present.keys()):
        if sealed.get(entry) == present.get(entry):
            continue
        if entry not in present:
            yield Misfit("entry_deleted", checkpoint.number, entry, f"审计记录 {entry} 已封存，但已被删除。")
        elif entry not in sealed:
            yield Misfit("entry_inserted", checkpoint.number, entry, f"审计记录 {entry} 是封存之后插入的。")
        else:
            yield Misfit("entry_changed", checkpoint.number, entry, f"审计记录 {entry} 的内容与封存时不一致。")


def _split(leaves: bytes) -> list[bytes]:
    return [leaves[start : start + 32] for start in range(0, len(leaves), 32)]


def _is_authentic(checkpoint: Checkpoint) -> bool:
    content = checkpoint_content(
        checkpoint.number, checkpoint.from_xid, checkpoint.until_xid, checkpoint.entries,
        bytes.fromhex(checkpoint.root), checkpoint.previous,
    )  # fmt: skip
    leaves = _split(bytes(checkpoint.leaves))
    own = checkpoint.key == signing.public_key() and len(checkpoint.entry_ids) == checkpoint.entries
    return (
        own
        and merkle_root(leaves).hex() == checkpoint.root
        and checkpoint.digests.get("sha256") == digests(content)["sha256"]
        and signing.is_signed(content, checkpoint.signature, checkpoint.key)
    )
