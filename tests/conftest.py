"""Tests run on a real PostgreSQL: the embedded one in its own data directory, or CHENGXIN_DATABASE_URL."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

os.environ.setdefault("CHENGXIN_DATA", str(ROOT / "var" / "test-data"))
os.environ["CHENGXIN_TESTING"] = "1"
os.environ.setdefault("CHENGXIN_PG_FSYNC", "off")

import pytest  # noqa: E402  (settings read the environment when they are imported)
from django.db.backends.postgresql.operations import DatabaseOperations  # noqa: E402
from pytest_django.fixtures import SettingsWrapper  # noqa: E402


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> Iterator[None]:
    """Hold the embedded server for as long as the test session lasts."""
    from django.conf import settings

    from chengxin.core.postgres import running

    with running(settings.DATABASE_TARGET):
        yield


@pytest.fixture(autouse=True, scope="session")
def emptying_the_tables_between_tests_passes_the_append_only_triggers() -> Iterator[None]:
    """Tests with real transactions end with TRUNCATE, which the append-only tables refuse to everyone else."""
    flush = DatabaseOperations.execute_sql_flush

    def flush_as_replica(self: DatabaseOperations, sql_list: list[str]) -> None:
        flush(self, ["SET LOCAL session_replication_role = replica;", *sql_list])

    DatabaseOperations.execute_sql_flush = flush_as_replica  # type: ignore[method-assign]
    yield
    DatabaseOperations.execute_sql_flush = flush  # type: ignore[method-assign]


@pytest.fixture(autouse=True)
def files_in_a_folder_of_their_own(tmp_path: Path, settings: SettingsWrapper) -> None:
    """Stored originals of one test never meet those of another."""
    settings.DATA_DIR = tmp_path / "data"
