"""Commands of contests: each works, each refusal leaves nothing, a repeat is harmless, the audit is right (2.4.2, 2.4.3)."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import uuid
from collections.abc import Callable
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from chengxin.audit.models import Entry as AuditEntry
from chengxin.contests import rules, selectors, services
from chengxin.contests.models import Contest, Correction, Entry, Judge, Member, Result, Sheet
from chengxin.core import clock
from chengxin.core.errors import Conflict, DomainError, NotAllowed, NotFound
from chengxin.draws import selectors as draws
from chengxin.people import services as people
from chengxin.rulekit.draws import verify
from tests.contests.conftest import TODAY, Stage
from tests.world import SYSTEM, World

pytestmark = pytest.mark.django_db


@contextmanager
def refused(kind: type[DomainError] = DomainError, *, says: str = "", field: str | None = None) -> Any:
    """A refusal that leaves no row and no audit entry."""

    def everything() -> tuple[Any, ...]:
        tables = (Contest, Entry, Member, Judge, Sheet, Result, Correction, AuditEntry)
        return tuple(list(table.objects.order_by("pk").values()) for table in tables)

    before = everything()
    with pytest.raises(kind) as caught:
        yield
    assert type(caught.value) is kind
    assert says in caught.value.message
    if field is not None:
        assert caught.value.field == field
    assert everything() == before


def actions() -> list[str]:
    return list(AuditEntry.objects.filter(action__startswith="contests.").order_by("pk").values_list("action", flat=True))


# --- planning and rules ---


def test_a_contest_begins_with_the_rules_of_its_day_and_the_same_form_is_one(world: World) -> None:
    given: dict[str, Any] = {
        "kind": "skills", "subject": "person", "title": " 技能竞赛 ", "held_on": TODAY, "form_key": uuid.uuid4(),
    }  # fmt: skip
    made = services.plan_contest(world.actor("督察"), **given)
    assert services.plan_contest(world.actor("督察"), **given).pk == made.pk
    assert (made.title, made.state, made.rule_version) == ("技能竞赛", "planned", "activities.contests@1")
    assert [each.title for each in made.ruleset.rounds] == ["现场执法", "文书制作", "矛盾调处"]
    assert actions() == ["contests.planned"]


@pytest.mark.parametrize(
    ("change", "field"),
    [({"kind": "x"}, "kind"), ({"title": " "}, "title"), ({"held_on": TODAY - dt.timedelta(days=1)}, "held_on")],
)
def test_a_contest_that_cannot_be_is_refused(world: World, change: dict[str, Any], field: str) -> None:
    given = {"kind": "skills", "subject": "person", "title": "竞赛", "held_on": TODAY, "form_key": uuid.uuid4(), **change}
    with refused(field=field):
        services.plan_contest(world.actor("督察"), **given)


def test_who_does_not_organise_plans_nothing(world: World) -> None:
    for name in ("队长", "局长", "队员"):
        with refused(NotAllowed):
            services.plan_contest(
                world.actor(name), kind="drill", subject="team", title="会操", held_on=TODAY, form_key=uuid.uuid4()
            )  # fmt: skip


CHOICES: dict[str, Any] = {
    "drop": "none", "drop_from": 4, "minimum_judges": 2, "places_shown": 1, "ties": ["documents"],
    "weights": {"enforcement": 50, "documents": 25, "mediation": 25},
}  # fmt: skip


def test_rules_are_chosen_until_entries_are_closed_and_never_after(planned: Stage) -> None:
    actor = planned.world.actor("大队长")
    made = services.set_contest_rules(actor, planned.contest, **CHOICES)
    assert (made.ruleset.drop, made.ruleset.minimum_judges, made.ruleset.ties) == ("none", 2, ("documents",))
    assert [each.weight for each in made.ruleset.rounds] == [50, 25, 25]
    before = actions()
    services.set_contest_rules(actor, planned.contest, **CHOICES)
    assert actions() == before
    with refused(field="drop_from"):
        services.set_contest_rules(actor, planned.contest, **{**CHOICES, "drop_from": 1})
    with refused(field="weight_documents"):
        services.set_contest_rules(actor, planned.contest, **{**CHOICES, "weights": {**CHOICES["weights"], "documents": 0}})
    planned.draw()
    with refused(Conflict, says="不能再改"):
        services.set_contest_rules(actor, planned.contest, **{**CHOICES, "drop": "high_low"})


@pytest.mark.parametrize("change", [{"policy": {}}, {"rule_version": "x"}, {"kind": "drill"}, {"subject": "team"}, {"state": "planned"}])
def test_the_database_refuses_to_change_fixed_rules(running: Stage, change: dict[str, Any]) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        Contest.objects.filter(pk=running.contest.pk).update(**change)


# --- entries ---


def test_established_officers_and_auxiliaries_enter_alike(stage: Callable[..., Stage]) -> None:
    made = stage(subject="team")
    team = made.enter("队员", "协管", unit="一中队", by="队长", title="一中队代表队")
    assert [member.person_class for member in team.members.all()] == ["established", "auxiliary"]
    with refused(DomainError, field="title"):
        made.enter("女队员", unit="一中队")


def test_entries_are_refused_with_their_reason(planned: Stage) -> None:
    with refused(NotAllowed):
        planned.enter("外人", unit="二中队", by="队长")
    with refused(DomainError, says="不是二中队", field="persons"):
        planned.enter("装备员", unit="二中队")
    with refused(Conflict, says="队员已经报过名", field="persons"):
        planned.enter("队员", unit="一中队")
    with refused(DomainError, says="外队长是这场竞赛的评委", field="persons"):
        planned.enter("外队长", unit="二中队")
    with refused(DomainError, field="persons"):
        planned.enter(unit="一中队")
    with refused(DomainError, says="逐人报名"):
        planned.enter("装备员", "职员", unit="一中队")
    with refused(NotAllowed, says="评委"):
        planned.enter("装备员", unit="一中队", by="队长")
    planned.draw()
    with refused(Conflict, says="不能再报名"):
        planned.enter("装备员", unit="一中队")


def test_the_same_entry_form_is_one_entry(planned: Stage) -> None:
    key, world = uuid.uuid4(), planned.world
    given: dict[str, Any] = {"unit": world.units["一中队"], "persons": [world.persons["装备员"]], "form_key": key}
    made = services.enter_contest(world.actor("大队长"), planned.contest, **given)
    assert services.enter_contest(world.actor("大队长"), planned.contest, **given).pk == made.pk


def test_a_withdrawal_keeps_the_number_and_its_reason_and_is_not_placed(running: Stage) -> None:
    number, actor = running.number("协管"), running.world.actor("大队长")
    with refused(DomainError, field="reason"):
        services.withdraw_entry(actor, running.entries["协管"], reason=" ")
    services.withdraw_entry(actor, running.entries["协管"], reason="受伤")
    services.withdraw_entry(actor, running.entries["协管"], reason="再说一次")
    running.reload()
    assert (running.number("协管"), running.entries["协管"].withdrawn_reason) == (number, "受伤")
    with refused(Conflict, says="已退出"):
        running.submit("督察", "协管")
    running.score_all({"队员": 90, "女队员": 80, "外人": 60})
    running.confirm()
    content = running.contest.result.content
    assert number not in {row["number"] for row in content["standings"]}
    assert next(entry for entry in content["entries"] if entry["number"] == number)["withdrawn"] == "受伤"


# --- the draw ---


def test_the_order_is_drawn_once_from_a_frozen_frame_and_can_be_repeated_by_anybody(planned: Stage) -> None:
    actor = planned.world.actor("大队长")
    services.withdraw_entry(actor, planned.entries["协管"], reason="请假")
    with refused(Conflict, says="报名截止后才能抽签"):
        services.draw_order(actor, planned.contest, public="六")
    services.close_entries(actor, planned.contest)
    with refused(Conflict):
        services.close_entries(actor, planned.contest)
    with refused(DomainError, field="public"):
        services.draw_order(actor, planned.contest, public=" ")
    services.draw_order(actor, planned.contest, public="六")
    with refused(Conflict):
        services.draw_order(actor, planned.contest, public="七")
    planned.reload()
    numbers = {name: entry.number for name, entry in planned.entries.items()}
    assert numbers.pop("协管") is None
    assert sorted(filter(None, numbers.values())) == [1, 2, 3]
    assert planned.contest.draw is not None
    told = json.loads(json.dumps(draws.file_of(planned.contest.draw)))
    assert verify(told) == []
    assert "队员" not in json.dumps(told["frame"], ensure_ascii=False)


def test_a_contest_of_one_is_none(stage: Callable[..., Stage]) -> None:
    made = stage()
    made.enter("队员", unit="一中队")
    with refused(DomainError, says="至少两个"):
        services.close_entries(made.world.actor("大队长"), made.contest)


# --- judges ---


def test_no_order_is_drawn_while_somebody_lacks_independent_judges_and_it_says_who(stage: Callable[..., Stage]) -> None:
    made = stage()
    made.enter("队员", unit="一中队")
    made.enter("外人", unit="二中队")
    made.appoint("督察", "督察乙", "队长")
    services.close_entries(made.world.actor("大队长"), made.contest)
    with refused(DomainError, says="不能抽签：队员独立评委 2 名，还差 1 名（回避：队长）"):
        services.draw_order(made.world.actor("大队长"), made.contest, public="六")
    made.appoint("外队长")
    services.draw_order(made.world.actor("大队长"), made.contest, public="六")


def test_it_does_not_start_while_somebody_lacks_independent_judges(planned: Stage) -> None:
    planned.draw()
    actor = planned.world.actor("大队长")
    services.release_judge(actor, planned.judges["督察"], reason="出差")
    with refused(DomainError, says=f"{planned.number('外人')} 号独立评委 2 名，还差 1 名（回避：外队长）"):
        services.start_contest(actor, planned.contest)
    people.grant_role(SYSTEM, planned.world.users["人事"], role="supervisor", unit=None, starts_on=TODAY)
    with refused(DomainError, says="看得到出场号", field="person"):
        services.appoint_judge(actor, planned.contest, person=planned.world.persons["人事"])
    section = planned.world.units["财务人事科"]
    people.grant_role(SYSTEM, planned.world.users["职员"], role="captain", unit=section, starts_on=TODAY)
    planned.appoint("职员")
    planned.start()
    assert planned.contest.state == "running"


def test_a_start_number_is_never_given_anew(running: Stage) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        Entry.objects.filter(pk=running.entries["队员"].pk).update(number=9)


def test_judges_are_named_from_those_who_may_and_do_not_compete(planned: Stage) -> None:
    actor, world = planned.world.actor("大队长"), planned.world
    with refused(DomainError, says="权限", field="person"):
        services.appoint_judge(actor, planned.contest, person=world.persons["装备员"])
    with refused(NotAllowed, says="不能聘任自己"):
        services.appoint_judge(actor, planned.contest, person=world.persons["大队长"])
    before = actions()
    assert services.appoint_judge(actor, planned.contest, person=world.persons["督察"]).pk == planned.judges["督察"].pk
    assert actions() == before
    with refused(NotAllowed):
        services.appoint_judge(world.actor("局长"), planned.contest, person=world.persons["督察"])


def test_a_judge_organises_nothing_of_the_contest(planned: Stage) -> None:
    actor = planned.world.actor("督察")
    for command in (
        lambda: services.close_entries(actor, planned.contest),
        lambda: services.set_contest_rules(actor, planned.contest, **CHOICES),
        lambda: services.release_judge(actor, planned.judges["督察乙"], reason="x"),
    ):
        with refused(NotAllowed, says="评委"):
            command()


def test_a_released_judge_is_not_waited_for_and_does_not_score(running: Stage) -> None:
    actor = running.world.actor("大队长")
    running.submit("督察", "队员")
    with refused(DomainError, field="reason"):
        services.release_judge(actor, running.judges["督察"], reason="")
    services.release_judge(actor, running.judges["督察"], reason="临时出警")
    services.release_judge(actor, running.judges["督察"], reason="又一次")
    with refused(NotAllowed, says="不再担任"):
        running.submit("督察", "女队员")
    assert "督察" not in {each.judge.name for each in selectors.missing_sheets(running.contest)}
    assert Sheet.objects.filter(state="submitted").count() == 1
    with refused(Conflict, says="不能再聘任"):
        services.appoint_judge(actor, running.contest, person=running.world.persons["督察"])


def test_after_the_start_a_judge_comes_with_a_reason_and_is_not_waited_for(running: Stage) -> None:
    unit, person = running.world.units["财务人事科"], running.world.persons["人事"]
    people.grant_role(SYSTEM, running.world.users["人事"], role="captain", unit=unit, starts_on=TODAY)
    with refused(DomainError, field="reason"):
        services.appoint_judge(running.world.actor("大队长"), running.contest, person=person)
    made = services.appoint_judge(running.world.actor("大队长"), running.contest, person=person, reason="接替")
    assert made.is_late
    assert "人事" not in {each.judge.name for each in selectors.missing_sheets(running.contest)}
    running.submit("人事", "队员")


# --- sheets ---


def test_a_sheet_is_drafted_and_submitted_once_and_sent_again_is_answered(running: Stage) -> None:
    actor, number, key = running.world.actor("督察"), running.number("队员"), uuid.uuid4()
    draft = services.save_sheet(
        actor, running.contest, number=number, round_code="documents", points={"documents.facts": 1050}, note="在写"
    )  # fmt: skip
    assert (draft.state, draft.total) == ("draft", 1050)
    full = running.full("documents", 75)
    given: dict[str, Any] = {"number": number, "round_code": "documents", "points": full, "client_key": key}
    made = services.submit_sheet(actor, running.contest, **given)
    assert (made.pk, made.state, made.total) == (draft.pk, "submitted", sum(full.values()))
    assert services.submit_sheet(actor, running.contest, **given).pk == made.pk
    with refused(Conflict, says="已经提交"):
        services.submit_sheet(actor, running.contest, **{**given, "client_key": uuid.uuid4()})
    with refused(Conflict, says="已经提交"):
        services.save_sheet(actor, running.contest, number=number, round_code="documents", points={})
    with refused(Conflict, says="之后的改动没有计入"):
        services.submit_sheet(actor, running.contest, **{**given, "points": running.full("documents", 50)})
    with refused(Conflict, says="标识"):
        services.submit_sheet(running.world.actor("督察乙"), running.contest, **given)
    assert actions()[-2:] == ["contests.sheet_saved", "contests.sheet_submitted"]


def test_points_outside_the_grid_name_the_criterion_and_the_steps(running: Stage) -> None:
    full = running.full("documents")
    for points, said in (
        ({**full, "documents.law": 1025}, "“适用依据准确”不能打 10.25 分：0 至 40 分，每档 0.5 分"),
        ({**full, "documents.law": 4050}, "“适用依据准确”不能打 40.5 分"),
        ({key: value for key, value in full.items() if key != "documents.law"}, "“适用依据准确”还没有打分"),
    ):
        with refused(DomainError, says=said, field="documents.law"):
            running.submit("督察", "队员", "documents", points=points)
    with refused(DomainError):
        running.submit("督察", "队员", "documents", points={**full, "enforcement.speech": 50})


def test_a_judge_of_the_same_unit_does_not_score(running: Stage) -> None:
    with refused(NotAllowed, says="回避"):
        running.submit("队长", "队员")
    running.submit("队长", "外人")
    with refused(NotAllowed, says="回避"):
        running.submit("外队长", "外人")
    with refused(NotAllowed, says="不是这场竞赛的评委"):
        running.submit("大队长", "队员")
    with refused(NotAllowed):
        running.submit("局长", "队员")
    with refused(NotFound):
        services.submit_sheet(
            running.world.actor("督察"), running.contest, number=1, round_code="nothing", points={}, client_key=uuid.uuid4()
        )
    with pytest.raises(DatabaseError), transaction.atomic():
        Sheet.objects.create(
            contest=running.contest, entry=running.entries["队员"], judge=running.judges["队长"], round="drill",
            entry_unit=running.entries["队员"].unit_id, judge_unit=running.judges["队长"].unit_id, saved_at=clock.now(),
        )  # fmt: skip


def test_who_moves_into_the_contestants_unit_stands_aside_from_then_on(running: Stage) -> None:
    people.assign_person(SYSTEM, running.world.persons["督察"], unit=running.world.units["一中队"], starts_on=TODAY)
    with refused(NotAllowed, says="回避"):
        running.submit("督察", "队员")


def test_no_sheet_before_the_start(planned: Stage) -> None:
    planned.draw()
    with refused(Conflict, says="不在评分中"):
        planned.submit("督察", "队员")


def test_a_submitted_sheet_changes_only_by_withdrawal_and_a_new_one(running: Stage) -> None:
    key = uuid.uuid4()
    made, actor = running.submit("督察", "队员", client_key=key), running.world.actor("督察")
    with pytest.raises(DatabaseError), transaction.atomic():
        Sheet.objects.filter(pk=made.pk).update(points={})
    with refused(NotAllowed, says="自己"):
        services.withdraw_sheet(running.world.actor("督察乙"), made, reason="不对")
    with refused(DomainError, field="reason"):
        services.withdraw_sheet(actor, made, reason=" ")
    services.withdraw_sheet(actor, made, reason="看错了出场号")
    with refused(Conflict, says="已撤回"):
        services.withdraw_sheet(actor, made, reason="再来")
    with refused(Conflict, says="已经撤回"):
        running.submit("督察", "队员", client_key=key)
    again = running.submit("督察", "队员", share=60)
    assert (again.replaces_id, Sheet.objects.filter(state="withdrawn").get().withdrawn_reason) == (made.pk, "看错了出场号")
    assert [sheet.total for sheet in selectors.scored(running.contest)] == [again.total]
    with pytest.raises(DatabaseError), transaction.atomic():
        Sheet.objects.filter(pk=made.pk).update(withdrawn_reason="别的")


# --- the result ---


def test_a_result_is_confirmed_by_an_independent_chief_who_saw_it(running: Stage) -> None:
    running.score_all({"队员": 90, "女队员": 80, "协管": 80, "外人": 60}, leave_out=("督察", "外人", "mediation"))
    digest = selectors.preview_of(running.contest)[1]
    leader = running.world.actor("局长")
    with refused(Conflict, says=f"{running.number('外人')} 号“矛盾调处”缺督察"):
        services.confirm_result(leader, running.contest, sha256=digest)
    running.submit("督察", "外人", "mediation", share=60)
    with refused(Conflict, says="又有变化"):
        services.confirm_result(leader, running.contest, sha256=digest)
    with refused(NotAllowed, says="评委"):
        running.confirm("督察")
    with refused(NotAllowed):
        running.confirm("大队长")
    running.confirm()
    with refused(Conflict, says="只有一次"):
        running.confirm()
    result = running.contest.result
    assert rules.digest(result.snapshot) == result.sha256
    rows = {row["number"]: row for row in result.content["standings"]}
    places = {name: rows[running.number(name)]["place"] for name in running.entries}
    assert places == {"队员": 1, "女队员": 2, "协管": 2, "外人": 4}
    assert rows[running.number("协管")]["note"] == "并列"
    assert actions()[-1] == "contests.confirmed"


def test_a_chief_of_a_competing_unit_does_not_confirm(running: Stage) -> None:
    people.grant_role(SYSTEM, running.world.users["装备员"], role="supervisor", unit=None, starts_on=TODAY)
    running.score_all(dict.fromkeys(running.entries, 80))
    with refused(NotAllowed, says="参赛单位"):
        running.confirm("装备员")


def test_with_too_few_sheets_it_is_not_confirmed(running: Stage) -> None:
    services.release_judge(running.world.actor("大队长"), running.judges["督察"], reason="临时出警")
    running.score_all(dict.fromkeys(running.entries, 80))
    with refused(Conflict, says="只有 2 份"):
        running.confirm()


def test_what_was_confirmed_stays_as_it_was(confirmed: Stage) -> None:
    actor = confirmed.world.actor("大队长")
    sheet = Sheet.objects.filter(judge=confirmed.judges["督察"]).first()
    assert sheet is not None
    with refused(Conflict):
        services.withdraw_sheet(confirmed.world.actor("督察"), sheet, reason="想改")
    with refused(Conflict):
        services.withdraw_entry(actor, confirmed.entries["队员"], reason="不服")
    with refused(Conflict):
        services.cancel_contest(actor, confirmed.contest, reason="不算了")
    with refused(Conflict):
        services.release_judge(actor, confirmed.judges["督察"], reason="x")
    for change in (
        lambda: Result.objects.update(sha256="x"),
        lambda: Sheet.objects.filter(pk=sheet.pk).update(note="改"),
        lambda: Entry.objects.filter(contest=confirmed.contest).update(title="改"),
        lambda: Contest.objects.filter(pk=confirmed.contest.pk).update(title="改"),
        lambda: Sheet.objects.filter(pk=sheet.pk).delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


def test_a_sheet_sent_again_after_the_confirmation_is_still_answered(running: Stage) -> None:
    key = uuid.uuid4()
    made = running.submit("督察", "队员", client_key=key)
    running.score_all(dict.fromkeys(running.entries, 80))
    running.confirm()
    assert running.submit("督察", "队员", client_key=key).pk == made.pk


def test_a_confirmed_result_is_corrected_by_number_only(confirmed: Stage) -> None:
    leader, key = confirmed.world.actor("局长"), uuid.uuid4()
    before = confirmed.contest.result.sha256
    given: dict[str, Any] = {"text": "两份评分表录反", "reason": "经复核", "form_key": key}
    made = services.correct_result(leader, confirmed.contest, number=confirmed.number("外人"), place=3, **given)
    assert services.correct_result(leader, confirmed.contest, **given).pk == made.pk
    second = services.correct_result(leader, confirmed.contest, **{**given, "form_key": uuid.uuid4()})
    assert (made.number, second.number) == (1, 2)
    confirmed.reload()
    assert confirmed.contest.result.sha256 == before
    with refused(DomainError, field="number"):
        services.correct_result(leader, confirmed.contest, number=99, **{**given, "form_key": uuid.uuid4()})
    with refused(DomainError, field="place"):
        services.correct_result(leader, confirmed.contest, place=1, **{**given, "form_key": uuid.uuid4()})
    with refused(DomainError, field="reason"):
        services.correct_result(leader, confirmed.contest, text="x", reason=" ", form_key=uuid.uuid4())
    with refused(NotAllowed):
        services.correct_result(confirmed.world.actor("督察"), confirmed.contest, **{**given, "form_key": uuid.uuid4()})


def test_before_the_confirmation_there_is_nothing_to_correct(running: Stage) -> None:
    with refused(Conflict, says="确认后才有更正"):
        services.correct_result(running.world.actor("局长"), running.contest, text="x", reason="y", form_key=uuid.uuid4())


def test_a_cancelled_contest_keeps_its_reason_and_takes_no_more(running: Stage) -> None:
    actor = running.world.actor("大队长")
    with refused(DomainError, field="reason"):
        services.cancel_contest(actor, running.contest, reason="")
    services.cancel_contest(actor, running.contest, reason="暴雨")
    running.reload()
    assert (running.contest.state, running.contest.ended_note) == ("cancelled", "暴雨")
    with refused(Conflict, says="已取消"):
        running.submit("督察", "队员")
    with refused(Conflict):
        services.cancel_contest(actor, running.contest, reason="再一次")


def test_a_contest_is_moved_before_it_starts_and_says_from_where_and_why(planned: Stage) -> None:
    actor, contest, before = planned.world.actor("大队长"), planned.contest, planned.contest.held_on
    later = before + dt.timedelta(days=7)
    services.move_contest(actor, contest, held_on=later, place=" 体育场 ", reason="场地维修")
    planned.reload()
    assert (planned.contest.held_on, planned.contest.place) == (later, "体育场")
    assert planned.contest.moved_note.startswith(f"原定 {before}")
    assert "场地维修" in planned.contest.moved_note
    entry = AuditEntry.objects.filter(action="contests.moved").get()
    assert (entry.details["before"]["held_on"], entry.details["reason"]) == (str(before), "场地维修")
    planned.draw()  # nothing that was entered is lost by it, and it can be moved once more before the start
    services.move_contest(actor, planned.contest, held_on=later, place="大队训练场", reason="体育场另有活动")
    planned.reload()
    assert (planned.contest.state, planned.contest.place) == ("drawn", "大队训练场")
    assert planned.contest.entries.filter(withdrawn_at=None).count() == 4


@pytest.mark.parametrize(
    ("changes", "field", "says"),
    [
        ({"reason": " "}, "reason", "理由"),
        ({"held_on": TODAY - dt.timedelta(days=1)}, "held_on", "不能早于今天"),
        ({"held_on": TODAY.replace(year=TODAY.year + 1)}, "held_on", "另一年度"),
        ({"held_on": None}, "held_on", "与现在相同"),
    ],
)
def test_a_contest_is_not_moved_there(planned: Stage, changes: dict[str, Any], field: str, says: str) -> None:
    before = planned.contest.held_on
    given = {"held_on": before + dt.timedelta(days=1), "place": planned.contest.place, "reason": "暴雨", **changes}
    with refused(DomainError, field=field, says=says):
        services.move_contest(planned.world.actor("大队长"), planned.contest, **{**given, "held_on": given["held_on"] or before})
    planned.reload()
    assert (planned.contest.held_on, planned.contest.moved_note) == (before, "")


def test_a_contest_that_has_started_is_not_moved(running: Stage) -> None:
    actor, contest = running.world.actor("大队长"), running.contest
    with refused(Conflict, says="已经开始"):
        services.move_contest(actor, contest, held_on=contest.held_on, place="别处", reason="暴雨")
    running.reload()
    assert running.contest.moved_note == ""


def test_a_contest_keeps_the_rules_of_its_day(planned: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    known = selectors.contest_policy_at
    boundary = planned.contest.held_on + dt.timedelta(days=3)

    def from_then_on(on: dt.date, kind: str) -> rules.Policy:
        found = known(on, kind)
        return dataclasses.replace(found, version="contests.policy@9") if on >= boundary else found

    monkeypatch.setattr(selectors, "contest_policy_at", from_then_on)
    with refused(DomainError, field="held_on", says="contests.policy@9"):
        services.move_contest(planned.world.actor("大队长"), planned.contest, held_on=boundary, place="", reason="暴雨")
    services.move_contest(planned.world.actor("大队长"), planned.contest, held_on=boundary - dt.timedelta(days=1), place="", reason="暴雨")


def test_a_judge_does_not_move_a_contest(planned: Stage) -> None:
    with refused(NotAllowed):
        services.move_contest(planned.world.actor("督察"), planned.contest, held_on=planned.contest.held_on, place="别处", reason="暴雨")
    with refused(NotAllowed):
        services.move_contest(planned.world.actor("队员"), planned.contest, held_on=planned.contest.held_on, place="别处", reason="暴雨")


# --- what others ask ---


def test_weak_items_come_from_confirmed_contests_of_the_days_asked_for(confirmed: Stage) -> None:
    found = {item.code: item for item in selectors.weak_items(TODAY, TODAY)}
    assert len(found) == 10
    item = found["documents.law"]
    # three sheets each of 90, 80, 70 and 60 of a hundred
    assert (item.title, item.clause, item.rate, item.n) == ("适用依据准确", "2.4.2", 0.75, 12)
    own = {each.code: each for each in selectors.weak_items(TODAY, TODAY, unit=confirmed.world.units["二中队"])}
    assert (own["documents.law"].rate, own["documents.law"].n) == (0.6, 3)
    day = dt.timedelta(days=1)
    assert selectors.weak_items(TODAY + day, TODAY + day) == []


def test_what_fell_below_a_share_is_told_by_unit_with_whose_it_was(confirmed: Stage) -> None:
    world = confirmed.world
    found = {(each.unit_id, each.code): each for each in selectors.low_criteria(TODAY, TODAY, below=0.75)}
    first, second = world.units["一中队"].pk, world.units["二中队"].pk
    low = found[first, "documents.law"]
    assert (low.title, low.count, low.n, low.persons) == ("适用依据准确", 1, 3, (world.persons["协管"].pk,))
    assert (found[second, "documents.law"].count, found[second, "documents.law"].persons) == (1, (world.persons["外人"].pk,))
    assert selectors.low_criteria(TODAY, TODAY, below=0.5) == []


def test_work_waits_for_judges_and_then_for_the_chief(running: Stage) -> None:
    def titles(name: str) -> list[str]:
        return [each.title for each in selectors.work_waiting_for(running.world.actor(name))]

    assert titles("督察") == ["评分：季度执法技能竞赛，12 份"]
    assert titles("队长") == ["评分：季度执法技能竞赛，3 份"]
    assert titles("局长") == titles("队员") == []
    running.score_all(dict.fromkeys(running.entries, 80))
    assert titles("督察") == []
    assert titles("局长") == ["确认成绩：季度执法技能竞赛"]
    running.confirm()
    assert titles("局长") == []
