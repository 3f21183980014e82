"""Commands of case reviews: each works, each refusal leaves nothing, a repeat is harmless, the audit is right (2.4.1)."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import ProgrammingError, transaction

from chengxin.audit.models import Entry
from chengxin.casereviews import rules, selectors, services
from chengxin.casereviews.models import Case, CaseEntry, Correction, FrameCase, Mark, MarkObjection, Review, Reviewed, Round
from chengxin.casereviews.selectors import register, results, rounds
from chengxin.core import clock
from chengxin.core.errors import Conflict, DomainError, NotAllowed
from chengxin.draws import selectors as draws
from chengxin.findings.models import Finding
from chengxin.people import services as people
from chengxin.rulekit.draws import verify
from tests.casereviews.conftest import AFTER_TERM, TODAY, VETO, mark_of, name_of, off, seats, submit
from tests.world import SYSTEM, World

pytestmark = pytest.mark.usefixtures("may")
Made = Callable[..., Any]


def audited(action: str) -> int:
    return Entry.objects.filter(action=action).count()


def refused(code: str, kind: type[DomainError] = DomainError) -> Any:
    return pytest.raises(kind, check=lambda error: error.code == code)


# --- the register ---


def test_a_case_is_registered_once_with_its_handlers(world: World, case: Made) -> None:
    made = case("城管罚[2026]第001号")
    assert (made.number, made.handlers.count(), made.entries.get().facts["handlers"]) == ("城管罚〔2026〕第001号", 2, ["T008", "T009"])
    assert case("城管罚（2026） 第001号").pk == made.pk
    assert (Case.objects.count(), CaseEntry.objects.count(), audited("casereviews.registered")) == (1, 1, 1)
    with pytest.raises(Conflict, match="单位、承办人不同"):
        case("城管罚〔2026〕第001号", unit="二中队", handlers=("外人",))


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("number", {"number": "　"}), ("title", {"title": " "}), ("handlers", {"handlers": ()}),
        ("handlers", {"handlers": ("队员", "队员")}),
        ("closed_on", {"closed_on": TODAY + dt.timedelta(days=1)}), ("procedure", {"procedure": "other"}),
    ],
)  # fmt: skip
def test_what_cannot_be_registered_is_refused_by_its_field_and_leaves_nothing(
    world: World, case: Made, field: str, given: dict[str, Any]
) -> None:  # fmt: skip
    with pytest.raises(DomainError) as caught:
        case(**given)
    assert caught.value.field == field
    assert not Case.objects.exists()
    assert audited("casereviews.registered") == 0


def test_who_may_not_register_and_a_brigade_outside_its_reach_are_refused(world: World, case: Made) -> None:
    with refused("not_allowed", NotAllowed):
        case(by="队长")
    with refused("not_allowed", NotAllowed):
        case(by="大队长", unit="督察办", handlers=("督察",))
    assert case(by="大队长").pk


def corrected(world: World, found: Case, by: str = "督察", **more: Any) -> Case:
    given: dict[str, Any] = {
        "title": found.title, "unit": found.unit, "handlers": [each.person for each in found.handlers.all()],
        "closed_on": found.closed_on, "procedure": found.procedure, "reason": "录入有误",
    }  # fmt: skip
    return services.correct_case(world.actor(by), found, **{**given, **more})


def test_a_correction_is_a_new_entry_that_names_what_it_changes(world: World, case: Made) -> None:
    made = case()
    corrected(world, made, unit=world.units["二中队"], handlers=[world.persons["外人"]])
    made.refresh_from_db()
    assert (made.unit.name, [each.person.name for each in made.handlers.all()]) == ("二中队", ["外人"])
    first, second = made.entries.all()
    assert (first.facts["unit"], second.facts["unit"], second.changes, second.reason) == ("一中队", "二中队", "单位、承办人", "录入有误")
    corrected(world, made)  # nothing changed: no entry
    assert (made.entries.count(), audited("casereviews.corrected")) == (2, 1)
    with refused("no_reason"):
        corrected(world, made, title="别的", reason=" ")
    with pytest.raises(ProgrammingError), transaction.atomic():
        CaseEntry.objects.filter(pk=first.pk).update(changes="")


def test_a_case_in_a_frame_keeps_what_its_round_rests_on(world: World, cases: list[Case], reviewing: Made) -> None:
    reviewing()
    found = Case.objects.get(pk=cases[0].pk)
    with refused("framed", Conflict):
        corrected(world, found, unit=world.units["二中队"])
    assert corrected(world, found, title="更正后的名称").title == "更正后的名称"


def sheet_rows(world: World, *rows: list[Any]) -> tuple[list[rules.CaseRow], list[Any]]:
    return register.read_sheet(world.actor("督察"), [list(rules.COLUMNS), *rows], clock.today())


ROW = ["城管罚〔2026〕第101号", "占道经营案", "一中队", "T008、T009", "2026-05-10", "普通程序"]
OTHER = ["城管罚〔2026〕第102号", "乱倒垃圾案", "二中队", "T011", dt.date(2026, 5, 11), "简易程序"]


def test_a_sheet_is_applied_whole_and_once_and_doubles_nothing(world: World, case: Made) -> None:
    actor = world.actor("督察")
    rows, errors = sheet_rows(world, ROW, OTHER)
    assert errors == []
    number = services.preview_cases(actor, file_name="案卷.xlsx", content=b"x", rows=rows)
    assert not Case.objects.exists()
    assert services.apply_cases(actor, number) == {"added": 2, "unchanged": 0}
    with refused("applied_already", Conflict):
        services.apply_cases(actor, number)
    again, errors = sheet_rows(world, ROW)
    assert errors == []
    kept = services.preview_cases(actor, file_name="案卷.xlsx", content=b"x", rows=again)
    assert services.apply_cases(actor, kept) == {"added": 0, "unchanged": 1}
    assert Case.objects.count() == 2
    _, errors = sheet_rows(world, [ROW[0], "别的案", *ROW[2:]])
    assert [(error.row, error.column) for error in errors] == [(2, "案号")]


def test_a_sheet_whose_case_was_registered_otherwise_meanwhile_is_refused_whole(world: World, case: Made) -> None:
    rows, _ = sheet_rows(world, OTHER, ROW)
    number = services.preview_cases(world.actor("督察"), file_name="案卷.xlsx", content=b"x", rows=rows)
    case(ROW[0], title="别人先登记的")
    with pytest.raises(Conflict, match="第 3 行"):
        services.apply_cases(world.actor("督察"), number)
    assert Case.objects.count() == 1


# --- the frame and the draw ---


def freeze(world: World, quarter: int = 2, by: str = "督察") -> Round:
    return services.freeze_round(world.actor(by), year=clock.today().year, quarter=quarter)


def test_the_frame_is_every_ordinary_case_since_the_last_round_exactly_once(world: World, cases: list[Case], case: Made) -> None:
    simple = case(procedure=rules.SIMPLE)
    first = freeze(world)
    assert set(FrameCase.objects.values_list("case", flat=True)) == {each.pk for each in cases}
    assert first.draw.quotas == {"一中队": 2, "二中队": 2}
    assert (first.since, first.until, len(first.draw.frame)) == (None, TODAY, 5)
    late = case(closed_on=TODAY - dt.timedelta(days=300))  # registered late: it is not lost
    with clock.frozen(clock.at(dt.date(2026, 10, 12), 9)):
        second = freeze(world, 4)
        assert set(second.frame.values_list("case", flat=True)) == {late.pk}
        assert second.since == TODAY
    assert not FrameCase.objects.filter(case=simple).exists()


@pytest.mark.parametrize("quarter", [1, 2])
def test_a_second_round_of_a_quarter_or_an_earlier_one_is_refused(world: World, cases: list[Case], case: Made, quarter: int) -> None:
    freeze(world)
    case()
    with refused("no_round", Conflict):
        freeze(world, quarter)
    assert (Round.objects.count(), audited("casereviews.frozen")) == (1, 1)


def test_the_third_quarter_is_refused_with_the_plan_s_reason_and_nobody_is_reminded_of_it(world: World, cases: list[Case]) -> None:
    with clock.frozen(clock.at(dt.date(2026, 8, 3), 9)):
        with pytest.raises(DomainError, match="专项督查，不安排案卷评查，因此不缺评查"):
            freeze(world, 3)
        assert "casereviews.round" not in [each.kind for each in selectors.work_waiting_for(world.actor("督察"))]
    assert "casereviews.round" in [each.kind for each in selectors.work_waiting_for(world.actor("督察"))]
    assert not Round.objects.exists()


def test_an_empty_frame_and_who_does_not_run_rounds_are_refused(world: World, case: Made) -> None:
    with refused("empty_frame"):
        freeze(world)
    case()
    for name in ("大队长", "队长", "局长"):
        with refused("not_allowed", NotAllowed):
            freeze(world, by=name)
    assert not Round.objects.exists()


def test_a_draw_can_be_repeated_by_anybody_and_is_cast_once(world: World, cases: list[Case]) -> None:
    found = services.cast_round(world.actor("督察"), freeze(world), public="四 二 六")
    assert verify(draws.file_of(found.draw)) == []
    assert set(found.reviewed.values_list("case__number", flat=True)) == set(found.draw.drawn)
    with refused("not_possible", Conflict):
        services.cast_round(world.actor("督察乙"), found, public="六")
    assert found.reviewed.count() == 4


def test_a_replaced_case_gives_its_place_to_the_next_of_its_unit(world: World, reviewing: Made) -> None:
    found = reviewing()
    out = found.reviewed.filter(unit__name="一中队").first()
    with refused("no_reason"):
        services.replace_case(world.actor("督察"), out, reason=" ")
    came = services.replace_case(world.actor("督察"), out, reason="案卷在法院")
    assert came is not None
    assert came.unit.name == "一中队"
    assert len(seats(came)) == 2
    assert out.case.number not in draws.standing(found.draw)
    with refused("not_replaceable", Conflict):
        services.replace_case(world.actor("督察"), out, reason="再来")
    assert services.replace_case(world.actor("督察"), came, reason="也在法院") is None  # the squadron has no case left
    submit(world, seats(rounds.standing_cases(found).first())[0])
    with refused("reviewed", Conflict):
        services.replace_case(world.actor("督察"), rounds.standing_cases(found).first(), reason="晚了")


# --- reviewers ---


def on_leave(world: World, name: str) -> None:
    person = world.persons[name]
    people.set_status(world.actor("人事"), person, status="on_leave", starts_on=TODAY, ends_on=None, approved_by="局长")


def test_two_independent_reviewers_sit_at_every_case_evenly(world: World, reviewing: Made) -> None:
    found = reviewing()
    for reviewed in rounds.standing_cases(found):
        pair = seats(reviewed)
        assert [each.seat for each in pair] == [1, 2]
        names = {name_of(world, each) for each in pair}
        assert len(names) == 2
        assert names <= {"督察", "督察乙", "大队长", "队长", "外队长"}
        assert ("队长" if reviewed.unit.name == "一中队" else "外队长") not in names
    loads = rounds.loads_in(found).values()
    assert max(loads) - min(loads) <= 1
    assert verify(draws.file_of(found.reviewers_draw)) == []
    assert audited("casereviews.assigned") == 1


def test_too_few_reviewers_are_refused_saying_which_unit_lacks_whom(world: World, cases: list[Case]) -> None:
    found = services.cast_round(world.actor("督察"), freeze(world), public="六")
    for name in ("督察乙", "大队长", "外队长"):
        on_leave(world, name)
    with pytest.raises(DomainError, match=r"一中队的 2 件案卷每件须 2 名非本单位、非承办的评查人员，现有 1 人（督察），还缺 1 人"):
        services.assign_reviewers(world.actor("督察"), found, public="六")
    found.refresh_from_db()
    assert (found.state, found.reviewers_draw, Review.objects.count()) == (rules.DRAWN, None, 0)


def test_a_handler_who_may_review_does_not_sit_at_the_own_case(world: World, case: Made, reviewing: Made) -> None:
    own = case(handlers=("督察", "队员"))
    case(handlers=("督察", "队员"))
    found = reviewing()
    for review in Review.objects.filter(reviewed__round=found, reviewed__case__title=own.title):
        assert review.person_id not in review.reviewed.handlers


def test_a_replaced_reviewer_s_seat_goes_to_another_independent_one(world: World, reviewing: Made) -> None:
    found = reviewing()
    first = seats(rounds.standing_cases(found).first())[0]
    with refused("no_reason"):
        services.replace_reviewer(world.actor("督察"), first, reason="")
    made = services.replace_reviewer(world.actor("督察"), first, reason="长期出差")
    assert made.seat == first.seat
    assert made.person_id not in set(Review.objects.filter(reviewed=made.reviewed).exclude(pk=made.pk).values_list("person", flat=True))
    with refused("not_replaceable", Conflict):
        services.replace_reviewer(world.actor("督察"), first, reason="再来")
    with refused("replaced", Conflict):
        submit(world, first)


# --- sheets ---


def test_a_sheet_is_handed_in_once_and_the_same_again_changes_nothing(world: World, reviewing: Made) -> None:
    one, _ = seats(rounds.standing_cases(reviewing()).first())
    made = submit(world, one, off(), vetoes=VETO)
    assert (made.score, made.vetoes, made.deductions) == (965, VETO, [["proof", 35, "照片没有注明拍摄时间", "第 5 页"]])
    submit(world, one, off(), vetoes=VETO)
    assert audited("casereviews.submitted") == 1
    with refused("submitted", Conflict):
        submit(world, one)
    with pytest.raises(ProgrammingError), transaction.atomic():
        Review.objects.filter(pk=one.pk).update(score=1000)


@pytest.mark.parametrize(
    ("deductions", "vetoes", "field", "text"),
    [
        ([off(points=33)], {}, "proof", "0.5 分为步长"), ([off(points=155)], {}, "proof", "至多扣 15 分"),
        ([off(reason="")], {}, "proof", "写明理由"), ([off(page="")], {}, "proof", "卷内页码"), ([], {"law": ""}, "law", "须写明理由"),
    ],
)  # fmt: skip
def test_a_sheet_off_the_grid_above_the_cap_or_without_reason_is_refused_by_its_item(
    world: World, reviewing: Made, deductions: list[rules.Deduction], vetoes: dict[str, str], field: str, text: str
) -> None:
    one = seats(rounds.standing_cases(reviewing()).first())[0]
    with pytest.raises(DomainError, match=text) as caught:
        submit(world, one, *deductions, vetoes=vetoes)
    assert caught.value.field == field
    one.refresh_from_db()
    assert one.submitted_at is None


def test_nobody_hands_in_another_s_sheet_nor_before_or_after_the_review(world: World, told: Made) -> None:
    found = told()
    one = seats(rounds.standing_cases(found).first())[0]
    other = next(name for name in ("督察", "督察乙", "大队长") if name != name_of(world, one))
    with refused("not_yours", NotAllowed):
        services.submit_review(world.actor(other), one)
    with refused("not_allowed", NotAllowed):
        services.submit_review(world.actor("队员"), one)


def test_two_sheets_too_far_apart_bring_a_third_independent_reviewer(world: World, reviewing: Made) -> None:
    found = reviewing()
    reviewed = rounds.standing_cases(found).first()
    one, two = seats(reviewed)
    submit(world, one)
    submit(world, two, off(points=55))
    *_, third = seats(reviewed)
    assert (third.seat, audited("casereviews.third_assigned")) == (3, 1)
    assert third.person_id not in {one.person_id, two.person_id}
    assert world.persons[name_of(world, third)].assignments.get().unit_id != reviewed.unit_id
    with refused("sheets_out", Conflict):
        services.tell_results(world.actor("督察"), found)
    submit(world, third, off(points=50))
    outcome = rounds.outcome_of(rounds.standing_cases(found).first(), rounds.sheet_of(found))
    assert outcome is not None
    assert (outcome.score, set(outcome.counted)) == (9475, {two.person_id, third.person_id})


def test_a_different_veto_brings_a_third_and_where_nobody_is_left_the_office_is_told(world: World, reviewing: Made) -> None:
    found = reviewing()
    for name in ("督察", "督察乙", "大队长", "外队长", "队长"):
        if name not in {name_of(world, each) for each in seats(rounds.standing_cases(found).first())}:
            people.set_status(
                world.actor("人事"), world.persons[name], status="on_leave", starts_on=TODAY, ends_on=None, approved_by="局长"
            )
    reviewed = rounds.standing_cases(found).first()
    one, two = seats(reviewed)
    submit(world, one, vetoes=VETO)
    submit(world, two)
    assert len(seats(reviewed)) == 2  # the sheet stands all the same
    with pytest.raises(DomainError, match="还缺 1 名评查人员"):
        services.assign_third(world.actor("督察"), reviewed)
    assert "指派第三名评查人员" in "".join(each.title for each in selectors.work_waiting_for(world.actor("督察")))
    people.grant_role(SYSTEM, world.users["人事"], role="supervisor", unit=None, starts_on=TODAY)
    third = services.assign_third(world.actor("督察"), reviewed)
    assert name_of(world, third) == "人事"
    with refused("no_third", Conflict):
        services.assign_third(world.actor("督察"), reviewed)


# --- told, objected to, final ---


def test_a_told_round_has_its_marks_and_its_term(world: World, told: Made) -> None:
    found = told()
    assert (found.state, found.object_by) == (rules.TOLD, dt.date(2026, 5, 27))
    mark = mark_of(found)
    assert (mark.kind, mark.points, mark.title, mark.reviewed.score) == ("item", 350, "证据收集与固定", 9650)
    assert mark.reasons == [["照片没有注明拍摄时间", "第 5 页"]]  # both wrote the same
    with refused("not_possible", Conflict):
        services.tell_results(world.actor("督察乙"), found)


def decider(world: World, mark: Mark) -> str:
    """Somebody who may decide and did not review the case."""
    return "局长"


def objected(world: World, found: Round, by: str = "队长") -> Mark:
    """The first mark of the first squadron, objected to by its captain."""
    mark = mark_of(found)
    services.object_to_mark(world.actor(by), mark, text="照片背面已注明")
    return Mark.objects.get(pk=mark.pk)


def test_the_unit_s_leader_objects_once_within_the_term(world: World, told: Made) -> None:
    found = told()
    mark = objected(world, found)
    services.object_to_mark(world.actor("队长"), mark, text="照片背面已注明")
    assert (MarkObjection.objects.count(), audited("casereviews.objected")) == (1, 1)
    with refused("objected", Conflict):
        services.object_to_mark(world.actor("队长"), mark, text="还有")
    other = mark_of(found, "二中队")
    for name in ("队长", "督察", "队员"):
        with refused("not_allowed", NotAllowed):
            services.object_to_mark(world.actor(name), other, text="不服")
    with refused("no_text"):
        services.object_to_mark(world.actor("外队长"), other, text=" ")
    with clock.frozen(clock.at(dt.date(2026, 5, 28), 9)), refused("term_over", Conflict):
        services.object_to_mark(world.actor("外队长"), other, text="不服")
    assert MarkObjection.objects.count() == 1


def test_an_objection_is_decided_by_somebody_apart_from_the_review(world: World, told: Made) -> None:
    found = told()
    mark = objected(world, found)
    for review in seats(mark.reviewed):
        if name_of(world, review) in {"督察", "督察乙"}:
            with refused("recusal", NotAllowed):
                services.decide_objection(world.actor(name_of(world, review)), mark, outcome="dropped", reasons="有理")
    with refused("not_allowed", NotAllowed):
        services.decide_objection(world.actor("队长"), mark, outcome="dropped", reasons="有理")
    with refused("bad_outcome"):
        services.decide_objection(world.actor("局长"), mark, outcome="reduced", points=35, reasons="有理")
    with refused("no_reasons"):
        services.decide_objection(world.actor("局长"), mark, outcome="dropped", reasons="")
    decided = services.decide_objection(world.actor("局长"), mark, outcome="reduced", points=10, reasons="部分有理")
    assert decided.left == 100
    assert results.result_of(rounds.standing_cases(found).get(pk=mark.reviewed_id), rounds.sheet_of(found)).score == 9900  # type: ignore[union-attr]
    with refused("decided", Conflict):
        services.decide_objection(world.actor("局长"), mark, outcome="kept", reasons="再想想")


def final(world: World, found: Round, by: str = "督察") -> Round:
    with clock.frozen(clock.at(AFTER_TERM, 9)):
        return services.finalise_round(world.actor(by), found)


def test_a_round_is_final_after_the_term_and_every_decision_and_once(world: World, told: Made) -> None:
    found = told()
    mark = objected(world, found)
    with refused("term_runs", Conflict):
        services.finalise_round(world.actor("督察"), found)
    with refused("objections_open", Conflict):
        final(world, found)
    assert not Finding.objects.exists()
    services.decide_objection(world.actor("局长"), mark, outcome="dropped", reasons="照片背面确已注明")
    done = final(world, found)
    content = json.loads(done.snapshot)
    assert done.sha256 == hashlib.sha256(done.snapshot.encode()).hexdigest()
    assert [case["score"] for case in content["cases"]].count(10000) == 1
    assert len(content["cases"]) == 4
    assert all(name not in done.snapshot for name in ("督察乙", "大队长", "外队长"))
    with refused("not_possible", Conflict):
        final(world, found, by="督察乙")
    with pytest.raises(ProgrammingError), transaction.atomic():
        Round.objects.filter(pk=done.pk).update(sha256="")


def test_what_stands_becomes_findings_of_the_unit_and_what_was_dropped_does_not(world: World, told: Made) -> None:
    found = told()
    mark = objected(world, found)
    services.decide_objection(world.actor("局长"), mark, outcome="dropped", reasons="有理")
    final(world, found)
    raised = Finding.objects.filter(kind="casereviews.deduction")
    assert raised.count() == 3
    mark.refresh_from_db()
    assert mark.finding is None
    one = mark_of(found, "二中队")
    assert one.finding is not None
    assert (one.finding.person, one.finding.unit.name, one.finding.clause) == (None, "二中队", "2.4.1")
    assert "证据收集与固定扣 3.5 分：照片没有注明拍摄时间（第 5 页）" in one.finding.text


def test_a_veto_that_stands_fails_the_case_and_is_a_serious_finding(world: World, reviewing: Made) -> None:
    found = reviewing()
    for reviewed in rounds.standing_cases(found):
        for review in seats(reviewed):
            submit(world, review, vetoes=VETO)
    found = services.tell_results(world.actor("督察"), found)
    final(world, found)
    assert {result.grade for _, result in results.results_in(found) if result} == {rules.FAILED}
    assert set(Finding.objects.values_list("grade", flat=True)) == {"serious"}


def test_a_named_handler_gets_the_finding_and_nobody_else_may_be_named(world: World, told: Made) -> None:
    found = told()
    mark = mark_of(found)
    with refused("no_handler"):
        services.name_person(world.actor("局长"), mark, person=world.persons["协管"])
    services.name_person(world.actor("局长"), mark, person=world.persons["队员"])
    final(world, found)
    mark.refresh_from_db()
    assert mark.finding is not None
    assert mark.finding.person == world.persons["队员"]
    assert selectors.why_not_deduction(world.persons["协管"], TODAY, mark.finding.facts)
    assert not selectors.why_not_deduction(world.persons["队员"], TODAY, mark.finding.facts)


def test_after_the_end_only_numbered_corrections_change_a_score(world: World, told: Made) -> None:
    found = told()
    mark = mark_of(found)
    with refused("not_final", Conflict):
        services.correct_mark(world.actor("局长"), mark, outcome="dropped", reason="重复扣分")
    done = final(world, found)
    with refused("no_reason"):
        services.correct_mark(world.actor("局长"), mark, outcome="dropped", reason="")
    first = services.correct_mark(world.actor("局长"), mark, outcome="reduced", points=20, reason="重复扣分")
    second = services.correct_mark(world.actor("局长"), mark, outcome="dropped", reason="全部重复")
    assert [(each.number, each.before, each.left) for each in (first, second)] == [(1, 350, 200), (2, 200, 0)]
    with refused("nothing_to_correct", Conflict):
        services.correct_mark(world.actor("局长"), mark, outcome="dropped", reason="再来")
    now = results.result_of(rounds.standing_cases(found).get(pk=mark.reviewed_id), rounds.sheet_of(found))
    assert now is not None
    assert now.score == 10000
    before = done.sha256
    done.refresh_from_db()
    assert done.sha256 == before
    with pytest.raises(ProgrammingError), transaction.atomic():
        Correction.objects.all().delete()


# --- comparison and the year ---


def test_rounds_are_compared_item_by_item_and_unit_by_unit_with_n(world: World, told: Made, case: Made) -> None:
    final(world, told())
    with clock.frozen(clock.at(dt.date(2026, 10, 12), 9)):
        for unit, handlers in (("一中队", ("队员",)), ("二中队", ("外人",))):
            case(unit=unit, handlers=handlers)
        found = told(4, off(points=15))
    with clock.frozen(clock.at(dt.date(2026, 11, 12), 9)):
        services.finalise_round(world.actor("督察"), found)
        compared = results.compared(world.actor("督察"))
    assert [each.title for each in compared] == ["2026 年第二季度", "2026 年第四季度"]
    lines = {(line.unit, line.item): line.cells for line in results.comparison_lines(compared)}
    assert lines["全局", "证据收集与固定"] == (("3.5", 4), ("1.5", 2))
    assert lines["二中队", "证据收集与固定"] == (("3.5", 2), ("1.5", 1))
    assert lines["一中队", "立案审批与案源"] == (("0", 2), ("0", 1))
    chart = results.comparison_chart(compared)
    assert chart["series"][1]["values"][chart["categories"].index("证据收集与固定")] == 1.5
    own = results.compared(world.actor("队长"))
    assert {line.unit for each in own for line in each.lines} == {"全局", "一中队"}


def test_the_year_tells_its_rounds_with_scores_once_they_are_final(world: World, told: Made) -> None:
    found = told()
    (before,) = selectors.year_rounds(2026)
    assert (before.n, before.mean, before.framed, before.is_final) == (0, None, 5, False)
    final(world, found)
    (after,) = selectors.year_rounds(2026)
    assert (after.n, after.mean, after.grades["优秀"], after.findings) == (4, 96.5, 4, 4)
    assert after.commonest == (("证据收集与固定", 4, 3.5),)
    assert selectors.year_rounds(2025) == []


# --- what waits ---


def kinds(world: World, name: str) -> list[str]:
    return [each.kind for each in selectors.work_waiting_for(world.actor(name))]


def test_work_waits_for_whom_it_concerns(world: World, reviewing: Made) -> None:
    found = reviewing()
    names = {name_of(world, each) for each in Review.objects.all()}
    assert all("casereviews.review" in kinds(world, name) for name in names)
    for review in Review.objects.all():
        submit(world, review, off())
    assert "casereviews.step" in kinds(world, "督察")
    services.tell_results(world.actor("督察"), found)
    assert "casereviews.object" in kinds(world, "队长")
    mark = objected(world, found)
    assert "casereviews.decide" in kinds(world, "局长")
    reviewer = {name_of(world, each) for each in seats(mark.reviewed)} & {"督察", "督察乙"}
    assert all("casereviews.decide" not in kinds(world, name) for name in reviewer)
    assert kinds(world, "队员") == []
    assert Reviewed.objects.count() == 4
