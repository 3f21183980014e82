"""Each kind, from a case in the plan's own words to a finding."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from chengxin.core import clock
from chengxin.people import services as people
from tests.cases import cases
from tests.world import World


@pytest.mark.parametrize("case", cases("findings"), ids=lambda case: case["事"])
def test_a_case_becomes_a_finding_of_its_kind(world: World, case: dict[str, Any]) -> None:
    with clock.frozen(clock.at(dt.date(2026, 9, 30), 9)):
        if "status" in case:
            people.set_status(
                world.actor("人事"), world.persons[case["person"]], status=case["status"], starts_on=clock.today(), ends_on=None,
                approved_by="局长",
            )  # fmt: skip
        by = "局长" if case["person"] == "职员" else "督察"
        facts = {name: case[name] for name in ("act", "entry", "validity") if name in case}
        finding = world.finding(person=case["person"], by=by, kind=case["kind"], facts=facts)
    assert (finding.clause, finding.text) == (str(case["clause"]), case.get("text", case["act"]))
