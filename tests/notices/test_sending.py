"""What goes out: as things stand when it is sent, once, tried again, written down."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection

from chengxin.core import clock
from chengxin.findings import services as findings
from chengxin.notices import rules, services
from chengxin.notices.models import Attempt, Preference, Robot, Sending
from chengxin.notices.services import sending as module
from chengxin.notices.services import transport
from tests.notices.conftest import ADDRESS, WEDNESDAY, at, later
from tests.notices.servers import MailServer, RobotService
from tests.world import World

THURSDAY = WEDNESDAY + dt.timedelta(days=1)
pytestmark = pytest.mark.usefixtures("morning")
Make = Callable[..., Robot]


def outcomes() -> list[tuple[int, str]]:
    return list(Attempt.objects.order_by("number").values_list("number", "outcome"))


def last() -> Sending:
    return Sending.objects.latest("pk")


# --- mail ---


def test_the_mail_names_counts_and_a_way_and_nobody(world: World, with_mail: Callable[[str], None], post: MailServer) -> None:
    finding = world.finding(person="队员")
    with_mail("队员")
    services.look()
    assert services.send_due() == 1
    ((recipient, letter),) = post.letters
    text = MailServer.text_of(letter)
    assert recipient == ADDRESS
    assert "三（一）督查考核" in text
    assert "https://chengxin.example.com/notices/" in text
    for hidden in (finding.number, finding.text, "队员", "督察"):
        assert hidden not in text + str(letter["Subject"])
    assert (last().state, outcomes()) == (rules.SENT, [(1, rules.SENT)])
    assert services.send_due() == 0  # and not once more
    assert len(post.letters) == 1


def test_what_was_done_meanwhile_is_not_told_and_an_empty_mail_is_not_sent(
    world: World, with_mail: Callable[[str], None], post: MailServer
) -> None:
    one, other = world.finding(person="队员"), world.finding(person="队员")
    with_mail("队员")
    services.look()
    before = len(last().keys)
    findings.submit_rectification(world.actor("队员"), one, text="已改")
    post.answer = 451
    services.send_due()
    assert (last().state, post.letters) == (rules.WAITING, [])
    post.answer = 250
    with later(clock.now(), minutes=2):
        services.send_due()
    counted = int(MailServer.text_of(post.letters[0][1]).split("共 ")[1].split(" 件")[0])
    assert counted == before - 1
    Sending.objects.update(state=rules.WAITING, keys=[rules.key_of(each) for each in _queue(world) if f"/{other.pk}/" in each.url])
    findings.submit_rectification(world.actor("队员"), other, text="已改")
    with later(clock.now(), minutes=9):
        services.send_due()
    assert len(post.letters) == 1
    assert last().state == rules.DROPPED
    assert Attempt.objects.latest("number").error == "到发送时事项都已办结。"


def _queue(world: World) -> list[module.selectors.Waiting]:
    return module.selectors.queue_of(world.users["队员"])


def test_a_mail_that_missed_the_hours_waits_for_the_morning_and_goes_into_the_new_digest(
    world: World, with_mail: Callable[[str], None], post: MailServer
) -> None:
    world.finding(person="队员")
    with_mail("队员")
    with at(WEDNESDAY, 20, 59):
        services.look()
    with at(WEDNESDAY, 21, 1):
        assert services.send_due() == 0
        assert last().next_try_at == clock.at(THURSDAY, 7)
        assert Attempt.objects.count() == 0
    with at(THURSDAY, 8):
        world.finding(person="队员")
        services.look()
        services.send_due()
    assert len(post.letters) == 1
    assert "2 件" in MailServer.text_of(post.letters[0][1])
    assert sorted(Sending.objects.values_list("state", flat=True)) == [rules.DROPPED, rules.SENT]


@pytest.mark.parametrize("change", [{"by_email": False}, {"email": "", "by_email": False}])
def test_who_wants_no_mail_any_more_gets_none(
    world: World, with_mail: Callable[[str], None], post: MailServer, change: dict[str, object]
) -> None:
    world.finding(person="队员")
    with_mail("队员")
    services.look()
    Preference.objects.filter(user=world.users["队员"]).update(**change)
    services.send_due()
    assert (post.letters, last().state) == ([], rules.DROPPED)


@pytest.mark.parametrize(("answer", "state"), [(550, rules.FAILED), (451, rules.WAITING), ("silent", rules.WAITING)])
def test_a_mail_server_that_refuses_for_good_is_not_asked_again_and_one_that_cannot_now_is(
    world: World, with_mail: Callable[[str], None], post: MailServer, answer: object, state: str
) -> None:
    world.finding(person="队员")
    with_mail("队员")
    services.look()
    post.answer = answer
    services.send_due()
    assert last().state == state
    assert Attempt.objects.get().error


# --- robots ---


def test_a_robot_tells_its_units_counts_and_nothing_of_others(world: World, robot: Make, service: RobotService) -> None:
    robot()
    mine, others = world.finding(person="队员"), world.finding(person="外人")
    services.look()
    services.send_due()
    ((path, body),) = service.posts
    assert path == "/cgi-bin/webhook/send?key=k-1"
    assert body["msgtype"] == "text"
    (text,) = service.texts
    assert "一中队待办" in text
    for hidden in (mine.number, others.number, "队员", "外人", mine.text):
        assert hidden not in text
    before = text
    findings.submit_rectification(world.actor("外人"), others, text="已改")
    Sending.objects.update(state=rules.WAITING)
    with later(clock.now(), minutes=1):
        services.send_due()
    assert service.texts[1] == before  # what the other squadron did changes nothing here


def test_a_person_of_the_squadron_with_an_office_elsewhere_brings_nothing_of_it_into_the_squadrons_group(world: World, robot: Make) -> None:
    from chengxin.notices.selectors import queue_of_unit
    from chengxin.people.services import grant_role

    before = queue_of_unit(world.units["一中队"])
    world.finding(person="外人")
    grant_role(world.actor("安全员"), world.users["队员"], role="captain", unit=world.units["二中队"], starts_on=WEDNESDAY)
    assert queue_of_unit(world.units["一中队"]) == before
    assert queue_of_unit(world.units["二中队"]) != []


def test_the_signed_robot_shows_the_signature(world: World, robot: Make, service: RobotService) -> None:
    robot(kind=rules.DINGTALK, secret="SECabc")
    world.finding(person="队员")
    services.look()
    services.send_due()
    told = parse_qs(urlsplit(service.posts[0][0]).query)
    assert set(told) == {"access_token", "timestamp", "sign"}


@pytest.mark.parametrize(
    ("answer", "state", "said"),
    [
        (0, rules.SENT, ""),
        ("slow", rules.SENT, ""),
        (93000, rules.FAILED, "93000"),
        (45009, rules.WAITING, "45009"),
        ("broken", rules.WAITING, "500"),
        ("refused", rules.FAILED, "403"),
        ("redirect", rules.FAILED, "转到别的地址"),
        ("nonsense", rules.WAITING, "看不懂"),
        ("huge", rules.WAITING, "过长"),
        ("never", rules.WAITING, "没有在"),
        ("drip", rules.WAITING, "没有在"),
        ("drip_headers", rules.WAITING, "没有在"),
        ("hang_up", rules.WAITING, "连接失败"),
    ],
)
def test_whatever_the_service_does_the_try_ends_and_is_written_down(
    world: World, robot: Make, service: RobotService, answer: object, state: str, said: str
) -> None:
    robot()
    world.finding(person="队员")
    services.look()
    service.answer = answer
    services.send_due()
    assert len(service.posts) == 1  # a redirect was not followed
    assert last().state == state
    attempt = Attempt.objects.get()
    assert said in attempt.error
    assert "key" not in attempt.error
    assert attempt.ended_at is not None


def test_an_origin_taken_off_the_list_is_not_asked_any_more(world: World, robot: Make, service: RobotService, settings: object) -> None:
    robot()
    world.finding(person="队员")
    services.look()
    settings.ROBOT_ORIGINS = ["https://oapi.dingtalk.com"]  # type: ignore[attr-defined]
    services.send_due()
    assert service.posts == []
    assert last().state == rules.FAILED


def test_tries_are_spaced_and_come_to_an_end(world: World, robot: Make, service: RobotService) -> None:
    robot()
    world.finding(person="队员")
    services.look()
    service.answer = "broken"
    moment = clock.now()
    for minutes in (1, 5, 15, 60, 240):
        with clock.frozen(moment):
            assert services.send_due() == 1
            assert services.send_due() == 0
            assert last().next_try_at == moment + dt.timedelta(minutes=minutes)
        moment = last().next_try_at
    with clock.frozen(moment):
        services.send_due()
    assert last().state == rules.FAILED
    assert outcomes() == [*((number, rules.RETRY) for number in range(1, 6)), (6, rules.FAILED)]
    with later(moment, days=1):
        assert services.send_due() == 0


def test_a_robot_gets_no_more_than_its_minute_allows(world: World, robot: Make, service: RobotService) -> None:
    found = robot()
    for number in range(23):
        module.Sending.objects.create(
            key=f"t{number}", channel=rules.WECOM, kind=rules.TEST, robot=found, day=WEDNESDAY, made_at=clock.now(), next_try_at=clock.now()
        )
    services.send_due()
    assert len(service.posts) == 20
    assert Sending.objects.filter(state=rules.WAITING).count() == 3
    with later(clock.now(), seconds=61):
        services.send_due()
    assert len(service.posts) == 23


def test_a_stopped_robot_sends_nothing_and_keeps_no_address(world: World, robot: Make, service: RobotService) -> None:
    found = robot()
    world.finding(person="队员")
    services.look()
    services.stop_robot(world.actor("安全员"), found)
    services.send_due()
    assert (service.posts, last().state) == ([], rules.DROPPED)
    assert bytes(Robot.objects.get().sealed) == b""


def test_a_robot_is_silent_on_a_day_off_and_before_its_approval(world: World, robot: Make, service: RobotService) -> None:
    found = robot(approved=False)
    world.finding(person="队员")
    services.look()
    assert Sending.objects.count() == 0
    services.approve_robot(world.actor("安全员"), found)
    with at(WEDNESDAY + dt.timedelta(days=4), 9):
        services.look()
    assert Sending.objects.count() == 0
    assert service.posts == []


def test_a_lost_key_is_said_and_nothing_is_tried(world: World, robot: Make, service: RobotService) -> None:
    robot()
    Robot.objects.update(sealed=b"gAAAAAbroken")
    world.finding(person="队员")
    services.look()
    services.send_due()
    assert service.posts == []
    assert "robots-1" in Attempt.objects.get().error


# --- cut off ---


def cut_off(monkeypatch: pytest.MonkeyPatch, *, after: bool) -> None:
    """The worker dies as kill -9 ends it: nothing after that moment is written; ``after`` the message went out."""
    carry = module._carry

    def die(sending: Sending, letter: module.Letter) -> rules.Answer:
        if after:
            carry(sending, letter)
        raise SystemExit

    monkeypatch.setattr(module, "_carry", die)


@pytest.mark.parametrize(("after", "arrived"), [(True, 2), (False, 1)])
def test_a_try_that_was_cut_off_is_repeated_once_its_lease_is_over(
    world: World, robot: Make, service: RobotService, monkeypatch: pytest.MonkeyPatch, after: bool, arrived: int
) -> None:
    robot()
    world.finding(person="队员")
    services.look()
    with monkeypatch.context() as patched:
        cut_off(patched, after=after)
        with pytest.raises(SystemExit):
            services.send_due()
    assert services.send_due() == 0  # the lease still runs
    with later(clock.now(), minutes=4):
        services.send_due()
    assert len(service.posts) == arrived
    assert (last().state, outcomes()) == (rules.SENT, [(1, rules.UNKNOWN), (2, rules.SENT)])


def test_after_two_cut_off_tries_no_more_are_made_so_that_a_message_comes_twice_at_most(
    world: World, robot: Make, service: RobotService, monkeypatch: pytest.MonkeyPatch
) -> None:
    robot()
    world.finding(person="队员")
    services.look()
    cut_off(monkeypatch, after=True)
    for minutes in (0, 4):
        with later(clock.now(), minutes=minutes), pytest.raises(SystemExit):
            services.send_due()
    with later(clock.now(), minutes=9):
        assert services.send_due() == 0
    assert len(service.posts) == 2
    assert (last().state, outcomes()) == (rules.FAILED, [(1, rules.UNKNOWN), (2, rules.UNKNOWN)])


def test_a_mail_that_is_sent_again_has_the_same_message_id(
    world: World, with_mail: Callable[[str], None], post: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.finding(person="队员")
    with_mail("队员")
    services.look()
    with monkeypatch.context() as patched:
        cut_off(patched, after=True)
        with pytest.raises(SystemExit):
            services.send_due()
    with later(clock.now(), minutes=4):
        services.send_due()
    assert len(post.letters) == 2
    assert post.letters[0][1]["Message-ID"] == post.letters[1][1]["Message-ID"] != ""


def test_no_transaction_is_open_while_something_is_sent(
    transactional_db: None, world: World, robot: Make, service: RobotService, monkeypatch: pytest.MonkeyPatch
) -> None:
    robot()
    world.finding(person="队员")
    services.look()
    seen: list[bool] = []
    posted = transport.post_to_robot

    def look(*given: object) -> rules.Answer:
        seen.append(connection.in_atomic_block)
        return posted(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(transport, "post_to_robot", look)
    services.send_due()
    assert seen == [False]
