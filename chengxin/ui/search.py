"""Finding rows by words that stand anywhere in their text, in tables of any length.

People search Chinese by two characters. A trigram index (pg_trgm) needs three and reads itself whole for two, so rooms index every pair of
neighbouring characters instead: GinIndex(Grams(...)). Words are compared with strpos, which knows no wildcards: %, _ and \\ are characters
like any other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import Expression, F, Func, Q, QuerySet, TextField, Value

from chengxin.core.errors import DomainError
from chengxin.ui.together import Inquiry, Sifted

LONGEST, MOST_WORDS = 60, 5
SHOWN = 8  # of each kind
NEWEST = 20_000  # rows looked at without an index: a word that is everywhere is found among them
FULL_WIDTH = {code: code - 0xFEE0 for code in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))}
INVISIBLE = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\u200b-\u200f\u2028-\u202e\u2060\ufe00-\ufe0f\ufeff\ufffd]")


class Grams(Func):
    """The pairs of neighbouring characters of a text (ui/migrations/0001_grams.py)."""

    function = "chengxin_grams"
    arity = 1
    output_field = ArrayField(TextField())


def words_of(typed: str) -> tuple[str, ...]:
    """The words somebody typed into a search box: all have to be found.

    Raises DomainError (field "q") for nothing, for less than two characters and for more than can be meant.
    """
    text = " ".join(INVISIBLE.sub("", typed).translate(FULL_WIDTH).split())
    if not text:
        raise DomainError("nothing", "请输入要查找的内容：姓名、拼音首字母、编号或内容里的两个字。", field="q")
    if len(text) > LONGEST:
        raise DomainError("too_long", f"输入的内容有 {len(text)} 个字，请缩短到 {LONGEST} 个字以内，用最关键的几个字查找。", field="q")
    words = tuple(dict.fromkeys(text.split(" ")))
    if max(len(word) for word in words) < 2:
        raise DomainError("too_short", "只有一个字无法查找，请至少连续输入两个字（或两个字母、数字）。", field="q")
    if len(words) > MOST_WORDS:
        raise DomainError("too_many", f"输入了 {len(words)} 个词，请只留最关键的 {MOST_WORDS} 个以内，词与词之间用空格分开。", field="q")
    return words


def numbers_in(words: Sequence[str], mark: str) -> list[int]:
    """The serial number that a single word names: 问〔2026〕000123, 诉0000012, or digits alone."""
    found = re.fullmatch(rf"(?:{mark})?(?:〔\d{{4}}〕)?0*(\d{{1,12}})", words[0]) if len(words) == 1 else None
    return [int(found[1])] if found else []


@dataclass(frozen=True)
class Hit:
    """Something found: what it is called, where it stands, and a line about it."""

    title: str
    url: str
    detail: str = ""


@dataclass(frozen=True)
class Group:
    """What was found of one kind. ``has_more``: there is more than is shown; ``url`` leads to the whole list, "" where there is none."""

    title: str
    hits: list[Hit]
    has_more: bool = False
    url: str = ""


def grouped(title: str, rows: Sequence[dict[str, Any]], told: Callable[[dict[str, Any]], Hit], url: str = "") -> Group:
    """The first rows as a group; ``sifted`` gives one more than is shown."""
    return Group(title, [told(row) for row in rows[:SHOWN]], len(rows) > SHOWN, url)


def sifted(
    visible: QuerySet[Any, Any],
    words: Sequence[str],
    *,
    document: Expression | F,
    order: str,
    columns: Sequence[str] = (),
    indexed: bool = False,
    exact: Q | None = None,
    **named: Any,
) -> Inquiry[list[dict[str, Any]]]:
    """Rows of what the reader sees in whose document all words stand, the first by ``order``, as dictionaries with ``columns``.

    The newest rows are read as they are. Only a word that is rare among them is looked up in the index of ``Grams(document)``. ``exact``
    names rows that are meant whatever stands in them, as by their number; they come first.
    """
    every = visible.annotate(searched=document).alias(searched_grams=Grams(document))
    looked = tuple(dict.fromkeys(["id", order.removeprefix("-"), "searched"]))
    recent = Sifted(every.order_by(order)[:NEWEST].values(*looked), words, order, SHOWN + 1)
    meant = (every.filter(exact).order_by(order)[: SHOWN + 1] if exact is not None else every.none()).values("id")
    yield recent, meant
    rows = recent.rows
    if indexed and len(rows) <= SHOWN:
        pairs = every.order_by()
        for word in words:
            pairs = pairs.filter(searched_grams__contains=Grams(Value(word))) if len(word) > 1 else pairs
        older = Sifted(pairs.values(*looked), words, order, SHOWN + 1)
        yield older
        rows = older.rows
    # what is told of a row is worked out for the few that fit, not for all that were looked at
    wanted = list(dict.fromkeys(row["id"] for row in (*meant, *rows)))
    told = every.annotate(**named).filter(pk__in=wanted).values(*dict.fromkeys([*looked, *columns, *named]))
    if wanted:
        yield told
    known = {row["id"]: row for row in told} if wanted else {}
    return [known[pk] for pk in wanted if pk in known]
