from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from chengxin.conduct import selectors, services
from chengxin.conduct.models import Sheet
from chengxin.core import clock
from chengxin.evidence.models import Recording, Review
from chengxin.evidence.selectors import reviews as drawn_rows
from chengxin.evidence.services import reviews as draws
from tests.evidence.conftest import Film, film
from tests.world import World

__all__ = ["film"]

SEPTEMBER, TODAY = dt.date(2026, 9, 1), dt.date(2026, 10, 8)


@pytest.fixture(autouse=True)
def a_morning() -> Iterator[None]:
    """The first working day of October, 9 o'clock."""
    with clock.frozen(clock.at(TODAY, 9)):
        yield


@pytest.fixture
def films(world: World, film: Film) -> list[Recording]:
    """Three recordings of 队员, a second long each, of the last day of September."""
    with clock.frozen(clock.at(dt.date(2026, 9, 30), 20)):
        return [film(number) for number in (1, 2, 3)]


@pytest.fixture
def drawn(world: World, films: list[Recording]) -> list[Review]:
    """Two of them, drawn for September."""
    supervisor = world.actor("督察")
    return drawn_rows.reviews_of(draws.cast_month(supervisor, draws.freeze_month(supervisor, SEPTEMBER), public="四 二 六"))


def marks(**changed: int | None) -> dict[str, int | None]:
    """Full points on every line but those named."""
    return {each.code: each.points for each in selectors.sheet_policy_at(clock.today()).criteria} | changed


def reviewed(world: World, review: Review, *, by: str = "督察", entry: str = "", **more: Any) -> Sheet:
    """A final sheet after a look; with a finding of an entry where one is named."""
    actor = world.actor(by)
    services.open_recording(actor, review)
    if entry:
        services.nominate_finding(actor, review.recording, entry=entry, at_ms=0, review=review)
    return services.finish_sheet(actor, review, **{"marks": marks(), "notes": {}, **more})


def uploaded(text: str | bytes, name: str = "转写.srt") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, text if isinstance(text, bytes) else text.encode(), content_type="text/plain")


def srt(*lines: str) -> str:
    """Lines said within one second of film, one after another."""
    return "\n\n".join(f"{n}\n00:00:00,{n * 10:03d} --> 00:00:00,{n * 10 + 9:03d}\n{line}" for n, line in enumerate(lines, start=1))


Later = Callable[..., Recording]


@pytest.fixture
def later(world: World, film: Film) -> Later:
    """Makes a recording of 队员 on a later day."""

    def make(day: dt.date, seed: int) -> Recording:
        with clock.frozen(clock.at(day, 20)):
            world.shift("队员", day)
            made = film(seed)
        start = clock.at(day, 8, 30)
        Recording.objects.filter(pk=made.pk).update(
            person=world.persons["队员"], unit=world.units["一中队"], attribution="attributed", started_at=start,
            ended_at=start + dt.timedelta(seconds=1), is_time_known=True,
        )  # fmt: skip
        made.refresh_from_db()
        return made

    return make
