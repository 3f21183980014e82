"""Tests run on a real PostgreSQL: the embedded one in its own data directory, or CHENGXIN_DATABASE_URL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.db.backends.postgresql.operations import DatabaseOperations

if TYPE_CHECKING:
    from tests.world import World


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> Iterator[None]:
    """Hold the embedded server for as long as the test session lasts."""
    from django.conf import settings

    from chengxin.core.postgres import running

    with running(settings.DATABASE_TARGET):
        yield


def pytest_make_parametrize_id(config: pytest.Config, val: object, argname: str) -> str | None:
    """Name a case with bytes by its parameter: an archive made at collection carries the time, and workers must agree on names."""
    return argname if isinstance(val, bytes) else None


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
def files_in_a_folder_of_their_own(tmp_path: Path, settings: Any) -> None:
    """Stored originals of one test never meet those of another."""
    settings.DATA_DIR = tmp_path / "data"
    settings.FOOTAGE_DIR = tmp_path / "data" / "footage"
    settings.FOOTAGE_COPY_DIR = tmp_path / "data" / "footage-copy"


REAL_TRANSACTIONS = {"live_server", "transactional_db"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test that lives in the small town uses the database, with real transactions where it runs a server or threads."""
    for item in items:
        names = set(getattr(item, "fixturenames", ()))
        if "world" in names and item.get_closest_marker("django_db") is None:
            item.add_marker(pytest.mark.django_db(transaction=bool(REAL_TRANSACTIONS & names)))


@pytest.fixture
def world() -> World:
    """The small town of tests/world.py."""
    from tests.world import build_world

    return build_world()
