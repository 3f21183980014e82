"""The two clocks as rows: started once, stopped once, recounted with a trace, and what nothing may touch."""

from __future__ import annotations

import datetime as dt
import itertools
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from chengxin.audit.models import Entry
from chengxin.complaints import rules
from chengxin.complaints.models import Breach, Clock, Complaint, ComplaintStep
from chengxin.complaints.services import clocks, following, handling, intake
from chengxin.complaints.services.intake import Said
from chengxin.core import clock
from chengxin.core.errors import NotAllowed
from chengxin.rulebook import services as rulebook
from chengxin.ui import database
from tests.world import SYSTEM, World

INSTANT = dt.timedelta(microseconds=1)
SAID = Said("路口长期占道经营", "解放路")
RECOUNTED = "反馈期限按新日历重算"


def moment(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=clock.SHANGHAI)


def last_of(day: str) -> dt.datetime:
    """The last microsecond of a day."""
    return moment(f"{day}T23:59:59.999999")


def at(text: str) -> AbstractContextManager[Any]:
    return clock.frozen(moment(text))


_senders = itertools.count(1)


def sent(text: str) -> Complaint:
    """A complaint from the public at a moment, each from a source of its own."""
    with at(text):
        return intake.submit_complaint(SAID, form_key=uuid4(), who=f"1.2.{next(_senders)}.4").complaint


def respond(world: World, complaint: Complaint, text: str, by: str = "督察") -> None:
    with at(text):
        handling.respond(world.actor(by), complaint, text="已收到，正在核实。")


def close(world: World, complaint: Complaint, text: str, by: str = "督察") -> None:
    with at(text):
        handling.close_complaint(world.actor(by), complaint, result="resolved", reply="已清理完毕，欢迎监督。")


def run_job(text: str) -> int:
    with at(text):
        return clocks.record_breaches()


def notice(text: str, days_off: str = "01-01/01-05", makeup: tuple[str, ...] = ("01-09",), year: int = 2027) -> int:
    """Enter a holiday notice at a moment; how many terms the audit says were moved."""
    with at(text):
        rulebook.enter_holiday_notice(SYSTEM, year=year, source="国务院办公厅通知", days_off=[days_off], makeup_workdays=list(makeup))
    return Entry.objects.filter(action="rulebook.calendar_entered").order_by("-pk")[0].details["moved"]


def of(complaint: Complaint, kind: str, round_: int = 0) -> Clock:
    return Clock.objects.get(complaint=complaint, kind=kind, round=round_)


def says(complaint: Complaint, kind: str, text: str) -> str:
    each = of(complaint, kind)
    return rules.verdict(each.due_at, each.met_at, moment(text))


