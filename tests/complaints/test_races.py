"""Complaints under contention, on real connections: nothing doubled, nothing lost, nobody gets an error of the database (3.2)."""

from __future__ import annotations

import datetime as dt
import time
import uuid
from threading import Event
from typing import Any

import pytest
from django.db import transaction
from django.db.models import F

from chengxin.audit.models import Entry
from chengxin.complaints import rules
from chengxin.complaints.models import Breach, Clock, Complaint, ComplaintStep, Contact, Message, Pause, Reveal, Throttle, Validity
from chengxin.complaints.services import accused as persons
from chengxin.complaints.services import clocks, following, handling, intake, locks, throttle, vault
from chengxin.complaints.services.intake import HOUR, Said
from chengxin.core import clock
from chengxin.core.errors import Conflict, DomainError
from chengxin.files.models import StoredFile
from chengxin.findings.models import Finding
from chengxin.rulebook import services as rulebook
from tests.complaints.conftest import CONTACT, TEXT, Case, accuse, assigned, closed
from tests.test_races import at_once, refusals
from tests.world import SYSTEM, World

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 5


def kinds(results: list[Any]) -> list[str]:
    """What each got: "done", or the code of its refusal. An error of the database would have come through as such."""
    return sorted(result.code if isinstance(result, DomainError) else "done" for result in results)


def test_one_form_sent_four_times_at_once_is_one_complaint_with_one_code(transactional_db: None, world: World) -> None:
    for _ in range(ROUNDS):
        key, photo, before = uuid.uuid4(), world.photo(intake.PUBLIC), Complaint.objects.count()
        said = Said(TEXT, contact=CONTACT)

        def send(key: uuid.UUID = key, photo: uuid.UUID = photo, said: Said = said) -> intake.Receipt:
            return intake.submit_complaint(said, form_key=key, who=str(key), photos=[photo])

        receipts = at_once(send, send, send, send)
        assert refusals(receipts) == 0
        assert len({receipt.code for receipt in receipts}) == len({receipt.complaint.pk for receipt in receipts}) == 1
        assert sum(receipt.is_new for receipt in receipts) == 1
        assert Complaint.objects.count() == Contact.objects.count() == before + 1
        assert Entry.objects.filter(action="complaints.received").count() == before + 1
        assert StoredFile.objects.get(pk=photo).owner == intake.owner_of(receipts[0].complaint)


def test_one_order_imported_twice_at_once_is_one_complaint(transactional_db: None, world: World) -> None:
    one, other, received = world.actor("督察"), world.actor("督察乙"), clock.now()
    results = at_once(
        lambda: intake.take_order(one, Said(TEXT), number="A-1", received_at=received),
        lambda: intake.take_order(other, Said(TEXT), number="A-1", received_at=received),
    )
    assert refusals(results) == 0
    assert len({result.complaint.pk for result in results}) == Complaint.objects.count() == 1
    assert sorted(result.is_new for result in results) == [False, True]


def test_two_complaints_do_not_get_one_photo(transactional_db: None, world: World) -> None:
    photo = world.photo(intake.PUBLIC)
    results = at_once(
        *(lambda: intake.submit_complaint(Said(TEXT), form_key=uuid.uuid4(), who="somebody", photos=[photo]) for _ in range(3))
    )
    assert kinds(results) == ["done", "photo_gone", "photo_gone"]
    assert Complaint.objects.count() == 1


def test_simultaneous_tries_are_all_counted(transactional_db: None, world: World) -> None:
    results = at_once(*(lambda: intake.submit_complaint(Said(TEXT), form_key=uuid.uuid4(), who="somebody") for _ in range(8)))
    assert kinds(results) == ["done"] * 6 + ["too_many"] * 2
    assert (Complaint.objects.count(), throttle.so_far("sent", "somebody", every=HOUR)) == (6, 8)
    assert Throttle.objects.filter(count=8).count() == 1


def test_two_closing_at_once_close_once_and_tell_once(transactional_db: None, world: World, case: Case) -> None:
    for _ in range(ROUNDS):
        complaint = case()
        one, other = world.actor("督察"), world.actor("督察乙")
        results = at_once(
            lambda: handling.close_complaint(one, complaint, result="resolved", reply="经核实，已当面道歉。"),  # noqa: B023
            lambda: handling.close_complaint(other, complaint, result="unfounded", reply="经核实，情况不属实。"),  # noqa: B023
        )
        assert kinds(results) == ["done", "over"]
        winner = next(result for result in results if isinstance(result, Complaint))
        complaint.refresh_from_db()
        assert (complaint.state, complaint.result) == (rules.CLOSED, winner.result)
        assert complaint.messages.filter(thread=Message.OUTWARD).count() == 1
        assert Entry.objects.filter(action="complaints.closed", subject=f"complaint:{complaint.pk}").count() == 1
        assert not complaint.clocks.filter(met_at=None).exists()


