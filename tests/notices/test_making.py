"""Who is told what and when, from the queue alone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse

from chengxin.core import clock
from chengxin.duty import services as duty
from chengxin.findings import services as findings
from chengxin.notices import rules, selectors, services
from chengxin.notices.models import Notice, Preference, Sending, Told
from chengxin.people.models import User
from chengxin.people.services import set_status
from tests.notices.conftest import ADDRESS, WEDNESDAY, at
from tests.world import World

THURSDAY, SUNDAY = WEDNESDAY + dt.timedelta(days=1), WEDNESDAY + dt.timedelta(days=4)
pytestmark = pytest.mark.usefixtures("morning")


def notices(world: World, name: str) -> list[Notice]:
    return list(Notice.objects.filter(user=world.users[name]).order_by("pk"))


def shown_to(world: World, name: str) -> list[str]:
    """The addresses of what the person's page of notices shows."""
    shown, _ = selectors.notices_of(world.actor(name))
    return [item.url for each in shown for item in each.waiting]


def page_of(finding: Any) -> str:
    return reverse("findings:detail", args=[finding.pk])


def test_the_digest_holds_what_waits_for_the_person_and_nothing_of_others(world: World) -> None:
    finding = world.finding(person="队员")
    assert services.look() > 0
    assert [(each.kind, each.day, each.read_at) for each in notices(world, "队员")] == [(rules.DIGEST, WEDNESDAY, None)]
    assert page_of(finding) in shown_to(world, "队员")
    assert page_of(finding) not in shown_to(world, "协管")
    assert notices(world, "审计员") == []  # nothing waits for them, so nobody tells them so
    assert Sending.objects.count() == 0  # nobody asked for mail


def test_no_title_and_no_name_is_kept_in_a_notice(world: World) -> None:
    world.finding(person="队员")
    services.look()
    assert all(len(key) == 32 and int(key, 16) >= 0 for notice in Notice.objects.all() for key in notice.keys)


def test_looking_again_the_same_day_makes_nothing_more_and_the_next_day_tells_only_what_is_new(world: World) -> None:
    world.finding(person="队员")
    services.look()
    before = Notice.objects.count()
    assert services.look() == 0
    with at(THURSDAY, 9):
        services.look()
        assert len(notices(world, "队员")) == 1  # nothing new: no notice at all
        assert Notice.objects.filter(user=world.users["队员"], day=THURSDAY).count() == 0
    assert Notice.objects.count() >= before
    with at(THURSDAY + dt.timedelta(days=1), 9):
        world.finding(person="队员")
        services.look()
        told = notices(world, "队员")[-1]
    assert len(told.keys) == 1


def test_what_became_late_is_told_once_more_and_then_never_again(world: World) -> None:
    finding = world.finding(person="队员")
    services.look()
    assert finding.due_on is not None
    days = [finding.due_on + dt.timedelta(days=offset) for offset in range(1, 12)]
    for day in days:
        with at(day, 9):
            services.look()
    key = next(rules.key_of(each) for each in selectors.queue_of(world.users["队员"]) if each.url == page_of(finding))
    told = [each for each in notices(world, "队员") if each.day > finding.due_on and key in each.keys]
    assert len(told) == 1


def test_before_the_hour_nothing_is_made_and_late_in_the_evening_neither(world: World) -> None:
    world.finding(person="队员")
    for hour in (0, 6, 7, 21, 23):
        with at(WEDNESDAY, hour):
            assert services.look() == 0
    with at(WEDNESDAY, 20, 50):  # a worker that was away all day still tells within the hours
        assert services.look() > 0


def test_the_own_hour_and_the_own_window_hold(world: World) -> None:
    world.finding(person="队员")
    services.change_settings(
        world.actor("队员"), digest_hour=11, quiet_from=10, quiet_until=12, urgent=False, on_days_off=False, by_email=False
    )
    with at(WEDNESDAY, 10):
        services.look()
    with at(WEDNESDAY, 12):
        services.look()
    assert notices(world, "队员") == []
    with at(WEDNESDAY, 11):
        services.look()
    assert len(notices(world, "队员")) == 1


def test_nobody_is_disturbed_on_a_day_of_leave_unless_chosen(world: World) -> None:
    world.finding(person="队员")
    world.finding(person="协管")
    for name in ("队员", "协管"):
        duty.request_leave(world.actor(name), starts_on=THURSDAY, until=THURSDAY)
        leave = world.actor("队长")
        duty.decide_leave(leave, selectors.duty.leaves_of(world.persons[name].pk)[0], granted=True)
    Preference.objects.create(user=world.users["协管"], on_days_off=True)
    with at(THURSDAY, 9):
        services.look()
    assert notices(world, "队员") == []
    assert len(notices(world, "协管")) == 1
    with at(THURSDAY + dt.timedelta(days=1), 9):
        services.look()
    assert len(notices(world, "队员")) == 1


