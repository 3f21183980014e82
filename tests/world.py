"""A small town: the same cast in every test that needs people, made by the same commands as everything else."""

from __future__ import annotations

import copy
import datetime as dt
import io
import itertools
import uuid
from dataclasses import dataclass, field
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.test import Client
from PIL import Image

from chengxin.attire import services as attire
from chengxin.core import clock
from chengxin.core.actor import Actor, system_actor
from chengxin.duty import selectors as duty_facts
from chengxin.duty import services as duty
from chengxin.duty.models import Shift
from chengxin.equipment.services import custody, register
from chengxin.equipment.services.gestures import Asked
from chengxin.files.services import accept_photo
from chengxin.findings import services as findings
from chengxin.people import access
from chengxin.people import selectors as people_facts
from chengxin.people import services as people
from chengxin.people.models import ApiToken, Person, Unit, User
from chengxin.rulebook import services as rulebook
from tests.rows import Rows, all_tables, filled

SYSTEM = system_actor("测试")
FOUNDED_ON = dt.date(2025, 9, 1)
PASSWORD = "Small-Town-1"

# name -> (unit, class, sex, role, unit of the grant); no role: what the class implies
CAST: dict[str, tuple[str, str, str, str, str | None]] = {
    "局长": ("局", "established", "male", "leader", None),
    "督察": ("督察办", "established", "male", "supervisor", None),
    "督察乙": ("督察办", "established", "female", "supervisor", None),
    "人事": ("财务人事科", "established", "female", "finance", None),
    "大队长": ("大队", "established", "male", "brigade", "大队"),
    "队长": ("一中队", "established", "male", "captain", "一中队"),
    "装备员": ("一中队", "established", "female", "keeper", "一中队"),
    "队员": ("一中队", "established", "male", "", None),
    "女队员": ("一中队", "established", "female", "", None),
    "协管": ("一中队", "auxiliary", "male", "", None),
    "外人": ("二中队", "established", "male", "", None),
    "外队长": ("二中队", "established", "male", "captain", "二中队"),
    "职员": ("财务人事科", "other", "female", "", None),
    "系统员": ("财务人事科", "other", "male", "sysadmin", None),
    "安全员": ("财务人事科", "other", "male", "secadmin", None),
    "审计员": ("财务人事科", "other", "female", "auditor", None),
}
UNITS = (
    ("局", "bureau", "bureau", None),
    ("督察办", "supervision", "section", "局"),
    ("财务人事科", "finance", "section", "局"),
    ("大队", "brigade", "brigade", "局"),
    ("一中队", "first", "squadron", "大队"),
    ("二中队", "second", "squadron", "大队"),
)


@dataclass
class World:
    """Units, persons and users by their Chinese name."""

    units: dict[str, Unit] = field(default_factory=dict)
    persons: dict[str, Person] = field(default_factory=dict)
    users: dict[str, User] = field(default_factory=dict)
    numbers: Any = field(default_factory=lambda: itertools.count(1))

    def actor(self, name: str) -> Actor:
        """As today's grants make it."""
        return access.actor_for(User.objects.get(pk=self.users[name].pk))

    def client(self, name: str | None = None) -> Client:
        client = Client()
        if name is not None:
            client.force_login(self.users[name])
        return client

    def photo(self, actor: Actor, color: str = "navy") -> uuid.UUID:
        return accept_photo(actor, upload(color=color)).pk  # type: ignore[arg-type]

    def finding(self, *, person: str = "队员", by: str = "督察", code: str = "attire.markings_missing", **more: Any) -> Any:
        """An open finding, raised on a round, of its own source each time."""
        kind = "findings.conduct" if code.startswith("conduct.") else "attire.dress"
        given: dict[str, Any] = {
            "kind": kind,
            "seen_at": clock.now(),
            "facts": {"act": "漏戴标识" if kind == "attire.dress" else "插兜", "entry": code},
            "source": f"test:{next(self.numbers)}",
            "described": "日常督查",
            "person": self.persons[person],
        }
        return findings.raise_finding(self.actor(by), **{**given, **more})

    def roll_call(self, by: str = "队长", unit: str = "一中队", **more: Any) -> Any:
        given: dict[str, Any] = {"client_key": uuid.uuid4(), "held_on": clock.today(), "session": "day"}
        return attire.submit_roll_call(self.actor(by), self.units[unit], **{**given, **more})

    def shift(self, name: str = "队员", day: dt.date | None = None, pattern: str = "day", by: str = "大队长") -> Any:
        """A planned shift of one of the cast; today's day shift unless said otherwise."""
        day, person = day or clock.today(), self.persons[name]
        unit = people_facts.unit_of(person, day)
        assert unit is not None
        duty.plan_shifts(self.actor(by), unit, wanted={(person.pk, day): pattern})
        return duty_facts.shifts_from(person.pk, day, 1)[0]

    def on_duty_now(self, name: str = "队员") -> Shift:
        """A shift that runs at this moment, whatever the time of day: for sites that run by the real clock."""
        now, person = clock.now(), self.persons[name]
        unit = people_facts.unit_of(person, now.date())
        assert unit is not None
        period = DateTimeTZRange(now - dt.timedelta(hours=1), now + dt.timedelta(hours=6))
        return Shift.objects.create(
            person=person, unit=unit, day=now.date(), pattern="day", title="白班", period=period, rule_version="-", planned_at=now
        )

    def item(self, number: str = "", kind: str = "radio", unit: str = "一中队", **more: Any) -> Any:
        """A registered item in the store of a unit."""
        given = {"model_name": "演示型", "purchased_on": FOUNDED_ON, "price": 128_000, **more}
        name = number or f"{kind.upper()}-{next(self.numbers):04d}"
        return register.register_item(self.actor("人事"), asset_number=name, kind=kind, unit=self.units[unit], **given)

    def check_out(self, *numbers: str, name: str = "队员", by: str = "装备员", **more: Any) -> Any:
        """Check out for duty at the keeper's desk, the short check passed."""
        asked = [Asked(number, PASSED) for number in numbers]
        return custody.check_out(self.actor(by), holder=self.persons[name], items=asked, **more)

    def give_back(self, *numbers: str, by: str = "装备员", **more: Any) -> Any:
        return custody.give_back(self.actor(by), items=[Asked(number) for number in numbers], **more)

    def device(self, unit: str = "一中队", *capabilities: str) -> tuple[str, Actor]:
        """An approved device token: its text and its actor."""
        wanted = capabilities or ("equipment.kiosk", "equipment.read")
        name = f"登记台{next(self.numbers)}"
        text = people.issue_token(
            self.actor("系统员"), name=name, granted=list(wanted), unit=self.units[unit], expires_on=clock.today() + dt.timedelta(days=30)
        )
        people.approve_token(self.actor("安全员"), ApiToken.objects.get(name=name))
        actor = access.actor_for_token(text)
        assert actor is not None
        return text, actor


