"""Tests run on a real PostgreSQL: the embedded one in its own data directory, or CHENGXIN_DATABASE_URL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.db.backends.postgresql.operations import DatabaseOperations

from tests.rows import AS_REPLICA, filled

if TYPE_CHECKING:
    from tests.world import World


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> Iterator[None]:
    """Hold the embedded server for as long as the test session lasts."""
    from django.conf import settings

    from chengxin.core.postgres import running

    with running(settings.DATABASE_TARGET):
        yield


@pytest.fixture(scope="session")
def quick_migrations() -> Iterator[ExitStack]:
    from chengxin.cli.migrating import only_what_is_new_is_rendered

    with ExitStack() as stack:
        stack.enter_context(only_what_is_new_is_rendered())
        yield stack


@pytest.fixture(scope="session")
def django_db_setup(quick_migrations: ExitStack, django_db_setup: None) -> None:
    """The database is set up as an installation is; the tests themselves find everything as it was."""
    quick_migrations.close()


def pytest_make_parametrize_id(config: pytest.Config, val: object, argname: str) -> str | None:
    """Name a case with bytes by its parameter: an archive made at collection carries the time, and workers must agree on names."""
    return argname if isinstance(val, bytes) else None


@pytest.fixture(autouse=True, scope="session")
def tables_are_emptied_quickly_between_tests() -> Iterator[None]:
    """After a test with real transactions only the tables that hold something are emptied, past the append-only triggers.

    TRUNCATE of every table makes some thousand files new each time.
    """
    flush = DatabaseOperations.sql_flush

    def delete_what_is_there(
        self: DatabaseOperations, style: Any, tables: list[str], *, reset_sequences: bool = False, allow_cascade: bool = False
    ) -> list[str]:  # fmt: skip
        return [AS_REPLICA, *(f'DELETE FROM "{name}";' for name in filled(list(tables)))]

    DatabaseOperations.sql_flush = delete_what_is_there  # type: ignore[method-assign]
    yield
    DatabaseOperations.sql_flush = flush  # type: ignore[method-assign]


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
