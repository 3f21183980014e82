"""What is told again, who is at work, which addresses are a robot's, what an answer means."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chengxin.core import clock
from chengxin.core.waiting import Waiting
from chengxin.notices import rules

DAY = dt.date(2026, 5, 20)
TOMORROW, YESTERDAY = DAY + dt.timedelta(days=1), DAY - dt.timedelta(days=1)
ALLOWED = ["https://qyapi.weixin.qq.com", "https://oapi.dingtalk.com"]
WECOM = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=abc"


def waiting(title: str = "整改 WT-1", url: str = "/findings/1/", *, due: dt.date | None = None, count: int = 1) -> Waiting:
    return Waiting(title, url, "三（一）督查考核", "findings.rectify", due, "", count)


def item(**more: object) -> rules.Item:
    return next(iter(rules.items_of([waiting(**more)], DAY).values()))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("now", "told", "again"),
    [
        (item(), None, True),
        (item(), rules.Told(rules.NEW, 1, None), False),
        (item(due=TOMORROW), rules.Told(rules.NEW, 1, TOMORROW), False),
        (item(due=DAY), rules.Told(rules.NEW, 1, DAY), True),
        (item(due=DAY), rules.Told(rules.DUE_TODAY, 1, DAY), False),
        (item(due=YESTERDAY), rules.Told(rules.DUE_TODAY, 1, YESTERDAY), True),
        (item(due=YESTERDAY), rules.Told(rules.LATE, 1, YESTERDAY), False),
        (item(due=TOMORROW), rules.Told(rules.LATE, 1, YESTERDAY), False),  # extended: calm again
        (item(due=DAY), rules.Told(rules.LATE, 1, YESTERDAY), True),  # and due once more, by the new term
        (item(count=3), rules.Told(rules.NEW, 3, None), False),
        (item(count=4), rules.Told(rules.NEW, 3, None), True),
        (item(count=2), rules.Told(rules.NEW, 3, None), False),
    ],
)
def test_a_matter_is_told_again_only_when_it_grew_or_became_more_urgent(now: rules.Item, told: rules.Told | None, again: bool) -> None:
    assert rules.worth_telling(now, told) is again


def test_what_leaves_the_house_names_counts_per_chapter_and_nothing_of_the_titles() -> None:
    queue = [
        waiting("整改：王某某 未戴帽", due=YESTERDAY),
        waiting("复核：李某某", "/findings/2/", due=DAY),
        waiting("认定", "/p/", count=5),
    ]
    told = rules.summary(rules.items_of(queue, DAY).values(), DAY)
    assert told == "共 7 件，其中逾期 1 件、今天到期 1 件\n三（一）督查考核 7 件"


def test_the_key_of_a_matter_does_not_change_with_its_title_and_shows_nothing_of_it() -> None:
    assert rules.key_of(waiting("甲")) == rules.key_of(waiting("乙"))
    assert rules.key_of(waiting()) != rules.key_of(waiting(url="/findings/2/"))


def test_a_matter_that_waits_for_two_people_is_one_and_the_same_duty_of_one_list_takes_the_larger_count() -> None:
    one, other = waiting(), waiting("认定系统提请 5 件", "/proposals/", count=5)
    found = rules.united(
        [[one, other], [one, waiting("认定系统提请 3 件", "/proposals/", count=3)], [waiting("另一件", "/findings/2/")]], DAY
    )
    assert sorted(each.count for each in found) == [1, 1, 5]


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (rules.Day(True, False, False, False), True),
        (rules.Day(False, False, False, False), False),
        (rules.Day(False, False, True, True), True),  # a shift on a Sunday
        (rules.Day(True, False, False, True), False),  # the roster says free on a Tuesday
        (rules.Day(True, True, True, True), False),  # leave goes before everything
    ],
)
def test_leave_goes_before_the_roster_and_the_roster_before_the_calendar(day: rules.Day, works: bool) -> None:
    assert rules.at_work(day) is works


@pytest.mark.parametrize(
    "address",
    [
        "http://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=abc",
        "https://qyapi.weixin.qq.com.evil.example/cgi-bin/webhook/send?key=abc",
        "https://qyapi.weixin.qq.com@10.0.0.1/cgi-bin/webhook/send?key=abc",
        "https://user:pass@qyapi.weixin.qq.com/cgi-bin/webhook/send?key=abc",
        "https://qyapi.weixin.qq.com:8443/cgi-bin/webhook/send?key=abc",
        "https://127.0.0.1/cgi-bin/webhook/send?key=abc",
        "https://[::1]/cgi-bin/webhook/send?key=abc",
        "http://169.254.169.254/latest/meta-data/",
        "file:///etc/passwd",
        "https://qyapi.weixin.qq.com/cgi-bin/message/send?key=abc",
        "https://qyapi.weixin.qq.com/cgi-bin/webhook/send",
        "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=",
        "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=abc#x",
        "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=a b",
        "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=a\r\nHost:x",
        "https://qyapi.weixin.qq.com:x/cgi-bin/webhook/send?key=abc",
        "https://oapi.dingtalk.com/robot/send?access_token=abc",
        "不是网址",
        "",
    ],
)
def test_an_address_that_is_not_exactly_a_robots_on_an_allowed_host_is_refused(address: str) -> None:
    assert rules.fault_of_address(rules.WECOM, address, ALLOWED)


def test_the_addresses_the_services_give_out_are_taken() -> None:
    assert rules.fault_of_address(rules.WECOM, WECOM, ALLOWED) == ""
    assert rules.fault_of_address(rules.DINGTALK, "https://oapi.dingtalk.com/robot/send?access_token=abc", ALLOWED) == ""


@given(st.text(max_size=60))
def test_no_text_makes_the_check_of_an_address_fail(text: str) -> None:
    for address in (text, f"https://{text}", f"https://qyapi.weixin.qq.com{text}"):
        fault = rules.fault_of_address(rules.WECOM, address, ALLOWED)
        assert isinstance(fault, str)
        assert fault or address.startswith("https://qyapi.weixin.qq.com/cgi-bin/webhook/send?")


def test_the_signature_is_what_the_service_computes() -> None:
    moment = clock.at(DAY, 9)
    address = rules.signed("https://oapi.dingtalk.com/robot/send?access_token=abc", "SECxyz", moment)
    told = parse_qs(urlsplit(address).query)
    stamp = told["timestamp"][0]
    assert stamp == str(int(moment.timestamp() * 1000))
    expected = hmac.new(b"SECxyz", f"{stamp}\nSECxyz".encode(), hashlib.sha256).digest()
    assert base64.b64decode(told["sign"][0]) == expected


@pytest.mark.parametrize(
    ("status", "body", "ok", "again"),
    [
        (200, b'{"errcode":0,"errmsg":"ok"}', True, False),
        (200, b'{"errcode":93000,"errmsg":"invalid webhook url"}', False, False),
        (200, b'{"errcode":45009,"errmsg":"freq"}', False, True),
        (200, b'{"errcode":310000,"errmsg":"sign not match"}', False, False),
        (200, b'{"errcode":77777,"errmsg":"?"}', False, False),
        (200, b"<html>", False, True),
        (200, b'{"ok":true}', False, True),
        (200, b"[" * 5000, False, True),
        (302, b"", False, False),
        (403, b"", False, False),
        (429, b"", False, True),
        (500, b"", False, True),
    ],
)
def test_success_is_an_errcode_of_zero_and_nothing_else(status: int, body: bytes, ok: bool, again: bool) -> None:
    answer = rules.understood(status, body)
    assert (answer.ok, answer.again) == (ok, again)
    assert answer.ok or answer.error.endswith("。")
