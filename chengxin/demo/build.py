"""The demo bureau: fourteen months of a fictional bureau's life, made by the same commands that people use.

Deterministic for a given day: the same cast, the same events at the same moments. One transaction: all of it or nothing.
"""

from __future__ import annotations

import datetime as dt
import heapq
import io
import random
import sys
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from typing import Any

import click
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from PIL import Image, ImageDraw

from chengxin.attire import selectors as attire_facts
from chengxin.attire import services as attire
from chengxin.core import clock
from chengxin.core.actor import Actor, system_actor
from chengxin.core.errors import DomainError
from chengxin.demo import cast
from chengxin.demo.activities import Activities
from chengxin.demo.casereviews import Casereviews
from chengxin.demo.complaints import Complaints
from chengxin.demo.conduct import Conduct
from chengxin.demo.contests import Contests
from chengxin.demo.discipline import Discipline
from chengxin.demo.exams import Exams
from chengxin.demo.footage import Footage
from chengxin.demo.inspections import Inspections
from chengxin.demo.revisions import Revisions
from chengxin.demo.stores import Stores
from chengxin.files.services import accept_photo
from chengxin.findings import rules as finding_rules
from chengxin.findings import services as findings
from chengxin.findings.kinds import finding_kinds
from chengxin.people import access
from chengxin.people import selectors as people_facts
from chengxin.people import services as people
from chengxin.people.catalog import ROLE_BY_CODE
from chengxin.people.models import Person, Unit, User
from chengxin.rulebook import selectors as rulebook_facts
from chengxin.rulebook import services as rulebook

HISTORY_DAYS = 426  # fourteen months
DAILY_DAYS = 45  # roll-calls are held every working day lately, on Mondays before that
SYSTEM = system_actor("演示")


def build_when_empty(tell: Callable[[float], None] = lambda _: None) -> None:
    """Build the demo bureau into an empty installation, telling how much is done; an installation with units is left alone."""
    if Unit.objects.exists():
        return
    settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
    (settings.DATA_DIR / "demo").write_text("demo\n", encoding="ascii")
    with transaction.atomic():
        _Town(clock.now(), tell).live()


def print_accounts() -> None:
    """One line an account, then the one password. Says nothing outside a demo installation."""
    if not (settings.DATA_DIR / "demo").exists():
        click.echo("已有数据，没有建立演示局。")
        return
    click.echo("演示账号（口令都是 " + cast.PASSWORD + "）：")
    for account in cast.accounts():
        if not account.username[-1].isdigit() or account.username.endswith("1") or account.username == "supervisor2":
            click.echo(f"  {account.username:<12}{account.title}")
    click.echo("  其余中队把末位数字换成 2 至 6。")