def rows(*complaints: Complaint, table: str = "complaints_clock") -> list[tuple[Any, ...]]:
    """The rows byte for byte, with the place where they lie on the page: any writing would move them."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT ctid::text, it.* FROM {table} it WHERE complaint_id = ANY(%s) ORDER BY id", [[each.pk for each in complaints]]
        )
        return cursor.fetchall()


@contextmanager
def untouched(*complaints: Complaint) -> Iterator[None]:
    """The block leaves clocks, steps and breaches of these complaints as they are."""

    def now() -> list[Any]:
        breaches = list(Breach.objects.filter(clock__complaint__in=complaints).order_by("pk").values())
        return [rows(*complaints), rows(*complaints, table="complaints_complaintstep"), breaches]

    before = now()
    assert before[0]
    yield
    assert now() == before


def entries(action: str) -> int:
    return Entry.objects.filter(action=f"complaints.{action}").count()


# --- started ---


@pytest.mark.parametrize(
    ("received", "respond_by", "feedback_on", "calendar", "provisional"),
    [
        ("2026-09-29T23:59:59.999999", "2026-09-30T23:59:59.999999", "2026-10-09", "2026.1", False),
        ("2026-09-30T00:00:00", "2026-10-01T00:00:00", "2026-10-10", "2026.1", False),
        ("2026-09-30T23:59:59.999999", "2026-10-01T23:59:59.999999", "2026-10-10", "2026.1", False),
        ("2026-10-01T00:00:00", "2026-10-02T00:00:00", "2026-10-10", "2026.1", False),
        ("2026-10-07T23:59:59.999999", "2026-10-08T23:59:59.999999", "2026-10-10", "2026.1", False),
        ("2026-10-08T00:00:00", "2026-10-09T00:00:00", "2026-10-12", "2026.1", False),
        ("2025-12-31T23:59:59.999999", "2026-01-01T23:59:59.999999", "2026-01-06", "2026.1", False),
        ("2026-12-28T23:59:59.999999", "2026-12-29T23:59:59.999999", "2026-12-31", "2026.1", False),
        ("2026-12-29T00:00:00", "2026-12-30T00:00:00", "2027-01-04", "2026.1+2027.0暂定", True),
        ("2026-12-31T23:59:59.999999", "2027-01-01T23:59:59.999999", "2027-01-06", "2027.0暂定", True),
    ],
)
def test_a_complaint_starts_two_clocks_of_its_own(
    world: World, received: str, respond_by: str, feedback_on: str, calendar: str, provisional: bool
) -> None:
    complaint = sent(received)
    first, second = of(complaint, "response"), of(complaint, "feedback")
    assert complaint.clocks.count() == 2
    assert (first.due_at, second.due_at) == (moment(respond_by), last_of(feedback_on))
    assert {each.started_at for each in (first, second)} == {moment(received)}
    assert (first.is_provisional, second.is_provisional) == (False, provisional)  # hours need no calendar
    assert (second.calendar_version, second.rule_version, first.rule_version) == (calendar, "complaints.clocks@1", "complaints.clocks@1")
    assert (first.met_at, second.met_at, first.round, second.round) == (None, None, 0, 0)
    assert not Breach.objects.exists()


def test_the_last_microsecond_of_a_day_is_the_last_that_is_in_time(world: World) -> None:
    complaints = [sent("2026-09-30T10:00") for _ in range(2)]
    close(world, complaints[0], "2026-10-10T23:59:59.999999")
    close(world, complaints[1], "2026-10-11T00:00")
    assert [says(each, "feedback", "2026-12-01T00:00") for each in complaints] == [rules.IN_TIME, rules.LATE]
    assert [Breach.objects.filter(clock=of(each, "feedback")).exists() for each in complaints] == [False, True]


def test_what_staff_takes_down_counts_from_when_it_was_received(world: World) -> None:
    with at("2026-10-09T09:00"):
        given = {"form_key": uuid4(), "channel": "letter", "received_at": moment("2026-09-30T16:30")}
        complaint = intake.register_complaint(world.actor("督察"), SAID, **given).complaint
    assert of(complaint, "response").due_at == moment("2026-10-01T16:30")
    assert of(complaint, "feedback").due_at == last_of("2026-10-10")
    assert clocks.verdicts(complaint.clocks.all(), moment("2026-10-09T09:00")) == Counter({rules.OVERDUE: 1, rules.RUNNING: 1})
    assert run_job("2026-10-09T09:00") == 1
    assert Breach.objects.get().clock == of(complaint, "response")


def test_an_order_told_in_universal_time_counts_from_the_local_day(world: World) -> None:
    with at("2026-10-01T09:00"):
        day_before, same_day = (
            intake.take_order(world.actor("督察"), SAID, number=text, received_at=dt.datetime.fromisoformat(text)).complaint
            for text in ("2026-09-28T15:59:59+00:00", "2026-09-28T16:00:00+00:00")
        )
    assert of(day_before, "feedback").due_at == last_of("2026-10-08")  # received on the 28th, 23:59:59 here
    assert of(same_day, "feedback").due_at == last_of("2026-10-09")  # received on the 29th, 0:00 here


def test_a_second_click_and_a_second_import_start_no_second_clocks(world: World) -> None:
    key = uuid4()
    with at("2026-09-30T10:00"):
        complaint = intake.submit_complaint(SAID, form_key=key, who="1.2.3.4").complaint
        order = intake.take_order(world.actor("督察"), SAID, number="12345-1", received_at=clock.now()).complaint
    with untouched(complaint, order), at("2026-10-09T10:00"):
        intake.submit_complaint(SAID, form_key=key, who="1.2.3.4")
        intake.take_order(world.actor("督察"), SAID, number="12345-1", received_at=clock.now())
    assert Clock.objects.count() == 4


def test_handing_on_reclassifying_and_pausing_move_no_clock_and_excuse_nothing(world: World) -> None:
    complaint = sent("2026-09-30T10:00")
    before = rows(complaint)
    supervisor, units = world.actor("督察"), world.units
    with at("2026-09-30T11:00"):
        handling.assign_complaint(supervisor, complaint, unit=units["一中队"], category="市容环境")
        pause = handling.ask_pause(supervisor, complaint, reason="等待检测结果")
        handling.decide_pause(world.actor("局长"), pause, granted=True)
    with at("2026-10-09T11:00"):
        handling.assign_complaint(supervisor, complaint, unit=units["二中队"], category="其他")
        handling.record_attempt(supervisor, complaint, way="phone", outcome="not_reached")
        handling.add_note(supervisor, complaint, text="转二中队")
    assert rows(complaint) == before
    assert run_job("2026-10-11T00:00") == 2
    assert says(complaint, "feedback", "2026-10-11T00:00") == rules.OVERDUE


# --- stopped ---


def test_the_first_human_word_stops_one_clock_and_leaves_the_other(world: World) -> None:
    complaint = sent("2026-09-30T10:00")
    feedback = rows(complaint)[1]
    respond(world, complaint, "2026-09-30T15:00")
    first = of(complaint, "response")
    assert first.met_at == moment("2026-09-30T15:00")
    assert (first.due_at, first.started_at) == (moment("2026-10-01T10:00"), moment("2026-09-30T10:00"))
    assert feedback in rows(complaint)
    assert of(complaint, "feedback").met_at is None


def test_a_met_clock_is_not_touched_by_a_second_response(world: World) -> None:
    complaint = sent("2026-09-30T10:00")
    respond(world, complaint, "2026-09-30T15:00")
    before = rows(complaint)
    respond(world, complaint, "2026-10-05T15:00", by="督察乙")
    with at("2026-10-06T15:00"):
        handling.record_attempt(world.actor("督察"), complaint, way="phone", outcome="reached")
    assert rows(complaint) == before
    close(world, complaint, "2026-10-09T15:00")
    assert before[0] in rows(complaint)
    assert (of(complaint, "response").met_at, of(complaint, "feedback").met_at) == (moment("2026-09-30T15:00"), moment("2026-10-09T15:00"))
    assert clocks.verdicts(complaint.clocks.all()) == Counter({rules.IN_TIME: 2})
    assert not Breach.objects.exists()


def test_a_program_or_a_failed_try_stops_no_clock(world: World) -> None:
    complaint = sent("2026-09-30T10:00")
    before = rows(complaint)
    with at("2026-09-30T11:00"):
        with pytest.raises(NotAllowed):
            handling.respond(SYSTEM, complaint, text="您的投诉已收到。")
        handling.record_attempt(world.actor("督察"), complaint, way="phone", outcome="not_reached")
        following.add_facts(complaint, text="补充一张照片")
    assert rows(complaint) == before


def test_who_answers_within_the_minute_that_a_platform_runs_ahead_is_in_time(world: World) -> None:
    with at("2026-09-30T10:00"):
        supervisor = world.actor("督察")
        complaint = intake.take_order(supervisor, SAID, number="12345-2", received_at=moment("2026-09-30T10:00:40")).complaint
        handling.respond(supervisor, complaint, text="已收到，正在核实。")
    assert {(each.started_at, each.met_at) for each in complaint.clocks.filter(kind="response")} == {(moment("2026-09-30T10:00"),) * 2}
    assert says(complaint, "response", "2026-10-09T10:00") == rules.IN_TIME
    assert of(complaint, "feedback").met_at is None


# --- missed ---

BEGIN, END = moment("2026-09-30T18:00"), moment("2026-10-20T18:00")
HOURS = [BEGIN + dt.timedelta(hours=number) for number in range(1 + int((END - BEGIN) / dt.timedelta(hours=1)))]


@pytest.mark.parametrize(
    "runs",
    [HOURS, [last_of("2026-10-17") + INSTANT], []],
    ids=["the job ran hourly", "the job ran once, a week late", "the job never ran before it was closed"],
)
def test_a_breach_is_the_same_whenever_the_job_ran(world: World, runs: list[dt.datetime]) -> None:
    neglected, answered, good = (sent("2026-09-30T17:00") for _ in range(3))
    gestures = {
        moment("2026-10-01T17:00"): lambda: respond(world, answered, "2026-10-01T17:00"),  # the very last moment
        moment("2026-10-01T10:00"): lambda: respond(world, good, "2026-10-01T10:00"),
        moment("2026-10-10T22:00"): lambda: close(world, good, "2026-10-10T22:00"),
        moment("2026-10-20T09:00"): lambda: [close(world, each, "2026-10-20T09:00") for each in (neglected, answered)],
    }
    for now in HOURS:
        if now in runs:
            with clock.frozen(now):
                clocks.record_breaches()
        gestures.get(now, lambda: None)()

    def found() -> dict[tuple[int, str], tuple[Any, ...]]:
        return {
            (each.complaint_id, each.kind): (
                each.due_at, rules.verdict(each.due_at, each.met_at, END),
                [(breach.due_at, breach.lifted_at, breach.lifted_by) for breach in Breach.objects.filter(clock=each)],
            )
            for each in Clock.objects.all()
        }  # fmt: skip

    first, third = moment("2026-10-01T17:00"), last_of("2026-10-10")
    expected = {
        (neglected.pk, "response"): (first, rules.LATE, [(first, None, "")]),
        (neglected.pk, "feedback"): (third, rules.LATE, [(third, None, "")]),
        (answered.pk, "response"): (first, rules.IN_TIME, []),
        (answered.pk, "feedback"): (third, rules.LATE, [(third, None, "")]),
        (good.pk, "response"): (first, rules.IN_TIME, []),
        (good.pk, "feedback"): (third, rules.IN_TIME, []),
    }
    assert found() == expected
    assert entries("breached") == 3
    with untouched(neglected, answered, good):
        assert run_job("2026-12-01T00:00") == 0
    assert found() == expected


def test_a_breach_is_recorded_once_with_its_audit_and_outlasts_the_close(world: World) -> None:
    complaint = sent("2026-09-30T10:00")
    respond(world, complaint, "2026-09-30T12:00")
    before = rows(complaint)
    assert run_job("2026-10-10T23:59:59.999999") == 0
    assert (run_job("2026-10-11T00:00"), run_job("2026-10-11T00:00"), run_job("2026-10-12T00:00")) == (1, 0, 0)
    assert rows(complaint) == before  # the clock itself says nothing about who looked
    breach = Breach.objects.values().get()
    assert (breach["due_at"], breach["recorded_at"]) == (last_of("2026-10-10"), moment("2026-10-11T00:00"))
    entry = Entry.objects.get(action="complaints.breached")
    assert (entry.subject, entry.details["kind"], entry.details["round"]) == (f"complaint:{complaint.pk}", "feedback", 0)
    close(world, complaint, "2026-10-12T10:00")
    assert Breach.objects.values().get() == breach
    assert entries("breached") == 1


def test_what_was_merged_keeps_its_own_clocks_and_its_own_lateness(world: World) -> None:
    first, later = sent("2026-09-28T10:00"), sent("2026-09-29T10:00")
    with at("2026-09-29T11:00"), untouched_clocks(first, later):
        handling.merge_complaints(world.actor("督察"), later, into=first, reason="同一件事")
    close(world, first, "2026-10-09T10:00")  # past the term of the first, within that of the second
    assert [says(each, "feedback", "2026-12-01T00:00") for each in (first, later)] == [rules.LATE, rules.IN_TIME]
    assert {each.complaint_id for each in Clock.objects.filter(breach__isnull=False, kind="feedback")} == {first.pk}


@contextmanager
def untouched_clocks(*complaints: Complaint) -> Iterator[None]:
    before = rows(*complaints)
    yield
    assert rows(*complaints) == before


# --- again ---


def test_reopening_starts_clocks_of_its_own_and_leaves_the_first_round(world: World) -> None:
    complaint = sent("2026-09-30T10:00")
    respond(world, complaint, "2026-09-30T12:00")
    close(world, complaint, "2026-10-12T10:00")
    first_round, breaches = rows(complaint), list(Breach.objects.values())
    assert len(breaches) == 1
    with at("2026-10-16T23:59:59.999999"):
        following.reopen_complaint(complaint, reason="摊贩又回来了")
    assert rows(complaint)[:2] == first_round
    second = of(complaint, "response", 1), of(complaint, "feedback", 1)
    assert [each.due_at for each in second] == [moment("2026-10-17T23:59:59.999999"), last_of("2026-10-21")]
    assert [(each.started_at, each.met_at) for each in second] == [(moment("2026-10-16T23:59:59.999999"), None)] * 2
    respond(world, complaint, "2026-10-19T09:00")  # late for the second round's 24 hours
    close(world, complaint, "2026-10-20T09:00")
    assert rows(complaint)[:2] == first_round
    assert list(Breach.objects.exclude(clock__round=1).values()) == breaches
    assert Breach.objects.get(clock__round=1).clock == of(complaint, "response", 1)
    with at("2026-10-26T09:00"):
        following.reopen_complaint(complaint, reason="还是没有解决")
    assert rows(complaint)[:2] == first_round
    assert [(each.round, each.kind) for each in complaint.clocks.all()] == [
        (number, kind) for number in range(3) for kind in ("response", "feedback")
    ]


def test_a_notice_recounts_the_round_that_runs_and_not_the_one_before(world: World) -> None:
    complaint = sent("2026-12-29T10:00")
    close(world, complaint, "2026-12-30T09:00")
    first_round = rows(complaint)
    assert of(complaint, "feedback").calendar_version == "2026.1+2027.0暂定"
    with at("2026-12-30T10:00"):
        following.reopen_complaint(complaint, reason="摊贩又回来了")
    notice("2026-12-31T09:00")
    assert rows(complaint)[:2] == first_round
    again = of(complaint, "feedback", 1)
    assert (again.due_at, again.calendar_version) == (last_of("2027-01-07"), "2026.1+2027.1")


# --- recounted: a receipt on 12-30 is due on 01-05 by what is known, on 01-07 by the notice of these tests ---


def test_a_year_without_notice_is_provisional_until_its_notice_comes(world: World) -> None:
    complaint = sent("2026-12-30T10:00")
    response = of(complaint, "response")
    feedback = of(complaint, "feedback")
    assert (feedback.due_at, feedback.is_provisional, feedback.calendar_version) == (last_of("2027-01-05"), True, "2026.1+2027.0暂定")
    assert notice("2026-12-31T09:00") == 1
    feedback.refresh_from_db()
    assert (feedback.due_at, feedback.is_provisional, feedback.calendar_version) == (last_of("2027-01-07"), False, "2026.1+2027.1")
    assert (feedback.started_at, feedback.met_at, feedback.rule_version) == (moment("2026-12-30T10:00"), None, "complaints.clocks@1")
    assert Clock.objects.values().get(pk=response.pk) == {field.attname: getattr(response, field.attname) for field in Clock._meta.fields}
    step = complaint.steps.get(title=RECOUNTED)
    assert step.note == "原 2027-01-05（日历 2026.1+2027.0暂定），现 2027-01-07（日历 2026.1+2027.1）"
    assert (step.at, step.by_label, step.is_outward) == (moment("2026-12-31T09:00"), SYSTEM.label, False)
    entry = Entry.objects.get(action="complaints.recounted")
    assert (entry.actor_label, entry.details) == (SYSTEM.label, {"changed": 1})


def test_the_former_term_stays_in_the_rows_history(world: World) -> None:
    complaint = sent("2026-12-30T10:00")
    notice("2026-12-31T09:00")
    with connection.cursor() as cursor:
        cursor.execute("SELECT due_at FROM complaints_clockevent WHERE pgh_obj_id = %s ORDER BY pgh_id", [of(complaint, "feedback").pk])
        assert [due for (due,) in cursor.fetchall()] == [last_of("2027-01-05"), last_of("2027-01-07")]


def test_a_notice_confirms_a_term_it_does_not_move(world: World) -> None:
    complaint = sent("2026-12-30T10:00")
    assert notice("2026-12-31T09:00", "01-01/01-03", ()) == 1
    found = of(complaint, "feedback")
    assert (found.due_at, found.is_provisional, found.calendar_version) == (last_of("2027-01-05"), False, "2026.1+2027.1")
    assert complaint.steps.filter(title=RECOUNTED).count() == 1


def test_a_notice_leaves_the_closed_the_routed_and_the_certain_byte_for_byte(world: World) -> None:
    closed, late, routed, running = (sent("2026-12-30T10:00") for _ in range(4))
    certain = sent("2026-12-28T10:00")  # 12-29, 30, 31: no day of the new year
    assert run_job("2027-01-06T00:00") == 10
    close(world, closed, "2027-01-06T08:00")
    close(world, late, "2027-01-06T08:30")
    with at("2027-01-06T08:30"):
        handling.route_out(world.actor("督察"), routed, where_to="纪检组", reason="反映收受财物")
    with untouched(closed, late, routed, certain):
        assert notice("2027-01-06T09:00") == 1
    assert of(running, "feedback").due_at == last_of("2027-01-07")
    assert of(closed, "feedback").calendar_version == "2026.1+2027.0暂定"
    # what was judged late stays late, though the new calendar would have it in time
    assert says(late, "feedback", "2027-02-01T00:00") == rules.LATE
    assert Breach.objects.get(clock=of(late, "feedback")).lifted_at is None
    assert Breach.objects.filter(lifted_at=None).count() == 9


def test_a_merged_complaint_is_recounted_as_long_as_its_clock_runs(world: World) -> None:
    first, later = sent("2026-12-29T10:00"), sent("2026-12-30T10:00")
    with at("2026-12-30T11:00"):
        handling.merge_complaints(world.actor("督察"), later, into=first, reason="同一件事")
    assert notice("2026-12-31T09:00") == 2
    assert [of(each, "feedback").due_at for each in (first, later)] == [last_of("2027-01-06"), last_of("2027-01-07")]
    assert later.steps.filter(title=RECOUNTED).count() == 1
    close(world, first, "2027-01-07T09:00")
    with untouched(first, later):
        notice("2027-01-07T10:00", "01-01/01-03", ())


def test_the_same_days_entered_again_change_nothing(world: World) -> None:
    complaint, missed = sent("2026-12-30T10:00"), sent("2026-12-29T10:00")
    run_job("2027-01-05T09:00")
    notice("2027-01-05T10:00")
    counts = entries("recounted"), entries("breached"), ComplaintStep.objects.count()
    with untouched(complaint, missed):
        assert notice("2027-01-05T11:00") == 0
        assert notice("2027-02-05T11:00") == 0
        with at("2027-02-05T12:00"):
            assert clocks.recount_clocks(SYSTEM) == 0
    assert (entries("recounted"), entries("breached"), ComplaintStep.objects.count()) == counts


def test_who_may_not_enter_the_calendar_recounts_nothing(world: World) -> None:
    complaint = sent("2026-12-30T10:00")
    with untouched(complaint), at("2026-12-31T10:00"), pytest.raises(NotAllowed):
        clocks.recount_clocks(world.actor("队员"))


def test_a_term_is_recounted_by_the_rule_of_its_day_of_receipt(world: World) -> None:
    by_three = sent("2026-12-30T10:00")
    with at("2026-12-30T14:00"):
        rulebook.publish_version(
            SYSTEM, "complaints.clocks", values={"feedback_workdays": 5, "response_hours": 12}, in_force_on=dt.date(2026, 12, 31),
            document_number="城管〔2026〕9号",
        )  # fmt: skip
    still_three, by_five = sent("2026-12-30T23:59:59.999999"), sent("2026-12-31T00:00")
    assert [of(each, "feedback").rule_version[-2:] for each in (by_three, still_three, by_five)] == ["@1", "@1", "@2"]
    assert [of(each, "feedback").due_at for each in (by_three, still_three, by_five)] == [
        last_of("2027-01-05"), last_of("2027-01-05"), last_of("2027-01-08"),
    ]  # fmt: skip
    assert of(by_five, "response").due_at == moment("2026-12-31T12:00")
    assert notice("2026-12-31T09:00") == 3
    # 01-06, 07, 08, Saturday 09 made up, 11
    assert [of(each, "feedback").due_at for each in (by_three, still_three, by_five)] == [
        last_of("2027-01-07"), last_of("2027-01-07"), last_of("2027-01-11"),
    ]  # fmt: skip
    assert [of(each, "feedback").rule_version[-2:] for each in (by_three, still_three, by_five)] == ["@1", "@1", "@2"]


# --- lifted, and standing again ---


def missed_by_what_was_known(world: World) -> Complaint:
    """Responded in time, due on 01-05 by what is known, found missed on the morning of 01-06."""
    complaint = sent("2026-12-30T10:00")
    respond(world, complaint, "2026-12-30T12:00")
    assert run_job("2027-01-06T08:00") == 1
    return complaint


def test_a_notice_lifts_the_breach_that_it_makes_in_time(world: World) -> None:
    complaint = missed_by_what_was_known(world)
    neglected = sent("2026-12-31T10:00")
    assert run_job("2027-01-06T08:30") == 1  # its 24 hours, which no calendar moves
    response = rows(complaint)[0]
    notice("2027-01-06T09:00")
    breach = Breach.objects.get(clock=of(complaint, "feedback"))
    assert (breach.due_at, breach.recorded_at) == (last_of("2027-01-05"), moment("2027-01-06T08:00"))
    assert (breach.lifted_at, breach.lifted_by) == (moment("2027-01-06T09:00"), "日历 2026.1+2027.1")
    assert says(complaint, "feedback", "2027-01-06T09:00") == rules.RUNNING
    assert response in rows(complaint)
    assert Breach.objects.get(clock=of(neglected, "response")).lifted_at is None
    lifted = Breach.objects.values().get(pk=breach.pk)
    assert run_job("2027-01-07T23:59:59.999999") == 0
    close(world, complaint, "2027-01-07T23:59:59.999999")
    assert run_job("2027-02-01T00:00") == 1  # the neglected one's result, due on 01-08
    assert Breach.objects.values().get(pk=breach.pk) == lifted
    assert entries("breached") == 3


@pytest.mark.parametrize("way", ["the job finds it", "it is closed late"])
def test_a_lifted_breach_stands_again_when_the_new_term_is_missed_too(world: World, way: str) -> None:
    complaint = missed_by_what_was_known(world)
    notice("2027-01-06T09:00")
    if way == "the job finds it":
        assert run_job("2027-01-08T00:00") == 1
    else:
        close(world, complaint, "2027-01-08T00:00")
    breach = Breach.objects.get()
    assert (breach.clock, breach.due_at) == (of(complaint, "feedback"), last_of("2027-01-07"))
    assert (breach.lifted_at, breach.lifted_by, breach.recorded_at) == (None, "", moment("2027-01-08T00:00"))
    assert entries("breached") == 2
    assert run_job("2027-01-09T00:00") == 0
    assert Breach.objects.count() == 1


@pytest.mark.parametrize(("entered", "lifted"), [("2027-01-07T23:59:59.999999", True), ("2027-01-08T00:00", False)])
def test_a_breach_is_lifted_up_to_the_last_moment_of_the_new_term(world: World, entered: str, lifted: bool) -> None:
    complaint = missed_by_what_was_known(world)
    notice(entered)
    assert (Breach.objects.get().lifted_at is not None) is lifted
    assert (says(complaint, "feedback", entered) == rules.RUNNING) is lifted


@pytest.mark.parametrize("before", [["2027-01-06T08:00", "2027-01-07T08:00"], []], ids=["the job ran before the notice", "it never did"])
def test_a_term_missed_by_both_calendars_is_a_breach_of_the_newer_one(world: World, before: list[str]) -> None:
    complaint = sent("2026-12-30T10:00")
    respond(world, complaint, "2026-12-30T12:00")
    for text in before:
        run_job(text)
    notice("2027-01-08T09:00")
    close(world, complaint, "2027-01-08T10:00")
    breach = Breach.objects.get()
    assert (breach.due_at, breach.lifted_at) == (last_of("2027-01-07"), None)
    assert says(complaint, "feedback", "2027-02-01T00:00") == rules.LATE


def test_a_notice_put_right_takes_back_the_lateness_that_the_slip_made(world: World) -> None:
    complaint = sent("2026-12-30T10:00")
    respond(world, complaint, "2026-12-30T12:00")
    notice("2027-01-04T09:00", "01-01", ("01-02", "01-03"))  # 12-31, 01-02, 01-03
    assert of(complaint, "feedback").due_at == last_of("2027-01-03")
    assert run_job("2027-01-04T09:30") == 1
    notice("2027-01-04T10:00", "01-01/01-03", ())
    found = of(complaint, "feedback")
    assert (found.due_at, found.calendar_version) == (last_of("2027-01-05"), "2026.1+2027.2")
    assert Breach.objects.get().lifted_by == "日历 2026.1+2027.2"
    assert [step.note[:12] for step in complaint.steps.filter(title=RECOUNTED)] == ["原 2027-01-05", "原 2027-01-03"]


def test_a_breach_written_at_the_moment_of_the_notice_is_lifted_too(transactional_db: None, world: World) -> None:
    complaint = sent("2026-12-30T10:00")
    respond(world, complaint, "2026-12-30T12:00")
    written = threading.Event()

    def job() -> int:
        try:
            with transaction.atomic():
                found = run_job("2027-01-06T08:59")
                written.set()
                time.sleep(0.5)  # the notice is entered meanwhile and waits
                return found
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(job)
        assert written.wait(20)
        notice("2027-01-06T09:00")
        assert running.result() == 1
    assert of(complaint, "feedback").due_at == last_of("2027-01-07")
    assert Breach.objects.get().lifted_at == moment("2027-01-06T09:00")
    assert complaint.steps.filter(title=RECOUNTED).count() == 1


# --- many ---


def test_hundreds_of_complaints_are_recounted_by_a_constant_number_of_queries(world: World) -> None:
    supervisor, numbers = world.actor("督察"), itertools.count(1)

    def many(count: int) -> list[Complaint]:
        found = []
        for number in range(count):
            received = moment("2026-12-29T10:00") + dt.timedelta(hours=12 * (number % 4))  # on 12-29 and 12-30
            with at("2026-12-31T08:00"):
                found.append(intake.take_order(supervisor, SAID, number=f"N{next(numbers)}", received_at=received).complaint)
        return found

    def queries(text: str, days_off: str) -> tuple[int, int]:
        database.trace = []
        try:
            with CaptureQueriesContext(connection) as captured:
                notice(text, days_off, ())
            return len(captured), len(database.trace)
        finally:
            database.trace = None

    few = many(4)
    first = queries("2026-12-31T09:00", "01-01/01-04")
    more, done = many(296), many(10)
    for each in done:
        close(world, each, "2026-12-31T10:00")
    with untouched(*done):
        assert queries("2026-12-31T11:00", "01-01/01-05") == first
    moved = Counter(Clock.objects.filter(complaint__in=[*few, *more], kind="feedback").values_list("due_at", "is_provisional"))
    assert moved == Counter({(last_of("2027-01-06"), False): 150, (last_of("2027-01-07"), False): 150})
    steps = Counter(ComplaintStep.objects.filter(title=RECOUNTED).values_list("complaint_id", flat=True))
    assert steps == Counter({each.pk: 2 for each in few} | {each.pk: 1 for each in more})
    assert Entry.objects.filter(action="complaints.recounted").order_by("-pk")[0].details == {"changed": 300}
