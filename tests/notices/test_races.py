"""Two workers at once, on real connections: one digest, one message, one robot approval."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chengxin.core import clock
from chengxin.notices import rules, services
from chengxin.notices.models import Attempt, Notice, Robot, Sending
from tests.notices.conftest import WEDNESDAY
from tests.notices.servers import MailServer, RobotService
from tests.test_races import at_once, refusals
from tests.world import World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("transactional_db", "morning")]


def on_wednesday(call: Callable[[], Any]) -> Callable[[], Any]:
    def run() -> Any:
        with clock.frozen(clock.at(WEDNESDAY, 9)):
            return call()

    return run


def test_four_workers_make_one_digest_each_and_send_one_mail(world: World, with_mail: Callable[[str], None], post: MailServer) -> None:
    world.finding(person="队员")
    with_mail("队员")
    made = at_once(*(on_wednesday(services.look) for _ in range(4)))
    assert sum(made) == Notice.objects.count()
    assert Notice.objects.filter(user=world.users["队员"]).count() == 1
    assert Sending.objects.count() == 1
    assert sorted(at_once(*(on_wednesday(services.send_due) for _ in range(4)))) == [0, 0, 0, 1]
    assert len(post.letters) == 1
    assert list(Attempt.objects.values_list("number", "outcome")) == [(1, rules.SENT)]


def test_four_workers_post_each_message_of_a_robot_once_and_together_keep_its_minute(
    world: World, robot: Callable[..., Robot], service: RobotService
) -> None:
    found = robot()
    for number in range(24):
        Sending.objects.create(
            key=f"t{number}", channel=rules.WECOM, kind=rules.TEST, robot=found, day=WEDNESDAY, made_at=clock.now(), next_try_at=clock.now()
        )
    at_once(*(on_wednesday(services.send_due) for _ in range(4)))
    assert len(service.posts) == 20
    assert Attempt.objects.count() == 20
    assert Sending.objects.filter(state=rules.WAITING, claimed_until=None).count() == 4


def test_two_approvals_at_once_are_one(world: World, robot: Callable[..., Robot]) -> None:
    found = robot(approved=False)
    one, other = world.actor("安全员"), world.actor("安全员")
    results = at_once(*(on_wednesday(lambda who=who: services.approve_robot(who, found)) for who in (one, other)))  # type: ignore[misc]
    assert refusals(results) == 1


def test_two_clicks_on_the_test_button_are_one_message(world: World, robot: Callable[..., Robot]) -> None:
    found, actor = robot(), world.actor("系统员")
    results = at_once(*(on_wednesday(lambda: services.test_robot(actor, found)) for _ in range(2)))
    assert refusals(results) == 1
    assert Sending.objects.count() == 1
