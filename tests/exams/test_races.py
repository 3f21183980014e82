"""Two at once, on real connections: two devices, two saves, an answer and the hand-in, two deciders (2.4)."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest

from chengxin.audit.models import Entry
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.exams.models import Answer, Exam, Item, ItemVersion, Marking, Paper, Ruling, Takeover
from chengxin.exams.selectors.answers import responses_of
from chengxin.exams.services import bank, exams, marking, sitting
from tests.exams.conftest import DEVICE, OTHER, TODAY, at, content, sit
from tests.test_races import at_once, refusals
from tests.world import World

pytestmark = pytest.mark.django_db(transaction=True)


def now_frozen(call):  # type: ignore[no-untyped-def]
    """A call in another thread with the same stopped clock."""

    def run():  # type: ignore[no-untyped-def]
        with clock.frozen(clock.at(TODAY, 10)):
            return call()

    return run


def test_two_devices_beginning_at_once_have_one_winner(transactional_db: None, world: World, exam: Exam) -> None:
    actor = world.actor("队员")
    starts = [now_frozen(lambda device=device: sitting.start_sitting(actor, exam, device=device)) for device in (DEVICE, OTHER)]
    results = at_once(*starts)
    assert refusals(results) == 1
    winner = next(each for each in results if isinstance(each, Paper))
    assert Paper.objects.get(pk=winner.pk).device == winner.device
    assert Entry.objects.filter(action="exams.started").count() == 1


def test_saves_at_once_keep_every_number_and_the_newest_counts(transactional_db: None, world: World, paper: Paper) -> None:
    actor = world.actor("队员")

    def save(sequence: int) -> object:
        return sitting.save_answer(actor, paper.pk, place=1, response="ABCD"[sequence % 4], sequence=sequence, device=DEVICE)

    results = at_once(*(now_frozen(lambda n=n: save(n)) for n in (5, 3, 5, 1, 4, 2, 5, 3)))
    assert refusals(results) == 0
    assert (Answer.objects.count(), responses_of([paper.pk])[paper.pk]) == (5, {1: "B"})


def test_an_answer_and_the_hand_in_at_once_leave_nothing_behind_the_end(transactional_db: None, world: World, paper: Paper) -> None:
    actor = world.actor("队员")
    results = at_once(
        now_frozen(lambda: sitting.hand_in(actor, paper, device=DEVICE)),
        *(
            now_frozen(lambda n=n: sitting.save_answer(actor, paper.pk, place=n, response="A", sequence=n, device=DEVICE))
            for n in (1, 2, 3)
        ),
    )
    told = sum(isinstance(each, sitting.Kept) for each in results)
    assert Answer.objects.count() == told, "what was acknowledged is there, what was refused is not"
    assert Paper.objects.get(pk=paper.pk).handed_in_at is not None


def test_a_takeover_and_a_save_at_once_never_mix(transactional_db: None, world: World, paper: Paper) -> None:
    actor = world.actor("队员")
    results = at_once(
        now_frozen(lambda: sitting.take_over(actor, paper, device=OTHER)),
        now_frozen(lambda: sitting.take_over(actor, paper, device=OTHER)),
        now_frozen(lambda: sitting.save_answer(actor, paper.pk, place=1, response="A", sequence=1, device=DEVICE)),
    )
    assert Takeover.objects.count() == 1
    assert Answer.objects.count() == 1 - refusals(results)
    assert Paper.objects.get(pk=paper.pk).device == OTHER


def test_publishing_twice_at_once_draws_once(transactional_db: None, world: World, exam: Exam, planned) -> None:  # type: ignore[no-untyped-def]
    made, one, other = planned(title="又一场"), world.actor("督察"), world.actor("督察乙")
    results = at_once(now_frozen(lambda: exams.publish_exam(one, made)), now_frozen(lambda: exams.publish_exam(other, made)))
    assert refusals(results) == 0
    assert len({each.seed for each in results}) == 1
    assert made.papers.count() == 5
    assert Entry.objects.filter(action="exams.published", subject=f"exam:{made.pk}").count() == 1


def test_the_same_form_sent_four_times_at_once_is_one_exam(transactional_db: None, world: World, planned) -> None:  # type: ignore[no-untyped-def]
    key = uuid.uuid4()
    results = at_once(*(now_frozen(lambda: planned(form_key=key)) for _ in range(4)))
    assert refusals(results) == 0
    assert len({each.pk for each in results}) == Exam.objects.count() == 1
    assert Entry.objects.filter(action="exams.planned").count() == 1


def test_two_deciders_at_once_have_one_winner(transactional_db: None, world: World, exam: Exam) -> None:
    paper = sit(world, exam, "队员", rights=0)
    with at(18):
        objection = marking.file_objection(world.actor("队员"), paper, place=1, text="有误")
    one, other = world.actor("局长"), world.actor("督察乙")

    def decide(actor: Actor, voided: bool) -> Callable[[], object]:
        def run() -> object:
            with at(18):
                return marking.decide_objection(actor, objection, voided=voided, reasons="经核实")

        return run

    results = at_once(decide(one, True), decide(other, False))
    assert refusals(results) == 1
    assert Entry.objects.filter(action="exams.objection_decided").count() == 1


def test_two_revisions_and_two_reviews_at_once_have_one_winner(transactional_db: None, world: World) -> None:
    version = bank.write_item(world.actor("大队长"), content())
    one, other = world.actor("督察"), world.actor("督察乙")
    assert refusals(at_once(lambda: bank.review_item(one, version), lambda: bank.review_item(other, version))) == 1
    revised = at_once(
        lambda: bank.revise_item(one, version, content(answer="B")), lambda: bank.revise_item(other, version, content(answer="C"))
    )
    assert refusals(revised) == 1
    assert (Item.objects.count(), ItemVersion.objects.count()) == (1, 2)


def test_marking_and_voiding_at_once_give_one_newest_mark(transactional_db: None, world: World, exam: Exam) -> None:
    paper = sit(world, exam, "队员", rights=0)
    version, job, leader = ItemVersion.objects.get(pk=paper.drawn[0].version), world.actor("督察"), world.actor("局长")

    def later(call):  # type: ignore[no-untyped-def]
        def run():  # type: ignore[no-untyped-def]
            with at(18):
                return call()

        return run

    results = at_once(
        later(lambda: marking.mark_exam(job, exam)), later(lambda: marking.void_item(leader, exam, version, reason="有误")),
        later(lambda: marking.void_item(leader, exam, version, reason="有误")),
    )  # fmt: skip
    assert refusals(results) == 0
    assert Ruling.objects.count() == 1
    assert list(Marking.objects.order_by("pk").values_list("points", flat=True)) == [0, 10]
