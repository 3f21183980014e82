"""Weak points, talks, risks, calendar feeds, and what waits for whom (2.4.2, 2.4.4)."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from chengxin.activities import selectors, services
from chengxin.activities.models import Activity, CalendarLink, Programme, Remainder, Risk, RiskEntry, Talk, WeakPoint
from chengxin.activities.selectors import talks as talk_facts
from chengxin.activities.selectors import weak_points as weak_facts
from chengxin.audit.models import Entry
from chengxin.contests import services as contests
from chengxin.core import clock
from chengxin.core.errors import Conflict, DomainError, NotAllowed, NotFound
from chengxin.exams.services import exams
from chengxin.ui.together import answers
from tests.activities.conftest import TODAY, close, part
from tests.contests.conftest import JUDGES, Stage
from tests.exams import conftest as exam_world
from tests.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("october")]


# --- weak points ---


def three_findings(world: World) -> WeakPoint:
    for name in ("队员", "协管", "队员"):
        world.finding(person=name)
    world.finding(person="外人")
    assert services.nominate_weak_points(world.actor("督察")) == 1
    return WeakPoint.objects.get()


def test_what_goes_wrong_three_times_in_a_unit_is_nominated_once(world: World) -> None:
    point = three_findings(world)
    assert (point.title, point.clause, point.unit.name, point.count_before, point.n_before) == ("漏戴标识", "2.1.3", "一中队", 3, 5)
    assert sorted(point.persons.values_list("name", flat=True)) == ["协管", "队员"]
    assert services.nominate_weak_points(world.actor("督察乙")) == 0
    with pytest.raises(NotAllowed):
        services.nominate_weak_points(world.actor("队长"))
    assert Entry.objects.filter(action="activities.weak_points_nominated").count() == 1


def test_a_weak_point_is_decided_trained_and_measured_again(world: World, programme: Programme, activity: Callable[..., Activity]) -> None:
    point, actor = three_findings(world), world.actor("督察")
    with pytest.raises(DomainError) as refused:
        services.decide_weak_point(actor, point, accepted=True, reason=" ")
    assert refused.value.field == "reason"
    services.decide_weak_point(actor, point, accepted=True, reason="标识佩戴须补训")
    with pytest.raises(Conflict):
        services.decide_weak_point(world.actor("督察乙"), point, accepted=False, reason="不必")
    with pytest.raises(Conflict, match="还没有办结的补训"):
        services.measure_weak_point(actor, point)
    persons = list(point.persons.all())
    made = activity(parts=[part("q2.remedial")], units=[], persons=persons, weak_point=point)
    close(world, services.open_activity(world.actor("队长"), made))
    with pytest.raises(Conflict, match="测量期到"):
        services.measure_weak_point(actor, point)
    with clock.frozen(clock.at(TODAY + dt.timedelta(days=20), 9)):
        world.finding(person="协管")
    with clock.frozen(clock.at(TODAY + dt.timedelta(days=100), 9)):
        measured = services.measure_weak_point(actor, point)
        assert services.measure_weak_point(actor, point).measured_at == measured.measured_at
    assert (measured.before.label, measured.after.label) == ("3 次 / 5 人", "1 次 / 5 人")  # type: ignore[union-attr]
    assert (measured.after_until - measured.after_since) == (measured.until - measured.since)  # type: ignore[operator]


def test_another_room_adds_its_own_source(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def patrols(since: dt.date, until: dt.date) -> list[selectors.WeakCandidate]:
        unit, person = world.units["一中队"].pk, world.persons["队员"].pk
        return [selectors.WeakCandidate("patrols", "law.4", "巡查不到位", "2.4.1", unit, 4, 5, (person,))]

    monkeypatch.setitem(selectors.WEAK_POINT_SOURCES, "patrols", patrols)
    assert services.nominate_weak_points(world.actor("督察")) == 1
    assert WeakPoint.objects.get().key == "law.4"


def test_an_exam_nominates_the_clauses_in_which_several_fell_short(world: World) -> None:
    with clock.frozen(clock.at(exam_world.TODAY, 10)):
        exam_world.fill_bank(world)
        made = exams.plan_exam(
            world.actor("督察"), units=[world.units["一中队"]], title="应知应会", clause="2.4.3", opens_at=clock.at(exam_world.TODAY, 9),
            closes_at=clock.at(exam_world.TODAY, 17), minutes=60, blueprint=exam_world.LINES, form_key=uuid.uuid4(),
        )  # fmt: skip
        made = exams.publish_exam(world.actor("督察"), made)
        for name, rights in (("队员", 0), ("女队员", 0), ("协管", 0), ("装备员", 5)):
            exam_world.sit(world, made, name, rights=rights)
    assert services.nominate_weak_points(world.actor("督察")) == 3
    points = WeakPoint.objects.filter(source="exams")
    assert {(each.key, each.before.label) for each in points} == {(clause, "3 次 / 4 人") for clause in ("2.1.3", "2.2.2", "2.2.3")}
    assert "装备员" not in points[0].persons.values_list("name", flat=True)
    unit, day = world.units["一中队"].pk, exam_world.TODAY
    assert weak_facts.counted("exams", "2.1.1", unit, day, day) == (0, 4)
    assert weak_facts.counted("exams", "2.1.3", unit, day + dt.timedelta(days=1), TODAY) == (0, 0)


def test_a_contest_nominates_what_was_done_badly_and_bears_witness_to_its_part(world: World, programme: Programme) -> None:
    def state() -> str:
        return next(each.state for each in selectors.overview_of(2026).parts if each.part.code == "q2.contest")  # type: ignore[union-attr]

    assert state() == "late"
    with clock.frozen(clock.at(dt.date(2026, 6, 10), 9)):
        made = contests.plan_contest(
            world.actor("大队长"), kind="skills", subject="person", title="技能竞赛", held_on=clock.today(), place="训练场",
            form_key=uuid.uuid4(),
        )  # fmt: skip
        stage = Stage(world, made)
        for name in ("队员", "协管"):
            stage.enter(name, unit="一中队")
        stage.enter("外人", unit="二中队")
        stage.appoint(*JUDGES)
        stage.draw()
        stage.start()
        stage.score_all({"队员": 90, "协管": 40, "外人": 90})
        stage.confirm()
        assert services.nominate_weak_points(world.actor("督察")) > 0
    points = WeakPoint.objects.all()
    assert {(point.source, point.unit.name, point.count_before, point.n_before) for point in points} == {("contests", "一中队", 1, 2)}
    assert {name for point in points for name in point.persons.values_list("name", flat=True)} == {"协管"}
    assert state() == "done"
    unit, day = world.units["二中队"].pk, dt.date(2026, 6, 10)
    assert weak_facts.counted("contests", points[0].key, unit, day, day) == (0, 1)
    assert weak_facts.counted("contests", points[0].key, unit, TODAY, TODAY) == (0, 0)


# --- talks ---


def talk(world: World, name: str = "协管", by: str = "队长", **more: Any) -> Talk:
    given: dict[str, Any] = {
        "form_key": uuid.uuid4(), "held_on": TODAY, "themes": ["integrity", "support"], "content": "孩子入学，需要调班。",
    }  # fmt: skip
    return services.record_talk(world.actor(by), person=world.persons[name], **{**given, **more})


def test_a_talk_is_sealed_for_the_two_and_every_reading_is_kept(world: World) -> None:
    made = talk(world)
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(t)::text FROM activities_talk t")
        assert "调班" not in cursor.fetchone()[0]
        cursor.execute("SELECT string_agg(details::text, '') FROM audit_entry")
        assert "调班" not in cursor.fetchone()[0]
    for name in ("队长", "协管"):
        assert services.read_talk(world.actor(name), made) == "孩子入学，需要调班。"
    for name in ("局长", "督察", "大队长", "队员"):
        with pytest.raises(NotAllowed, match="只有谈话双方"):
            services.read_talk(world.actor(name), made)
    made.refresh_from_db()
    assert (made.readings, Entry.objects.filter(action="activities.talk_read").count()) == (2, 2)


def test_a_sealed_talk_moved_to_other_persons_does_not_open(world: World) -> None:
    made = talk(world)
    Talk.objects.filter(pk=made.pk).update(talker=world.persons["大队长"])
    made.refresh_from_db()
    with pytest.raises(Conflict, match="内容无法打开"):
        services.read_talk(world.actor("大队长"), made)
    assert Entry.objects.filter(action="activities.talk_read").count() == 0


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"themes": []}, "themes"),
        ({"themes": ["gossip"]}, "themes"),
        ({"held_on": TODAY + dt.timedelta(days=1)}, "held_on"),
        ({"name": "队长"}, "person"),
    ],
)
def test_a_talk_that_cannot_be_kept_names_the_field(world: World, more: dict[str, Any], field: str) -> None:
    with pytest.raises(DomainError) as refused:
        talk(world, **more)
    assert (refused.value.field, Talk.objects.count()) == (field, 0)


def test_a_captain_talks_with_the_own_squadron_and_a_second_click_is_harmless(world: World) -> None:
    with pytest.raises(NotAllowed):
        talk(world, "外人")
    with pytest.raises(NotAllowed):
        talk(world, by="队员")
    key = uuid.uuid4()
    assert talk(world, form_key=key).pk == talk(world, form_key=key).pk
    assert Talk.objects.count() == 1


def test_a_correction_is_a_new_talk_in_the_place_of_the_old(world: World) -> None:
    first = talk(world)
    second = talk(world, corrects=first, themes=["work"])
    with pytest.raises(Conflict):
        talk(world, corrects=first)
    with pytest.raises(NotAllowed):
        talk(world, by="大队长", corrects=first)
    assert answers([talk_facts.themes_counted(Talk.objects.all())]) == [{"work": 1}]
    assert (second.corrects_id, Talk.objects.count()) == (first.pk, 2)


def test_coverage_counts_everyone_and_the_rest_has_names_and_reasons(world: World) -> None:
    talk(world)
    rows = {(row.unit.name, row.person_class): row.covered.label for row in selectors.coverage_of(2026)}
    assert (rows["一中队", "auxiliary"], rows["一中队", "established"]) == ("1/1", "0/4")
    assert not any(kind == "other" for _, kind in rows)
    services.explain_remainder(world.actor("队长"), world.persons["队员"], year=2026, reason="长期外派")
    services.explain_remainder(world.actor("队长"), world.persons["队员"], year=2026, reason="长期外派")
    rest = {person.name: person.why for person in talk_facts.remaining(talk_facts.frame_of(2026), [world.units["一中队"].pk])}
    assert rest == {"队长": None, "装备员": None, "队员": "长期外派", "女队员": None}
    assert Remainder.objects.count() == 1
    assert sum(each.is_explained for each in answers([talk_facts.reached_of(2026)])[0]) == selectors.year_summary(2026).talks_explained == 1


def test_the_talks_are_done_when_whoever_remains_is_named_with_a_reason(world: World, programme: Programme) -> None:
    def standing() -> tuple[str, str]:
        overview = selectors.overview_of(2026)
        assert overview is not None
        return next((each.state, each.note) for each in overview.parts if each.part.code == "q4.talks")

    talk(world)
    assert standing() == ("arranged", "已谈 1/12")
    for person in talk_facts.remaining(talk_facts.frame_of(2026)):
        services.explain_remainder(world.actor("督察"), person, year=2026, reason="已安排在下月")
    assert standing() == ("done", "已谈 1/12，11 人已说明")


# --- risks ---


def risk(world: World, **more: Any) -> Risk:
    given: dict[str, Any] = {
        "form_key": uuid.uuid4(), "unit": world.units["一中队"], "post": "现场执法岗", "text": "收受摊贩财物", "grade": "high",
        "measure": "两人以上执法，全程记录", "responsible": world.persons["队员"],
    }  # fmt: skip
    return services.register_risk(world.actor("队长"), **{**given, **more})


def test_a_risk_is_registered_once_and_reviewed_by_its_grade(world: World) -> None:
    key = uuid.uuid4()
    made = risk(world, form_key=key)
    assert risk(world, form_key=key).pk == made.pk
    assert made.review_due_on == dt.date(2027, 1, 14)
    with pytest.raises(Conflict, match="今年已经登记"):
        risk(world)
    for more, field in (({"post": ""}, "post"), ({"text": " "}, "text"), ({"grade": "grave"}, "grade"), ({"measure": ""}, "measure")):
        with pytest.raises(DomainError) as refused:
            risk(world, **more)
        assert refused.value.field == field
    assert (Risk.objects.count(), RiskEntry.objects.count()) == (1, 1)


def test_the_responsible_person_reviews_and_the_unit_closes(world: World) -> None:
    made, officer = risk(world), world.actor("队员")
    given: dict[str, Any] = {"text": "已培训", "grade": "medium", "measure": "每月抽查"}
    key = uuid.uuid4()
    services.review_risk(officer, made, form_key=key, state="controlled", **given)
    services.review_risk(officer, made, form_key=key, state="open", **given)
    made.refresh_from_db()
    assert (made.state, made.grade, made.review_due_on, made.entries.count()) == ("controlled", "medium", dt.date(2027, 4, 14), 2)
    with pytest.raises(NotAllowed, match="由单位负责人"):
        services.review_risk(officer, made, form_key=uuid.uuid4(), state="closed", **given)
    with pytest.raises(NotAllowed):
        services.review_risk(world.actor("女队员"), made, form_key=uuid.uuid4(), state="open", **given)
    with pytest.raises(DomainError) as refused:
        services.review_risk(officer, made, form_key=uuid.uuid4(), state="open", next_on=dt.date(2028, 1, 1), **given)
    assert refused.value.field == "next_on"
    services.review_risk(world.actor("队长"), made, form_key=uuid.uuid4(), state="closed", **given)
    made.refresh_from_db()
    assert (made.state, made.review_due_on) == ("closed", None)
    with pytest.raises(Conflict):
        services.review_risk(world.actor("队长"), made, form_key=uuid.uuid4(), state="open", **given)


# --- calendar feeds ---


def test_a_feed_is_opened_by_its_secret_until_it_is_revoked(world: World, programme: Programme, activity: Callable[..., Activity]) -> None:
    made = activity()
    other = activity(by="外队长", unit="二中队", title="外中队学习")
    token = services.issue_link(world.actor("队员"))
    assert not CalendarLink.objects.filter(digest__contains=token).exists()
    body = world.client().get(f"/activities/feed/{token}.ics")
    assert (body.status_code, body["Content-Type"]) == (200, "text/calendar; charset=utf-8")
    text = body.content.decode().replace("\r\n ", "")
    assert "SUMMARY:廉政专题学习\r\n" in text
    assert f"UID:activity-{made.form_key}@chengxin\r\n" in text
    assert "DTSTART:20261014T010000Z" in text
    assert "LOCATION:局会议室" in text
    assert str(other.form_key) not in text
    services.cancel_activity(world.actor("队长"), made, reason="暴雨")
    assert "STATUS:CANCELLED" in world.client().get(f"/activities/feed/{token}.ics").content.decode()
    link = CalendarLink.objects.get()
    with pytest.raises(NotAllowed):
        services.revoke_link(world.actor("女队员"), link)
    services.revoke_link(world.actor("队员"), link)
    with pytest.raises(Conflict):
        services.revoke_link(world.actor("队员"), link)
    assert world.client().get(f"/activities/feed/{token}.ics").status_code == 404
    assert world.client().get("/activities/feed/other.ics").status_code == 404


def test_a_units_feed_is_for_who_may_see_the_unit_and_ends_with_its_user(
    world: World, programme: Programme, activity: Callable[..., Activity]
) -> None:
    activity(by="外队长", unit="二中队", title="外中队学习")
    with pytest.raises(NotAllowed):
        services.issue_link(world.actor("队员"), unit=world.units["二中队"])
    token = services.issue_link(world.actor("督察"), unit=world.units["二中队"])
    assert len(selectors.feed_of(token).events) == 1
    world.users["督察"].is_active = False
    world.users["督察"].save()
    with pytest.raises(NotFound):
        selectors.feed_of(token)


# --- what waits ---


def test_rosters_reasons_talks_risks_and_weak_points_wait_for_who_can_move_them_on(
    world: World, programme: Programme, activity: Callable[..., Activity]
) -> None:
    def kinds(name: str) -> set[str]:
        return {each.kind for each in selectors.work_waiting_for(world.actor(name))}

    made = activity()
    assert "activities.roster" in kinds("队长")
    assert "activities.roster" not in kinds("外队长") | kinds("队员")
    assert "activities.talks" in kinds("队长")
    assert "activities.talks" not in kinds("队员")
    close(world, services.open_activity(world.actor("队长"), made), "队员")
    assert "activities.reason" in kinds("队员")
    assert "activities.roster" not in kinds("队长")
    services.state_reason(world.actor("队员"), made.lines.get(person=world.persons["队员"]), reason="official")
    assert "activities.reason_to_decide" in kinds("队长")
    assert "activities.reason" not in kinds("队员")
    three_findings(world)
    assert "activities.weak_point" in kinds("大队长")
    assert "activities.weak_point" not in kinds("队长")
    risk(world)
    with clock.frozen(clock.at(dt.date(2027, 1, 8), 9)):
        assert "activities.risk" in kinds("队员")
        assert "activities.risk" not in kinds("女队员")
    assert selectors.work_waiting_for(world.actor("系统员")) == []
