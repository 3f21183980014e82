"""A round with everything it needs: two squadrons with cases, and reviewers of four units."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from chengxin.casereviews import rules, services
from chengxin.casereviews.models import Case, Mark, Review, Reviewed, Round
from chengxin.casereviews.selectors import rounds
from chengxin.core import clock
from tests.world import World

TODAY = dt.date(2026, 5, 20)
AFTER_TERM = dt.date(2026, 6, 10)
VETO = {"procedure": "没有告知陈述申辩权"}


@pytest.fixture
def may() -> Iterator[None]:
    with clock.frozen(clock.at(TODAY, 10)):
        yield


def off(item: str = "proof", points: int = 35, reason: str = "照片没有注明拍摄时间", page: str = "第 5 页") -> rules.Deduction:
    """Points taken off, in tenths."""
    return rules.Deduction(item, points, reason, page)


@pytest.fixture
def case(world: World) -> Callable[..., Case]:
    """A registered case of the first squadron, unless said otherwise."""

    def make(number: str = "", unit: str = "一中队", by: str = "督察", handlers: Sequence[str] = ("队员", "女队员"), **more: Any) -> Case:
        given: dict[str, Any] = {"title": "占道经营案", "closed_on": clock.today() - dt.timedelta(days=10), "procedure": rules.ORDINARY}
        return services.register_case(
            world.actor(by), number=number or f"城管罚〔2026〕第{next(world.numbers):03d}号", unit=world.units[unit],
            handlers=[world.persons[name] for name in handlers], **{**given, **more},
        )  # fmt: skip

    return make


@pytest.fixture
def cases(case: Callable[..., Case]) -> list[Case]:
    """Three cases of the first squadron, two of the second."""
    return [*(case() for _ in range(3)), *(case(unit="二中队", handlers=("外人",)) for _ in range(2))]


@pytest.fixture
def reviewing(world: World, cases: list[Case]) -> Callable[..., Round]:
    """A round whose cases are drawn and whose reviewers are seated."""

    def make(quarter: int = 2) -> Round:
        actor = world.actor("督察")
        made = services.freeze_round(actor, year=clock.today().year, quarter=quarter)
        made = services.cast_round(actor, made, public="四 二 六")
        return services.assign_reviewers(actor, made, public="三 三 一")

    return make


def name_of(world: World, review: Review) -> str:
    return next(name for name, person in world.persons.items() if person.pk == review.person_id)


def submit(world: World, review: Review, *deductions: rules.Deduction, vetoes: dict[str, str] | None = None) -> Review:
    return services.submit_review(world.actor(name_of(world, review)), review, vetoes=vetoes, deductions=deductions)


def seats(reviewed: Reviewed) -> list[Review]:
    return list(Review.objects.filter(reviewed=reviewed, replaced_at=None).order_by("seat"))


@pytest.fixture
def told(world: World, reviewing: Callable[..., Round]) -> Callable[..., Round]:
    """A round whose units were told: every case lost 3.5 points of 证据收集 in both sheets."""

    def make(quarter: int = 2, *deductions: rules.Deduction) -> Round:
        made = reviewing(quarter)
        for reviewed in rounds.standing_cases(made):
            for review in seats(reviewed):
                submit(world, review, *(deductions or (off(),)))
        return services.tell_results(world.actor("督察"), made)

    return make


def mark_of(found: Round, unit: str = "一中队") -> Mark:
    mark = Mark.objects.filter(reviewed__round=found, reviewed__unit__name=unit).order_by("pk").first()
    assert mark is not None
    return mark
