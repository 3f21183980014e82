"""Plans and the double draw: frozen before there is a seed, drawn once, repeated by anybody, nobody for the own unit (3.1)."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from chengxin.audit.models import Entry
from chengxin.core import clock
from chengxin.core.errors import Conflict, DomainError, NotAllowed
from chengxin.draws import selectors as draws
from chengxin.draws.models import Draw
from chengxin.people import services as people
from chengxin.supervision import rules
from chengxin.supervision.models import Inspector, Plan, Target, Visit
from chengxin.supervision.selectors import plans as questions
from chengxin.supervision.services import drawing, plans, visits
from tests.supervision.conftest import inspectors, seen, submit
from tests.world import SYSTEM, World

pytestmark = pytest.mark.usefixtures("october")
Make = Callable[..., Plan]

# what anybody can write who reads the printed list: the standard library alone, nothing of ours
RECOMPUTE = """
import hashlib, json, sys
told = json.load(open(sys.argv[1], encoding="utf-8"))
sha = lambda text: hashlib.sha256(text.encode()).hexdigest()
frame = {"version": 1, "frame": sorted(told["frame"]), "quotas": told["quotas"]}
digest = sha(json.dumps(frame, ensure_ascii=False, sort_keys=True, separators=(",", ":")))
seed = sha(told["secret"] + "|" + told["public"])
layers = {}
for name, layer, excluded in frame["frame"]:
    if not excluded:
        layers.setdefault(layer, []).append((sha(f"{seed}:{digest}:{name}"), name))
drawn, waiting = [], {}
for layer, tickets in sorted(layers.items()):
    names = [name for _, name in sorted(tickets)]
    drawn += names[: told["quotas"].get(layer, 0)]
    waiting[layer] = names[told["quotas"].get(layer, 0) :]
layer_of, standing = {row[0]: row[1] for row in frame["frame"]}, list(drawn)
for each in told["replacements"]:
    standing.remove(each["out"])
    standing += waiting[layer_of[each["out"]]][:1]
    del waiting[layer_of[each["out"]]][:1]
