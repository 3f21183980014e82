"""Child processes that never outlive their parent."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import FrameType

PR_SET_PDEATHSIG = 1
GRACE_S = 10.0


@dataclass(frozen=True)
class Program:
    """A child to run: the name people see and its command line."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]


class ChildDied(RuntimeError):
    """A child ended although nobody asked it to."""


def _die_with(parent: int) -> Callable[[], None]:
    """Runs in the child before its program: the kernel ends it when the parent dies, however the parent dies."""
    libc = ctypes.CDLL(None)

    def ask_the_kernel() -> None:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # the parent died before the kernel was asked
            os._exit(1)

    return ask_the_kernel


def run_until_stopped(programs: Sequence[Program], *, on_ready: Callable[[], None]) -> None:
    """Run the programs until INT or TERM arrives, then end them all. Raises ChildDied when one ends by itself."""
    stop = StopRequest()
    children: dict[subprocess.Popen[bytes], Program] = {}
    try:
        for program in programs:
            children[_start(program)] = program
        on_ready()
        while not stop.requested:
            for child, program in children.items():
                if child.poll() is not None:
                    raise ChildDied(f"{program.name}意外退出（退出码 {child.returncode}），已停止全部进程。")
            time.sleep(0.1)
    finally:
        _end(list(children))


class StopRequest:
    """Set by the first INT or TERM; later ones change nothing, so that ending is never cut short."""

    def __init__(self) -> None:
        self.requested = False
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._note)

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        self.requested = True


def _start(program: Program) -> subprocess.Popen[bytes]:
    # a session of its own: Ctrl-C in the terminal reaches the parent alone, which then ends the children in order
    return subprocess.Popen(
        list(program.command),
        env={**os.environ, **program.environment},
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=_die_with(os.getpid()),
    )


def _end(children: list[subprocess.Popen[bytes]]) -> None:
    for child in children:
        _signal_group(child, signal.SIGTERM)
    limit = time.monotonic() + GRACE_S
    for child in children:
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(max(0.1, limit - time.monotonic()))
        _signal_group(child, signal.SIGKILL)
        child.wait()


def _signal_group(child: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, number)
