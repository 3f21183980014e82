"""A restore drill: a living installation is backed up, restored elsewhere, compared and worked on; damaged backups are refused."""

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

import pytest

from tests.cli.conftest import environment
from tests.cli.parcels import (
    LOOK,
    PASSPHRASE,
    call,
    contents,
    filled,
    forged,
    lose_keys,
    newer_data,
    newer_format,
    shell,
    unfinished,
)  # fmt: skip

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def living(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    yield from filled(migrated, tmp_path_factory.mktemp("drill"), "backup")


@pytest.fixture
def copy(living: dict[str, Any], tmp_path: Path) -> Path:
    """A copy of the backup to damage."""
    return Path(shutil.copytree(living["parcel"], tmp_path / "copy"))


def test_a_backup_of_a_living_system_is_restored_and_worked_on(living: dict[str, Any], tmp_path: Path) -> None:
    there = tmp_path / "there"
    done = call(there, "restore", str(living["parcel"]), "--digest", living["told"]["digest"])
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert (found["ok"], found["damaged_files"], found["counts"]["users"], found["counts"]["files"]) == (True, [], 3, 1)
    assert found["audit"]["checkpoints"] == 1
    looked = json.loads(shell(there, LOOK))
    # whoever signed in before still does, the receipt code is the same, and the chain of checkpoints goes on
    assert looked == {"status": 302, "sealed": 2, "unsealed": 0, "ok": True, "code": living["code"]}
    for tree in ("files", "footage/originals", "keys"):
        assert contents(there / tree) == contents(living["data"] / tree) != {}
    assert not there.with_name("there.restoring").exists()
    assert (there / "keys").stat().st_mode & 0o777 == 0o700
    again = call(there, "restore", str(living["parcel"]))
    assert (again.returncode, "不是空的" in again.stderr) == (2, True)


def test_no_key_lies_in_clear_in_a_backup_and_a_wrong_passphrase_restores_nothing(living: dict[str, Any], tmp_path: Path) -> None:
    secrets = [path.read_bytes().strip() for path in (living["data"] / "keys").iterdir()]
    assert len(secrets) >= 3
    for path in living["parcel"].rglob("*"):
        assert not (path.is_file() and any(secret in path.read_bytes() for secret in secrets)), path
    there = tmp_path / "there"
    refused = call(there, "restore", str(living["parcel"]), passphrase="another passphrase")
    assert (refused.returncode, "口令不对" in refused.stderr, there.exists()) == (2, True, False)
    short = call(living["data"], "backup", str(tmp_path / "b"), passphrase="short")
    assert (short.returncode, "至少 12" in short.stderr, (tmp_path / "b").exists()) == (2, True, False)


def test_a_second_backup_links_what_did_not_change_and_keys_may_be_kept_apart(living: dict[str, Any], tmp_path: Path) -> None:
    second, there = living["parcel"].with_name("second"), tmp_path / "there"
    done = call(living["data"], "backup", str(second), "--keys", "apart", "--previous", str(living["parcel"]))
    assert (done.returncode, "另行保管" in done.stderr) == (0, True), done.stderr
    originals = [path for path in (second / "footage").rglob("*") if path.is_file()]
    assert [path.stat().st_nlink for path in originals] == [2]
    without = call(there, "restore", str(second))
    assert (without.returncode, "--keys-from" in without.stderr, there.exists()) == (2, True, False)
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "audit").write_text("not this one\n", encoding="ascii")
    others = call(there, "restore", str(second), "--keys-from", str(tmp_path / "keys"))
    assert (others.returncode, "密钥 audit" in others.stderr, there.exists()) == (2, True, False)
    kept = call(there, "restore", str(second), "--keys-from", str(living["data"] / "keys"))
    assert kept.returncode == 0, kept.stderr
    assert contents(there / "keys") == contents(living["data"] / "keys")


def cut(copy: Path) -> str:
    path = copy / "database" / "base.tar"
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size - 512)
    return "database/base.tar 应为"


