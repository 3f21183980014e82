"""Two at once, on real connections: one sheet, one number each, one result (2.4.2)."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest

from chengxin.audit.models import Entry as AuditEntry
from chengxin.contests import selectors, services
from chengxin.contests.models import Contest, Correction, Entry, Result, Sheet
from chengxin.core import clock
from chengxin.core.errors import Conflict
from tests.contests.conftest import Stage
from tests.test_races import at_once, refusals
from tests.world import World

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def noon() -> None:
    """Threads have the real clock, so nothing here stops it."""


def test_two_judges_and_a_double_submission_at_once_are_two_sheets(transactional_db: None, running: Stage) -> None:
    one, other, number = running.world.actor("督察"), running.world.actor("督察乙"), running.number("队员")
    points, keys = running.full("enforcement"), [uuid.uuid4(), uuid.uuid4()]

    def sending(actor: object, key: uuid.UUID) -> Callable[[], Sheet]:
        return lambda: services.submit_sheet(
            actor, running.contest, number=number, round_code="enforcement", points=points, client_key=key  # type: ignore[arg-type]
        )  # fmt: skip

    results = at_once(sending(one, keys[0]), sending(one, keys[0]), sending(other, keys[1]), sending(other, keys[1]))
    assert refusals(results) == 0
    assert len({result.pk for result in results}) == Sheet.objects.count() == 2
    assert AuditEntry.objects.filter(action="contests.sheet_submitted").count() == 2


def test_two_phones_of_one_judge_with_different_keys_have_one_winner(transactional_db: None, running: Stage) -> None:
    results = at_once(*(lambda: running.submit("督察", "队员") for _ in range(3)))
    assert (refusals(results), Sheet.objects.filter(state="submitted").count()) == (2, 1)


def test_a_confirmation_and_a_sheet_that_arrives_are_one_after_the_other(transactional_db: None, running: Stage) -> None:
    missing = ("督察", "外人", "mediation")
    running.score_all(dict.fromkeys(running.entries, 80), leave_out=missing)
    leader, contest = running.world.actor("局长"), running.contest
    digest = selectors.preview_of(contest)[1]
    results = at_once(lambda: running.submit(*missing, share=50), lambda: services.confirm_result(leader, contest, sha256=digest))
    # the sheet is there; whoever confirmed had not seen it or found it missing
    assert isinstance(results[0], Sheet)
    assert isinstance(results[1], Conflict)
    assert Contest.objects.get().state == "running"
    assert not Result.objects.exists()


def test_two_confirmations_and_a_withdrawal_of_a_sheet_leave_one_consistent_result(transactional_db: None, running: Stage) -> None:
    running.score_all(dict.fromkeys(running.entries, 80))
    sheet = Sheet.objects.filter(judge=running.judges["督察"]).first()
    assert sheet is not None
    leader, judge, digest = running.world.actor("局长"), running.world.actor("督察"), selectors.preview_of(running.contest)[1]
    results = at_once(
        lambda: services.confirm_result(leader, running.contest, sha256=digest),
        lambda: services.confirm_result(leader, running.contest, sha256=digest),
        lambda: services.withdraw_sheet(judge, sheet, reason="看错"),
    )
    sheet.refresh_from_db()
    if isinstance(results[2], Conflict):
        assert (Result.objects.count(), sheet.state, refusals(results)) == (1, "submitted", 2)
    else:
        assert (Result.objects.count(), sheet.state, refusals(results)) == (0, "withdrawn", 2)


def test_two_draws_at_once_give_everybody_one_number(transactional_db: None, planned: Stage) -> None:
    actor = planned.world.actor("大队长")
    closings = at_once(*(lambda: services.close_entries(actor, planned.contest) for _ in range(2)))
    drawings = at_once(*(lambda: services.draw_order(actor, planned.contest, public="六") for _ in range(2)))
    assert (refusals(closings), refusals(drawings)) == (1, 1)
    assert sorted(Entry.objects.values_list("number", flat=True)) == [1, 2, 3, 4]


def test_the_same_person_entered_twice_at_once_is_entered_once(transactional_db: None, stage: Callable[..., Stage]) -> None:
    made = stage()
    results = at_once(lambda: made.enter("队员", unit="一中队"), lambda: made.enter("队员", unit="一中队", by="队长"))
    assert (refusals(results), Entry.objects.count()) == (1, 1)


def test_the_same_form_of_a_contest_sent_at_once_is_one_contest(transactional_db: None, world: World) -> None:
    key, actor = uuid.uuid4(), world.actor("大队长")
    results = at_once(
        *(
            lambda: services.plan_contest(actor, kind="drill", subject="team", title="会操", held_on=clock.today(), form_key=key)
            for _ in range(4)
        )
    )
    assert refusals(results) == 0
    assert len({result.pk for result in results}) == Contest.objects.count() == 1


def test_two_corrections_at_once_have_two_numbers(transactional_db: None, confirmed: Stage) -> None:
    leader = confirmed.world.actor("局长")
    results = at_once(
        *(
            lambda text=text: services.correct_result(leader, confirmed.contest, text=text, reason="复核", form_key=uuid.uuid4())  # type: ignore[misc]
            for text in ("一", "二")
        )
    )
    assert refusals(results) == 0
    assert sorted(Correction.objects.values_list("number", flat=True)) == [1, 2]
