"""The settings of the tests: their own data directory, quick password hashes, no syncing to disk."""

import os
from pathlib import Path

os.environ.setdefault("CHENGXIN_DATA", str(Path(__file__).resolve().parent.parent / "var" / "test-data"))
os.environ.setdefault("CHENGXIN_PG_FSYNC", "off")
os.environ["CHENGXIN_TESTING"] = "1"

from config.settings import *  # noqa: F403  (the settings read the environment when they are imported)