def test_four_reopenings_at_once_are_one(transactional_db: None, world: World, case: Case) -> None:
    complaint = closed(world, case())
    results = at_once(*(lambda: following.reopen_complaint(complaint, reason="没有解决。") for _ in range(4)))
    assert kinds(results) == ["done", "not_possible", "not_possible", "not_possible"]
    complaint.refresh_from_db()
    assert (complaint.state, complaint.reopened, complaint.clocks.count()) == (rules.HANDLING, 1, 4)
    assert complaint.messages.filter(is_from_complainant=True).count() == 1


def test_an_answer_clicked_twice_at_once_is_one(transactional_db: None, world: World, case: Case) -> None:
    complaint = closed(world, case())
    same = at_once(*(lambda: following.answer_questions(complaint, solved=True, satisfied=True) for _ in range(4)))
    assert refusals(same) == 0
    assert len({each.pk for each in same}) == complaint.answers.count() == complaint.steps.filter(title="投诉人评价").count() == 1


def test_two_answers_that_differ_at_once_have_one_winner(transactional_db: None, world: World, case: Case) -> None:
    complaint = closed(world, case())
    results = at_once(
        lambda: following.answer_questions(complaint, solved=True, satisfied=True),
        lambda: following.answer_questions(complaint, solved=False, satisfied=False),
    )
    assert kinds(results) == ["answered", "done"]
    assert complaint.answers.count() == 1


def test_facts_added_while_closing_are_kept_before_it_or_refused(transactional_db: None, world: World, case: Case) -> None:
    for _ in range(ROUNDS):
        complaint, actor = case(), world.actor("督察")
        results = at_once(
            lambda: handling.close_complaint(actor, complaint, result="resolved", reply="经核实，已当面道歉。"),  # noqa: B023
            lambda: following.add_facts(complaint, text="还有录像。"),  # noqa: B023
        )
        assert kinds(results) in (["done", "done"], ["done", "over"])
        said = list(complaint.messages.values_list("is_from_complainant", flat=True))
        assert said == ([True, False] if refusals(results) == 0 else [False])


def test_one_form_of_more_facts_sent_four_times_at_once_is_one_message(transactional_db: None, world: World, case: Case) -> None:
    for _ in range(ROUNDS):
        complaint, key = case(), uuid.uuid4()

        def send(complaint: Complaint = complaint, key: uuid.UUID = key) -> Message:
            return following.send_facts(complaint, text="还有录像。", form_key=key, who=str(key))

        same = at_once(send, send, send, send)
        assert refusals(same) == 0
        assert len({each.pk for each in same}) == complaint.messages.count() == 1
        assert complaint.steps.filter(title="投诉人补充情况").count() == 1


def test_withdrawing_a_person_and_deciding_at_once_have_one_winner(transactional_db: None, world: World, case: Case) -> None:
    one, other = world.actor("督察"), world.actor("督察乙")
    for _ in range(ROUNDS):
        named = accuse(world, case(), heard=True)
        proposed = persons.propose_validity(one, named, outcome="untrue", reasons="监控显示没有此事")
        results = at_once(
            lambda: persons.withdraw_accused(one, named, reason="不是本人"),  # noqa: B023
            lambda: persons.decide_validity(other, proposed, agreed=True),  # noqa: B023
        )
        assert kinds(results) in (["decided", "done"], ["done", "withdrawn"])


def test_merging_in_opposite_directions_at_once_leaves_one_and_never_a_circle(transactional_db: None, world: World, case: Case) -> None:
    for _ in range(ROUNDS):
        first, second = case(), case()
        one, other = world.actor("督察"), world.actor("督察乙")
        results = at_once(
            lambda: handling.merge_complaints(one, first, into=second, reason="同一件事"),  # noqa: B023
            lambda: handling.merge_complaints(other, second, into=first, reason="同一件事"),  # noqa: B023
            lambda: handling.merge_complaints(one, second, into=first, reason="同一件事"),  # noqa: B023
        )
        assert kinds(results) == ["done", "over", "over"]
        first.refresh_from_db()
        second.refresh_from_db()
        assert (first.state, first.merged_into, second.state, second.merged_into) == (rules.RECEIVED, None, rules.MERGED, first)


