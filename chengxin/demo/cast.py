"""Who belongs to the demo bureau. Pure data: the same cast every time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

# Given names are the twenty-four solar terms, so that nobody can take these people for real ones.
SURNAMES = "赵钱孙周吴郑冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛奚"
TERMS = (
    *("立春", "雨水", "惊蛰", "春分", "清明", "谷雨", "立夏", "小满", "芒种", "夏至", "小暑", "大暑"),
    *("立秋", "处暑", "白露", "秋分", "寒露", "霜降", "立冬", "小雪", "大雪", "冬至", "小寒", "大寒"),
)
AREA_PREFIX = "3406"

PASSWORD = "Chengxin-2026"  # of every account of the demo, told to whoever starts it

SQUADRONS = ("一中队", "二中队", "三中队", "四中队", "五中队", "六中队")


@dataclass(frozen=True)
class Room:
    """A unit of the demo bureau and how many people of each class it has."""

    code: str
    name: str
    kind: str
    parent: str | None
    established: int = 0
    auxiliary: int = 0
    other: int = 0


UNITS = (
    Room("bureau", "演示区城市管理局", "bureau", None, established=3),
    Room("supervision", "督察办", "section", "bureau", established=5, auxiliary=1),
    Room("finance", "财务人事科", "section", "bureau", established=4, other=2),
    Room("office", "办公室", "section", "bureau", established=3, other=3),
    Room("brigade", "城管执法大队", "brigade", "bureau", established=3, auxiliary=5),
    *(
        Room(f"squadron{number}", name, "squadron", "brigade", established=17, auxiliary=14)
        for number, name in enumerate(SQUADRONS, start=1)
    ),
)


@dataclass(frozen=True)
class Member:
    """One fictional person."""

    number: str
    name: str
    sex: str
    person_class: str
    unit: str
    badge_number: str
    joined_on: dt.date


def members(first_day: dt.date) -> Iterator[Member]:
    """Everyone of the bureau, unit by unit; all joined before the first day of the demo's history."""
    index = 0
    for room in UNITS:
        classes = ["established"] * room.established + ["auxiliary"] * room.auxiliary + ["other"] * room.other
        for person_class in classes:
            yield _member(index, room.code, person_class, first_day)
            index += 1


def _member(index: int, unit: str, person_class: str, first_day: dt.date) -> Member:
    name = SURNAMES[index % len(SURNAMES)] + TERMS[(index * 7 + 5) % len(TERMS)]
    prefix = {"established": AREA_PREFIX, "auxiliary": "XG" + AREA_PREFIX, "other": ""}[person_class]
    return Member(
        number=f"CX{index + 1:04d}",
        name=name,
        sex="female" if index % 5 in (1, 4) else "male",
        person_class=person_class,
        unit=unit,
        badge_number=f"{prefix}{index + 1:03d}" if prefix else "",
        joined_on=first_day - dt.timedelta(days=90 + index * 37 % 4000),
    )


@dataclass(frozen=True)
class Account:
    """A sign-in of the demo: user name, role, the unit the role reaches, and whose it is (n-th of a class in a unit)."""

    username: str
    role: str
    unit: str | None
    person_unit: str
    person_class: str
    position: int
    title: str


def accounts() -> tuple[Account, ...]:
    """One account per role, and leaders, keepers and two members for each squadron."""
    per_squadron = tuple(
        account
        for number, name in enumerate(SQUADRONS, start=1)
        for account in (
            Account(f"captain{number}", "captain", f"squadron{number}", f"squadron{number}", "established", 0, f"{name}中队长"),
            Account(f"keeper{number}", "keeper", f"squadron{number}", f"squadron{number}", "established", 1, f"{name}装备专职管理员"),
            Account(f"officer{number}", "officer", f"squadron{number}", f"squadron{number}", "established", 3, f"{name}在编执法人员"),
            Account(f"auxiliary{number}", "auxiliary", f"squadron{number}", f"squadron{number}", "auxiliary", 0, f"{name}协管人员"),
        )
    )
    return (
        Account("leader", "leader", None, "bureau", "established", 0, "局领导"),
        Account("supervisor", "supervisor", None, "supervision", "established", 0, "督察办"),
        Account("supervisor2", "supervisor", None, "supervision", "established", 1, "督察办（复核）"),
        Account("finance", "finance", None, "finance", "established", 0, "财务人事科"),
        Account("brigade", "brigade", "brigade", "brigade", "established", 0, "城管执法大队大队长"),
        *per_squadron,
        Account("staff", "staff", "finance", "finance", "other", 0, "其他人员"),
        Account("sysadmin", "sysadmin", None, "office", "other", 0, "系统管理员"),
        Account("secadmin", "secadmin", None, "office", "other", 1, "安全管理员"),
        Account("auditor", "auditor", None, "office", "other", 2, "审计管理员"),
    )