@dataclass
class _Town:
    """The bureau while it is being built: who is who, and what happens next."""

    now: dt.datetime
    tell: Callable[[float], None]
    chance: random.Random = field(default_factory=lambda: random.Random(20250923))
    events: list[tuple[dt.datetime, int, Callable[[], Any]]] = field(default_factory=list)
    order: Iterator[int] = field(default_factory=count)
    units: dict[str, Unit] = field(default_factory=dict)
    persons: dict[str, list[Person]] = field(default_factory=dict)
    users: dict[str, User] = field(default_factory=dict)
    actors: dict[str, Actor] = field(default_factory=dict)
    stores: Stores = field(init=False)

    @property
    def first_day(self) -> dt.date:
        return clock.local_day(self.now) - dt.timedelta(days=HISTORY_DAYS)

    def live(self) -> None:
        """Found the bureau, plan its days, and let everything happen in the order of time."""
        with clock.frozen(clock.at(self.first_day, 7)):
            self._found()
            self.stores = Stores(self.units, self.persons, self.actor, self.at, self.chance)
            self.stores.furnish(self.first_day)
        self._plan()
        total = max(1, int((self.now - clock.at(self.first_day)).total_seconds()))
        with click.progressbar(length=total, label="建立演示局", file=sys.stderr) as bar:
            reached = clock.at(self.first_day)
            while self.events and self.events[0][0] <= self.now:
                moment, _, happen = heapq.heappop(self.events)
                with clock.frozen(moment):
                    happen()
                bar.update(max(0, int((moment - reached).total_seconds())))
                reached = max(reached, moment)
                self.tell((reached - clock.at(self.first_day)).total_seconds() / total)
            bar.update(max(0, int((self.now - reached).total_seconds())))

    def at(self, day: dt.date, hour: int, minute: int, happen: Callable[[], Any]) -> None:
        heapq.heappush(self.events, (clock.at(day, hour, minute), next(self.order), happen))

    def actor(self, username: str) -> Actor:
        if username not in self.actors:
            self.actors[username] = access.actor_for(self.users[username])
        return self.actors[username]

    # --- founding ---

    def _found(self) -> None:
        rulebook.load_first_issue(SYSTEM)
        rulebook.issue_rulebook(SYSTEM, issued_on=self.first_day, document_number="演示城管〔2025〕1号")
        for room in cast.UNITS:
            parent = self.units.get(room.parent) if room.parent else None
            self.units[room.code] = people.add_unit(SYSTEM, code=room.code, name=room.name, kind=room.kind, parent=parent)
        for member in cast.members(self.first_day):
            of_unit = self.persons.setdefault(member.unit, [])
            leads = not of_unit
            of_unit.append(
                people.add_person(
                    SYSTEM, number=member.number, name=member.name, sex=member.sex, person_class=member.person_class,
                    unit=self.units[member.unit], joined_on=member.joined_on, badge_number=member.badge_number, is_leader=leads,
                )
            )  # fmt: skip
        self._open_accounts()

    def _open_accounts(self) -> None:
        hashed = make_password(cast.PASSWORD)  # once: forty hashes would take longer than the history
        for account in cast.accounts():
            owners = [each for each in self.persons[account.person_unit] if each.person_class == account.person_class]
            person = owners[account.position]
            user = User.objects.create(username=account.username, person=person, password=hashed, password_changed_at=self.now)
            self.users[account.username] = user
            if not ROLE_BY_CODE[account.role].implied_by:
                unit = self.units[account.unit] if account.unit else None
                people.grant_role(SYSTEM, user, role=account.role, unit=unit, starts_on=self.first_day)
        self._open_the_others(hashed)

    def _open_the_others(self, hashed: str) -> None:
        """Everybody signs in, by the staff number: all have papers to sit and norms to learn."""
        known = {user.person_id for user in self.users.values()}
        others = [person for members in self.persons.values() for person in members if person.pk not in known]
        for user in User.objects.bulk_create(
            User(username=person.number.lower(), person=person, password=hashed, password_changed_at=self.now) for person in others
        ):
            self.users[user.username] = user

    # --- what happens ---

    def _plan(self) -> None:
        today = clock.local_day(self.now)
        calendar = rulebook_facts.work_calendar()
        every_day = [self.first_day + dt.timedelta(days=offset) for offset in range(HISTORY_DAYS + 1)]
        duties = []
        for day in filter(calendar.is_workday, every_day):
            if (today - day).days <= DAILY_DAYS or day.weekday() == 0:
                duties.append(day)
                self._plan_roll_calls(day, skip_first=day == today)
            if self.chance.random() < 0.35:
                self.at(day, 9 + self.chance.randrange(7), self.chance.randrange(60), self._patrol)
        self.stores.plan(duties, today, self.now)
        Footage(self.units, self.actor, self.at, self.chance).plan(duties, today)
        Complaints(self.units, self.persons, self.actor, self.at).plan(self.first_day, today)
        Inspections(self.units, self.persons, self.actor, self.at, self.chance, self._upload).plan(self.first_day, today)
        always = partial(self._photos, always=True)
        Discipline(self.units, self.persons, self.actor, self.at, self.chance, always).plan(self.first_day, today)
        self._plan_year(today)
        Revisions(self.users, self.actor, self.at, random.Random(20261126)).plan(self.first_day, today)
        self._plan_staff_matters(today)
        self._plan_orders(today)
        self._plan_present(today)

    def _plan_year(self, today: dt.date) -> None:
        """The programme of 2.4 and what is measured of conduct."""
        known = (self.units, self.persons, self.users, self.actor, self.at, random.Random(20260226))
        Activities(*known).plan(self.first_day, today)
        Exams(*known).plan(self.first_day, today)
        Contests(*known).plan(self.first_day, today)
        Casereviews(*known).plan(self.first_day, today)
        Conduct(*known).plan(self.first_day, today)

    def _plan_present(self, today: dt.date) -> None:
        """What waits today for each role: a rectification, a re-check, an objection, an extension."""
        officer, auxiliary = self.users["officer1"].person, self.users["auxiliary1"].person
        other, fourth = self.users["officer2"].person, self.users["auxiliary3"].person
        past = self._past_workdays(today)
        self.at(past[1], 9, 10, lambda: self._scene(officer, "attire.markings_missing", lambda _finding: None))
        self.at(past[1], 9, 40, lambda: self._scene(auxiliary, "attire.sleeves_rolled", lambda finding: findings.file_objection(
            self.actor("auxiliary1"), finding, text="当时正在搬运暂扣物品，挽袖是作业需要，请核实现场录像。")))  # fmt: skip
        self.at(past[2], 10, 0, lambda: self._scene(other, "conduct.hands", lambda finding: findings.submit_rectification(
            self.actor("officer2"), finding, text="已学习礼仪规范并在班前会上说明。")))  # fmt: skip
        self.at(past[0], 15, 0, lambda: self._scene(fourth, "attire.incomplete", lambda finding: findings.request_extension(
            self.actor("captain3"), finding, workdays=3, reason="补发的制式腰带尚未到货。")))  # fmt: skip

    @staticmethod
    def _past_workdays(today: dt.date) -> list[dt.date]:
        """The last working days before today, newest first."""
        calendar = rulebook_facts.work_calendar()
        days = (today - dt.timedelta(days=offset) for offset in range(1, 20))
        return [day for day in days if calendar.is_workday(day)]

    def _scene(self, person: Person | None, code: str, then: Callable[[Any], Any]) -> None:
        entry = rulebook_facts.catalogue(clock.today())[code]
        kind = next(each.code for each in finding_kinds if each.rule == entry["rule"])
        supervisor = self.actor("supervisor")
        finding = findings.raise_finding(
            supervisor, kind=kind, seen_at=clock.now(), facts={"act": entry["title"], "entry": code}, source=f"scene:{code}",
            described="日常督查", person=person, place=PLACES[0], grade=entry["grade"], photos=self._photos(supervisor, always=True),
        )  # fmt: skip
        then(finding)

    def _plan_roll_calls(self, day: dt.date, *, skip_first: bool) -> None:
        for number in range(2 if skip_first else 1, 7):
            self.at(day, 8, 2 * number, lambda number=number: self._roll_call(number))  # type: ignore[misc]

    def _roll_call(self, number: int) -> None:
        captain, unit = self.actor(f"captain{number}"), self.units[f"squadron{number}"]
        sheet = attire_facts.sheet_for(captain, unit, clock.today())
        wearing = [member for member in sheet if member.expected.word == "must_wear" and not member.is_conductor]
        seen = [member for member in wearing if self.chance.random() < 0.012]
        away = [member.person.pk for member in wearing if member not in seen and self.chance.random() < 0.04]
        exceptions = [
            attire.SeenException(
                member.person.pk,
                (self.chance.choice(_of_the_body(member.entries)),),
                corrected_on_spot=self.chance.random() < 0.75,
                photos=self._photos(captain),
            )
            for member in seen
        ]
        made = attire.submit_roll_call(
            captain, unit, client_key=uuid.UUID(int=self.chance.getrandbits(128), version=4), held_on=clock.today(), session="day",
            exceptions=exceptions, absent=away,
        )  # fmt: skip
        for line in attire_facts.lines_of(made):
            for exception in line.exceptions.all():
                self._follow(exception.finding, rectifier="brigade", rechecker="supervisor")

    def _patrol(self) -> None:
        """The supervision office sees something on its round."""
        number = 1 + self.chance.randrange(6)
        person = self.chance.choice(self.persons[f"squadron{number}"][1:])
        catalogue = rulebook_facts.catalogue(clock.today())
        code = self.chance.choice([code for code, entry in catalogue.items() if entry["grade"] == "minor" or self.chance.random() < 0.2])
        entry = catalogue[code]
        kind = next(each.code for each in finding_kinds if each.rule == entry["rule"])
        supervisor = self.actor("supervisor")
        try:
            with transaction.atomic():
                finding = findings.raise_finding(
                    supervisor, kind=kind, seen_at=clock.now() - dt.timedelta(minutes=20), facts={"act": entry["title"], "entry": code},
                    source=f"patrol:{clock.now():%Y%m%d%H%M}", described="日常督查", person=person, place=self.chance.choice(PLACES),
                    grade=entry["grade"], photos=self._photos(supervisor), corrected_on_spot=self.chance.random() < 0.35,
                )  # fmt: skip
        except DomainError:
            return  # the guard found that there is nothing to find, as it should
        # somebody of another squadron by now answers to that squadron's leader
        self._follow(finding, rectifier=finding.unit.code.replace("squadron", "captain"), rechecker="supervisor2")

    def _follow(self, finding: Any, *, rectifier: str, rechecker: str) -> None:
        """Plan what becomes of an open finding; some objections, some returns, and now and then nobody moves."""
        if finding.state != finding_rules.OPEN:
            return
        day = clock.today()
        fate = self.chance.random()
        self.at(day + dt.timedelta(days=1), 10, 5, lambda: findings.acknowledge_finding(self.actor(rectifier), finding))
        if fate < 0.12:
            self._plan_objection(finding, rectifier, upheld=fate < 0.07)
            if fate >= 0.07:
                return
        if fate > 0.97:
            return  # forgotten: it will show as overdue
        submit = day + dt.timedelta(days=2 + self.chance.randrange(6))
        self.at(submit, 16, self.chance.randrange(60), lambda: self._submit(finding, rectifier, rechecker, returned=0.12 < fate < 0.22))

    def _plan_objection(self, finding: Any, by: str, *, upheld: bool) -> None:
        file_on = clock.today() + dt.timedelta(days=1)
        decide_on = file_on + dt.timedelta(days=3)
        text = "当时正在换装途中，并非上岗时间，请核实。"
        reasons = "经核实现场照片和勤务安排，事实清楚，维持。" if upheld else "经核实，当时确在换装途中，撤销。"
        self.at(file_on, 15, 30, lambda: findings.file_objection(self.actor(by), finding, text=text))
        self.at(decide_on, 11, 0, lambda: findings.decide_objection(self.actor("leader"), finding, revoked=not upheld, reasons=reasons))

    def _submit(self, finding: Any, rectifier: str, rechecker: str, *, returned: bool) -> None:
        actor = self.actor(rectifier)
        findings.submit_rectification(actor, finding, text="已当面提醒并完成整改，附照片。", photos=self._photos(actor))
        day = clock.today() + dt.timedelta(days=1 + self.chance.randrange(3))
        self.at(day, 10, self.chance.randrange(60), lambda: self._recheck(finding, rectifier, rechecker, returned=returned))

    def _recheck(self, finding: Any, rectifier: str, rechecker: str, *, returned: bool) -> None:
        note = "照片看不出整改结果，请补充。" if returned else "现场复核，已整改到位。"
        findings.recheck_finding(self.actor(rechecker), finding, passed=not returned, note=note)
        if returned:
            day = clock.today() + dt.timedelta(days=2)
            self.at(day, 9, 30, lambda: self._submit(finding, rectifier, rechecker, returned=False))
        elif self.chance.random() < 0.15:
            later = clock.today() + dt.timedelta(days=30)
            self.at(
                later, 14, 0, lambda: findings.record_look_back(self.actor(rechecker), finding, recurred=False, note="回头看，未反弹。")
            )

    def _plan_staff_matters(self, today: dt.date) -> None:
        """Transfers, leavers with their hand-back, leave, a suspension, exemptions, a disposal."""
        finance = "finance"
        mover, stayer = self.persons["squadron2"][9], self.persons["squadron4"][12]
        self._on(
            today, 200, lambda: people.assign_person(self.actor(finance), mover, unit=self.units["squadron3"], starts_on=clock.today())
        )
        self._on(
            today, 120, lambda: people.assign_person(self.actor(finance), stayer, unit=self.units["squadron5"], starts_on=clock.today())
        )
        for days, unit, place in ((150, "squadron1", 14), (60, "squadron3", 27), (12, "squadron1", 28)):
            person = self.persons[unit][place]
            self._on(today, days, lambda person=person: people.record_departure(self.actor(finance), person, left_on=clock.today()))  # type: ignore[misc]
        gone = self.persons["squadron1"][14]
        self._on(today, 148, lambda: self._hand_back(gone))
        leave, suspended = self.persons["squadron5"][20], self.persons["squadron6"][8]
        for person, status, days, length in ((leave, "on_leave", 40, 120), (suspended, "suspended", 20, 60)):
            self._on(today, days, lambda person=person, status=status, length=length: people.set_status(  # type: ignore[misc]
                self.actor(finance), person, status=status, starts_on=clock.today(),
                ends_on=clock.today() + dt.timedelta(days=length), approved_by=self.persons["bureau"][0].name,
            ))  # fmt: skip
        for unit, place, days, length in (("squadron1", 4, 90, 180), ("squadron2", 6, 30, 90), ("squadron4", 1, 300, 60)):
            person = self.persons[unit][place]
            self._on(today, days, lambda person=person, length=length: attire.grant_exemption(  # type: ignore[misc]
                self.actor(finance), person, starts_on=clock.today(), until=clock.today() + dt.timedelta(days=length),
                approved_by=self.persons["bureau"][0].name,
            ))  # fmt: skip
        self._on(today, 75, self._disposal)

    def _on(self, today: dt.date, days_ago: int, happen: Callable[[], Any]) -> None:
        if days_ago < HISTORY_DAYS:
            self.at(today - dt.timedelta(days=days_ago), 17, 0, happen)

    def _hand_back(self, person: Person) -> None:
        items = [line.item for line in attire_facts.hand_back_list(person)]
        attire.record_hand_back(self.actor("keeper1"), person, outcomes=dict.fromkeys(items[:4], "returned") | {items[4]: "missing"})

    def _disposal(self) -> None:
        keeper = self.actor("keeper1")
        attire.record_disposal(
            keeper, unit=self.units["squadron1"], description="夏装衬衣，领口破损", pieces=6, manner="统一销毁",
            witness=people_facts.office_of(keeper.person_id or 0, clock.today()) + "副中队长", disposed_on=clock.today(),
            photos=self._photos(keeper, always=True),
        )  # fmt: skip

    def _plan_orders(self, today: dt.date) -> None:
        """Two orders of the whole bureau: an early summer and a warm autumn, where the history has those days."""
        signer = self.persons["bureau"][0].name
        for number, (month, day, length, season, reason) in enumerate(
            ((5, 20, 11, "summer", "持续高温，提前着夏装"), (11, 3, 9, "winter", "寒潮来临，提前着冬装")), start=1
        ):
            starts_on = dt.date(today.year, month, day)
            if self.first_day < starts_on - dt.timedelta(days=1) <= today:
                order = partial(
                    attire.issue_season_order, season=season, starts_on=starts_on, ends_on=starts_on + dt.timedelta(days=length),
                    reason=reason, signer=signer, document_number=f"演示城管〔{starts_on.year}〕换{number}号",
                )  # fmt: skip
                self.at(starts_on - dt.timedelta(days=1), 16, 0, lambda order=order: order(self.actor("leader")))  # type: ignore[misc]

    def _photos(self, actor: Actor, *, always: bool = False) -> tuple[uuid.UUID, ...]:
        if not always and self.chance.random() > 0.3:
            return ()
        return (accept_photo(actor, self._upload()).pk,)

    def _upload(self) -> SimpleUploadedFile:
        return SimpleUploadedFile("演示照片.jpg", _picture(self.chance))


PLACES = ("演示路口", "演示广场", "演示公园东门", "演示市场", "演示小区门前", "演示车站")


def _of_the_body(entries: list[dict[str, Any]]) -> list[str]:
    """What a roll-call can see on somebody: dress, markings, appearance, bearing."""
    return [entry["code"] for entry in entries if entry["group"] in {"着装", "标识", "仪容", "举止"}]


def _picture(chance: random.Random) -> bytes:
    """A drawn stand-in for a photo: no camera took it, and nobody is on it."""
    picture = Image.new("RGB", (640, 480), (chance.randrange(120, 200), chance.randrange(140, 210), chance.randrange(150, 220)))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 330, 640, 480), fill=(110, 115, 120))
    draw.ellipse((285, 90, 355, 160), fill=(235, 205, 180))
    draw.rectangle((260, 160, 380, 360), fill=(35, 60, 95))
    draw.rectangle((300, 200, 340, 214), fill=(240, 220, 90))
    draw.text((16, 14), f"DEMO {clock.now():%Y-%m-%d %H:%M}", fill=(255, 255, 255))
    content = io.BytesIO()
    picture.save(content, "JPEG", quality=70)
    return content.getvalue()