# every check of every kind, passed
PASSED = {"charge": 100, "storage": 64, "clock": 1, "function": True, "signal": True}


def upload(name: str = "照片.jpg", *, color: str = "navy", size: tuple[int, int] = (64, 48)) -> SimpleUploadedFile:
    """A real small JPEG as a browser sends it."""
    content = io.BytesIO()
    Image.new("RGB", size, color).save(content, "JPEG")
    return SimpleUploadedFile(name, content.getvalue(), content_type="image/jpeg")


@dataclass(frozen=True)
class Standing:
    """A town as it stood when it was first built: its rows, and its people by name."""

    rows: Rows
    world: World


STANDING: dict[tuple[bool, dt.date], Standing] = {}


def build_world(*, issued: bool = True) -> World:
    """The town by the commands the first time; in later tests its rows are put back as they were, which is ten times as quick."""
    before = filled(all_tables())
    if "people_unit" in before or "rulebook_ruleversion" in before:
        return _build(issued=issued)  # something stands here already
    kind = (issued, FOUNDED_ON)
    if kind not in STANDING:
        world = _build(issued=issued)
        made = [name for name in filled(all_tables()) if name not in before]
        STANDING[kind] = Standing(Rows.of(made), copy.deepcopy(world))
        return world
    STANDING[kind].rows.put_back()
    User.objects.update(password_changed_at=clock.now())
    kept = STANDING[kind].world
    return World(units=copy.deepcopy(kept.units), persons=copy.deepcopy(kept.persons), users=copy.deepcopy(kept.users))


def _build(*, issued: bool) -> World:
    world = World()
    with clock.frozen(clock.at(FOUNDED_ON, 8)):
        rulebook.load_first_issue(SYSTEM)
        if issued:
            rulebook.issue_rulebook(SYSTEM, issued_on=FOUNDED_ON, document_number="城管〔2025〕1号")
        for name, code, kind, parent in UNITS:
            above = world.units[parent] if parent else None
            world.units[name] = people.add_unit(SYSTEM, code=code, name=name, kind=kind, parent=above)
        for number, (name, (unit, person_class, sex, _, _)) in enumerate(CAST.items(), start=1):
            badge = {"established": f"3400{number:02d}", "auxiliary": f"XG3400{number:02d}", "other": ""}[person_class]
            world.persons[name] = people.add_person(
                SYSTEM, number=f"T{number:03d}", name=name, sex=sex, person_class=person_class, unit=world.units[unit],
                joined_on=FOUNDED_ON, badge_number=badge, is_leader=name in {"队长", "外队长", "大队长", "局长"},
            )  # fmt: skip
            world.users[name] = people.create_user(SYSTEM, username=f"u{number:02d}", password=PASSWORD, person=world.persons[name])
        for name, (_, _, _, role, reach) in CAST.items():
            if role:
                unit_of_grant = world.units[reach] if reach else None
                people.grant_role(SYSTEM, world.users[name], role=role, unit=unit_of_grant, starts_on=FOUNDED_ON)
    User.objects.update(password_changed_at=clock.now())
    return world
