from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from chengxin.core import clock
from chengxin.core.errors import DomainError
from chengxin.evidence.models import Recording
from chengxin.evidence.services.folder import import_folder
from tests.evidence.clips import clip
from tests.world import SYSTEM, World

Film = Callable[..., Recording]


@pytest.fixture
def film(world: World, tmp_path: Path) -> Film:
    """Makes a kept recording of an officer on duty today: filmed with J-1 at 8:30, one second long."""

    def make(seed: int = 1, *, name: str = "", content: bytes | None = None, **more: Any) -> Recording:
        day = clock.today()
        if not world_has_camera(world):
            with clock.frozen(clock.at(day, 7, 30)):
                world.shift("队员")
                world.item("J-1", kind="recorder")
                world.check_out("J-1")
        folder = tmp_path / f"dock-{seed}"
        folder.mkdir(exist_ok=True)
        path = folder / (name or f"J-1_T008_{day:%Y%m%d}083000_{seed:04d}.mp4")
        path.write_bytes(content or clip(seed))
        os.utime(path, (clock.now().timestamp() - 3600,) * 2)
        import_folder(SYSTEM, folder, station="一号站", **more)
        return Recording.objects.order_by("-pk")[0]

    return make


def refusing(*tables: Any) -> Callable[[type[DomainError], str], AbstractContextManager[pytest.ExceptionInfo[DomainError]]]:
    """What is done inside is refused with the message, and leaves not a row in any of the tables."""

    @contextmanager
    def refused(error: type[DomainError], message: str) -> Iterator[pytest.ExceptionInfo[DomainError]]:
        before = [model.objects.count() for model in tables]
        with pytest.raises(error, match=message) as told:
            yield told
        assert [model.objects.count() for model in tables] == before

    return refused


def world_has_camera(world: World) -> bool:
    from chengxin.equipment.models import Item

    return Item.objects.filter(asset_number="J-1").exists()
