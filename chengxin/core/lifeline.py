"""Ends process groups when whoever started them is gone: ``python -m chengxin.core.lifeline``.

Reads process group ids from standard input. The kernel closes that pipe when the starter dies, however it dies; what was not
taken off the list with a final "done" is then asked to end, and killed when it does not.
"""

from __future__ import annotations

import os
import signal
import sys
import time

GRACE_S = 5.0


def main() -> None:
    groups: list[int] = []
    for line in sys.stdin:
        if line.strip() == "done":
            return
        groups.append(int(line))
    for group in groups:
        signal_group(group, signal.SIGTERM)
    limit = time.monotonic() + GRACE_S
    while time.monotonic() < limit and any(signal_group(group, 0) for group in groups):
        time.sleep(0.1)
    for group in groups:
        signal_group(group, signal.SIGKILL)


def signal_group(group: int, number: int) -> bool:
    """Whether the group was there to be signalled."""
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return False
    return True


if __name__ == "__main__":
    main()
