"""The audit: in the gesture's transaction, append-only, sealed once, and every tampering named."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable

import pytest
from django.db import DatabaseError, connection, transaction

from chengxin.audit import rules, services
from chengxin.audit.models import Checkpoint, Entry
from chengxin.audit.services import record, seal, verify
from tests.world import SYSTEM, World


def as_owner(sql: str, *parameters: object) -> None:
    """What somebody with the database's own rights could do: the triggers are off."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(sql, parameters)


def write(count: int = 1) -> list[int]:
    made = []
    for _ in range(count):
        with transaction.atomic():
            record(SYSTEM, "audit.viewed", "audit:test", details={"z": 1, "a": "字"})
            made.append(Entry.objects.latest("pk").pk)
    return made


def test_an_entry_needs_a_declared_action_and_a_transaction(transactional_db: None) -> None:
    with pytest.raises(RuntimeError, match="transaction"):
        record(SYSTEM, "audit.viewed", "audit:test")
    with pytest.raises(KeyError), transaction.atomic():
        record(SYSTEM, "audit.made_up", "audit:test")
    assert Entry.objects.count() == 0


def test_an_entry_goes_with_its_gesture(transactional_db: None) -> None:
    with transaction.atomic():
        record(SYSTEM, "audit.viewed", "audit:test")
        transaction.set_rollback(True)
    assert Entry.objects.count() == 0


@pytest.mark.parametrize("table", ["audit_entry", "audit_checkpoint"])
@pytest.mark.parametrize("sql", ["UPDATE {} SET at = now()", "DELETE FROM {}", "TRUNCATE {}"])
def test_the_database_refuses_to_change_or_delete(transactional_db: None, table: str, sql: str) -> None:
    write()
    seal()
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql.format(table))
    assert (Entry.objects.count(), Checkpoint.objects.count()) == (1, 1)


def test_everything_is_sealed_once_and_a_second_sealing_finds_nothing(transactional_db: None) -> None:
    write(3)
    first = seal()
    assert first is not None
    assert (first.number, first.entries, first.previous) == (1, 3, "")
    assert seal() is None
    write(2)
    second = seal()
    assert second is not None
    assert (second.number, second.entries, second.previous) == (2, 2, first.digests["sha256"])
    verdict = verify()
    assert (verdict.misfit, verdict.entries, verdict.sealed) == (None, 5, 5)


def test_an_entry_that_commits_late_is_sealed_by_the_next_checkpoint(transactional_db: None) -> None:
    """Its number is smaller than those sealed before it; its transaction is not."""
    written, sealed, done = threading.Event(), threading.Event(), threading.Event()

    def slow() -> None:
        with transaction.atomic():
            record(SYSTEM, "audit.viewed", "audit:slow")
            written.set()
            sealed.wait(20)
        done.set()
        connection.close()

    thread = threading.Thread(target=slow)
    thread.start()
    assert written.wait(20)
    write()
    seal()
    sealed.set()
    assert done.wait(20)
    thread.join()
    seal()
    verdict = verify()
    assert (verdict.misfit, verdict.entries, verdict.sealed) == (None, 2, 2)


TAMPERINGS: list[tuple[str, Callable[[int], None], str]] = [
    ("changed", lambda pk: as_owner("UPDATE audit_entry SET actor_label = '别人' WHERE id = %s", pk), "entry_changed"),
    (
        "changed details",
        lambda pk: as_owner("""UPDATE audit_entry SET details = '{"z": 2, "a": "字"}' WHERE id = %s""", pk),
        "entry_changed",
    ),
    ("deleted", lambda pk: as_owner("DELETE FROM audit_entry WHERE id = %s", pk), "entry_deleted"),
    (
        "inserted",
        lambda pk: as_owner(
            "INSERT INTO audit_entry (at, actor_label, channel, address, action, subject, details, xid)"
            " SELECT at, actor_label, channel, address, action, subject, details, xid FROM audit_entry WHERE id = %s",
            pk,
        ),
        "entry_inserted",
    ),
]


@pytest.mark.parametrize(("tamper", "kind"), [(tamper, kind) for _, tamper, kind in TAMPERINGS], ids=[name for name, _, _ in TAMPERINGS])
def test_verification_names_the_first_entry_that_does_not_fit(transactional_db: None, tamper: Callable[[int], None], kind: str) -> None:
    entries = write(5)
    seal()
    tamper(entries[2])
    misfit = verify().misfit
    assert misfit is not None
    assert (misfit.kind, misfit.checkpoint) == (kind, 1)
    if kind != "entry_inserted":
        assert misfit.entry == entries[2]


def test_two_tamperings_name_the_first(transactional_db: None) -> None:
    entries = write(5)
    seal()
    as_owner("DELETE FROM audit_entry WHERE id = %s", entries[3])
    as_owner("UPDATE audit_entry SET subject = 'x' WHERE id = %s", entries[1])
    misfit = verify().misfit
    assert misfit is not None
    assert misfit.entry == entries[1]


def test_a_rewritten_checkpoint_is_seen_by_its_signature(transactional_db: None) -> None:
    entries = write(2)
    seal()
    as_owner("UPDATE audit_entry SET subject = 'x' WHERE id = %s", entries[0])
    # the forger recomputes leaves and root, but has not the key
    ids, leaves = services._leaves(0, Checkpoint.objects.get().until_xid)
    root = rules.merkle_root(leaves).hex()
    as_owner("UPDATE audit_checkpoint SET leaves = %s, root = %s, entry_ids = %s", b"".join(leaves), root, ids)
    misfit = verify().misfit
    assert misfit is not None
    assert misfit.kind == "checkpoint_changed"


def test_a_missing_checkpoint_is_named(transactional_db: None) -> None:
    for _ in range(3):
        write()
        seal()
    as_owner("DELETE FROM audit_checkpoint WHERE number = 2")
    misfit = verify().misfit
    assert misfit is not None
    assert (misfit.kind, misfit.checkpoint) == ("checkpoint_missing", 2)


def test_the_merkle_root_is_the_one_of_rfc_6962() -> None:
    data = ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
    leaves = [rules.leaf_hash(bytes.fromhex(each)) for each in data]
    assert rules.merkle_root(leaves).hex() == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"
    assert rules.merkle_root(leaves[:1]).hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"


def test_raw_sql_leaves_row_history_too(transactional_db: None, world: World) -> None:
    finding = world.finding()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE findings_finding SET grade = 'serious' WHERE id = %s", [finding.pk])
        cursor.execute("SELECT pgh_label, grade FROM findings_findingevent WHERE pgh_obj_id = %s ORDER BY pgh_id", [finding.pk])
        assert cursor.fetchall() == [("insert", "minor"), ("update", "serious")]


def test_only_the_audit_administrator_reads_it_and_the_look_is_kept(world: World) -> None:
    for name in ("局长", "系统员", "安全员", "队员"):
        assert world.client(name).get("/audit/").status_code == 403
    before = Entry.objects.count()
    page = world.client("审计员").get("/audit/?action=people.granted").content.decode()
    assert "授予角色" in page
    assert Entry.objects.count() > before
    assert Entry.objects.latest("pk").action == "audit.viewed"
    exported = world.client("审计员").get("/audit/?export=csv")
    assert exported["Content-Type"].startswith("text/csv")


def test_the_verdict_is_json(transactional_db: None) -> None:
    write()
    seal()
    as_owner("DELETE FROM audit_entry")
    found = json.loads(json.dumps(verify().as_json()))
    assert (found["ok"], found["first_misfit"]["kind"]) == (False, "entry_deleted")
