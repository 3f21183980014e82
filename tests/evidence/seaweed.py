"""A real distributed store for the tests: locked down as the recipe writes it, on three volume servers of this machine."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from chengxin.files import seaweed
from chengxin.files.bucket import Access, Bucket, make_bucket

WEED = Path(sys.executable).parent / "weed"
STARTS_IN_S = 60


@dataclass
class Store:
    recipe: seaweed.Recipe
    ports: dict[str, int]
    programs: dict[str, subprocess.Popen[bytes]]

    @property
    def access(self) -> Access:
        return seaweed.access(self.recipe, self.recipe.application, self.ports)

    def bucket(self, name: str = "footage") -> Bucket:
        return Bucket(self.access, name)

    def kill(self, name: str) -> None:
        self.programs[name].kill()
        self.programs[name].wait()


def _ports() -> dict[str, int]:
    """Ports that are free together with those of their gRPC; three volume servers take three in a row."""
    for base in range(15100, 22000, 100):
        wanted = {"master": base, "volume": base + 10, "filer": base + 20, "s3": base + 30}
        every = [*wanted.values(), base + 11, base + 12]
        if all(_is_free(port) and _is_free(port + seaweed.GRPC) for port in every):
            return wanted
    raise AssertionError("no free ports")


def _is_free(port: int) -> bool:
    with socket.socket() as trying:
        return trying.connect_ex(("127.0.0.1", port)) != 0


@contextmanager
def running(folder: Path) -> Iterator[Store]:
    recipe, ports = seaweed.write(folder, ["127.0.0.1"], ["footage", "footage-copy"]), _ports()
    store = Store(recipe, ports, {})
    try:
        for program in seaweed.programs(recipe, str(WEED), 3, ports):
            with (folder / f"{program.name}.log").open("wb") as log:
                store.programs[program.name] = subprocess.Popen(program.command, cwd=program.folder, stdout=log, stderr=log)
            time.sleep(0.3)
        _wait(store)
        yield store
    finally:
        for process in store.programs.values():
            process.kill()
            process.wait()


def _wait(store: Store) -> None:
    until = time.monotonic() + STARTS_IN_S
    while True:
        try:
            for name in store.recipe.buckets:
                make_bucket(seaweed.access(store.recipe, store.recipe.keeper, store.ports), name)
                store.bucket(name).write(b"first", "first")
            return
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.5)
