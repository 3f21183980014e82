from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any

import pytest

from chengxin.core import clock
from chengxin.exams import rules
from chengxin.exams.models import Exam, Item, ItemVersion, Paper
from chengxin.exams.services import bank, exams, sitting
from tests.world import World

TODAY = dt.date(2026, 9, 30)
DEVICE, OTHER = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
LINES = (
    rules.Line("2.1", "single", 2, 10),
    rules.Line("2.1", "multiple", 1, 20),
    rules.Line("2.2", "true_false", 1, 10),
    rules.Line("2.2", "fill_in", 1, 10),
)


@pytest.fixture(autouse=True)
def ten() -> Iterator[None]:
    with clock.frozen(clock.at(TODAY, 10)):
        yield


def content(stem: str = "着装时应当怎样佩戴标识？", kind: str = "single", **more: Any) -> rules.Content:
    given: dict[str, Any] = {
        "kind": kind, "stem": stem, "options": ["规范佩戴", "可以不戴", "随意佩戴", "只戴一半"], "answer": "A",
        "explanation": f"{stem}的解析", "clause": "2.1.3", "difficulty": "2",
    }  # fmt: skip
    given |= {
        "multiple": {"answer": "AB"},
        "true_false": {"options": [], "answer": "对", "clause": "2.2.2"},
        "fill_in": {"options": [], "answer": "二十四小时 | 24小时", "clause": "2.2.3"},
    }.get(kind, {})
    return bank.understood(**{**given, **more})


def in_use(world: World, made: rules.Content, writer: str = "大队长") -> ItemVersion:
    """An item written by one, reviewed by another, in use."""
    version = bank.write_item(world.actor(writer), made)
    bank.review_item(world.actor("督察"), version)
    return bank.put_in_use(world.actor(writer), version)


def fill_bank(world: World) -> None:
    """Four items of each kind in use, written by 大队长 and reviewed by 督察."""
    wanted = [content(f"{title}第{number}问", kind) for kind, title in rules.KINDS.items() for number in range(4)]
    writer, reviewer, now = world.users["大队长"].pk, world.users["督察"].pk, clock.now()
    items = Item.objects.bulk_create(Item(made_at=now) for _ in wanted)
    ItemVersion.objects.bulk_create(
        ItemVersion(
            item=item, number=1, **{**asdict(each), "options": list(each.options), "answer": list(each.answer)}, digest=each.digest,
            written_by=writer, written_label="大队长", written_at=now, state=rules.IN_USE, reviewed_by=reviewer, reviewed_label="督察",
            reviewed_at=now, used_at=now, used_label="大队长",
        )
        for item, each in zip(items, wanted, strict=True)
    )  # fmt: skip


@pytest.fixture
def stocked(world: World) -> World:
    """The small town with a bank."""
    fill_bank(world)
    return world


@pytest.fixture
def planned(stocked: World) -> Callable[..., Exam]:
    """A planned exam of the first squadron that opens now, for one hour, within a day of eight hours."""

    def make(*, by: str = "督察", units: tuple[str, ...] = ("一中队",), **more: Any) -> Exam:
        given: dict[str, Any] = {
            "title": "第三季度应知应会", "clause": "2.4.3", "opens_at": clock.at(TODAY, 9), "closes_at": clock.at(TODAY, 17), "minutes": 60,
            "blueprint": LINES, "form_key": uuid.uuid4(),
        }  # fmt: skip
        return exams.plan_exam(stocked.actor(by), units=[stocked.units[unit] for unit in units], **{**given, **more})

    return make


@pytest.fixture
def exam(stocked: World, planned: Callable[..., Exam]) -> Exam:
    """Published, and open now."""
    return exams.publish_exam(stocked.actor("督察"), planned())


@pytest.fixture
def paper(stocked: World, exam: Exam) -> Paper:
    """Begun by 队员 on DEVICE."""
    return sitting.start_sitting(stocked.actor("队员"), exam, device=DEVICE, device_label="手机 Chrome")


def right(paper: Paper, place: int) -> str:
    """The right answer to a place, in the letters of this paper."""
    question = paper.drawn[place - 1]
    version = ItemVersion.objects.get(pk=question.version)
    if version.kind == rules.FILL_IN:
        return str(version.answer[0])
    return "".join(sorted(rules.LETTERS[question.order.index(own)] for own in version.answer))


def wrong(paper: Paper, place: int) -> str:
    """A wrong answer to a place."""
    question = paper.drawn[place - 1]
    if not question.order:
        return "不知道"
    chosen = set(right(paper, place))
    return next(letter for letter in rules.LETTERS[: len(question.order)] if letter not in chosen)


def answer(
    world: World, paper: Paper, place: int, response: str, sequence: int = 1, *, by: str = "队员", device: str = DEVICE
) -> sitting.Kept:
    return sitting.save_answer(world.actor(by), paper.pk, place=place, response=response, sequence=sequence, device=device)


def sit(world: World, exam: Exam, name: str, *, rights: int, hands_in: bool = True) -> Paper:
    """Somebody sits the exam, the first so many places right and the rest wrong."""
    actor = world.actor(name)
    paper = sitting.start_sitting(actor, exam, device=DEVICE)
    for place in range(1, paper.size + 1):
        response = right(paper, place) if place <= rights else wrong(paper, place)
        sitting.save_answer(actor, paper.pk, place=place, response=response, sequence=place, device=DEVICE)
    return sitting.hand_in(actor, paper, device=DEVICE) if hands_in else paper


def at(hour: int, minute: int = 0, day: dt.date = TODAY) -> Any:
    return clock.frozen(clock.at(day, hour, minute))
