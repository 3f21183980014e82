"""The supervision office at work in the demo bureau: plans, draws, visits and their sheets, look-backs, repeat alerts."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from random import Random
from typing import Any

from django.core.files.uploadedfile import UploadedFile

from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.errors import DomainError
from chengxin.core.quarters import quarter_days, quarter_of
from chengxin.findings.services import record_look_back
from chengxin.people.models import Person, Unit
from chengxin.supervision import rules
from chengxin.supervision.models import Inspector, LookBackTask, Plan, RepeatAlert, Visit
from chengxin.supervision.selectors import visits as facts
from chengxin.supervision.services import alerts, desk, drawing, plans, visits

DRAWN_ALOUD = ("三 一 六 四", "五 五 二 一", "二 四 四 三", "六 一 三 五")
PLACES = ("人民路与新安街口", "东大街夜市", "火车站广场", "中队院内")
SPECIAL_REASON = "第三季度日常执法规范专项督查"


@dataclass
class Inspections:
    """Supervision while the demo is being built."""

    units: Mapping[str, Unit]
    persons: Mapping[str, list[Person]]
    actor: Callable[[str], Actor]
    at: Callable[[dt.date, int, int, Callable[[], Any]], None]
    chance: Random
    picture: Callable[[], UploadedFile]

    def plan(self, first_day: dt.date, today: dt.date) -> None:
        """Every quarter a draw and the look-backs of the last one, every month a round of its own, every third quarter the special one."""
        for offset in range((today - first_day).days):
            day = first_day + dt.timedelta(days=offset)
            first, last = quarter_days(day.year, quarter_of(day))
            quarter = quarter_of(day)
            if day == first + dt.timedelta(days=10):
                self.at(day, 9, 30, lambda first=first, last=last: self._quarterly(first, last))  # type: ignore[misc]
                self.at(day, 15, 0, lambda first=first: self._look_backs(first - dt.timedelta(days=1)))  # type: ignore[misc]
            if day == first + dt.timedelta(days=40) and quarter == 3:
                self.at(day, 9, 0, lambda day=day: self._by_hand(rules.SPECIAL, day, range(1, 7)))  # type: ignore[misc]
            if day.day == 8:
                self.at(day, 8, 20, lambda day=day: self._by_hand(rules.DAILY, day, (1 + day.month % 6, 1 + (day.month + 3) % 6)))  # type: ignore[misc]
            if day.day == 25:
                self.at(day, 16, 0, self._dispose)
        self.at(today - dt.timedelta(days=1), 17, 10, self._still_to_do)

    # --- plans ---

    def _quarterly(self, first: dt.date, last: dt.date) -> None:
        office, aloud = self.actor("supervisor"), DRAWN_ALOUD[quarter_of(first) - 1]
        plan = plans.create_plan(
            office, kind=rules.QUARTERLY, mode="open", template="all", starts_on=clock.today(), ends_on=last, units=self._squadrons(),
            quarter=quarter_of(first),
        )  # fmt: skip
        plan = drawing.cast_objects(office, drawing.freeze_objects(office, plan), public=aloud)
        plan = drawing.cast_inspectors(office, drawing.freeze_inspectors(office, plan), public=aloud[::-1])
        for place, visit in enumerate(plan.visits.order_by("pk")):
            self._plan_visit(visit, clock.today() + dt.timedelta(days=3 + 2 * place))
        self.at(last, 17, 0, lambda: self._close(plan))

    def _by_hand(self, kind: str, day: dt.date, squadrons: Any) -> None:
        office = self.actor("supervisor")
        units = [self.units[f"squadron{number}"] for number in squadrons]
        ends_on = day + dt.timedelta(days=14)
        plan = plans.create_plan(
            office, kind=kind, mode="covert" if day.month % 2 else "on_site", template="dress" if kind == rules.DAILY else "all",
            starts_on=day, ends_on=ends_on, units=units, reason=SPECIAL_REASON if kind == rules.SPECIAL else "",
        )  # fmt: skip
        for place, unit in enumerate(units):
            inspector = self.persons["supervision"][place % 2]
            due_on = day + dt.timedelta(days=1 + place)
            self._plan_visit(visits.arrange_visit(office, plan, unit=unit, inspectors=[inspector], due_on=due_on), due_on)
        self.at(ends_on, 17, 30, lambda: self._close(plan))

    def _still_to_do(self) -> None:
        """What lies before the office on the last day: a visit that nobody has held yet."""
        office, unit, today = self.actor("supervisor"), self.units["squadron4"], clock.today()
        plan = plans.create_plan(
            office, kind=rules.DAILY, mode="on_site", template="dress", starts_on=today, ends_on=today + dt.timedelta(days=7), units=[unit],
            note="午后到岗，重点看标识佩戴",
        )  # fmt: skip
        visits.arrange_visit(office, plan, unit=unit, inspectors=self.persons["supervision"][:2], due_on=today + dt.timedelta(days=1))

    def _close(self, plan: Plan) -> None:
        with suppress(DomainError):  # a visit still waits: the plan stays open
            plans.close_plan(self.actor("supervisor"), plan, note="检查结果已反馈各中队。")

    def _squadrons(self) -> list[Unit]:
        return [self.units[f"squadron{number}"] for number in range(1, 7)]

    # --- visits ---

    def _plan_visit(self, visit: Visit, day: dt.date) -> None:
        self.at(day, 10, 5 + visit.pk % 50, lambda: self._hold(visit))

    def _hold(self, visit: Visit) -> None:
        going = Inspector.objects.standing().filter(visit=visit).values_list("person_id", flat=True)
        inspectors = {self.persons["supervision"][place].pk: name for place, name in enumerate(("supervisor", "supervisor2"))}
        actor = self.actor(next(inspectors[pk] for pk in going if pk in inspectors))
        sheet = facts.sheet_of(visit, clock.today())
        members = sheet.targets or self.chance.sample(sheet.others, 6)
        flawed = {member.person.pk: self._item_of(member) for member in members if member.items and self.chance.random() < 0.06}
        absent = {member.person.pk for member in members if member.is_target and self.chance.random() < 0.05} - flawed.keys()
        for person in flawed:
            self._photograph(actor, visit, person)
        seen = tuple(
            visits.Seen(member.person.pk, flawed.get(member.person.pk, ()), corrected_on_spot=self.chance.random() < 0.5)
            for member in members
            if member.person.pk not in absent
        )
        visits.submit_visit(actor, visit, client_key=self._key(), filled=visits.Filled(
            held_on=clock.today(), seen=seen, absent=tuple(absent), place=self.chance.choice(PLACES), note="逐人查看，现场反馈。",
        ))  # fmt: skip

    def _item_of(self, member: facts.Member) -> tuple[str, ...]:
        minor = [item.code for item in member.items if item.entry["grade"] == "minor"]
        return (self.chance.choice(minor),) if minor else ()

    def _photograph(self, actor: Actor, visit: Visit, person: int) -> None:
        visits.keep_photo(actor, visit, self.picture(), client_key=self._key(), captured_at=clock.now(), person_id=person)

    def _key(self) -> uuid.UUID:
        return uuid.UUID(int=self.chance.getrandbits(128), version=4)

    # --- afterwards ---

    def _look_backs(self, day: dt.date) -> None:
        office, quarter = self.actor("supervisor"), quarter_of(day)
        try:
            desk.freeze_look_backs(office, year=day.year, quarter=quarter)
        except DomainError:
            return  # nothing was closed in that quarter
        desk.cast_look_backs(office, year=day.year, quarter=quarter, public=DRAWN_ALOUD[quarter - 1])
        for place, task in enumerate(LookBackTask.objects.filter(year=day.year, quarter=quarter).select_related("finding").order_by("pk")):
            self.at(clock.today() + dt.timedelta(days=1 + place % 6), 14, 10 + place, lambda task=task: self._look(task))  # type: ignore[misc]

    def _look(self, task: LookBackTask) -> None:
        for name in ("supervisor2", "supervisor"):
            with suppress(DomainError):  # who found it does not look back at it
                record_look_back(self.actor(name), task.finding, recurred=self.chance.random() < 0.08, note="按抽取名单回头看。")
                return

    def _dispose(self) -> None:
        for alert in RepeatAlert.objects.open().order_by("pk"):
            if self.chance.random() < 0.8:
                with suppress(DomainError):
                    alerts.dispose_alert(
                        self.actor("supervisor"), alert, disposition=self.chance.choice(("talk", "training", "none")),
                        reason="已与本人和中队长核对，原因清楚。",
                    )  # fmt: skip
