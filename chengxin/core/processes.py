"""Child processes that never outlive their parent."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from chengxin.core.lifeline import signal_group

GRACE_S = 10.0


@dataclass(frozen=True)
class Program:
    """A child to run: the name people see and its command line."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    folder: Path | None = None  # where it is started; None: where its parent is


class ChildDied(RuntimeError):
    """A child ended although nobody asked it to."""


def run_until_stopped(programs: Sequence[Program], *, each_second: Callable[[], None]) -> None:
    """Run the programs until INT or TERM arrives, then end them all. Raises ChildDied when one ends by itself.

    When this process is killed, the lifeline ends the programs and all their children.
    """
    stop = StopRequest()
    children: dict[subprocess.Popen[bytes], Program] = {}
    with _lifeline() as lifeline:
        try:
            for program in programs:
                child = _start(program)
                children[child] = program
                _tell(lifeline, str(child.pid))
            next_second = time.monotonic()
            while not stop.requested:
                for child, program in children.items():
                    if child.poll() is not None:
                        raise ChildDied(f"{program.name}意外退出（退出码 {child.returncode}），已停止全部进程。")
                if time.monotonic() >= next_second:
                    each_second()
                    next_second = time.monotonic() + 1
                time.sleep(0.1)
        finally:
            _end(list(children))
            _tell(lifeline, "done")


class StopRequest:
    """Set by the first INT or TERM; later ones change nothing, so that ending is never cut short."""

    def __init__(self) -> None:
        self.requested = False
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._note)

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        self.requested = True


def _lifeline() -> subprocess.Popen[bytes]:
    # a session of its own, as the children: Ctrl-C in the terminal reaches the parent alone, which then ends them in order
    command = [sys.executable, "-m", "chengxin.core.lifeline"]
    return subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)


def _tell(lifeline: subprocess.Popen[bytes], line: str) -> None:
    assert lifeline.stdin is not None
    with contextlib.suppress(BrokenPipeError):
        lifeline.stdin.write(f"{line}\n".encode())
        lifeline.stdin.flush()


def _start(program: Program) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        list(program.command),
        env={**os.environ, **program.environment},
        cwd=program.folder,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )


def _end(children: list[subprocess.Popen[bytes]]) -> None:
    for child in children:
        signal_group(child.pid, signal.SIGTERM)
    limit = time.monotonic() + GRACE_S
    for child in children:
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(max(0.1, limit - time.monotonic()))
        signal_group(child.pid, signal.SIGKILL)
        child.wait()
