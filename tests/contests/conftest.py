from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from chengxin.contests import selectors, services
from chengxin.contests.models import Contest, Entry, Judge, Sheet
from chengxin.core import clock
from tests.world import World

TODAY = dt.date(2026, 5, 20)
JUDGES = ("督察", "督察乙", "队长", "外队长")


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with clock.frozen(clock.at(TODAY, 12)):
        yield


@dataclass
class Stage:
    """A contest of the small town: 大队长 organises, 局长 confirms, two squadrons compete and nobody scores the own one."""

    world: World
    contest: Contest
    entries: dict[str, Entry] = field(default_factory=dict)
    judges: dict[str, Judge] = field(default_factory=dict)

    def enter(self, *names: str, unit: str, by: str = "大队长", title: str = "") -> Entry:
        made = services.enter_contest(
            self.world.actor(by), self.contest, unit=self.world.units[unit], persons=[self.world.persons[name] for name in names],
            title=title, form_key=uuid.uuid4(),
        )  # fmt: skip
        self.entries[title or names[0]] = made
        return made

    def appoint(self, *names: str) -> None:
        for name in names:
            self.judges[name] = services.appoint_judge(self.world.actor("大队长"), self.contest, person=self.world.persons[name])

    def draw(self) -> None:
        services.close_entries(self.world.actor("大队长"), self.contest)
        services.draw_order(self.world.actor("大队长"), self.contest, public="六点")
        self.reload()

    def start(self) -> None:
        services.start_contest(self.world.actor("大队长"), self.contest)
        self.reload()

    def reload(self) -> None:
        self.contest = selectors.contest_for(self.world.actor("局长"), self.contest.pk)
        for entry in self.entries.values():
            entry.refresh_from_db()

    def number(self, name: str) -> int:
        number = self.entries[name].number
        assert number is not None
        return number

    def full(self, round_code: str, share: int = 100) -> dict[str, int]:
        """Points of a round at about a share of what can be had, on the grid."""
        found = self.contest.ruleset.round(round_code)
        assert found is not None
        return {item.code: item.most * share // 100 // item.step * item.step for item in found.criteria}

    def submit(self, judge: str, name: str, round_code: str = "enforcement", share: int = 80, **more: object) -> Sheet:
        given = {"points": self.full(round_code, share), "client_key": uuid.uuid4(), **more}
        return services.submit_sheet(
            self.world.actor(judge), self.contest, number=self.number(name), round_code=round_code, **given  # type: ignore[arg-type]
        )  # fmt: skip

    def score_all(self, shares: dict[str, int], *, leave_out: tuple[str, str, str] | None = None) -> None:
        """Every sheet that must come: each entry at its share from every independent judge."""
        judges = {judge.pk: name for name, judge in self.judges.items()}
        names = {entry.number: name for name, entry in self.entries.items()}
        for each in selectors.missing_sheets(self.contest):
            key = (judges[each.judge.judge], names[each.number], each.round.code)
            if key != leave_out:
                self.submit(*key, share=shares[key[1]])

    def confirm(self, by: str = "局长") -> None:
        services.confirm_result(self.world.actor(by), self.contest, sha256=selectors.preview_of(self.contest)[1])
        self.reload()


@pytest.fixture
def stage(world: World) -> Callable[..., Stage]:
    """A contest that was announced, of persons unless said otherwise."""

    def make(kind: str = "skills", subject: str = "person", title: str = "季度执法技能竞赛") -> Stage:
        contest = services.plan_contest(
            world.actor("大队长"), kind=kind, subject=subject, title=title, held_on=clock.today(), place="训练场", form_key=uuid.uuid4()
        )
        return Stage(world, contest)

    return make


@pytest.fixture
def planned(stage: Callable[..., Stage]) -> Stage:
    """Four persons of two squadrons, and four judges, two of them of these squadrons."""
    made = stage()
    for name in ("队员", "女队员", "协管"):
        made.enter(name, unit="一中队")
    made.enter("外人", unit="二中队")
    made.appoint(*JUDGES)
    return made


@pytest.fixture
def running(planned: Stage) -> Stage:
    planned.draw()
    planned.start()
    return planned


@pytest.fixture
def confirmed(running: Stage) -> Stage:
    running.score_all({"队员": 90, "女队员": 80, "协管": 70, "外人": 60})
    running.confirm()
    return running
