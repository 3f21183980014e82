"""Two people at once, on real connections: one signature, one final sheet, one finding, one draw (2.3)."""

from __future__ import annotations

import datetime as dt

import pytest

from chengxin.audit.models import Entry
from chengxin.conduct import services
from chengxin.conduct.models import Coaching, FollowUp, Nomination, Sheet, SignOff, WatchMoment
from chengxin.core import clock
from chengxin.evidence.models import Review
from chengxin.evidence.services.viewing import open_viewing
from chengxin.findings.models import Finding
from tests.conduct.conftest import TODAY, Later, marks, reviewed, srt, uploaded
from tests.test_races import at_once, refusals
from tests.world import World

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_signature_sent_four_times_at_once_is_one(transactional_db: None, world: World) -> None:
    actor = world.actor("协管")
    results = at_once(*[lambda: services.sign_off(actor, version="conduct.phrases@1")] * 4)
    assert (refusals(results), SignOff.objects.count()) == (0, 1)
    assert Entry.objects.filter(action="conduct.signed").count() == 1


def test_two_reviewers_at_once_make_one_final_sheet_and_one_finding(transactional_db: None, world: World, drawn: list[Review]) -> None:
    one, other = world.actor("督察"), world.actor("大队长")
    for actor in (one, other):
        services.open_recording(actor, drawn[0])
    recording = drawn[0].recording
    found = at_once(
        *(lambda actor=actor: services.nominate_finding(actor, recording, entry="conduct.hands", at_ms=0, review=drawn[0])
          for actor in (one, other))
    )  # fmt: skip
    assert (refusals(found), found[0].pk == found[1].pk) == (0, True)
    assert (Finding.objects.count(), Nomination.objects.count()) == (1, 1)
    results = at_once(
        *(lambda actor=actor: services.finish_sheet(actor, drawn[0], marks=marks(), notes={}) for actor in (one, other))
    )  # fmt: skip
    assert (refusals(results), Sheet.objects.filter(state="final").count()) == (1, 1)
    assert Entry.objects.filter(action="conduct.reviewed").count() == 1
    drawn[0].refresh_from_db()
    assert drawn[0].outcome == "problem"


def test_a_moment_decided_by_two_at_once_has_one_answer(transactional_db: None, world: World, drawn: list[Review]) -> None:
    one, other, recording = world.actor("督察"), world.actor("督察乙"), drawn[0].recording
    services.import_transcript(one, recording, uploaded(srt("少废话")))
    moment = WatchMoment.objects.get()
    for actor in (one, other):
        open_viewing(actor, recording, reason="核对文字稿提示")
    results = at_once(
        lambda: services.decide_moment(one, moment, is_true=True), lambda: services.decide_moment(other, moment, is_true=False)
    )
    assert refusals(results) == 1
    assert Entry.objects.filter(action="conduct.moment_decided").count() == 1


def test_two_coachings_and_two_follow_ups_at_once_are_one(
    transactional_db: None, world: World, drawn: list[Review], later: Later
) -> None:  # fmt: skip
    reviewed(world, drawn[0], entry="conduct.hands")
    finding, captain, brigade = Finding.objects.get(), world.actor("队长"), world.actor("大队长")
    results = at_once(
        lambda: services.record_coaching(captain, finding, held_on=TODAY, practised="站姿"),
        lambda: services.record_coaching(brigade, finding, held_on=TODAY, practised="仪态"),
    )
    assert (refusals(results), Coaching.objects.count()) == (1, 1)
    later(TODAY + dt.timedelta(days=1), 11)
    coaching, one, other = Coaching.objects.get(), world.actor("督察"), world.actor("督察乙")
    with clock.frozen(clock.at(TODAY + dt.timedelta(days=4), 9)):
        drawn_twice = at_once(lambda: services.draw_follow_up(one, coaching), lambda: services.draw_follow_up(other, coaching))
    assert (refusals(drawn_twice), FollowUp.objects.count()) == (1, 1)