def test_a_ring_of_mergings_at_once_ends_in_the_first_without_a_chain(transactional_db: None, world: World, case: Case) -> None:
    for _ in range(ROUNDS):
        ring = [case(), case(), case()]
        for each in ring:
            accuse(world, each)
        actor = world.actor("督察")
        pairs = [(ring[0], ring[1]), (ring[1], ring[2]), (ring[2], ring[0])]
        at_once(*(lambda a=a, b=b, actor=actor: handling.merge_complaints(actor, a, into=b, reason="同一件事") for a, b in pairs))  # type: ignore[misc]
        states = dict(Complaint.objects.filter(pk__in=[each.pk for each in ring]).values_list("pk", "merged_into"))
        assert states[ring[0].pk] is None
        assert {states[into] for into in states.values() if into is not None} <= {None}  # each points to one that goes on


def test_merging_while_closing_leaves_no_clock_running(transactional_db: None, world: World, case: Case) -> None:
    for _ in range(ROUNDS):
        first, second, actor = case(), case(), world.actor("督察")
        results = at_once(
            lambda: handling.merge_complaints(actor, second, into=first, reason="同一件事"),  # noqa: B023
            lambda: handling.close_complaint(actor, first, result="resolved", reply="经核实，已当面道歉。"),  # noqa: B023
        )
        second.refresh_from_db()
        if second.state == rules.MERGED:
            assert refusals(results) == 0
            assert not Clock.objects.filter(complaint__in=[first, second], met_at=None).exists()
            assert second.messages.count() == first.messages.count() == 1
        else:
            assert kinds(results) == ["done", "over"]
            assert second.state == rules.RECEIVED


def test_giving_it_away_while_it_is_closed_ends_closed(transactional_db: None, world: World, case: Case) -> None:
    for _ in range(ROUNDS):
        complaint, actor, captain, unit = case("一中队", "队长"), world.actor("督察"), world.actor("队长"), world.units["二中队"]
        results = at_once(
            lambda: handling.assign_complaint(actor, complaint, unit=unit),  # noqa: B023
            lambda: handling.close_complaint(captain, complaint, result="resolved", reply="经核实，已当面道歉。"),  # noqa: B023
        )
        complaint.refresh_from_db()
        given, over = results
        if isinstance(given, Complaint):  # first given away: then the captain has it no more
            assert (complaint.state, complaint.unit) == (rules.HANDLING, unit)
            assert over.code == "not_allowed"
            assert not complaint.messages.exists()
        else:
            assert (complaint.state, complaint.unit) == (rules.CLOSED, world.units["一中队"])
            assert given.code == "over"


def test_what_is_read_after_waiting_for_the_lock_is_the_new_state(transactional_db: None, world: World, case: Case) -> None:
    """Nothing joined to the row may be of before: the unit that is told is the one it was given to."""
    for _ in range(ROUNDS):
        complaint, one, other = case(), world.actor("督察"), world.actor("督察乙")
        at_once(
            lambda: handling.assign_complaint(one, complaint, unit=world.units["二中队"], handler=world.persons["外队长"]),  # noqa: B023
            lambda: handling.close_complaint(other, complaint, result="resolved", reply="经核实，已当面道歉。"),  # noqa: B023
            lambda: handling.respond(other, complaint, text="已收到。"),  # noqa: B023
        )
        kept = Complaint.objects.get(pk=complaint.pk)
        assert kept.state == rules.CLOSED
        if kept.steps.filter(title="分办").exists():
            assert (kept.unit, kept.handler) == (world.units["二中队"], world.persons["外队长"])
        else:
            assert kept.unit is None


def test_naming_somebody_while_it_is_given_to_that_unit_does_not_do_both(transactional_db: None, world: World, case: Case) -> None:
    for _ in range(ROUNDS):
        complaint, one, other = case(), world.actor("督察"), world.actor("督察乙")
        results = at_once(
            lambda: persons.name_accused(one, complaint, person=world.persons["队员"]),  # noqa: B023
            lambda: handling.assign_complaint(other, complaint, unit=world.units["一中队"]),  # noqa: B023
        )
        assert refusals(results) == 1
        complaint.refresh_from_db()
        assert complaint.accused.exists() != (complaint.unit == world.units["一中队"])


