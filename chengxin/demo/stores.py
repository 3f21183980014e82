"""The demo bureau's equipment and uniforms: bought, issued, brought back, late, broken, lost, counted."""

from __future__ import annotations

import datetime as dt
import random
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.duty import selectors as roster
from chengxin.duty import services as duty
from chengxin.equipment import rules
from chengxin.equipment import selectors as facts
from chengxin.equipment.models import Item
from chengxin.equipment.services import counts, custody, faults, register, stock
from chengxin.equipment.services.gestures import Asked
from chengxin.equipment.services.overdue import propose_overdue
from chengxin.findings import selectors as findings_facts
from chengxin.findings import services as findings
from chengxin.people import selectors as people
from chengxin.people.models import Person, Unit
from chengxin.rulebook import selectors as rulebook

# kind -> (number's beginning, model, pieces a squadron, price in fen)
OUTFIT = {
    "recorder": ("JLY", "演示型 DSJ-V8", 50, 268_000),
    "radio": ("DJJ", "演示型 R-200", 50, 128_000),
    "terminal": ("ZDQ", "演示型 T-5", 34, 219_900),
    "camera": ("XJ", "演示型 C-1", 7, 459_900),
    "keys": ("YS", "演示车辆", 6, 20_000),
    "drone": ("WRJ", "演示型 M-3", 3, 1_299_000),
}
SHIFTS_AHEAD = 14
ON_DUTY = 6  # of a squadron on an ordinary day of the history
PASSED = {"charge": 96, "storage": 58, "clock": 2, "function": True, "signal": True}


