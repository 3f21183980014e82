"""Moving house: a bureau is exported while somebody writes, imported elsewhere, compared and worked on; damaged exports are refused."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.cli.conftest import environment
from tests.cli.parcels import LOOK, PASSPHRASE, call, contents, filled, forged, newer_data, newer_format, shell, unfinished

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def moving(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    yield from filled(migrated, tmp_path_factory.mktemp("moving"), "export")


@pytest.fixture
def copy(moving: dict[str, Any], tmp_path: Path) -> Path:
    """A copy of the export to damage."""
    return Path(shutil.copytree(moving["parcel"], tmp_path / "copy"))


def start_import(there: Path, export: Path) -> subprocess.Popen[bytes]:
    surroundings = {**environment(there), "CHENGXIN_BACKUP_PASSPHRASE": PASSPHRASE}
    return subprocess.Popen([sys.executable, "-m", "chengxin", "import", str(export)], env=surroundings, start_new_session=True)


def test_an_import_that_is_killed_leaves_nothing_and_the_next_one_is_worked_on(moving: dict[str, Any], tmp_path: Path) -> None:
    there, staging = tmp_path / "there", tmp_path / "there.restoring"
    process = start_import(there, moving["parcel"])
    while not (staging / "postgres" / "PG_VERSION").exists():
        time.sleep(0.01)
        assert process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.wait(20)
    assert (there.exists(), staging.exists()) == (False, True)
    done = call(there, "import", str(moving["parcel"]), "--digest", moving["told"]["digest"])
    assert done.returncode == 0, done.stderr
    assert (there.exists(), staging.exists()) == (True, False)
    found = json.loads(done.stdout.splitlines()[-1])
    assert (found["ok"], found["damaged_files"], found["counts"]["users"], found["counts"]["files"]) == (True, [], 3, 1)
    assert found["audit"]["checkpoints"] == 1
    # the passwords hold, the receipt code is the same, and the chain of checkpoints goes on over the other system's open entries
    looked = json.loads(shell(there, LOOK))
    assert looked == {"status": 302, "sealed": 2, "unsealed": 0, "ok": True, "code": moving["code"]}
    for tree in ("files", "footage/originals", "keys"):
        assert contents(there / tree) == contents(moving["data"] / tree) != {}
    again = call(there, "import", str(moving["parcel"]))
    assert (again.returncode, "不是空的" in again.stderr) == (2, True)


def test_nothing_that_lets_anybody_in_lies_in_clear_and_a_wrong_passphrase_imports_nothing(moving: dict[str, Any], tmp_path: Path) -> None:
    secrets = [path.read_bytes().strip() for path in (moving["data"] / "keys").iterdir()]
    assert len(secrets) >= 3
    for path in moving["parcel"].rglob("*"):
        assert not (path.is_file() and any(secret in path.read_bytes() for secret in (*secrets, b"argon2", b"pbkdf2"))), path
    there = tmp_path / "there"
    refused = call(there, "import", str(moving["parcel"]), passphrase="another passphrase")
    assert (refused.returncode, "口令不对" in refused.stderr, sorted(tmp_path.iterdir())) == (2, True, [])
    short = call(moving["data"], "export", str(tmp_path / "x"), passphrase="short")
    assert (short.returncode, "至少 12" in short.stderr, sorted(tmp_path.iterdir())) == (2, True, [])


def cut(copy: Path) -> str:
    path = copy / "tables" / "audit_entry.jsonl"
    path.write_bytes(path.read_bytes()[:-20])
    return "tables/audit_entry.jsonl 应为"


def alter(copy: Path) -> str:
    path = copy / "tables" / "people_user.jsonl"
    path.write_bytes(path.read_bytes().replace(b"auditor", b"auditxr"))
    return "tables/people_user.jsonl 的内容与清单"


def lose(copy: Path) -> str:
    (copy / "credentials.sealed").unlink()
    return "缺少 credentials.sealed"


def older_data(copy: Path) -> str:
    told = json.loads((copy / "manifest.json").read_text(encoding="utf-8"))["migrations"]
    forged(copy, migrations={**told, "portal": []})
    return "没有 portal.0001_guide"


def a_backup(copy: Path) -> str:
    forged(copy, format="chengxin-backup")
    return "这里需要 chengxin-export"


DAMAGES = [cut, alter, lose, unfinished, newer_format, newer_data, older_data, a_backup]


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_a_damaged_or_foreign_export_is_refused_by_name_and_nothing_is_written(copy: Path, tmp_path: Path, damage: Any) -> None:
    told, there = damage(copy), tmp_path / "there"
    refused = call(there, "import", str(copy))
    assert refused.returncode == 2, refused.stdout
    assert told in refused.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy"]


def test_another_outcome_is_found_after_loading_and_nothing_is_left(copy: Path, tmp_path: Path) -> None:
    """A manifest that fits itself, but was written by somebody with an interest."""
    facts = json.loads((copy / "manifest.json").read_text(encoding="utf-8"))
    forged(copy, outcomes={**facts["outcomes"], "draws": {"evidence.review:2026-09": "0" * 64}})
    refused = call(tmp_path / "there", "import", str(copy))
    assert (refused.returncode, "draws evidence.review:2026-09" in refused.stderr) == (2, True), refused.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy"]


def test_keys_kept_apart_are_asked_for(moving: dict[str, Any], tmp_path: Path) -> None:
    apart, there = tmp_path / "apart", tmp_path / "there"
    done = call(moving["data"], "export", str(apart), "--keys", "apart", "--footage", "apart")
    assert done.returncode == 0, done.stderr
    assert not (apart / "keys.sealed").exists()
    assert not (apart / "footage").exists()
    without = call(there, "import", str(apart))
    assert (without.returncode, "--keys-from" in without.stderr, there.exists()) == (2, True, False)


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Any]:
    """The addresses of empty databases on a server of its own, by the role they belong to."""
    from chengxin.core.postgres import database_target, running

    with running(database_target({"CHENGXIN_DATA": str(tmp_path / "elsewhere")}, tmp_path)) as server:

        def made(role: str, attributes: str) -> str:
            with psycopg.connect(host=server.host, dbname="postgres", user=server.user, autocommit=True) as connection:
                connection.execute(f"CREATE ROLE {role} LOGIN {attributes}")
                connection.execute(f"CREATE DATABASE bureau_{role} OWNER {role}")
            return f"postgresql://{role}@/bureau_{role}?host={server.host}"

        yield made


def test_an_import_fills_the_empty_database_of_an_external_server(moving: dict[str, Any], tmp_path: Path, elsewhere: Any) -> None:
    there, database = tmp_path / "there", {"CHENGXIN_DATABASE_URL": elsewhere("keeper", "SUPERUSER")}
    done = call(there, "import", str(moving["parcel"]), **database)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert (found["ok"], found["damaged_files"], found["counts"]["users"], found["counts"]["files"]) == (True, [], 3, 1)
    assert not (there / "postgres").exists()
    looked = json.loads(shell(there, LOOK, **database))
    assert looked == {"status": 302, "sealed": 2, "unsealed": 0, "ok": True, "code": moving["code"]}
    again = call(tmp_path / "beside", "import", str(moving["parcel"]), **database)
    assert (again.returncode, "不是空的" in again.stderr, (tmp_path / "beside").exists()) == (2, True, False)


def test_a_database_user_who_may_not_load_is_told_what_to_ask_for(moving: dict[str, Any], tmp_path: Path, elsewhere: Any) -> None:
    there, database = tmp_path / "there", {"CHENGXIN_DATABASE_URL": elsewhere("plain", "")}
    refused = call(there, "import", str(moving["parcel"]), **database)
    assert (refused.returncode, "GRANT SET ON PARAMETER session_replication_role" in refused.stderr, there.exists()) == (2, True, False)
    with psycopg.connect(database["CHENGXIN_DATABASE_URL"]) as connection:
        assert connection.execute("SELECT (SELECT count(*) FROM people_user), (SELECT count(*) FROM audit_entry)").fetchone() == (0, 0)


def test_a_table_that_lacks_a_row_is_named_and_nothing_is_left(copy: Path, tmp_path: Path) -> None:
    """Fitting itself in every digest, but not in what it says of its tables."""
    told = json.loads((copy / "manifest.json").read_text(encoding="utf-8"))["tables"]
    rows = told["people_person"]["rows"]
    forged(copy, tables={**told, "people_person": {**told["people_person"], "rows": rows + 1}})
    refused = call(tmp_path / "there", "import", str(copy))
    assert (refused.returncode, f"应有 {rows + 1} 行，装入 {rows} 行" in refused.stderr) == (2, True), refused.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy"]
