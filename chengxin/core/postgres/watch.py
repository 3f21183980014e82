"""Stops the embedded server after its last user has gone, however that user went. Started with the server."""

from __future__ import annotations

import functools
import os
import sys
from pathlib import Path

from chengxin.core.postgres.server import EmbeddedServer


def main() -> None:
    server, lock = EmbeddedServer(Path(sys.argv[1])), int(sys.argv[2])
    # the lock that says "there is a watcher" goes while nobody can start the server, else the next one would get none
    resign = functools.partial(os.close, lock)
    stopped = False
    while not stopped:
        server.wait_for_last_user()
        stopped = server.stop_unless_used(and_then=resign)


if __name__ == "__main__":
    main()
