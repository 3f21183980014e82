"""The rows of the tests' database: kept and put back as they were, and taken away quickly."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from django.db import connection, transaction

# what is written by triggers or computed is put back as it stood, not made a second time; TRUNCATE-proof tables are emptied too
AS_REPLICA = "SET LOCAL session_replication_role = replica;"


@dataclass(frozen=True)
class Rows:
    """What some tables hold, as COPY writes it."""

    tables: dict[str, bytes]

    @classmethod
    def of(cls, names: list[str]) -> Rows:
        return cls({name: _copied_out(name) for name in names})

    def put_back(self) -> None:
        """Into tables that are empty. Nothing is triggered or checked: these rows stood there before."""
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(AS_REPLICA)
            for name, content in self.tables.items():
                with cursor.copy(f"COPY {_columns(name)} FROM STDIN") as copy:
                    copy.write(content)
            cursor.execute("SET LOCAL session_replication_role = origin")


def filled(names: list[str]) -> list[str]:
    """Those of the tables that hold any row."""
    asked = ",".join(f"CASE WHEN EXISTS (SELECT 1 FROM \"{name}\") THEN '{name}' END" for name in names)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT array_remove(ARRAY[{asked}]::text[], NULL)")
        found: list[str] = cursor.fetchone()[0]
    return found


@cache
def all_tables() -> list[str]:
    return sorted(connection.introspection.django_table_names(only_existing=True, include_views=False))


def _copied_out(name: str) -> bytes:
    with connection.cursor() as cursor, cursor.copy(f"COPY {_columns(name)} TO STDOUT") as copy:
        return b"".join(bytes(block) for block in copy)


@cache
def _columns(name: str) -> str:
    """The table with its columns that can be written: a generated column is computed again."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''"
            " ORDER BY attnum",
            [f'"{name}"'],
        )
        return f'"{name}" (' + ", ".join(f'"{column}"' for (column,) in cursor.fetchall()) + ")"
