"""Consequences in the demo bureau: measures and commendations, a bulletin every month, last year's assessment, an exemplary squadron."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from chengxin.appraisal import selectors as assessed
from chengxin.appraisal.selectors.units import criteria_of
from chengxin.appraisal.services import nominations, rounds, titles
from chengxin.bulletins import rules as months
from chengxin.bulletins.models import Bulletin
from chengxin.bulletins.services import drafting, issuing
from chengxin.core import clock
from chengxin.core.actor import Actor, system_actor
from chengxin.core.errors import DomainError
from chengxin.measures import rules, services
from chengxin.measures.models import Measure
from chengxin.people.models import Person, Unit
from chengxin.rulebook import selectors as rulebook

LADDER = system_actor("措施阶梯")
DEEDS = (
    ("public", "帮助走失老人联系家属，群众送来锦旗"),
    ("duty", "汛期连续值守，及时处置占道险情"),
    ("contest", "执法文书制作比武第一名"),
    ("notice", "耐心劝导摊主规范经营，现场零投诉"),
)
PRACTICE = "班前点验坚持逐人核对，问题当场整改；装备当日归还率稳步提高。"
OUTLOOK = "请各中队对照突出问题逐条自查，整改情况按期报督察办复核。"
RECENT_DAYS = 6  # what was proposed so lately still waits for its decision


@dataclass
class Discipline:
    """What follows from facts, while the demo is being built."""

    units: Mapping[str, Unit]
    persons: Mapping[str, list[Person]]
    actor: Callable[[str], Actor]
    at: Callable[[dt.date, int, int, Callable[[], Any]], None]
    chance: Random
    photos: Callable[[Actor], tuple[uuid.UUID, ...]]

    def plan(self, first_day: dt.date, today: dt.date) -> None:
        """The weeks, months and the year of the supervision office."""
        for offset in range(7, (today - first_day).days + 1, 7):
            day = first_day + dt.timedelta(days=offset)
            self.at(day, 6, 40, lambda: services.propose_measures(LADDER))
            self.at(day, 16, 30, lambda: self._decide(today))
        for month in self._months(first_day, today):
            self._plan_bulletin(month, today)
            if month.last - dt.timedelta(days=3) > first_day:
                self._plan_commendation(month, today)
        if first_day < dt.date(today.year, 1, 1) < today - dt.timedelta(days=60):
            self._plan_assessment(today.year - 1)
            self.at(dt.date(today.year, 3, 10), 9, 0, self._nominate_title)

    def _months(self, first_day: dt.date, today: dt.date) -> list[months.Month]:
        """The months that are over, from that of the first day."""
        month, found = months.Month(today.year, today.month).before, []
        while month.last >= first_day:
            found.append(month)
            month = month.before
        return found[::-1]

    # --- measures and commendations ---

    def _decide(self, today: dt.date) -> None:
        if (today - clock.today()).days < RECENT_DAYS:
            return
        for measure in Measure.objects.filter(state=rules.PROPOSED).select_related("finding"):
            deciders = ("leader",) if measure.kind in rules.GRAVE else ("supervisor2", "supervisor", "leader")
            for username in deciders:
                try:
                    self._conclude(self.actor(username), measure)
                    break
                except DomainError:
                    continue  # it was found or proposed by the same person, or its fact has fallen: another sees to it

    def _conclude(self, actor: Actor, measure: Measure) -> None:
        if self.chance.random() < 0.25:
            services.dismiss_measure(actor, measure, reasons="首次且已及时整改，由中队提醒谈话。")
        else:
            services.decide_measure(actor, measure, kind=measure.kind, reasons="经核实照片和现场记录，事实清楚。")

    def _plan_commendation(self, month: months.Month, today: dt.date) -> None:
        squadron = 1 + self.chance.randrange(6)
        kind, text = self.chance.choice(DEEDS)
        members = self.persons[f"squadron{squadron}"]
        person = members[2 + self.chance.randrange(10)]
        day = month.last - dt.timedelta(days=3)
        self.at(day, 15, 0, lambda: self._commend(f"captain{squadron}", person, kind, text))
        lately = today - dt.timedelta(days=2)
        if month.before.last < lately <= month.last + dt.timedelta(days=31):
            self.at(lately, 11, 0, lambda: self._commend("captain2", self.persons["squadron2"][3], "public", DEEDS[0][1], waits=True))

    def _commend(self, captain: str, person: Person, kind: str, text: str, *, waits: bool = False) -> None:
        key = uuid.UUID(int=self.chance.getrandbits(128), version=4)
        try:
            made = services.propose_commendation(
                self.actor(captain), form_key=key, kind=kind, text=text, happened_on=clock.today(), person=person
            )
        except DomainError:
            return  # the person has moved to another squadron or left by then
        if not waits:
            self.at(
                clock.today() + dt.timedelta(days=1), 9, 0, lambda: services.decide_commendation(self.actor("leader"), made, given=True)
            )

    # --- the monthly bulletin ---

    def _plan_bulletin(self, month: months.Month, today: dt.date) -> None:
        workdays = self._workdays_after(month.last, 6)
        self.at(workdays[1], 9, 0, lambda: self._begin(month, workdays[5]))
        self.at(workdays[2], 17, 0, lambda: self._issue(month))
        for number in range(1, 7):
            is_late = number == 6 or (number == 5 and (today - workdays[2]).days < 25)
            if not is_late:
                self.at(workdays[3], 8, 40 + number, lambda number=number: self._acknowledge(month, number))  # type: ignore[misc]

    @staticmethod
    def _workdays_after(day: dt.date, count: int) -> list[dt.date]:
        calendar = rulebook.work_calendar()
        return [calendar.nth_workday_after(day, number).day for number in range(1, count + 1)]

    def _begin(self, month: months.Month, due_on: dt.date) -> None:
        office = self.actor("supervisor")
        bulletin = drafting.draft_bulletin(office, month=month)
        drafting.word_bulletin(office, bulletin, practice=PRACTICE, outlook=OUTLOOK)
        squadron = self.units[f"squadron{1 + month.number % 6}"]
        drafting.plan_task(office, bulletin, text="组织一次标识佩戴自查并报结果", unit=squadron, due_on=due_on)
        drafting.freeze_bulletin(office, bulletin)

    def _issue(self, month: months.Month) -> None:
        bulletin = Bulletin.objects.select_related("snapshot").get(month=month.code)
        assert bulletin.snapshot is not None, "frozen the day before"
        issuing.sign_bulletin(self.actor("leader"), bulletin, sha256=bulletin.snapshot.sha256)
        issuing.issue_bulletin(self.actor("supervisor"), bulletin, public=True)

    def _acknowledge(self, month: months.Month, number: int) -> None:
        bulletin = Bulletin.objects.get(month=month.code)
        issuing.acknowledge_bulletin(self.actor(f"captain{number}"), bulletin, unit=self.units[f"squadron{number}"])

    # --- the year ---

    def _plan_assessment(self, year: int) -> None:
        opened = self._workdays_after(dt.date(year + 1, 1, 8), 30)
        self.at(opened[0], 9, 0, lambda: rounds.open_round(self.actor("supervisor"), year=year))
        self.at(opened[1], 9, 0, lambda: self._freeze(year))
        self.at(opened[2], 9, 0, lambda: self._nominate(year))
        self.at(opened[3], 9, 0, lambda: rounds.publish_list(self.actor("supervisor"), assessed.round_of(year)))
        self.at(opened[12], 9, 0, lambda: self._announce(year))

    def _freeze(self, year: int) -> None:
        rounds.freeze_round(
            self.actor("supervisor"),
            assessed.round_of(year),
            with_open_matters=True,
            confirmation="申辩期未满的逐人列明，结论出来后更正。",
        )

    def _nominate(self, year: int) -> None:
        round_ = assessed.round_of(year)
        for number in range(1, 7):
            for person in self.persons[f"squadron{number}"][3:6]:
                try:
                    nominations.nominate(self.actor(f"captain{number}"), round_, person=person, reasons="全年无问题，任务完成好。")
                except DomainError:
                    continue  # not eligible, or moved: the next one
        nominations.nominate(self.actor("leader"), round_, unit=self.units["squadron1"], reasons="全年着装规范率和装备闭环率居前。")

    def _announce(self, year: int) -> None:
        rounds.issue_results(self.actor("leader"), assessed.round_of(year), document_number=f"演示城管〔{year + 1}〕评1号")

    def _nominate_title(self) -> None:
        """The squadron of which the fewest criteria fail."""
        office = self.actor("supervisor")
        squadrons = [self.units[f"squadron{number}"] for number in range(1, 7)]
        best = min(squadrons, key=lambda unit: sum(each.holds is False for each in criteria_of(unit)[0]))
        made = titles.nominate_title(
            office,
            kind="squadron",
            unit=best,
            reasons="连续两个季度没有逾期整改，群众满意度高。",
            evidence=self.photos(office),
        )
        days = self._workdays_after(clock.today(), 12)
        self.at(days[0], 10, 0, lambda: titles.publish_title(self.actor("finance"), made))
        self.at(days[9], 10, 0, lambda: titles.grant_title(self.actor("leader"), made, document_number="演示城管〔示范〕1号"))
