"""Commands of the audit: keep an entry, seal what is new, verify everything."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from chengxin.audit import signing
from chengxin.audit.models import Checkpoint, Entry
from chengxin.audit.rules import checkpoint_content, digests, merkle_root
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.errors import Conflict
from chengxin.core.registry import audit_actions

# The canonical text of an entry: its columns as one JSON array, made by the database so that every language can repeat it.
# jsonb prints itself in one way only (keys ordered, one space after each comma and colon).
CANONICAL = """convert_to(jsonb_build_array('chengxin-entry-1', id, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
 actor_user, actor_label, channel, address, action, subject, unit_id, person_id, details, xid)::text, 'UTF8')"""
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
    Entry.objects.create(
        at=clock.now(),
        actor_user=actor.user_id,
        actor_label=actor.label,
        channel=actor.channel,
        address=actor.address,
        action=audit_actions[action].code,
        subject=subject,
        unit_id=unit_id,
        person_id=person_id,
        details=dict(details or {}),
    )


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
    return Checkpoint.objects.create(
        number=number, at=clock.now(), from_xid=start, until_xid=until, entries=len(leaves), root=root.hex(),
        digests=digests(content), previous=previous, signature=signing.sign(content),
        key=signing.public_key(), entry_ids=ids, leaves=b"".join(leaves),
    )  # fmt: skip


def _leaves(start: int, until: int) -> tuple[list[int], list[bytes]]:
    ids: list[int] = []
    leaves: list[bytes] = []
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id, sha256('\\x00'::bytea || {CANONICAL}) FROM audit_entry WHERE xid >= %s AND xid < %s ORDER BY xid, id",
            [start, until],
        )
        for entry, leaf in cursor:
            ids.append(entry)
            leaves.append(bytes(leaf))
    return ids, leaves


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