same = [digest == told["frame_sha256"], seed == told["seed"], drawn == told["drawn"]]
print(json.dumps([*same, sorted(standing) == sorted(told["standing"])]))
"""


def recompute(told: dict[str, Any], folder: Path) -> list[bool]:
    script, file = folder / "recompute.py", folder / "draw.json"
    script.write_text(RECOMPUTE, encoding="utf-8")
    file.write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
    done = subprocess.run([sys.executable, "-I", str(script), str(file)], capture_output=True, text=True, check=False, cwd=folder)
    assert done.returncode == 0, done.stderr
    found: list[bool] = json.loads(done.stdout)
    return found


def nothing_changed(world: World, act: Callable[[], Any], error: type[DomainError], match: str) -> None:
    before = (Plan.objects.count(), Visit.objects.count(), Draw.objects.count(), Target.objects.count(), Entry.objects.count())
    with pytest.raises(error, match=match):
        act()
    assert before == (Plan.objects.count(), Visit.objects.count(), Draw.objects.count(), Target.objects.count(), Entry.objects.count())


def test_a_plan_is_made_by_the_supervision_office_and_kept_with_its_rule(world: World, plan: Make) -> None:
    made = plan("quarterly", note="四季度")
    assert (made.state, made.quarter, made.rule_version, made.title) == (
        "planned",
        4,
        "supervision.inspections@1",
        "2026 年第 4 季度抽查",
    )
    assert Entry.objects.filter(action="supervision.planned", subject=f"plan:{made.pk}").count() == 1
    nothing_changed(world, lambda: plan("daily", by="队长"), NotAllowed, "制定督查计划")
    nothing_changed(world, lambda: plan("special"), DomainError, "事由")
    nothing_changed(world, lambda: plan("daily", units=[]), DomainError, "至少选择一个中队")
    nothing_changed(world, lambda: plan("daily", template="hair"), DomainError, "检查表")


def test_a_quarter_has_one_plan_and_a_cancelled_one_makes_room(world: World, plan: Make) -> None:
    made = plan("quarterly")
    nothing_changed(world, lambda: plan("quarterly", by="督察乙"), Conflict, "一个季度只有一份")
    actor = world.actor("督察")
    nothing_changed(world, lambda: plans.cancel_plan(actor, made, reason=" "), DomainError, "理由")
    plans.cancel_plan(actor, drawing.freeze_objects(actor, made), reason="范围有误")
    assert plan("quarterly").state == "planned"


def test_a_plan_that_was_drawn_is_not_cancelled_until_the_result_pleases(world: World, plan: Make) -> None:
    actor = world.actor("督察")
    made = drawing.cast_objects(actor, drawing.freeze_objects(actor, plan("quarterly")), public="一")
    nothing_changed(world, lambda: plans.cancel_plan(actor, made, reason="换一批"), Conflict, "抽取以后不能取消")
    nothing_changed(world, lambda: drawing.cast_objects(actor, made, public="二"), Conflict, "只抽一次")
    nothing_changed(world, lambda: drawing.freeze_objects(actor, made), Conflict, "刚制定")


def test_a_seed_before_the_frame_is_refused(world: World, plan: Make) -> None:
    actor, made = world.actor("督察"), plan("quarterly")
    nothing_changed(world, lambda: drawing.cast_objects(actor, made, public="六"), Conflict, "须先冻结对象范围，再产生种子")
    nothing_changed(world, lambda: drawing.cast_inspectors(actor, made, public="六"), Conflict, "须先冻结督查人员范围")
    nothing_changed(world, lambda: drawing.freeze_inspectors(actor, made), Conflict, "须先抽取检查对象")
    nothing_changed(world, lambda: drawing.freeze_objects(world.actor("局长"), made), NotAllowed, "抽取")


def test_a_frame_changed_after_the_freeze_is_noticed(world: World, plan: Make) -> None:
    actor, made = world.actor("督察"), plan("quarterly")
    made = drawing.freeze_objects(actor, made)
    with connection.cursor() as cursor:  # somebody with the database in hand strikes a name out
        cursor.execute("UPDATE draws_draw SET frame_text = (frame_text::jsonb - 0)::text WHERE id = %s", [made.objects_draw_id])
    nothing_changed(world, lambda: drawing.cast_objects(actor, made, public="六"), Conflict, "冻结后被改动过")


def test_who_left_since_the_freeze_is_shown_beside_the_frame_that_stays(world: World, plan: Make) -> None:
    actor, made = world.actor("督察"), plan("quarterly")
    made = drawing.freeze_objects(actor, made)
    people.record_departure(world.actor("人事"), world.persons["队员"], left_on=clock.today() - dt.timedelta(days=1))
    assert made.objects_draw is not None
    assert questions.changes_since(made, made.objects_draw) == ["T008 队员：冻结后离开"]
    page = world.client("督察").get(f"/supervision/plans/{made.pk}/").content.decode()
    assert "冻结后情况有变" in page
    assert "T008 队员：冻结后离开" in page


def test_both_classes_are_drawn_at_one_rate_and_who_was_not_checked_first(world: World, plan: Make, visit: Any) -> None:
    for name in ("队长", "装备员", "女队员"):
        submit(world, visit(), seen(world, name))
    frame = questions.objects_frame(plan("quarterly"), clock.today())
    # first squadron: 4 established + 1 auxiliary with a minimum of 3: rate 3/5, so 3 and 1; one established was never checked
    assert frame.quotas["一中队 在编 未查过"] == 1
    assert frame.quotas["一中队 在编 查过"] == 2
    assert frame.quotas["一中队 协管 未查过"] == 1
    assert frame.quotas["二中队 在编 未查过"] == 2
    assert [share.label for share in frame.shares] == ["在编 5/6（83.3%）", "协管 1/1（100.0%）"]
    with clock.frozen(clock.at(dt.date(2027, 11, 1), 9)):  # a year later all of them were not checked for long
        assert questions.objects_frame(Plan.objects.latest("pk"), clock.today()).quotas["一中队 在编 未查过"] == 3


def test_who_is_away_stands_in_the_frame_and_why_is_nobodys_business(world: World, plan: Make) -> None:
    people.set_status(
        world.actor("人事"), world.persons["队员"], status="suspended", starts_on=clock.today(), ends_on=clock.today(), approved_by="局长"
    )
    frame = questions.objects_frame(plan("quarterly"), clock.today())
    assert [entry.excluded for entry in frame.entries if entry.name == "T008 队员"] == ["当日不在岗"]


def test_nobody_is_drawn_to_inspect_the_own_unit(world: World, plan: Make) -> None:
    people.grant_role(SYSTEM, world.users["队员"], role="supervisor", unit=None, starts_on=clock.today())
    actor = world.actor("督察")
    made = drawing.cast_objects(actor, drawing.freeze_objects(actor, plan("quarterly")), public="六")
    made = drawing.freeze_inspectors(actor, made)
    assert made.inspectors_draw is not None
    barred = {entry.name: entry.excluded for entry in made.inspectors_draw.entries if entry.excluded}
    assert barred == {"一中队/T008 队员": "本单位人员（回避）"}
    made = drawing.cast_inspectors(actor, made, public="五")
    for visit in made.visits.all():
        assert len(inspectors(visit)) == 2
        assert visit.unit.name != "一中队" or "队员" not in inspectors(visit)
    assert {visit.unit.name for visit in made.visits.all()} == {"一中队", "二中队"}
    assert not made.targets.filter(visit=None).exists()


def test_an_inspector_assigned_by_hand_for_the_own_unit_is_refused(world: World, plan: Make) -> None:
    people.grant_role(SYSTEM, world.users["外人"], role="supervisor", unit=None, starts_on=clock.today())
    made, actor, second = plan(), world.actor("督察"), world.units["二中队"]

    def arrange(name: str, **more: Any) -> Visit:
        given: dict[str, Any] = {"unit": second, "inspectors": [world.persons[name]], "due_on": clock.today()}
        return visits.arrange_visit(actor, made, **{**given, **more})

    nothing_changed(world, lambda: arrange("外人"), NotAllowed, "外人 不能检查二中队：本单位人员")
    nothing_changed(world, lambda: arrange("女队员"), DomainError, "没有督查权限")
    nothing_changed(world, lambda: arrange("督察", due_on=clock.today() - dt.timedelta(days=1)), DomainError, "日期应在")
    nothing_changed(world, lambda: arrange("督察", unit=world.units["大队"]), DomainError, "不在这份计划")
    assert inspectors(arrange("外人", unit=world.units["一中队"])) == ["外人"]
    people.assign_person(world.actor("人事"), world.persons["外人"], unit=world.units["大队"], starts_on=clock.today())
    nothing_changed(world, lambda: arrange("外人"), NotAllowed, "近期曾在该单位")


def test_what_has_to_be_drawn_is_not_arranged(world: World, plan: Make) -> None:
    actor, made = world.actor("督察"), plan("quarterly")
    unit, going = world.units["一中队"], [world.persons["督察"]]
    nothing_changed(
        world, lambda: visits.arrange_visit(actor, made, unit=unit, inspectors=going, due_on=clock.today()), DomainError, "须抽取产生"
    )


def test_replacements_take_the_next_ticket_and_keep_the_reason(world: World, drawn: Make, tmp_path: Path) -> None:
    made, actor = drawn(), world.actor("督察")
    target = made.targets.standing().filter(unit=world.units["一中队"], person_class="established").first()
    assert target is not None
    nothing_changed(world, lambda: drawing.replace_object(actor, target, reason=""), DomainError, "理由")
    came = drawing.replace_object(actor, target, reason="当日请假")
    assert came is not None
    assert (came.visit, came.unit, came.person == target.person) == (target.visit, target.unit, False)
    inspector = Inspector.objects.standing().filter(visit__plan=made, visit__unit=world.units["二中队"]).first()
    assert inspector is not None
    before = inspectors(inspector.visit)
    drawing.replace_inspector(actor, inspector, reason="出差")
    assert inspector.person.name not in inspectors(inspector.visit)
    assert set(inspectors(inspector.visit)) & set(before)
    assert Entry.objects.filter(action="supervision.inspector_replaced").count() == 1
    for draw in (made.objects_draw, made.inspectors_draw):
        assert draw is not None
        assert recompute(draws.file_of(draw), tmp_path) == [True] * 4


def test_anybody_recomputes_the_draw_from_the_downloaded_file(world: World, drawn: Make, tmp_path: Path) -> None:
    made, client = drawn(), world.client("局长")
    for which in ("objects", "inspectors"):
        told = json.loads(client.get(f"/supervision/plans/{made.pk}/draws/{which}/file/").content)
        assert recompute(told, tmp_path) == [True] * 4
        assert recompute({**told, "drawn": told["drawn"][::-1][:-1]}, tmp_path)[2] is False
        assert recompute({**told, "frame": told["frame"][1:]}, tmp_path)[0] is False
        page = client.get(f"/supervision/plans/{made.pk}/draws/{which}/").content.decode()
        for word in (told["frame_sha256"], told["seed"], told["secret"], *told["drawn"], "怎样重算"):
            assert word in page
    assert "同一比例" in client.get(f"/supervision/plans/{made.pk}/draws/objects/").content.decode()


def test_a_plan_is_closed_once_every_visit_is_over(world: World, drawn: Make) -> None:
    made, actor = drawn(), world.actor("督察")
    nothing_changed(world, lambda: plans.close_plan(actor, made), Conflict, "还有检查没有提交")
    for visit in made.visits.all():
        visits.call_off_visit(actor, visit, reason="台风停工")
    assert plans.close_plan(actor, made).state == rules.CLOSED
    nothing_changed(world, lambda: visits.call_off_visit(actor, made.visits.all()[0], reason="再取消"), Conflict, "已取消")


def test_checklists_hold_what_the_catalogues_hold_and_nothing_twice(world: World) -> None:
    every = {item.code: item.kind for item in questions.items_of("all", clock.today())}
    parts = {name: {item.code for item in questions.items_of(name, clock.today())} for name in ("dress", "equipment", "conduct")}
    assert set(every) == parts["dress"] | parts["equipment"] | parts["conduct"]
    assert sum(map(len, parts.values())) == len(every)
    assert every["attire.markings_missing"] == "attire.dress"
    assert every["conduct.pointing"] == "findings.conduct"
    assert "equipment.overdue" not in every
    assert [title for _, title in questions.template_choices(clock.today())] == ["综合", "着装", "装备", "文明言行"]


def test_who_is_inspected_does_not_see_the_plan(world: World, drawn: Make) -> None:
    made = drawn()
    visit = made.visits.filter(unit=world.units["一中队"])[0]
    captain = world.client("队长")
    assert captain.get("/supervision/plans/").status_code == 403
    assert captain.get(f"/supervision/visits/{visit.pk}/").status_code == 404
    assert visit.number not in captain.get("/supervision/visits/").content.decode()
    assert world.client("局长").get(f"/supervision/plans/{made.pk}/").status_code == 200
