"""What every bench shares: a result that prints itself, and pgbench from the PostgreSQL wheel."""

from __future__ import annotations

import json
import re
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

from chengxin.core.postgres import EmbeddedServer


@dataclass(frozen=True)
class Result:
    """A figure with its limit. ``goal`` is what the ratio should reach ("≥ 0.24") or stay below ("≤ 1.4")."""

    name: str
    value: float
    unit: str
    limit: float
    ratio: float
    goal: str
    holds: bool

    def as_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False)


def result(name: str, value: float, unit: str, limit: float, goal: str, *, ratio: float | None = None) -> Result:
    """The ratio is value / limit unless another one is meant by the goal."""
    measured = value / limit if ratio is None else ratio
    sign, number = goal.split()
    holds = measured >= float(number) if sign == "≥" else measured <= float(number)
    return Result(name, round(value, 3), unit, round(limit, 3), round(measured, 4), goal, holds)


def rate(work: Callable[[], object], seconds: float) -> float:
    """How often a piece of work is done in a second."""
    done, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        work()
        done += 1
    return done / (time.perf_counter() - start)


def interleaved(rounds: int, *measures: Callable[[], float]) -> list[float]:
    """The median of each measure; they take turns, so that a noisy neighbour meets all of them."""
    taken = [[measure() for measure in measures] for _ in range(rounds)]
    return [statistics.median(column) for column in zip(*taken, strict=True)]


def pgbench(script: str, seconds: float) -> float:
    """Transactions a second of one pgbench client running a script on the running database (prepared statements)."""
    from django.conf import settings

    target = settings.DATABASE_TARGET
    assert target.data is not None, "a bench runs on a database of its own"
    program = EmbeddedServer(target.data).programs / "pgbench"
    with tempfile.NamedTemporaryFile("w", suffix=".sql", encoding="utf-8") as file:
        file.write(script)
        file.flush()
        command = [str(program), "-n", "-M", "prepared", "-c", "1", "-T", str(int(seconds)), "-f", file.name]
        command += ["-h", target.host, "-U", target.user, target.name]
        printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found = re.search(r"tps = ([0-9.]+)", printed)
    assert found is not None, printed
    return float(found[1])
