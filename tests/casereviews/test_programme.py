"""The year's programme knows of a round without anybody reporting it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from chengxin.activities import selectors as activities
from chengxin.activities.services import create_programme
from chengxin.casereviews import services
from chengxin.casereviews.models import Case, Round
from chengxin.core import clock
from tests.casereviews.conftest import AFTER_TERM
from tests.world import World

pytestmark = pytest.mark.usefixtures("may")


def _standing(code: str) -> activities.PartStanding:
    return next(each for each in activities.overview_of(2026).parts if each.part.code == code)  # type: ignore[union-attr]


def test_a_round_is_arranged_once_frozen_and_done_once_final(world: World, told: Callable[..., Round]) -> None:
    create_programme(world.actor("督察"), year=2026)
    assert not _standing("q2.case_review").witnessed
    found = told(2)
    assert [(each.title, each.is_done) for each in _standing("q2.case_review").witnessed] == [(found.title, False)]
    with clock.frozen(clock.at(AFTER_TERM, 9)):
        services.finalise_round(world.actor("督察"), found)
        assert _standing("q2.case_review").state == "done"
    assert not _standing("q4.case_review").witnessed


def test_what_is_only_registered_is_no_round(world: World, cases: list[Case]) -> None:
    create_programme(world.actor("督察"), year=2026)
    assert len(cases) == 5
    assert not any(each.witnessed for each in activities.overview_of(2026).parts if each.part.kind == "case_review")  # type: ignore[union-attr]
