"""The year's programme knows of special inspections (2.4.3)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from chengxin.core import clock
from chengxin.supervision.models import Plan
from chengxin.supervision.selectors.programme import special_plans_of
from chengxin.supervision.services import plans
from chengxin.ui.together import answers
from tests.world import World


def test_a_special_plan_counts_in_the_quarter_it_begins_in_unless_it_was_called_off(world: World, plan: Callable[..., Plan]) -> None:
    with clock.frozen(clock.at(dt.date(2026, 9, 9), 10)):
        made = plan("special", reason="第三季度日常执法规范专项督查")
        off = plan("special", reason="第三季度日常执法规范专项督查")
        plan("daily")
        plans.cancel_plan(world.actor("督察"), off, reason="并入前一项")
        known, before = answers([special_plans_of(2026), special_plans_of(2025)])
    assert {quarter: [(each.pk, each.is_done, each.url_name) for each in found] for quarter, found in known.items()} == {
        3: [(made.pk, False, "supervision:plan")]
    }
    assert before == {}