@dataclass
class Stores:
    """The equipment rooms while the demo is being built."""

    units: Mapping[str, Unit]
    persons: Mapping[str, list[Person]]
    actor: Callable[[str], Actor]
    at: Callable[[dt.date, int, int, Callable[[], Any]], None]
    chance: random.Random
    numbers: dict[tuple[int, str], list[str]] = field(default_factory=dict)

    def furnish(self, first_day: dt.date) -> None:
        """Buy everything on the first day: some of it new, some of it near the end of its life."""
        finance = self.actor("finance")
        for squadron in range(1, 7):
            for kind, (prefix, model, pieces, price) in OUTFIT.items():
                for piece in range(1, pieces + 1):
                    number = f"{prefix}-{squadron}{piece:03d}"
                    bought = first_day - dt.timedelta(days=(piece * 37 + squadron * 11) % 900)
                    register.register_item(
                        finance, asset_number=number, kind=kind, model_name=model, unit=self.units[f"squadron{squadron}"],
                        purchased_on=bought, price=price, serial=f"SN{squadron}{kind[:2].upper()}{piece:04d}",
                        place=f"装备室 {1 + piece % 4} 号柜", document=f"演示购〔{bought.year}〕{1 + piece % 9}号",
                    )  # fmt: skip
                    self.numbers.setdefault((squadron, kind), []).append(number)

    def plan(self, days: list[dt.date], today: dt.date, now: dt.datetime) -> None:
        """Duties of the history, what goes wrong in them, and how today stands."""
        for day in days:
            for squadron in range(1, 7):
                if day < today:
                    self.at(day, 7, 20 + squadron, lambda day=day, squadron=squadron: self._duty(day, squadron))  # type: ignore[misc]
        self.at(today - dt.timedelta(days=40), 15, 0, lambda: self._past_count(3))
        for squadron in range(1, 7):
            self.at(today - dt.timedelta(days=30 - squadron), 10, 5, lambda squadron=squadron: self._repair(squadron))  # type: ignore[misc]
        self.at(today - dt.timedelta(days=25), 16, 0, lambda: self._loss(2))
        self.at(today - dt.timedelta(days=3), 9, 30, lambda: self._loan(today, 1))
        self.at(today - dt.timedelta(days=60), 14, 0, self._uniforms)
        self.at(today - dt.timedelta(days=1), 16, 30, lambda: self._ahead(today))
        self.at(today - dt.timedelta(days=1), 16, 45, lambda: self._running_count(4))
        for day in days:
            self.at(day, 7, 2, self._review)
        if now.hour >= 8:
            self.at(today, 8, 2, lambda: self._morning(today))

    def _review(self) -> None:
        """What the detector noticed; the supervision office decides after some days."""
        propose_overdue()
        supervisor = self.actor("supervisor")
        decided_before = clock.now() - dt.timedelta(days=6)
        for proposal in findings_facts.proposals_visible_to(supervisor).filter(state="waiting", proposed_at__lt=decided_before):
            if self.chance.random() < 0.3:
                findings.dismiss_proposal(supervisor, proposal, reason="加班处置突发情况，已向中队报备。")
            else:
                self._put_right(findings.accept_proposal(supervisor, proposal))

    def _put_right(self, finding: Any) -> None:
        """Most of it is put right within days; a few nobody moves on."""
        captain = finding.unit.code.replace("squadron", "captain")
        if self.chance.random() < 0.06 or finding.unit.kind != "squadron":
            return
        day = clock.today() + dt.timedelta(days=2 + self.chance.randrange(4))
        text, note = "装备已归还入库，已提醒本人按时归还。", "台账与实物一致，已整改。"
        self.at(day, 16, 5, lambda: findings.submit_rectification(self.actor(captain), finding, text=text))
        self.at(
            day + dt.timedelta(days=1), 10, 35, lambda: findings.recheck_finding(self.actor("supervisor2"), finding, passed=True, note=note)
        )

    def _on_duty(self, day: dt.date, squadron: int, count: int = ON_DUTY) -> list[Person]:
        """Who takes part on a day: the roll goes round, so that everybody comes up."""
        members = self.persons[f"squadron{squadron}"][2:]
        start = (day.toordinal() * count) % len(members)
        wanted = [members[(start + step) % len(members)] for step in range(count)]
        away = set(people.statuses_on([person.pk for person in wanted], day))
        here = {person.pk for person in people.members_of([self.units[f"squadron{squadron}"].pk], day)}
        return [person for person in wanted if person.pk in here and person.pk not in away]

    def _duty(self, day: dt.date, squadron: int) -> None:
        """A day's duty of a squadron: planned, equipped in the morning, brought back in the evening, now and then late or broken."""
        crew = self._on_duty(day, squadron)
        wanted = {(person.pk, day): "day" for person in crew}
        duty.plan_shifts(self.actor(f"captain{squadron}"), self.units[f"squadron{squadron}"], wanted=wanted)
        taken = self._equip(crew, squadron)
        late = [number for number in taken if self.chance.random() < 0.012]
        in_time = [number for number in taken if number not in late]
        self.at(day, 17, 40 + squadron, lambda: self._bring_back(squadron, in_time))
        if late:
            self.at(day + dt.timedelta(days=1), 7, 5 + squadron, lambda: self._bring_back(squadron, late))

    def _equip(self, crew: list[Person], squadron: int) -> list[str]:
        keeper, taken = self.actor(f"keeper{squadron}"), list[str]()
        for person in crew:
            kinds = ("recorder", "radio", "terminal") if self.chance.random() < 0.4 else ("recorder", "radio")
            wanted = [self.chance.choice(self.numbers[(squadron, kind)]) for kind in kinds]
            outcomes = custody.check_out(keeper, holder=person, items=[Asked(number, PASSED) for number in wanted])
            taken += [outcome.number for outcome in outcomes if outcome.done]
        return taken

    def _bring_back(self, squadron: int, numbers: list[str]) -> None:
        back = [
            Asked(number, condition="damaged", note=self.chance.choice(("屏幕不亮", "电池鼓包", "按键失灵", "天线松动")))
            if self.chance.random() < 0.002
            else Asked(number)
            for number in numbers
        ]
        if back:
            custody.give_back(self.actor(f"captain{squadron}"), items=back)

    def _repair(self, squadron: int) -> None:
        """Old faults are repaired and accepted; the newest stay at the repairer."""
        keeper, captain = self.actor(f"keeper{squadron}"), self.actor(f"captain{squadron}")
        weak = Item.objects.get(asset_number=self.numbers[(squadron, "drone")][0])
        at_repairer = faults.report_fault(keeper, weak, description="电池鼓包，续航不足十分钟。")
        for place, fault in enumerate(facts.faults_visible_to(keeper).unsettled().filter(is_loss=False).order_by("pk")):
            faults.send_to_repair(keeper, fault, repairer="演示装备维修部", expected_on=clock.today() + dt.timedelta(days=7))
            if fault.pk != at_repairer.pk and place % 3 != 2:
                faults.record_outcome(keeper, fault, repaired=True, outcome="更换部件，测试正常", cost=18_000)
                faults.accept_repair(captain, fault, passed=True, note="功能正常")
                faults.decide_liability(self.actor("brigade"), fault, outcome="none", reasons="正常使用损耗。")

    def _loss(self, squadron: int) -> None:
        item = Item.objects.get(asset_number=self.numbers[(squadron, "radio")][3])
        if item.service == rules.READY:
            faults.report_fault(self.actor(f"keeper{squadron}"), item, description="巡查途中遗失，已沿途寻找未果。", is_loss=True)

    def _loan(self, today: dt.date, squadron: int) -> None:
        asked = [Asked(self.numbers[(squadron, "camera")][1], PASSED)]
        holder = self.persons[f"squadron{squadron}"][3]
        due_at = clock.at(today - dt.timedelta(days=1), 18)
        custody.lend(self.actor(f"captain{squadron}"), holder=holder, items=asked, reason="专项行动取证", due_at=due_at)

    def _morning(self, today: dt.date) -> None:
        for squadron in range(1, 7):
            crew = [self.persons[f"squadron{squadron}"][3], *self._on_duty(today, squadron)]
            by_day = {shift.person_id for person in crew for shift in roster.shifts_from(person.pk, today, 1) if shift.pattern == "day"}
            self._equip([person for person in dict.fromkeys(crew) if person.pk in by_day], squadron)

    def _ahead(self, today: dt.date) -> None:
        """The roster of the next two weeks: half of each squadron by day, a few in the evening."""
        calendar = rulebook.work_calendar()
        days = [day for offset in range(SHIFTS_AHEAD) if calendar.is_workday(day := today + dt.timedelta(days=offset))]
        for squadron in range(1, 7):
            unit = self.units[f"squadron{squadron}"]
            members = list(people.members_of([unit.pk], today))
            away = people.statuses_on([person.pk for person in members], today)
            members = [person for person in members if person.pk not in away]
            wanted = {
                (person.pk, day): "evening" if (place + day.day) % 5 == 4 else "day" if (place + day.day) % 2 else ""
                for place, person in enumerate(members)
                for day in days
            }
            officer = self.persons[f"squadron{squadron}"][3]
            wanted |= {(officer.pk, day): "day" for day in days if (officer.pk, day) in wanted}
            duty.plan_shifts(self.actor(f"captain{squadron}"), unit, wanted=wanted, reason="双周排班")

    def _count(self, squadron: int, skipped: int) -> tuple[Actor, Any, uuid.UUID, int]:
        keeper = self.actor(f"keeper{squadron}")
        started = counts.start_count(keeper, self.units[f"squadron{squadron}"], place="装备室 1 号柜")
        device = uuid.UUID(int=self.chance.getrandbits(128), version=4)
        counts.join_count(keeper, started, key=device)
        expected = list(facts.tally_of(started).missing)
        scans = [counts.Scan(n, rules.label_of(number), clock.now()) for n, number in enumerate(expected[skipped:], start=1)]
        counts.keep_scans(keeper, started, key=device, scans=scans, announced=len(scans))
        return keeper, started, device, len(scans)

    def _past_count(self, squadron: int) -> None:
        keeper, started, device, total = self._count(squadron, skipped=1)
        counts.finish_device(keeper, started, key=device, total=total)
        counts.close_count(keeper, started)
        for difference in started.differences.all():
            counts.settle_difference(keeper, difference, resolution="在值班室找到，已放回原位。")

    def _running_count(self, squadron: int) -> None:
        self._count(squadron, skipped=9)

    def _uniforms(self) -> None:
        """A delivery, and the first issues of the season."""
        finance = self.actor("finance")
        for style, row in facts.styles().items():
            for person_class in row["classes"]:
                for sex in ("male", "female"):
                    for size in row["sizes"] if (style, sex) != ("dress", "female") else ():  # not delivered: the stock is low
                        change = 14 + self.chance.randrange(12)
                        of = {"style": style, "size": size, "sex": sex, "person_class": person_class}
                        stock.move_stock(finance, **of, kind="received", change=change, note="年度采购")
        for squadron in range(1, 7):
            for place, person in enumerate(self.persons[f"squadron{squadron}"][:9]):
                if Person.objects.filter(pk=person.pk, left_on=None).exists():
                    size = ("S", "M", "L", "XL", "XXL")[(place + squadron) % 5]
                    stock.issue_uniform(finance, person, style="duty_winter", size=size, quantity=1)
