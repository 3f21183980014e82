"""等我处理 as a page: grouped, filtered, and what may be granted together."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from chengxin.audit.models import Entry
from chengxin.core import clock
from chengxin.core.waiting import Waiting
from chengxin.duty import services as duty
from chengxin.duty.models import Leave
from chengxin.findings.models import Finding
from chengxin.portal.selectors.queue import grouped, queue_of, title_of
from tests.world import CAST, World

DAY = dt.date(2026, 11, 26)


def item(title: str, kind: str = "a", due: int | None = None, count: int = 1, chapter: str = "一") -> Waiting:
    return Waiting(title, "/", chapter, kind, due_on=None if due is None else DAY + dt.timedelta(days=due), count=count)


@pytest.mark.parametrize(
    ("titles", "called"),
    [
        (["整改：漏戴标识（队员）", "整改：混穿（协管）"], "整改"),
        (["整改：漏戴标识"], "整改"),
        (["处理故障：R-1", "验收维修：R-2"], "处理故障、验收维修"),
        (["响应投诉 诉0000012", "响应投诉 诉0000013"], "响应投诉"),
        (["认定系统提请 3 件"], "认定系统提请 3 件"),
        (["甲：1", "乙：2", "丙：3", "丁：4"], "甲、乙、丙等"),
        (["回应对本人的投诉", "回应对本人的投诉"], "回应对本人的投诉"),
    ],
)
def test_equal_work_is_called_by_what_its_lines_share(titles: list[str], called: str) -> None:
    assert title_of([item(title) for title in titles]) == called


def test_late_work_comes_first_and_a_bulk_counts_for_what_it_stands(world: World) -> None:
    actor = world.actor("督察")
    waiting = [item("甲：1", "a"), item("乙：1", "b", 5), item("乙：2", "b", -2), item("丙 7 件", "c", 0, 7, "二")]
    works = grouped(actor, waiting)
    assert [work.kind for work in works] == ["b", "c", "a"]
    assert [each.title for each in works[0].items] == ["乙：2", "乙：1"]
    assert (works[0].count, works[0].late(DAY), works[1].count) == (2, 1, 7)
    queue = queue_of(actor, waiting, DAY)
    assert (queue.total, queue.chapters) == (10, [("一", 3), ("二", 7)])
    assert [(code, n) for code, _, n in queue.terms] == [("late", 1), ("today", 7), ("soon", 7), ("none", 1)]
    for given, kinds in (
        ({"term": "late"}, ["b"]), ({"term": "none"}, ["a"]), ({"chapter": "二"}, ["c"]), ({"kind": "a"}, ["a"]), ({"term": "x"}, []),
        ({"chapter": "二", "kind": "a"}, []),
    ):  # fmt: skip
        assert [work.kind for work in queue_of(actor, waiting, DAY, **given).works] == kinds, given


def test_the_page_shows_own_work_and_nobody_elses(world: World) -> None:
    finding = world.finding()
    own = world.client("队员").get("/queue/").content.decode()
    assert finding.number in own
    assert f"/findings/{finding.pk}/" in own
    assert finding.number not in world.client("外人").get("/queue/").content.decode()
    assert "没有符合条件的事项" in world.client("队员").get("/queue/?term=nonsense").content.decode()
    assert finding.number not in world.client("队员").get("/queue/?chapter=别处").content.decode()


def test_home_shows_the_top_and_how_much_there_is(world: World) -> None:
    for _ in range(15):
        world.finding()
    Finding.objects.update(due_on=clock.today() - dt.timedelta(days=2))
    page = world.client("队员").get("/").content.decode()
    assert page.count("整改：漏戴标识") == 12
    assert re.search(r"全部 1[56] 件", page)
    assert "逾期 15" in page
    assert "逾期 2 天" in page


@pytest.mark.parametrize("name", CAST)
def test_home_and_queue_take_twelve_queries_at_most_whoever_asks(world: World, name: str) -> None:
    world.finding()
    for address in ("/", "/queue/"):
        client = world.client(name)
        client.get(address)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address).status_code == 200
        assert len(captured) <= 12, (address, len(captured))


# --- granted together ---


def asked(world: World, *names: str) -> list[Leave]:
    first = clock.today() + dt.timedelta(days=3)
    return [duty.request_leave(world.actor(name), starts_on=first, until=first) for name in names]


def grant(world: World, who: str, leaves: list[Leave], kind: str = "duty.leave") -> str:
    client = world.client(who)
    answer = client.post("/queue/grant/", {"kind": kind, "key": [str(each.pk) for each in leaves]})
    assert answer.status_code == 303, answer.status_code
    return client.get(answer["Location"]).content.decode()


def test_several_leaves_are_granted_in_one_gesture_and_a_second_click_changes_nothing(world: World) -> None:
    leaves = asked(world, "队员", "协管")
    page = world.client("大队长").get("/queue/").content.decode()
    assert page.count('name="key"') == 2
    assert "已同意 2 件：" in grant(world, "大队长", leaves)
    assert list(Leave.objects.values_list("granted", flat=True)) == [True, True]
    entries = Entry.objects.filter(action="duty.leave_decided").count()
    again = grant(world, "大队长", leaves)
    assert "2 件没有办理：没有等待您审批的这份请假" in again
    assert Entry.objects.filter(action="duty.leave_decided").count() == entries == 2


def test_each_is_done_or_refused_with_its_reason_and_nobody_grants_the_own(world: World) -> None:
    leaves = asked(world, "队员", "大队长")
    page = grant(world, "大队长", leaves)
    assert "已同意 1 件：队员请假" in page
    assert "1 件没有办理" in page
    assert [each.granted for each in Leave.objects.order_by("pk")] == [True, None]


def test_who_may_not_decide_grants_nothing(world: World) -> None:
    (leave,) = asked(world, "队员")
    for who in ("队员", "外队长", "系统员"):
        grant(world, who, [leave])
        leave.refresh_from_db()
        assert leave.granted is None, who
    assert not Entry.objects.filter(action="duty.leave_decided").exists()


@pytest.mark.parametrize("kind", ["findings.recheck", "", "duty.answer", "x" * 5000])
def test_work_that_needs_a_look_is_not_granted_together(world: World, kind: str) -> None:
    client = world.client("大队长")
    answer = client.post("/queue/grant/", {"kind": kind, "key": ["1"]})
    assert "须逐件查看后办理" in client.get(answer["Location"]).content.decode()


def test_nothing_chosen_and_nonsense_are_told(world: World) -> None:
    client = world.client("大队长")
    for keys in ([], ["abc"], ["9" * 40], ["-1"]):
        answer = client.post("/queue/grant/", {"kind": "duty.leave", "key": keys})
        assert "请先勾选" in client.get(answer["Location"]).content.decode()
    answer = client.post("/queue/grant/", {"kind": "duty.leave", "key": [str(n) for n in range(101)]})
    assert "一次最多办理 100 件" in client.get(answer["Location"]).content.decode()