def test_long_leave_is_leave_and_a_day_off_is_quiet_but_a_shift_on_it_is_not(world: World) -> None:
    for name in ("队员", "协管", "女队员"):
        world.finding(person=name)
    set_status(world.actor("人事"), world.persons["协管"], status="on_leave", starts_on=WEDNESDAY, ends_on=SUNDAY, approved_by="局长")
    services.look()
    assert [len(notices(world, name)) for name in ("队员", "协管", "女队员")] == [1, 0, 1]
    Notice.objects.all().delete()
    Told.objects.all().delete()
    world.shift("队员", SUNDAY)
    with at(SUNDAY, 9):
        services.look()
    assert [len(notices(world, name)) for name in ("队员", "协管", "女队员")] == [1, 0, 0]


def test_the_afternoon_tells_what_came_since_and_is_due_today_and_only_that(world: World) -> None:
    services.look()
    Notice.objects.all().delete()
    with at(WEDNESDAY, 13):
        one, other = world.finding(person="队员"), world.finding(person="队员")
        type(one).objects.filter(pk=one.pk).update(due_on=WEDNESDAY)
        services.look()
        assert notices(world, "队员") == []
    with at(WEDNESDAY, 14):
        services.look()
        services.look()
        (told,) = notices(world, "队员")
        assert (told.kind, len(told.keys)) == (rules.URGENT, 1)
        assert shown_to(world, "队员") == [page_of(one)]
    with at(THURSDAY, 9):
        services.look()
        assert page_of(other) in shown_to(world, "队员")


def test_who_does_not_want_the_afternoon_has_none(world: World) -> None:
    Preference.objects.create(user=world.users["队员"], urgent=False)
    services.look()
    before = len(notices(world, "队员"))
    finding = world.finding(person="队员")
    type(finding).objects.filter(pk=finding.pk).update(due_on=WEDNESDAY)
    with at(WEDNESDAY, 14):
        services.look()
    assert len(notices(world, "队员")) == before


def test_what_was_done_is_forgotten_and_told_anew_when_it_comes_back(world: World) -> None:
    finding = world.finding(person="队员")
    services.look()
    (key,) = {rules.key_of(each) for each in selectors.queue_of(world.users["队员"]) if each.url == page_of(finding)}
    assert key in notices(world, "队员")[0].keys
    findings.submit_rectification(world.actor("队员"), finding, text="已改")
    with at(THURSDAY, 9):
        services.look()
        assert not Told.objects.filter(user=world.users["队员"], key=key).exists()
        findings.recheck_finding(world.actor("督察乙"), finding, passed=False, note="没有改")
    with at(THURSDAY + dt.timedelta(days=1), 9):
        services.look()
    assert notices(world, "队员")[-1].keys == [key]


def test_a_signed_out_user_and_an_error_with_one_user_do_not_keep_the_others_from_being_told(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    world.finding(person="队员")
    world.finding(person="协管")
    User.objects.filter(pk=world.users["队员"].pk).update(is_active=False)
    queue = selectors.queue_of

    def fails_for_the_supervisor(user: User) -> list[object]:
        if user.pk == world.users["督察"].pk:
            raise RuntimeError("broken chapter")
        return queue(user)  # type: ignore[return-value]

    monkeypatch.setattr(selectors, "queue_of", fails_for_the_supervisor)
    services.look()
    assert notices(world, "队员") == []
    assert len(notices(world, "协管")) == 1
    assert "broken chapter" in caplog.text
    monkeypatch.undo()
    services.look()  # nothing of the failed look was kept, so the next one tells
    assert Preference.objects.get(user=world.users["督察"]).looked_on == WEDNESDAY


def test_mail_is_entered_for_who_confirmed_an_address_and_wants_it(world: World, with_mail: Callable[[str], None]) -> None:
    world.finding(person="队员")
    world.finding(person="协管")
    with_mail("队员")
    Preference.objects.update_or_create(user=world.users["协管"], defaults={"email": ADDRESS, "by_email": False})
    services.look()
    (sending,) = Sending.objects.all()
    assert (sending.user, sending.channel, sending.kind, sending.state) == (world.users["队员"], rules.EMAIL, rules.DIGEST, rules.WAITING)
    assert clock.today() == WEDNESDAY
