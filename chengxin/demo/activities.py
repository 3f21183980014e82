"""The year's programme as the demo bureau lives it: activities with their rolls, talks, risks, weak points."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from random import Random
from typing import Any

from chengxin.activities import services
from chengxin.activities.models import Activity, Part, Risk, RosterLine, WeakPoint
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.errors import DomainError
from chengxin.demo.present import still_in
from chengxin.people.models import Person, Unit, User

# each: part of the programme, month and day, title
HELD = (
    (("q1.drill", "q1.appearance"), 2, 26, "作风集训：队列训练与仪容规范"),
    (("q1.discipline", "q1.slackness"), 3, 6, "纪律整顿大会"),
    (("q1.law", "q1.civility"), 3, 12, "法律法规与文明执法培训"),
    (("q1.party",), 3, 24, "党性教育专题学习"),
    (("q2.remedial",), 6, 10, "日常工作薄弱环节专项补训"),
    (("q3.drill",), 8, 21, "全员队列会操"),
    (("q4.study",), 10, 22, "廉政专题学习"),
    (("q4.warning",), 11, 12, "警示教育大会"),
    (("year_end.meeting",), 12, 18, "年底总结大会"),
)
THEMES = ("discipline", "integrity", "service", "work", "growth", "support", "advice")
RISKS = (
    ("执法岗", "现场处置时自由裁量随意", "high", "两人以上到场，裁量理由写入文书"),
    ("内勤岗", "罚没物品登记不及时", "medium", "当日登记、双人签字"),
)


@dataclass
class Activities:
    """Activities while the demo is being built."""

    units: Mapping[str, Unit]
    persons: Mapping[str, list[Person]]
    users: Mapping[str, User]
    actor: Callable[[str], Actor]
    at: Callable[[dt.date, int, int, Callable[[], Any]], None]
    chance: Random

    def plan(self, first_day: dt.date, today: dt.date) -> None:
        for year in range(first_day.year, today.year + 1):
            begins = max(first_day + dt.timedelta(days=1), dt.date(year, 1, 5))
            self.at(begins, 9, 0, lambda year=year: services.create_programme(self._office, year=year))  # type: ignore[misc]
            for parts, month, day, title in HELD:
                held_on = dt.date(year, month, day)
                if begins < held_on - dt.timedelta(days=7) <= today:
                    self.at(
                        held_on - dt.timedelta(days=7), 10, 0,
                        lambda parts=parts, held_on=held_on, title=title: self._arrange(parts, held_on, title, today),  # type: ignore[misc]
                    )  # fmt: skip
            self._plan_fourth_quarter(year, begins, today)
        self.at(max(today - dt.timedelta(days=40), first_day + dt.timedelta(days=30)), 9, 0, self._weak_points)

    @property
    def _office(self) -> Actor:
        return self.actor("supervisor")

    def _plan_fourth_quarter(self, year: int, begins: dt.date, today: dt.date) -> None:
        """Talks of every squadron's captain, a few each week; the risks of the posts."""
        for number in range(1, 7):
            members = self.persons[f"squadron{number}"][1:]
            for place in range(8):
                day = dt.date(year, 10, 13) + dt.timedelta(days=7 * place + number % 5)
                if begins < day <= today:
                    some = members[place * 4 : place * 4 + 4]
                    self.at(day, 16, number, lambda number=number, some=some: self._talk(number, some))  # type: ignore[misc]
            day = dt.date(year, 10, 20)
            if begins < day <= today:
                self.at(day, 10, number, lambda number=number: self._risks(number))  # type: ignore[misc]

    # --- sessions ---

    def _arrange(self, codes: tuple[str, ...], held_on: dt.date, title: str, today: dt.date) -> None:
        parts = list(Part.objects.filter(programme__year=held_on.year, code__in=codes))
        leader = self.users["brigade"].person
        assert leader is not None
        activity = services.plan_activity(
            self.actor("brigade"), form_key=self._key(), parts=parts, title=title, place="大队训练场" if "队列" in title else "局会议室",
            starts_at=clock.at(held_on, 9), ends_at=clock.at(held_on, 11, 30), unit=self.units["brigade"], units=[self.units["brigade"]],
            leader=leader,
        )  # fmt: skip
        if held_on < today:
            self.at(held_on, 9, 0, lambda: services.open_activity(self.actor("brigade"), activity))
            self.at(held_on, 11, 30, lambda: self._close(activity))

    def _close(self, activity: Activity) -> None:
        """Everybody came but a few, most of them with a reason; who was absent is made up for."""
        due = list(RosterLine.objects.filter(activity=activity, presence="due").values_list("person_id", flat=True))
        absent = dict.fromkeys(self.chance.sample(due, min(3, len(due))), "on_duty")
        unexcused = self.chance.choice(due)
        absent.setdefault(unexcused, "")
        closed = services.close_activity(self.actor("brigade"), activity, key=self._key(), absent=absent)
        starts_at = clock.now() + dt.timedelta(days=5)
        leader = self.users["brigade"].person
        assert leader is not None
        made = services.plan_make_up(
            self.actor("brigade"), closed, form_key=self._key(), place="大队会议室", starts_at=starts_at,
            ends_at=starts_at + dt.timedelta(hours=2), leader=leader,
        )  # fmt: skip
        self.at(clock.local_day(starts_at), 14, 0, lambda: self._make_up(made))

    def _make_up(self, activity: Activity) -> None:
        opened = services.open_activity(self.actor("brigade"), activity)
        services.close_activity(self.actor("brigade"), opened, key=self._key())

    # --- talks, risks, weak points ---

    def _talk(self, number: int, members: list[Person]) -> None:
        for person in still_in(self.units[f"squadron{number}"], members):
            services.record_talk(
                self.actor(f"captain{number}"), form_key=self._key(), person=person, held_on=clock.today(),
                themes=self.chance.sample(THEMES, 2), content="谈了近期工作与家庭情况，本人表示会遵守纪律。",
            )  # fmt: skip

    def _risks(self, number: int) -> None:
        members = still_in(self.units[f"squadron{number}"], self.persons[f"squadron{number}"])
        for place, (post, text, grade, measure) in enumerate(RISKS):
            risk = services.register_risk(
                self.actor(f"captain{number}"), form_key=self._key(), unit=self.units[f"squadron{number}"], post=post, text=text,
                grade=grade, measure=measure, responsible=members[1 + place],
            )  # fmt: skip
            for days, state, told in ((80, "controlled", "措施已落实，抽查两次没有发现问题。"), (160, "closed", "流程已改，风险消除。")):
                self.at(
                    clock.today() + dt.timedelta(days=days), 10, 30,
                    lambda risk=risk, state=state, told=told: self._review_risk(number, risk, state, told),  # type: ignore[misc]
                )  # fmt: skip

    def _review_risk(self, number: int, risk: Risk, state: str, told: str) -> None:
        services.review_risk(
            self.actor(f"captain{number}"), risk, form_key=self._key(), text=told, state=state, grade=risk.grade, measure=risk.measure
        )

    def _weak_points(self) -> None:
        """What the findings of the last months show: the first is trained, the rest waits for a decision."""
        services.nominate_weak_points(self._office)
        point = WeakPoint.objects.order_by("pk").first()
        if point is not None:
            with suppress(DomainError):
                services.decide_weak_point(self._office, point, accepted=True, reason="同类问题集中，安排专项补训。")

    def _key(self) -> uuid.UUID:
        return uuid.UUID(int=self.chance.getrandbits(128), version=4)
