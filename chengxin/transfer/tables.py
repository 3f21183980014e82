"""The tables of a bureau as they travel: which ones, and how a row becomes a line of JSON and a row again.

The database writes and reads the lines itself: every type it has comes back as it was. Only a jsonb column that holds JSON's own
null looks like an empty one then; such a value travels as a marker.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

# what belongs to the running server and not to the bureau: sessions, jobs, files asked for by a reader, slowed callers, and what
# the settings say anyway; each system has its own
LEFT_OUT = frozenset({
    "cache_entry", "django_migrations", "django_session", "transfer_listfile", "complaints_throttle", "people_signinguard",
    "socialaccount_socialapp", "socialaccount_socialtoken",
})  # fmt: skip
LEFT_OUT_PREFIX = "procrastinate_"
# what lets somebody in: it travels under the passphrase only, and stands empty in its table's lines
CREDENTIALS: Mapping[tuple[str, str], str] = {("people_user", "password"): "", ("mfa_authenticator", "data"): "{}"}
NULL_IN_JSON = '{"chengxin:null": true}'
# characters that no line of JSON has unescaped: so a line stands in the stream as it is
AS_IT_IS = sql.SQL("(FORMAT csv, DELIMITER E'\\x01', QUOTE E'\\x02')")
COLUMNS = """SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), coalesce(a.attnum = ANY (k.conkey), false)
 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
 LEFT JOIN pg_constraint k ON k.conrelid = c.oid AND k.contype = 'p'
 WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY c.relname, a.attnum"""
KEYS = """SELECT k.conrelid::regclass::text, k.confrelid::regclass::text, f.attname, t.attname
 FROM pg_constraint k JOIN pg_attribute f ON f.attrelid = k.conrelid AND f.attnum = k.conkey[1]
 JOIN pg_attribute t ON t.attrelid = k.confrelid AND t.attnum = k.confkey[1]
 WHERE k.contype = 'f' AND array_length(k.conkey, 1) = 1 AND k.connamespace = 'public'::regnamespace"""
NUMBERED = """SELECT c.relname, a.attname, pg_get_serial_sequence(quote_ident(c.relname), a.attname)
 FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
 WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
   AND pg_get_serial_sequence(quote_ident(c.relname), a.attname) IS NOT NULL"""

Cursor = psycopg.Cursor[Any]


@dataclass(frozen=True)
class Table:
    """A table that travels: its columns with their types, and those of its primary key."""

    name: str
    columns: tuple[tuple[str, str], ...]
    key: tuple[str, ...]

    @property
    def path(self) -> str:
        """Where its lines are in a parcel."""
        return f"tables/{self.name}.jsonl"

    @property
    def names(self) -> sql.Composed:
        return sql.SQL(", ").join(sql.Identifier(name) for name, _ in self.columns)


def is_left_out(name: str) -> bool:
    return name in LEFT_OUT or name.startswith(LEFT_OUT_PREFIX)


def travelling(cursor: Cursor) -> list[Table]:
    """Every table of this database that travels, by name."""
    columns: dict[str, list[tuple[str, str]]] = {}
    keys: dict[str, list[str]] = {}
    for table, column, kind, is_key in cursor.execute(COLUMNS).fetchall():
        if not is_left_out(table):
            columns.setdefault(table, []).append((column, kind))
            keys.setdefault(table, []).extend([column] if is_key else [])
    return [Table(name, tuple(found), tuple(keys[name])) for name, found in columns.items()]


def write_lines(cursor: Cursor, table: Table, take: Callable[[bytes], None]) -> int:
    """Give out a table's rows by their key, one line of JSON each; how many."""
    order = [sql.Identifier(name) for name in table.key] or [sql.Identifier(table.columns[0][0])]
    statement = sql.SQL("COPY (SELECT row_to_json(r) FROM (SELECT {} FROM {} ORDER BY {}) AS r) TO STDOUT {}").format(
        sql.SQL(", ").join(_outward(table.name, *column) for column in table.columns),
        sql.Identifier(table.name), sql.SQL(", ").join(order), AS_IT_IS,
    )  # fmt: skip
    with cursor.copy(statement) as copy:
        for chunk in copy:
            take(bytes(chunk))
    return cursor.rowcount


