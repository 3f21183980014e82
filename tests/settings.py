"""The settings of the tests: their own data directory, quick password hashes, no syncing to disk."""

import os
from pathlib import Path

# a server for each worker: sealing the audit waits for every transaction of the whole server, the neighbour's too
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "alone")
DATA = Path(__file__).resolve().parent.parent / "var" / "test-data" / WORKER
os.environ["CHENGXIN_DATA"] = str(DATA)
os.environ.setdefault("CHENGXIN_PG_FSYNC", "off")
os.environ["CHENGXIN_TESTING"] = "1"

from config.settings import *  # noqa: E402, F403  (the settings read the environment when they are imported)

# collected static files are what a served site needs: a site that a test starts collects its own while other tests run
STATIC_ROOT = DATA / "static"
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
