"""The bell, the own notices and settings, robots by separated duties, the log: seen and hidden."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from chengxin.audit.models import Entry
from chengxin.core import clock
from chengxin.notices import rules, services
from chengxin.notices.models import AddressCode, Attempt, Notice, Preference, Robot, Sending
from tests.notices.conftest import ADDRESS, WEDNESDAY, later
from tests.notices.servers import MailServer, RobotService
from tests.world import World

pytestmark = pytest.mark.usefixtures("morning")
SETTINGS = {"digest_hour": "9", "quiet_from": "7", "quiet_until": "20", "urgent": "on"}


def text(client: Client, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status, (address, answer.status_code)
    return str(answer.content.decode())


def entries(action: str) -> int:
    return Entry.objects.filter(action=action).count()


# --- bell and notices ---


def test_the_bell_counts_the_own_unread_notices_and_costs_one_statement(world: World) -> None:
    world.finding(person="队员")
    client, other = world.client("队员"), world.client("审计员")
    assert 'aria-label="通知"' in text(client, "/rulebook/")
    services.look()
    assert 'aria-label="通知，1 条未读"' in text(client, "/rulebook/")
    assert 'aria-label="通知"' in text(other, "/rulebook/")
    with CaptureQueriesContext(connection) as captured:
        text(client, "/rulebook/")
    assert len([query for query in captured if "notices_" in query["sql"]]) == 1
    assert "bell" not in text(world.client(), "/complaints/")


def test_looking_marks_nothing_as_read_and_only_the_own_can_be_marked(world: World) -> None:
    world.finding(person="队员")
    world.finding(person="协管")
    services.look()
    client = world.client("队员")
    mine, others = (Notice.objects.get(user=world.users[name]) for name in ("队员", "协管"))
    text(client, "/notices/")
    assert client.post(f"/notices/{others.pk}/read/").status_code == 404
    assert Notice.objects.filter(read_at=None, pk__in=[mine.pk, others.pk]).count() == 2
    assert client.post(f"/notices/{mine.pk}/read/").status_code == 303
    assert list(Notice.objects.filter(pk__in=[mine.pk, others.pk], read_at=None)) == [others]
    first = Notice.objects.get(pk=mine.pk).read_at
    with later(clock.now(), hours=1):
        client.post("/notices/read/")
    assert Notice.objects.get(pk=mine.pk).read_at == first
    assert Notice.objects.get(pk=others.pk).read_at is None


def test_a_notice_shows_what_still_waits_and_says_how_much_is_done(world: World) -> None:
    from chengxin.findings import services as findings

    finding = world.finding(person="队员")
    services.look()
    client = world.client("队员")
    assert reverse("findings:detail", args=[finding.pk]) in text(client, "/notices/")
    findings.submit_rectification(world.actor("队员"), finding, text="已改")
    page = text(client, "/notices/")
    assert reverse("findings:detail", args=[finding.pk]) not in page
    assert "1 项已经办结或不再由您办理" in page


@pytest.mark.parametrize("page", ["0", "-1", "9999999999", "x", "²"])
def test_a_strange_page_number_is_the_first_or_last_page(world: World, page: str) -> None:
    assert "通知" in text(world.client("队员"), f"/notices/?page={page}")


# --- settings ---


def test_settings_are_kept_once_and_traced(world: World) -> None:
    client = world.client("队员")
    for _ in range(2):
        assert client.post("/notices/settings/", SETTINGS).status_code == 303
    kept = Preference.objects.get(user=world.users["队员"])
    assert (kept.digest_hour, kept.quiet_from, kept.quiet_until, kept.urgent, kept.on_days_off) == (9, 7, 20, True, False)
    assert entries("notices.settings_changed") == 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"digest_hour": "6"}, "“每日汇总时间”请从列表中选择"),
        ({"digest_hour": "x"}, "“每日汇总时间”请从列表中选择"),
        ({"quiet_from": "20", "quiet_until": "7"}, "先后不颠倒"),
        ({"quiet_from": "12"}, "汇总时间在您的提醒时段之外"),
    ],
)
def test_hours_that_do_not_fit_are_refused_and_what_was_typed_is_kept(world: World, changes: dict[str, str], said: str) -> None:
    answer = world.client("队员").post("/notices/settings/", {**SETTINGS, **changes})
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not Preference.objects.filter(user=world.users["队员"], digest_hour__isnull=False).exists()
    assert entries("notices.settings_changed") == 0


def code_in(post: MailServer) -> str:
    found = re.search(r"\d{6}", MailServer.text_of(post.letters[-1][1]))
    assert found is not None
    return found.group()


def test_an_address_counts_only_once_its_code_was_typed(world: World, post: MailServer) -> None:
    client = world.client("队员")
    assert client.post("/notices/settings/address/", {"address": ADDRESS}).status_code == 303
    assert Preference.objects.get(user=world.users["队员"]).email == ""
    code = code_in(post)
    assert post.letters[0][0] == ADDRESS
    assert code not in str(list(AddressCode.objects.values()))
    other = world.client("协管").post("/notices/settings/code/", {"code": code})
    assert (other.status_code, Preference.objects.filter(email=ADDRESS).count()) == (422, 0)
    assert client.post("/notices/settings/code/", {"code": f" {code} "}).status_code == 303
    assert Preference.objects.get(email=ADDRESS).by_email
    assert client.post("/notices/settings/code/", {"code": code}).status_code == 422  # a code is good once
    assert client.post("/notices/settings/address/remove/").status_code == 303
    assert Preference.objects.filter(email=ADDRESS).count() == 0
    assert (entries("notices.address_confirmed"), entries("notices.address_removed")) == (1, 1)


def test_wrong_codes_are_counted_and_the_right_one_is_refused_after_five(world: World, post: MailServer) -> None:
    client = world.client("队员")
    client.post("/notices/settings/address/", {"address": ADDRESS})
    code = code_in(post)
    wrong = "000000" if code != "000000" else "111111"
    for _ in range(5):
        assert client.post("/notices/settings/code/", {"code": wrong}).status_code == 422
    assert client.post("/notices/settings/code/", {"code": code}).status_code == 422
    assert Preference.objects.get(user=world.users["队员"]).email == ""


def test_an_old_code_and_more_codes_than_an_hour_allows_are_refused(world: World, post: MailServer) -> None:
    client = world.client("队员")
    client.post("/notices/settings/address/", {"address": ADDRESS})
    code = code_in(post)
    with later(clock.now(), minutes=16):
        assert client.post("/notices/settings/code/", {"code": code}).status_code == 422
    for _ in range(4):
        client.post("/notices/settings/address/", {"address": ADDRESS})
    answer = client.post("/notices/settings/address/", {"address": "x@example.com"})
    assert answer.status_code == 422
    assert "x@example.com" in answer.content.decode()
    assert len(post.letters) == 5


def test_a_code_that_could_not_be_sent_says_so_and_is_in_the_log(world: World, post: MailServer) -> None:
    post.answer = 550
    answer = world.client("队员").post("/notices/settings/address/", {"address": ADDRESS})
    assert answer.status_code == 422
    assert "验证码没有发出" in answer.content.decode()
    assert Attempt.objects.get().outcome == rules.FAILED


def test_without_a_mail_server_no_address_is_asked_for(world: World) -> None:
    client = world.client("队员")
    assert "没有设置邮件服务器" in text(client, "/notices/settings/")
    assert client.post("/notices/settings/address/", {"address": ADDRESS}).status_code == 422
    assert client.post("/notices/settings/test/").status_code == 409


def test_a_test_mail_goes_out_and_its_end_is_seen(world: World, with_mail: Callable[[str], None], post: MailServer) -> None:
    with_mail("队员")
    client = world.client("队员")
    assert client.post("/notices/settings/test/").status_code == 303
    assert client.post("/notices/settings/test/").status_code == 409
    services.send_due()
    assert "试发消息" in MailServer.text_of(post.letters[0][1])
    assert "已送达" in text(client, "/notices/settings/")


# --- robots ---


def robot_form(world: World, service: RobotService, **more: str) -> dict[str, str]:
    given = {"name": "一中队工作群", "kind": rules.WECOM, "unit": str(world.units["一中队"].pk), "address": service.wecom(), "hour": "8"}
    return {**given, **more}


def test_one_enters_a_robot_another_approves_it_and_nobody_sees_its_address_again(world: World, service: RobotService) -> None:
    maker, approver = world.client("系统员"), world.client("安全员")
    assert maker.post("/notices/robots/", robot_form(world, service, address=service.wecom("very-secret"))).status_code == 303
    robot = Robot.objects.get()
    assert b"very-secret" not in bytes(robot.sealed)
    assert maker.post(f"/notices/robots/{robot.pk}/test/").status_code == 409  # nothing leaves before the approval
    assert maker.post(f"/notices/robots/{robot.pk}/approve/").status_code == 403
    assert approver.post("/notices/robots/", robot_form(world, service)).status_code == 403
    assert approver.post(f"/notices/robots/{robot.pk}/approve/").status_code == 303
    assert approver.post(f"/notices/robots/{robot.pk}/approve/").status_code == 409
    assert approver.post(f"/notices/robots/{robot.pk}/test/").status_code == 403
    assert maker.post(f"/notices/robots/{robot.pk}/test/").status_code == 303
    services.send_due()
    assert len(service.posts) == 1
    for client in (maker, approver):
        page = text(client, "/notices/robots/")
        assert "一中队工作群" in page
        assert "very-secret" not in page
    assert "very-secret" not in str(list(Entry.objects.values("details")))
    for _ in range(2):
        assert approver.post(f"/notices/robots/{robot.pk}/stop/").status_code == 303
    assert entries("notices.robot_stopped") == 1
    assert maker.post(f"/notices/robots/{robot.pk}/test/").status_code == 409


def test_the_table_itself_refuses_an_approval_of_the_own_robot(world: World, robot: Callable[..., Robot]) -> None:
    found = robot(approved=False)
    with pytest.raises(IntegrityError), transaction.atomic():
        Robot.objects.filter(pk=found.pk).update(approved_by=found.made_by)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"address": "http://127.0.0.1:9/cgi-bin/webhook/send?key=a"}, "不在允许的主机之内"),
        ({"address": "https://10.0.0.8/admin"}, "不在允许的主机之内"),
        ({"secret": "SECabc"}, "没有加签密钥"),
        ({"unit": "987654"}, "“单位”请从列表中选择"),
        ({"hour": "23"}, "请从列表中选择"),
        ({"name": ""}, "请填写“群名称”"),
    ],
)
def test_a_robot_that_may_not_be_is_refused_with_a_reason_and_what_is_secret_is_not_written_back(
    world: World, service: RobotService, changes: dict[str, str], said: str
) -> None:
    given = robot_form(world, service, **changes)
    answer = world.client("系统员").post("/notices/robots/", given)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert said in page
    assert given["address"] not in page
    assert (Robot.objects.count(), entries("notices.robot_added")) == (0, 0)


# --- the log ---


def test_the_log_shows_every_try_filters_sorts_and_exports_it_without_content(
    world: World, robot: Callable[..., Robot], service: RobotService
) -> None:
    robot()
    finding = world.finding(person="队员")
    services.look()
    service.answer = "broken"
    services.send_due()
    service.answer = 0
    with later(clock.now(), minutes=2):
        services.send_due()
        client = world.client("系统员")
        page = text(client, "/notices/log/")
        assert "近 24 小时有 1 次没有送达" in page
        assert "失败，将重发" in page
        assert "对方返回 500。" in page
        assert finding.number not in page
        assert "对方返回 500。" not in text(client, "/notices/log/?outcome=sent")
        text(client, "/notices/log/?sort=recipient&from=2026-05-20&until=2026-05-20&channel=wecom&kind=digest&recipient=一中队")
        exported = text(client, "/notices/log/?export=csv")
        assert "企业微信群机器人" in exported
        assert "对方返回 500。" in exported
    assert text(world.client("安全员"), "/notices/log/", 403)
    assert text(world.client("局长"), "/notices/log/", 403)


def test_more_tries_take_no_more_queries(world: World, robot: Callable[..., Robot]) -> None:
    found, client = robot(), world.client("系统员")

    def count(address: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            text(client, address)
        return len(captured)

    def send(number: int) -> None:
        sending = Sending.objects.create(
            key=f"t{number}", channel=rules.WECOM, kind=rules.TEST, robot=found, day=WEDNESDAY, made_at=clock.now(), next_try_at=clock.now()
        )
        Attempt.objects.create(sending=sending, number=1, at=clock.now() + dt.timedelta(seconds=number), outcome=rules.SENT)

    send(0)
    for address in ("/notices/log/", "/notices/robots/"):
        text(client, address)  # what is asked once for a process is asked now
    before = [count(address) for address in ("/notices/log/", "/notices/robots/")]
    for number in range(1, 9):
        send(number)
    assert [count(address) for address in ("/notices/log/", "/notices/robots/")] == before