def test_two_supervisors_deciding_at_once_make_one_finding(transactional_db: None, world: World, case: Case) -> None:
    for _ in range(ROUNDS):
        complaint, before = case("二中队"), Finding.objects.count()
        named = accuse(world, complaint, heard=True)
        validity = persons.propose_validity(world.actor("外队长"), named, outcome="true", reasons="有录像和证人")
        one, other, third = world.actor("督察"), world.actor("督察乙"), world.actor("局长")
        results = at_once(
            lambda: persons.decide_validity(one, validity, agreed=True, act="呵斥当事人"),  # noqa: B023
            lambda: persons.decide_validity(other, validity, agreed=True, act="踢翻菜筐"),  # noqa: B023
            lambda: persons.decide_validity(third, validity, agreed=False, note="证据不足"),  # noqa: B023
        )
        assert kinds(results) == ["decided", "decided", "done"]
        validity.refresh_from_db()
        assert Finding.objects.count() == before + bool(validity.decided)
        assert (validity.finding is not None) == validity.decided


def test_two_proposals_at_once_are_one(transactional_db: None, world: World, case: Case) -> None:
    named = accuse(world, case(), heard=True)
    one, other = world.actor("督察"), world.actor("督察乙")
    results = at_once(
        lambda: persons.propose_validity(one, named, outcome="true", reasons="有录像和证人"),
        lambda: persons.propose_validity(other, named, outcome="untrue", reasons="没有任何证据"),
    )
    assert kinds(results) == ["done", "proposed"]
    assert Validity.objects.count() == 1


def test_the_same_person_named_told_and_answering_twice_at_once_is_so_once(transactional_db: None, world: World, case: Case) -> None:
    complaint, one, other, own = case(), world.actor("督察"), world.actor("督察乙"), world.actor("队员")
    named = at_once(*(lambda who=who: persons.name_accused(who, complaint, person=world.persons["队员"]) for who in (one, other)))  # type: ignore[misc]
    assert len({each.pk for each in named}) == complaint.accused.count() == 1
    text = "有群众反映您在执法时态度生硬。"
    assert kinds(at_once(*(lambda who=who: persons.tell_accused(who, named[0], text=text) for who in (one, other)))) == ["done", "told"]  # type: ignore[misc]
    replies = at_once(*(lambda: persons.reply_as_accused(own, named[0], text="没有这回事。") for _ in range(2)))
    assert kinds(replies) == ["done", "replied"]
    assert [each.title for each in ComplaintStep.objects.filter(complaint=complaint)].count("被投诉人回应") == 1


def test_a_pause_asked_and_decided_at_once_is_so_once(transactional_db: None, world: World, case: Case) -> None:
    complaint, one, other = case(), world.actor("督察"), world.actor("督察乙")
    asked = at_once(*(lambda who=who: handling.ask_pause(who, complaint, reason="等待检测") for who in (one, other)))  # type: ignore[misc]
    assert kinds(asked) == ["asked", "done"]
    pause = Pause.objects.get()
    leader, judge = world.actor("局长"), other if pause.asked_by == one.user_id else one
    decided = at_once(
        lambda: handling.decide_pause(leader, pause, granted=True),
        lambda: handling.decide_pause(judge, pause, granted=False, note="不必等"),
        lambda: handling.close_complaint(judge, complaint, result="resolved", reply="经核实，已当面道歉。"),
    )
    assert not isinstance(decided[2], DomainError)
    assert sum(isinstance(each, Pause) for each in decided[:2]) <= 1


def test_looks_and_decisions_at_once_are_all_counted(transactional_db: None, world: World, case: Case) -> None:
    complaint = case(contact=CONTACT)
    one, other, leader = world.actor("督察"), world.actor("督察乙"), world.actor("局长")
    reveal = vault.ask_reveal(one, complaint, reason="核实经过")
    results = at_once(lambda: vault.decide_reveal(other, reveal, granted=True), lambda: vault.decide_reveal(leader, reveal, granted=True))
    assert kinds(results) == ["decided", "done"]
    assert at_once(*(lambda: vault.read_contact(one, complaint) for _ in range(4))) == [CONTACT] * 4
    assert Reveal.objects.get().seen == Entry.objects.filter(action="complaints.revealed").count() == 4