def _outward(table: str, column: str, kind: str) -> sql.Composable:
    name = sql.Identifier(column)
    if (table, column) in CREDENTIALS:
        return sql.SQL("{}::{} AS {}").format(sql.Literal(CREDENTIALS[table, column]), sql.SQL(kind), name)
    if kind == "jsonb":
        return sql.SQL("CASE WHEN {0} = 'null'::jsonb THEN {1}::jsonb ELSE {0} END AS {0}").format(name, sql.Literal(NULL_IN_JSON))
    return name


def empty(cursor: Cursor, every: Iterable[Table]) -> None:
    """Take out what setting up put into the tables; the lines bring their own."""
    cursor.execute(sql.SQL("TRUNCATE {} CASCADE").format(sql.SQL(", ").join(sql.Identifier(table.name) for table in every)))


def read_lines(cursor: Cursor, table: Table, chunks: Iterable[bytes]) -> int:
    """Fill a table from its lines; how many rows. What a line has beyond the table's columns is passed over."""
    cursor.execute("CREATE TEMPORARY TABLE IF NOT EXISTS coming (line json) ON COMMIT DROP")
    cursor.execute("TRUNCATE coming")
    with cursor.copy(sql.SQL("COPY coming FROM STDIN {}").format(AS_IT_IS)) as copy:
        for chunk in chunks:
            copy.write(chunk)
    cursor.execute(
        sql.SQL(
            "INSERT INTO {table} ({names}) OVERRIDING SYSTEM VALUE SELECT {values} FROM coming,"
            " LATERAL json_populate_record(NULL::{table}, line) AS r"
        ).format(table=sql.Identifier(table.name), names=table.names, values=sql.SQL(", ").join(_inward(*each) for each in table.columns))
    )
    return cursor.rowcount


def _inward(column: str, kind: str) -> sql.Composable:
    name = sql.Identifier("r", column)
    if kind == "jsonb":
        return sql.SQL("CASE WHEN {0} = {1}::jsonb THEN 'null'::jsonb ELSE {0} END").format(name, sql.Literal(NULL_IN_JSON))
    return name


def credentials(cursor: Cursor) -> dict[str, dict[str, str]]:
    """What lets people in, by "table.column" and the row's number."""
    found = {}
    for table, column in CREDENTIALS:
        asked = sql.SQL("SELECT id::text, {}::text FROM {} ORDER BY id").format(sql.Identifier(column), sql.Identifier(table))
        found[f"{table}.{column}"] = dict(cursor.execute(asked).fetchall())
    return found


def put_credentials(cursor: Cursor, kept: Mapping[str, Mapping[str, str]]) -> None:
    """Put back what ``credentials`` gave."""
    for table, column in CREDENTIALS:
        statement = sql.SQL("UPDATE {} SET {} = %s WHERE id = %s").format(sql.Identifier(table), sql.Identifier(column))
        cursor.executemany(statement, [(value, int(number)) for number, value in kept.get(f"{table}.{column}", {}).items()])


def orphan(cursor: Cursor) -> str:
    """The first reference that leads to nothing, as text; "" when every one has its row. Rows were filled in without this check."""
    for table, other, column, target in cursor.execute(KEYS).fetchall():
        asked = sql.SQL(
            "SELECT f.{c} FROM {t} f WHERE f.{c} IS NOT NULL AND NOT EXISTS (SELECT FROM {o} o WHERE o.{k} = f.{c}) LIMIT 1"
        ).format(c=sql.Identifier(column), t=sql.Identifier(table), o=sql.Identifier(other), k=sql.Identifier(target))
        row = None if is_left_out(other) and is_left_out(table) else cursor.execute(asked).fetchone()
        if row is not None:
            return f"{table}.{column} = {row[0]}，但 {other} 里没有"
    return ""


def number_on(cursor: Cursor, every: Iterable[Table]) -> None:
    """Let the numbers of tables go on after the highest they hold. Numbers given out do not come back, whatever the transaction does."""
    names = {table.name for table in every}
    for table, column, sequence in cursor.execute(NUMBERED).fetchall():
        if table not in names:
            continue
        statement = sql.SQL("SELECT setval({}, coalesce(max({}), 0) + 1, false) FROM {}")
        cursor.execute(statement.format(sql.Literal(sequence), sql.Identifier(column), sql.Identifier(table)))
