"""Case files of the demo bureau and their rounds of review: three finished, and the one that is being reviewed now."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from chengxin.casereviews import rules, services
from chengxin.casereviews.models import Mark, Review, Reviewed, Round
from chengxin.casereviews.selectors import rounds
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.errors import DomainError
from chengxin.demo.present import still_in
from chengxin.findings import services as findings
from chengxin.people.models import Person, Unit, User

TITLES = ("占道经营案", "违法搭建案", "擅自设置户外广告案", "随意倾倒建筑垃圾案", "损坏绿化设施案")
WEAK = (
    ("proof", "照片没有注明拍摄时间", "第 5 页"),
    ("inquiry", "笔录没有告知回避权利", "第 8 页"),
    ("decision", "裁量理由写得过于简单", "第 14 页"),
    ("service", "送达回证缺少见证人签名", "第 17 页"),
    ("wording", "文书有涂改没有校对章", "第 3 页"),
    ("filing_order", "卷内目录与文书顺序不一致", "卷首"),
)
ROUNDS = ((4, 11, 20), (1, 3, 18), (2, 6, 17))  # quarter, month and day of its draw
LASTS = dt.timedelta(days=28)


@dataclass
class Casereviews:
    """Case-file reviews while the demo is being built."""

    units: Mapping[str, Unit]
    persons: Mapping[str, list[Person]]
    users: Mapping[str, User]
    actor: Callable[[str], Actor]
    at: Callable[[dt.date, int, int, Callable[[], Any]], None]
    chance: Random

    def plan(self, first_day: dt.date, today: dt.date) -> None:
        """Cases close every third week in each squadron; each round of the plan is drawn, reviewed, told and made final."""
        for offset in range(10, (today - first_day).days, 21):
            day = first_day + dt.timedelta(days=offset)
            self.at(day, 16, 30, lambda offset=offset: self._close_cases(offset // 21))  # type: ignore[misc]
        for year in range(first_day.year, today.year + 1):
            for quarter, month, day_of_month in ROUNDS:
                drawn_on = dt.date(year, month, day_of_month)
                if first_day + dt.timedelta(days=40) <= drawn_on <= today:
                    self._plan_round(year, quarter, drawn_on, today)

    def _plan_round(self, year: int, quarter: int, drawn_on: dt.date, today: dt.date) -> None:
        self.at(drawn_on, 9, 0, lambda: self._draw(year, quarter))
        is_over = drawn_on + LASTS <= today
        self.at(drawn_on + dt.timedelta(days=3), 10, 0, lambda: self._review(year, quarter, leave=0 if is_over else 5))
        if is_over:
            self.at(drawn_on + dt.timedelta(days=7), 9, 0, lambda: services.tell_results(self._office, self._round(year, quarter)))
            self.at(drawn_on + dt.timedelta(days=9), 15, 0, lambda: self._object(year, quarter))
            self.at(drawn_on + LASTS, 9, 0, lambda: self._finalise(year, quarter))

    @property
    def _office(self) -> Actor:
        return self.actor("supervisor")

    def _round(self, year: int, quarter: int) -> Round:
        return Round.objects.get(year=year, quarter=quarter)

    def _close_cases(self, turn: int) -> None:
        closed_on = clock.today()
        for number in range(1, 7):
            handlers = still_in(self.units[f"squadron{number}"], self.persons[f"squadron{number}"])[4 + turn % 5 : 6 + turn % 5]
            services.register_case(
                self._office, number=f"演示城管罚〔{closed_on.year}〕第{closed_on.timetuple().tm_yday:03d}{number}号",
                title=TITLES[(turn + number) % len(TITLES)], unit=self.units[f"squadron{number}"], handlers=handlers, closed_on=closed_on,
                procedure=rules.ORDINARY,
            )  # fmt: skip

    def _draw(self, year: int, quarter: int) -> None:
        made = services.freeze_round(self._office, year=year, quarter=quarter)
        made = services.cast_round(self._office, made, public="五 一 六 二")
        services.assign_reviewers(self._office, made, public="三 四 四 一")

    def _review(self, year: int, quarter: int, *, leave: int) -> None:
        """Hand in the sheets, those of a third reviewer too; the last ``leave`` cases wait for theirs."""
        cases = list(rounds.standing_cases(self._round(year, quarter)))
        for reviewed in cases[: len(cases) - leave]:
            seen = self.chance.sample(WEAK, self.chance.randrange(1, 4))
            while waiting := self._waiting(reviewed):
                for review in waiting:
                    self._hand_in(review, seen)

    @staticmethod
    def _waiting(reviewed: Reviewed) -> list[Review]:
        return list(reviewed.reviews.filter(submitted_at=None, replaced_at=None).select_related("person"))

    def _hand_in(self, review: Review, seen: list[tuple[str, str, str]]) -> None:
        deductions = [rules.Deduction(item, 5 * self.chance.randrange(2, 6), reason, page) for item, reason, page in seen]
        services.submit_review(self.actor(self._name_of(review.person_id)), review, deductions=deductions)

    def _name_of(self, person: int) -> str:
        return next(name for name, user in self.users.items() if user.person_id == person)

    def _finalise(self, year: int, quarter: int) -> None:
        """What stands is put right by the squadrons within the week and looked at by another of the office."""
        found = services.finalise_round(self._office, self._round(year, quarter))
        marks = Mark.objects.filter(reviewed__round=found).exclude(finding=None).select_related("finding__unit")
        for mark in marks:
            finding, day = mark.finding, clock.today()
            assert finding is not None
            captain = finding.unit.code.replace("squadron", "captain")
            self.at(day + dt.timedelta(days=3), 15, 0, lambda finding=finding, captain=captain: findings.submit_rectification(  # type: ignore[misc]
                self.actor(captain), finding, text="已补正文书并组织承办人学习，附补正页。"))  # fmt: skip
            self.at(day + dt.timedelta(days=5), 15, 0, lambda finding=finding: findings.recheck_finding(  # type: ignore[misc]
                self.actor("supervisor2"), finding, passed=True, note="已核对补正页。"))  # fmt: skip

    def _object(self, year: int, quarter: int) -> None:
        """The fourth squadron objects to one mark; a leader decides."""
        mark = (
            Mark.objects.filter(reviewed__round=self._round(year, quarter), reviewed__unit=self.units["squadron4"]).order_by("pk").first()
        )
        if mark is None:
            raise DomainError("no_mark", "演示局的案卷没有扣分。")
        services.object_to_mark(self.actor("captain4"), mark, text="该项内容见卷内补充材料，请复核。")
        services.decide_objection(self.actor("leader"), mark, outcome=rules.REDUCED, points=5, reasons="补充材料说明了部分情况，酌减。")
