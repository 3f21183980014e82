"""The desk: reminders once a day, another's re-check, look-backs by draw, and repeats that need a disposition (3.1)."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from chengxin.audit.models import Entry
from chengxin.core import clock
from chengxin.core.errors import Conflict, DomainError, NotAllowed
from chengxin.draws import selectors as draws
from chengxin.findings import services as findings
from chengxin.findings.models import Finding
from chengxin.rulekit import draws as pure
from chengxin.supervision import selectors
from chengxin.supervision.models import LookBackTask, Reminder, RepeatAlert
from chengxin.supervision.selectors import desk as questions
from chengxin.supervision.services import alerts, desk
from tests.world import World

SEEN_ON, LATER = dt.date(2026, 9, 14), dt.date(2026, 10, 14)


def september(hour: int = 10) -> Any:
    return clock.frozen(clock.at(SEEN_ON, hour))


def october(hour: int = 10) -> Any:
    return clock.frozen(clock.at(LATER, hour))


def waiting(world: World, name: str) -> dict[str, int]:
    return {item.kind: item.count for item in selectors.work_waiting_for(world.actor(name))}


def test_each_tab_holds_its_own_within_the_readers_scope(world: World) -> None:
    with september():
        late, soon = world.finding(), world.finding(person="外人", code="attire.beard")
        submitted = world.finding(code="attire.beard")
        findings.submit_rectification(world.actor("队员"), submitted, text="已改")
    with clock.frozen(clock.at(soon.due_on - dt.timedelta(days=2), 9)):
        assert questions.counts(world.actor("督察")) == {"overdue": 0, "soon": 2, "recheck": 1, "look_backs": 0, "alerts": 1}
        assert questions.counts(world.actor("外队长"))["soon"] == 1
    with october():
        assert questions.counts(world.actor("局长"))["overdue"] == 2
        page = world.client("队长").get("/supervision/desk/").content.decode()
        assert f"{late.pk:06d}" in page
        assert f"{soon.pk:06d}" not in page
        assert "逾期" in page
        unit = world.units["二中队"].pk
        filtered = world.client("督察").get(f"/supervision/desk/?tab=overdue&unit={unit}&clause=2.1.3").content.decode()
        assert f"{soon.pk:06d}" in filtered
        assert f"{late.pk:06d}" not in filtered
        assert '<input type="hidden" name="tab" value="overdue">' in filtered, "filtering stays on the tab"
        assert 'href="?tab=overdue">清除' in filtered
        assert world.client("督察").get("/supervision/desk/?tab=overdue&export=xlsx").headers["Content-Disposition"].endswith('.xlsx"')
        assert world.client("队员").get("/supervision/desk/").status_code == 403


def test_a_reminder_is_sent_once_a_day_in_bulk_and_seen_by_who_has_to_act(world: World) -> None:
    with september():
        rows = [world.finding(), world.finding(person="协管", code="conduct.hands"), world.finding(person="外人")]
    with october():
        numbers = [row.pk for row in rows]
        assert desk.remind_overdue(world.actor("督察"), numbers[:2]) == (2, 0)
        assert desk.remind_overdue(world.actor("督察乙"), numbers) == (1, 2)
        assert Reminder.objects.count() == 3
        assert Entry.objects.filter(action="supervision.reminded").count() == 2
        assert waiting(world, "队长")["supervision.reminded"] == 2
        assert waiting(world, "外队长")["supervision.reminded"] == 1
        findings.submit_rectification(world.actor("队员"), rows[0], text="已改")
        assert waiting(world, "队长")["supervision.reminded"] == 1
        before = Entry.objects.count()
        for act, match in (
            (lambda: desk.remind_overdue(world.actor("督察"), []), "先勾选"),
            (lambda: desk.remind_overdue(world.actor("督察"), [numbers[0], numbers[1]]), "已经整改"),
            (lambda: desk.remind_overdue(world.actor("外队长"), [numbers[1]]), "不在您的范围"),
        ):
            with pytest.raises(DomainError, match=match):
                act()
        with pytest.raises(NotAllowed, match="催办"):
            desk.remind_overdue(world.actor("队员"), numbers)
        assert (Reminder.objects.count(), Entry.objects.count()) == (3, before)
    with clock.frozen(clock.at(LATER + dt.timedelta(days=1), 9)):
        assert desk.remind_overdue(world.actor("督察"), numbers[1:]) == (2, 0)


def test_the_finder_is_told_on_the_desk_that_another_rechecks_and_is_refused(world: World) -> None:
    with september():
        finding = world.finding()
        findings.submit_rectification(world.actor("队员"), finding, text="已改")
        client, address = world.client("督察"), f"/findings/{finding.pk}/recheck/"
        page = client.get("/supervision/desk/?tab=recheck").content.decode()
        assert f"/findings/{finding.pk}/#recheck" in page
        assert "须由他人复核" in page
        finding.refresh_from_db()
        refused = client.post(address, {"passed": "yes", "note": "", "seen_version": finding.version})
        assert refused.status_code == 403
        assert "发现人" in refused.content.decode()
        finding.refresh_from_db()
        assert finding.state == "submitted"
        other = world.client("督察乙")
        assert "须由他人复核" not in other.get("/supervision/desk/?tab=recheck").content.decode()
        assert other.post(address, {"passed": "yes", "note": "", "seen_version": finding.version}).status_code == 303
        finding.refresh_from_db()
        assert finding.state == "closed"


def test_look_backs_are_drawn_of_what_was_closed_in_a_quarter(world: World) -> None:
    actor = world.actor("督察")
    with september():
        closed = [world.finding(person=name, corrected_on_spot=True) for name in ("队员", "协管", "女队员", "外人")]
        world.finding(person="队长")
        with pytest.raises(DomainError, match="还没有结束"):
            desk.freeze_look_backs(actor, year=2026, quarter=3)
    with october():
        with pytest.raises(Conflict, match="须先冻结范围"):
            desk.cast_look_backs(actor, year=2026, quarter=3, public="六")
        with pytest.raises(NotAllowed, match="回头看"):
            desk.freeze_look_backs(world.actor("局长"), year=2026, quarter=3)
        with pytest.raises(DomainError, match="不需要回头看"):
            desk.freeze_look_backs(actor, year=2026, quarter=2)
        draw = desk.freeze_look_backs(actor, year=2026, quarter=3)
        assert draw.quotas == {"一中队": 1, "二中队": 1}
        assert {row[0] for row in draw.frame} == {finding.number for finding in closed}
        draw = desk.cast_look_backs(actor, year=2026, quarter=3, public="六")
        with pytest.raises(Conflict, match="已经抽取过"):
            desk.cast_look_backs(actor, year=2026, quarter=3, public="五")
        assert pure.verify(draws.file_of(draw)) == []
        assert LookBackTask.objects.count() == waiting(world, "督察")["supervision.look_back"] == 2
        first, second = (task.finding for task in LookBackTask.objects.select_related("finding"))
        findings.record_look_back(actor, first, recurred=False, note="没有反弹")
        assert waiting(world, "督察")["supervision.look_back"] == 1
        findings.withdraw_finding(world.actor("局长"), second, reason="看错了人")
        assert "supervision.look_back" not in waiting(world, "督察")
        page = world.client("督察").get("/supervision/desk/?tab=look_backs").content.decode()
        assert first.number in page
        assert second.number not in page
        for address in (
            "/supervision/desk/look-backs/",
            "/supervision/desk/look-backs/2026/3/",
            "/supervision/desk/look-backs/2026/3/file/",
        ):
            assert world.client("督察").get(address).status_code == 200


def test_the_same_clause_again_is_an_alert_that_somebody_has_to_dispose_of(world: World) -> None:
    with september():
        world.finding()
        assert not RepeatAlert.objects.exists()
        world.finding(code="conduct.hands")
        assert not RepeatAlert.objects.exists(), "another clause"
        world.finding(code="attire.beard")
        alert = RepeatAlert.objects.get()
        assert (alert.person, alert.clause, alert.unit) == (world.persons["队员"], "2.1.3", world.units["一中队"])
        world.finding(code="attire.sleeves_rolled")
        assert RepeatAlert.objects.count() == 1, "open already"
        assert waiting(world, "督察")["supervision.alert"] == waiting(world, "局长")["supervision.alert"] == 1
        assert "supervision.alert" not in waiting(world, "队长")
        leader, before = world.actor("局长"), Entry.objects.count()
        for disposition, reason, match in (
            ("", "谈过了", "选择处置方式"),
            ("none", " ", "写明处置的理由"),
            ("fine", "罚款", "选择处置方式"),
        ):
            with pytest.raises(DomainError, match=match):
                alerts.dispose_alert(leader, alert, disposition=disposition, reason=reason)
        with pytest.raises(NotAllowed, match="处置反复问题"):
            alerts.dispose_alert(world.actor("队长"), alert, disposition="talk", reason="谈过了")
        assert Entry.objects.count() == before
        alerts.dispose_alert(leader, alert, disposition="training", reason="中队长补训着装规范")
        with pytest.raises(Conflict, match="局长已经处置：补训"):
            alerts.dispose_alert(world.actor("督察"), alert, disposition="none", reason="不必")
        assert "supervision.alert" not in waiting(world, "督察")
    with october():
        world.finding()
        assert RepeatAlert.objects.open().count() == 1, "again after it was disposed of"
    with clock.frozen(clock.at(dt.date(2027, 3, 1), 9)):
        world.finding(person="外人")
        world.finding(person="外队长", by="督察")
        assert RepeatAlert.objects.filter(unit=world.units["二中队"]).count() == 0


def test_a_unit_that_repeats_is_an_alert_too_and_reversals_lift_it(world: World) -> None:
    with september():
        rows = [world.finding(person=name) for name in ("队员", "女队员", "协管", "队长")]
        assert not RepeatAlert.objects.exists()
        rows.append(world.finding(person="装备员"))
        alert = RepeatAlert.objects.get()
        assert (alert.person, alert.unit) == (None, world.units["一中队"])
        findings.withdraw_finding(world.actor("局长"), rows[0], reason="看错了人")
        alert.refresh_from_db()
        assert alert.lifted_at == clock.now()
        with pytest.raises(Conflict, match="提醒已解除"):
            alerts.dispose_alert(world.actor("局长"), alert, disposition="talk", reason="谈过了")


def test_the_nightly_look_finds_what_two_simultaneous_findings_hid(world: World) -> None:
    with september():
        world.finding()
        world.finding(code="attire.beard")
        RepeatAlert.objects.all().delete()
        assert alerts.note_repeats() == 1
        assert alerts.note_repeats() == 0
        alerts.dispose_alert(world.actor("局长"), RepeatAlert.objects.get(), disposition="talk", reason="谈过了")
        assert alerts.note_repeats() == 0, "disposed of with all of it in view"


def test_the_pages_of_an_alert_and_of_bulk_reminding(world: World) -> None:
    with september():
        rows = [world.finding(), world.finding(code="attire.beard")]
        alert = RepeatAlert.objects.get()
        leader, address = world.client("局长"), f"/supervision/desk/alerts/{alert.pk}/"
        assert "队员" in leader.get("/supervision/desk/?tab=alerts").content.decode()
        assert all(row.number in leader.get(address).content.decode() for row in rows)
        assert leader.post(address, {"disposition": "none"}).status_code == 422
        assert world.client("队长").post(address, {"disposition": "none", "reason": "x"}).status_code == 403
        assert world.client("外队长").get(address).status_code == 404
        assert leader.post(address, {"disposition": "talk", "reason": "已约谈"}).status_code == 303
        assert "已约谈" in leader.get(address).content.decode()
    with october():
        client = world.client("督察")
        answer = client.post("/supervision/desk/remind/", {"tab": "overdue", "finding": [row.pk for row in rows]})
        assert answer.headers["Location"] == "/supervision/desk/?tab=overdue"
        page = client.get(answer.headers["Location"]).content.decode()
        assert "已催办 2 件" in page
        assert page.count("2026-10-14") >= 2
        assert Finding.objects.filter(pk__in=[row.pk for row in rows], state="open").count() == 2
        client.post("/supervision/desk/remind/", {"tab": "overdue"})
        assert "请先勾选" in client.get("/supervision/desk/").content.decode()
