"""Contests and drills of the demo bureau: the second quarter's skills, the third quarter's drill, one that takes entries now."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from chengxin.contests import selectors, services
from chengxin.contests.models import Contest
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.demo.present import still_in
from chengxin.people.models import Person, Unit, User

JUDGES = ("supervisor", "supervisor2", "captain5", "captain6")
SQUADRONS = range(1, 7)


@dataclass
class Contests:
    """Contests while the demo is being built."""

    units: Mapping[str, Unit]
    persons: Mapping[str, list[Person]]
    users: Mapping[str, User]
    actor: Callable[[str], Actor]
    at: Callable[[dt.date, int, int, Callable[[], Any]], None]
    chance: Random

    def plan(self, first_day: dt.date, today: dt.date) -> None:
        """Each year's contest in May and drill in August, as far as they lie within the demo's history."""
        for year in range(first_day.year, today.year + 1):
            for day, kind, subject, title in (
                (dt.date(year, 5, 20), "skills", "person", f"{year}年执法技能竞赛"),
                (dt.date(year, 8, 21), "drill", "team", f"{year}年队列会操"),
            ):
                if first_day + dt.timedelta(days=14) <= day <= today:
                    self.at(day, 8, 0, lambda kind=kind, subject=subject, title=title: self._held(kind, subject, title))  # type: ignore[misc]
        self.at(today, 8, 5, lambda: self._announced(today + dt.timedelta(days=14)))

    def _announced(self, held_on: dt.date) -> None:
        title = "文书制作练兵赛"
        contest = self._planned("skills", "person", title, held_on)
        self._enter(contest, 1, [still_in(self.units["squadron1"], self.persons["squadron1"])[2]])

    def _held(self, kind: str, subject: str, title: str) -> None:
        contest = self._planned(kind, subject, title, clock.today())
        for number in SQUADRONS:
            people = still_in(self.units[f"squadron{number}"], self.persons[f"squadron{number}"])
            if subject == "team":
                self._enter(contest, number, people[2:8], title=f"{'一二三四五六'[number - 1]}中队方队")
            else:
                self._enter(contest, number, [people[3]])
                self._enter(contest, number, [next(each for each in people if each.person_class == "auxiliary")])
        judges = {services.appoint_judge(self.actor("brigade"), contest, person=self._person(name)).pk: name for name in JUDGES}
        services.close_entries(self.actor("brigade"), contest)
        services.draw_order(self.actor("brigade"), contest, public="二 六 一 五")
        contest = services.start_contest(self.actor("brigade"), contest)
        self._judged(contest, judges)
        leader = self.actor("leader")
        contest = selectors.contest_for(leader, contest.pk)
        services.confirm_result(leader, contest, sha256=selectors.preview_of(contest)[1])

    def _planned(self, kind: str, subject: str, title: str, held_on: dt.date) -> Contest:
        return services.plan_contest(
            self.actor("brigade"), kind=kind, subject=subject, title=title, held_on=held_on, place="大队训练场", form_key=self._key()
        )

    def _enter(self, contest: Contest, number: int, persons: list[Person], title: str = "") -> None:
        unit = self.units[f"squadron{number}"]
        services.enter_contest(self.actor("brigade"), contest, unit=unit, persons=persons, title=title, form_key=self._key())

    def _judged(self, contest: Contest, judges: Mapping[int, str]) -> None:
        """Every sheet that must come; a contestant is about as good in everything, and judges differ by a little."""
        skill: dict[int, int] = {}
        for each in selectors.missing_sheets(contest):
            share = skill.setdefault(each.number, self.chance.randrange(76, 95)) + self.chance.randrange(-3, 4)
            points = {item.code: item.most * share // 100 // item.step * item.step for item in each.round.criteria}
            services.submit_sheet(
                self.actor(judges[each.judge.judge]), contest, number=each.number, round_code=each.round.code, points=points,
                client_key=self._key(),
            )  # fmt: skip

    def _person(self, name: str) -> Person:
        person = self.users[name].person
        assert person is not None
        return person

    def _key(self) -> uuid.UUID:
        return uuid.UUID(int=self.chance.getrandbits(128), version=4)