def flip(copy: Path) -> str:
    path = next(path for path in sorted((copy / "data").rglob("*")) if path.is_file())
    content = bytearray(path.read_bytes())
    content[0] ^= 1
    path.write_bytes(content)
    return f"{path.relative_to(copy)} 的内容与清单"


def rewrite(copy: Path) -> str:
    path = copy / "manifest.json"
    path.write_text(path.read_text(encoding="utf-8").replace('"users": 3', '"users": 2'), encoding="utf-8")
    return "与其总摘要不符"


def cut_manifest(copy: Path) -> str:
    path = copy / "manifest.json"
    path.write_text(path.read_text(encoding="utf-8")[:-40], encoding="utf-8")
    return "被截断或被改动"


def another_release(copy: Path) -> str:
    forged(copy, database={"kind": "embedded", "release": 99, "name": "chengxin"})
    return "PostgreSQL 99"


def external(copy: Path) -> str:
    forged(copy, database={"kind": "external", "release": 16, "name": "chengxin"})
    return "--database-apart"


DAMAGES = [cut, flip, lose_keys, rewrite, cut_manifest, unfinished, newer_format, newer_data, another_release, external]


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_a_damaged_or_foreign_backup_is_refused_by_name_and_nothing_is_written(copy: Path, tmp_path: Path, damage: Any) -> None:
    told, there = damage(copy), tmp_path / "there"
    refused = call(there, "restore", str(copy))
    assert refused.returncode == 2, refused.stdout
    assert told in refused.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy"]


def test_a_restore_that_is_killed_leaves_no_installation_and_the_next_one_succeeds(living: dict[str, Any], tmp_path: Path) -> None:
    there, staging = tmp_path / "there", tmp_path / "there.restoring"
    surroundings = {**environment(there), "CHENGXIN_BACKUP_PASSPHRASE": PASSPHRASE}
    process = subprocess.Popen([sys.executable, "-m", "chengxin", "restore", str(living["parcel"])], env=surroundings)
    while not (staging / "keys").exists():
        time.sleep(0.01)
        assert process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.wait(20)
    assert (there.exists(), staging.exists()) == (False, True)
    done = call(there, "restore", str(living["parcel"]))
    assert done.returncode == 0, done.stderr
    assert (there.exists(), staging.exists()) == (True, False)


def test_a_backup_that_is_killed_has_no_manifest_and_its_name_is_free(living: dict[str, Any], tmp_path: Path) -> None:
    there, partial = tmp_path / "b", tmp_path / "b.partial"
    surroundings = {**environment(living["data"]), "CHENGXIN_BACKUP_PASSPHRASE": PASSPHRASE}
    process = subprocess.Popen([sys.executable, "-m", "chengxin", "backup", str(there)], env=surroundings)
    while not partial.exists():
        time.sleep(0.01)
        assert process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.wait(20)
    assert (there.exists(), (partial / "manifest.json").exists()) == (False, False)
    assert call(living["data"], "backup", str(there)).returncode == 0
    assert (there.exists(), partial.exists()) == (True, False)
    same = call(living["data"], "backup", str(there))
    assert (same.returncode, "已经存在" in same.stderr) == (2, True)


def test_a_rotten_original_is_backed_up_and_told(living: dict[str, Any], tmp_path: Path) -> None:
    path = next(path for path in (living["data"] / "files").rglob("*") if path.is_file())
    whole = path.read_bytes()
    try:
        path.write_bytes(b"x" + whole[1:])
        done = call(living["data"], "backup", str(tmp_path / "b"))
        assert (done.returncode, path.name in done.stderr) == (1, True)
        assert path.name in json.loads(done.stdout.splitlines()[-1])["damaged"][0]
        looked = call(living["data"], "check")
        assert (looked.returncode, json.loads(looked.stdout)["damaged_files"]) == (1, [path.name])
    finally:
        path.write_bytes(whole)