def test_a_response_at_once_with_the_job_that_writes_breaches_is_one_breach(transactional_db: None, world: World) -> None:
    actor, received = world.actor("督察"), clock.now() - dt.timedelta(days=20)
    for _ in range(ROUNDS):
        made = intake.register_complaint(actor, Said(TEXT), form_key=uuid.uuid4(), channel="letter", received_at=received)
        results = at_once(lambda: handling.respond(actor, made.complaint, text="已收到。"), clocks.record_breaches)  # noqa: B023
        assert refusals(results) == 0
        assert Breach.objects.filter(clock__complaint=made.complaint, clock__kind=rules.RESPONSE).count() == 1


def test_a_holiday_notice_while_complaints_are_handled_fails_for_nobody(transactional_db: None, world: World, case: Case) -> None:
    """The notice moves clocks and writes a step for each; handlers hold complaints and stop clocks: never in a ring."""
    actor = world.actor("督察")
    for _ in range(ROUNDS):
        open_ = [case() for _ in range(6)]
        for one, other in ((open_[1], open_[0]), (open_[3], open_[2])):
            handling.merge_complaints(actor, one, into=other, reason="同一件事")
        Clock.objects.filter(complaint__in=open_).update(due_at=F("due_at") + dt.timedelta(days=1))  # so that there is something to move
        to_close = [open_[0], open_[2], open_[4], open_[5]]
        results = at_once(
            lambda: clocks.recount_clocks(SYSTEM),
            *(
                lambda each=each: handling.close_complaint(actor, each, result="resolved", reply="经核实，已当面道歉。")  # type: ignore[misc]
                for each in to_close
            ),
        )
        assert refusals(results) == 0
        assert not Clock.objects.filter(complaint__in=open_, met_at=None).exists()


def test_who_holds_a_complaint_and_a_notice_that_moves_its_clock_do_not_wait_for_each_other(
    transactional_db: None, world: World, case: Case
) -> None:
    complaint, actor = case(), world.actor("督察")
    Clock.objects.update(due_at=F("due_at") + dt.timedelta(days=1))  # so that there is something to move
    is_held = Event()

    @transaction.atomic
    def handle() -> None:
        locks.for_handling(actor, complaint)
        is_held.set()
        time.sleep(1)  # meanwhile the notice has moved the clock and writes its step
        clocks.meet(complaint, *rules.CLOCKS)

    def notice() -> int:
        is_held.wait()
        return clocks.recount_clocks(SYSTEM)

    assert at_once(handle, notice) == [None, 1]
    assert not Clock.objects.filter(met_at=None).exists()
    assert complaint.steps.filter(title="反馈期限按新日历重算").count() == 1


def test_the_clocks_of_a_matter_are_taken_in_the_order_of_the_notice(
    transactional_db: None, world: World, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A letter received first and typed last goes on: its clocks have the higher numbers, and would be taken first."""
    sent, actor, is_met = case(), world.actor("督察"), Event()
    received = clock.now() - dt.timedelta(days=1)
    letter = intake.register_complaint(actor, Said(TEXT), form_key=uuid.uuid4(), channel="letter", received_at=received).complaint
    handling.merge_complaints(actor, sent, into=letter, reason="同一件事")
    meet = handling.meet

    def slowly(complaint: Complaint, *kinds: str) -> None:
        meet(complaint, *kinds)
        is_met.set()
        time.sleep(1)  # between the clocks of the one and those of the other the notice comes

    monkeypatch.setattr(handling, "meet", slowly)

    def notice() -> int:
        is_met.wait()
        return clocks.recount_clocks(SYSTEM)

    results = at_once(lambda: handling.close_complaint(actor, letter, result="resolved", reply="经核实，已当面道歉。"), notice)
    assert refusals(results) == 0
    assert not Clock.objects.filter(met_at=None).exists()


def test_a_notice_that_waits_for_a_handler_and_a_handler_who_waits_for_the_notice(transactional_db: None, world: World, case: Case) -> None:
    complaint, actor = case(), world.actor("督察")
    assigned(world, complaint, "一中队")
    year = clock.today().year + 2
    results = at_once(
        lambda: rulebook.enter_holiday_notice(SYSTEM, year=year, source="通知", days_off=["01-01"], makeup_workdays=[]),
        lambda: handling.respond(actor, complaint, text="已收到。"),
        lambda: following.add_facts(complaint, text="还有录像。"),
    )
    assert refusals(results) == 0
    assert not isinstance(results[1], Conflict)
