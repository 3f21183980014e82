"""A draw of 500 from 100,000 through the two commands on the real database, against hashing the same tickets."""

from __future__ import annotations

import gc
import hashlib
import time
from collections.abc import Iterator

from bench import town
from bench.measure import Result, interleaved, result
from chengxin.core.actor import Actor
from chengxin.draws.models import Draw
from chengxin.draws.services import cast_draw, freeze_draw
from chengxin.people import access
from chengxin.rulekit.draws import Entry, ticket

ENTRIES, DRAWN, LAYERS, ROUNDS = 100_000, 500, 50, 5


def run() -> Iterator[Result]:
    yield from draw()


def draw() -> Iterator[Result]:
    """From the frame in hand to the drawn in the database: sorted, hashed, kept, read again, checked, drawn, audited.

    In seconds, and against SHA-256 over the same tickets, one after another.
    """
    actor, entries = access.actor_for(town.build()), _entries()
    quotas = {entry.stratum: DRAWN // LAYERS for entry in entries}
    numbers = iter(range(1_000_000))
    Draw.objects.filter(key__startswith="bench:").delete()

    def whole() -> float:
        return _timed(actor, entries, quotas, f"bench:{next(numbers)}")

    whole()  # the first meets a cold database
    taken, limit = interleaved(ROUNDS, whole, lambda: _hashed(entries))
    Draw.objects.filter(key__startswith="bench:").delete()
    yield result(f"draw of {DRAWN} from {ENTRIES:,}", taken, "s", limit, "≤ 5")
    yield result(f"draw of {DRAWN} from {ENTRIES:,}, seconds", taken, "s", limit, "≤ 0.5", ratio=taken)


def _entries() -> list[Entry]:
    """A frame in the order in which a register would give it, which is not the frame's own."""
    return [Entry(f"T{number * 7919 % ENTRIES:06d} 测速", f"{number % LAYERS}中队 在编 未查过") for number in range(ENTRIES)]


def _timed(actor: Actor, entries: list[Entry], quotas: dict[str, int], key: str) -> float:
    gc.collect()
    start = time.perf_counter()
    made = cast_draw(actor, freeze_draw(actor, key=key, title="测速", entries=entries, quotas=quotas, rule_version="-"), public="四 二 六")
    taken = time.perf_counter() - start
    assert len(made.drawn) == DRAWN
    assert taken > 0
    return taken


def _hashed(entries: list[Entry]) -> float:
    seed, digest = "5" * 64, hashlib.sha256(b"frame").hexdigest()
    start = time.perf_counter()
    for entry in entries:
        ticket(seed, digest, entry.name)
    return time.perf_counter() - start
