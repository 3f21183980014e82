"""A visit is submitted once, by an inspector of it, and what did not pass becomes a finding with its photos (3.1)."""

from __future__ import annotations

import datetime as dt
import hashlib
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from chengxin.attire.services import grant_exemption
from chengxin.audit.models import Entry
from chengxin.core import clock
from chengxin.core.errors import Conflict, DomainError, NotAllowed
from chengxin.findings import selectors as finding_facts
from chengxin.findings import services as findings
from chengxin.findings.models import Finding
from chengxin.people import services as people
from chengxin.supervision import rules, selectors
from chengxin.supervision.models import Answer, Check, Visit, VisitPhoto
from chengxin.supervision.selectors import visits as questions
from chengxin.supervision.services import visits
from tests.supervision.conftest import inspectors, seen, submit
from tests.world import World, upload

pytestmark = pytest.mark.usefixtures("october")
Make = Callable[..., Visit]


def nothing_kept(act: Callable[[], Any], error: type[DomainError], match: str) -> None:
    with pytest.raises(error, match=match):
        act()
    assert Check.objects.count() == Finding.objects.count() == 0
    assert not Visit.objects.filter(state=rules.SUBMITTED).exists()
    assert not Entry.objects.filter(action="supervision.visit_submitted").exists()


def test_what_did_not_pass_becomes_a_finding_of_its_own_kind(world: World, visit: Make) -> None:
    made = submit(
        world, visit(), seen(world, "队员", "attire.markings_missing", "equipment.worn_wrong", corrected_on_spot=True, note="胸号"),
        seen(world, "协管", "conduct.pointing"), seen(world, "女队员"), seen(world, None, "equipment.not_maintained"), place="幸福路口",
    )  # fmt: skip
    found = {finding.entry: finding for finding in Finding.objects.all()}
    assert {code: (each.kind, each.clause, each.state) for code, each in found.items()} == {
        "attire.markings_missing": ("attire.dress", "2.1.3", "closed"),
        "equipment.worn_wrong": ("equipment.use", "2.2.3", "closed"),
        "conduct.pointing": ("findings.conduct", "2.3.2", "open"),
        "equipment.not_maintained": ("equipment.care", "2.2.4", "open"),
    }
    assert found["equipment.not_maintained"].person is None
    assert {each.place for each in found.values()} == {"幸福路口"}
    assert {check.person.name if check.person else "单位": check.outcome for check in made.checks.all()} == {
        "队员": "flawed", "协管": "flawed", "女队员": "fine", "单位": "flawed",
    }  # fmt: skip
    assert Entry.objects.get(action="supervision.visit_submitted").details["findings"] == 4


def test_the_same_sheet_again_is_the_same_visit_and_another_is_refused(world: World, visit: Make) -> None:
    made, key = visit("督察", "督察乙"), uuid.uuid4()
    once = submit(world, made, seen(world, "队员", "attire.beard"), key=key)
    assert submit(world, made, seen(world, "队员", "attire.beard"), key=key) == once
    assert (Finding.objects.count(), Check.objects.count(), Entry.objects.filter(action="supervision.visit_submitted").count()) == (1, 1, 1)
    with pytest.raises(Conflict, match="由督察提交"):
        submit(world, made, seen(world, "协管"), by="督察乙")
    assert Check.objects.count() == 1


def test_only_an_inspector_of_the_visit_submits_it(world: World, visit: Make) -> None:
    made = visit()
    nothing_kept(lambda: submit(world, made, seen(world, "队员"), by="督察乙"), NotAllowed, "没有分派给您")
    nothing_kept(lambda: submit(world, made, seen(world, "队员"), by="队长"), NotAllowed, "权限")
    people.assign_person(world.actor("人事"), world.persons["督察"], unit=world.units["一中队"], starts_on=clock.today())
    nothing_kept(lambda: submit(world, made, seen(world, "队员")), NotAllowed, "本单位人员（回避）")


def test_what_a_sheet_must_not_say(world: World, visit: Make) -> None:
    made, today = visit(), clock.today()
    nothing_kept(lambda: submit(world, made), DomainError, "还没有检查任何人")
    nothing_kept(lambda: submit(world, made, seen(world, "外人")), DomainError, "不在这个单位")
    nothing_kept(lambda: submit(world, made, seen(world, "队员", "attire.no_such")), DomainError, "从检查表中选择")
    nothing_kept(lambda: submit(world, made, seen(world, None, "attire.beard")), DomainError, "从检查表中选择")
    nothing_kept(lambda: submit(world, made, seen(world, "队员"), held_on=today + dt.timedelta(days=1)), DomainError, "晚于今天")
    nothing_kept(lambda: submit(world, made, seen(world, "队员"), held_on=today - dt.timedelta(days=1)), DomainError, "早于计划")
    nothing_kept(
        lambda: submit(world, made, seen(world, "队员"), absent=(world.persons["队员"].pk,)), DomainError, "不能既“未查到”又有检查结果"
    )


def test_everybody_drawn_has_a_result(world: World, drawn: Any) -> None:
    made = drawn().visits.filter(unit=world.units["一中队"])[0]
    by = inspectors(made)[0]
    targets = [target.person.name for target in made.targets.standing().select_related("person")]
    nothing_kept(lambda: submit(world, made, seen(world, targets[0]), by=by), DomainError, "抽中的人还没有结果")
    done = submit(world, made, *(seen(world, name) for name in targets[1:]), by=by, absent=(world.persons[targets[0]].pk,))
    assert done.checks.get(person=world.persons[targets[0]]).outcome == rules.ABSENT
    assert all(check.was_drawn for check in done.checks.all())


def test_an_exemption_the_phone_did_not_know_of_comes_before_the_finding(world: World, visit: Make) -> None:
    made, day = visit(), clock.today()
    grant_exemption(world.actor("人事"), world.persons["女队员"], starts_on=day, until=day + dt.timedelta(days=30), approved_by="局长")
    sheet = questions.sheet_of(made, day)
    offered = {member.person.name: {item.code for item in member.items} for member in sheet.members}
    assert "attire.not_in_uniform" not in offered["女队员"]
    assert "attire.beard" in offered["队员"]
    done = submit(world, made, seen(world, "女队员", "attire.not_in_uniform"), seen(world, "队员", "attire.beard"))
    assert Finding.objects.count() == 1
    answer = Answer.objects.get(item="attire.not_in_uniform")
    assert (answer.finding, "豁免" in answer.why_none, answer.of.outcome) == (None, True, rules.FINE)
    page = world.client("督察").get(f"/supervision/visits/{done.pk}/").content.decode()
    assert "未登记" in page


def test_a_sheet_sent_days_later_keeps_when_it_was_seen(world: World, visit: Make) -> None:
    made, held_on = visit(), clock.today()
    observed = clock.at(held_on, 9, 40)
    with clock.frozen(clock.at(held_on + dt.timedelta(days=3), 15)):
        submit(world, made, seen(world, "队员", "attire.beard"), held_on=held_on, observed_at=observed)
    finding = Finding.objects.get()
    assert (finding.seen_at, finding.seen_on) == (observed, held_on)
    made.refresh_from_db()
    assert (made.held_on, made.observed_at, clock.local_day(made.submitted_at)) == (held_on, observed, held_on + dt.timedelta(days=3))  # type: ignore[arg-type]
    other = visit()
    with clock.frozen(clock.at(held_on + dt.timedelta(days=8), 9)), pytest.raises(DomainError, match="7 天内送达"):
        submit(world, other, seen(world, "队员"), held_on=held_on)


# --- photos ---


def photo(world: World, visit: Visit, *, key: uuid.UUID | None = None, color: str = "navy", **more: Any) -> VisitPhoto:
    given: dict[str, Any] = {"client_key": key or uuid.uuid4(), "captured_at": clock.now() - dt.timedelta(minutes=20)}
    return visits.keep_photo(world.actor(more.pop("by", "督察")), visit, upload(color=color), **{**given, **more})


def test_a_photo_is_acknowledged_with_its_digest_and_kept_once(world: World, visit: Make) -> None:
    made, key, sha256 = visit(), uuid.uuid4(), hashlib.sha256(upload().read()).hexdigest()
    once = photo(world, made, key=key, sha256=sha256, person_id=world.persons["队员"].pk)
    assert (once.sha256, once.acknowledged_at, once.person) == (sha256, None, world.persons["队员"])
    assert once.captured_at < once.uploaded_at  # type: ignore[operator]
    assert photo(world, made, key=key, sha256=sha256) == once
    assert VisitPhoto.objects.count() == 1
    with pytest.raises(Conflict, match="已用于另一张照片"):
        photo(world, made, key=key, color="red", sha256="0" * 64)
    with pytest.raises(DomainError, match="传输中损坏"):
        photo(world, made, sha256="0" * 64)
    with pytest.raises(NotAllowed, match="没有分派给您"):
        photo(world, made, by="督察乙")
    assert VisitPhoto.objects.count() == 1


def test_a_sheet_waits_for_every_photo_the_phone_has(world: World, visit: Make) -> None:
    made, one = visit(), uuid.uuid4()
    kept = photo(world, made, person_id=world.persons["队员"].pk)
    told = {kept.client_key: kept.sha256, one: "0" * 64}
    nothing_kept(lambda: submit(world, made, seen(world, "队员", "attire.beard"), photos=told), Conflict, "还有 1 张照片没有送达")
    kept.refresh_from_db()
    assert kept.acknowledged_at is None
    submit(world, made, seen(world, "队员", "attire.beard"), photos={kept.client_key: kept.sha256})
    kept.refresh_from_db()
    assert kept.acknowledged_at == clock.now()
    ((_, evidence),) = finding_facts.photos_of(Finding.objects.get())
    assert (evidence.sha256, evidence.pk == kept.file_id, evidence.uploaded_at) == (kept.sha256, False, kept.uploaded_at)
    with pytest.raises(Conflict, match="不能再添加照片"):
        photo(world, made)


# --- what others ask ---


def test_coverage_counts_persons_checked_and_a_reversed_finding_lifts_the_flaw(world: World, visit: Make) -> None:
    day = clock.today()
    submit(world, visit(), seen(world, "队员", "attire.beard"), seen(world, "协管"), seen(world, None, "equipment.not_maintained"))
    submit(world, visit(mode="covert"), seen(world, "协管", "conduct.hands"), mode="covert")
    visit()  # not submitted
    rows = {(row.person_class, row.mode): (row.visits, row.checked, row.flawed) for row in selectors.coverage(day, day)}
    assert rows == {("established", "open"): (1, 1, 1), ("auxiliary", "open"): (1, 1, 0), ("auxiliary", "covert"): (1, 1, 1)}
    findings.withdraw_finding(world.actor("局长"), Finding.objects.get(entry="attire.beard"), reason="看错了人")
    assert next(row.flawed for row in selectors.coverage(day, day) if row.person_class == "established") == 0
    assert selectors.coverage(day + dt.timedelta(days=1), day + dt.timedelta(days=2)) == []
    assert [(each.plan.kind, each.mode, each.unit.name) for each in selectors.visits_between(day, day)] == [
        ("daily", "open", "一中队"), ("daily", "covert", "一中队"),
    ]  # fmt: skip


def test_what_waits_for_an_inspector_and_the_quarter_without_a_plan(world: World, visit: Make, plan: Any) -> None:
    def waiting(name: str) -> set[str]:
        return {item.kind for item in selectors.work_waiting_for(world.actor(name))}

    assert waiting("督察") == {"supervision.plan"}
    plan("quarterly")
    made = visit()
    assert waiting("督察") == {"supervision.visit"}
    assert waiting("督察乙") == waiting("队长") == waiting("队员") == set()
    submit(world, made, seen(world, "队员"))
    assert waiting("督察") == set()


# --- pages ---


def test_the_plain_form_works_without_script_photos_included(world: World, visit: Make) -> None:
    made, client = visit(), world.client("督察")
    address, officer, key = f"/supervision/visits/{made.pk}/sheet/", world.persons["队员"].pk, str(uuid.uuid4())
    assert "漏戴标识" in client.get(address).content.decode()
    given = {
        "client_key": key, "held_on": str(clock.today()), "mode": "open", "place": "幸福路口", "seen": [str(officer)],
        f"entry-{officer}": ["attire.beard", ""], f"note-{officer}": "已提醒",
    }  # fmt: skip
    refused = client.post(address, {**given, "held_on": "2026-10-15", f"photo-{officer}": upload()})
    assert refused.status_code == 422
    assert "晚于今天" in refused.content.decode()
    assert "已提醒" in refused.content.decode()
    assert VisitPhoto.objects.count() == 1, "a photo that came with a refused form is here"
    again = client.post(address, {**given, f"photo-{officer}": upload()})
    assert again.status_code == 303
    assert (Finding.objects.count(), VisitPhoto.objects.count()) == (1, 1)
    page = client.get(again.headers["Location"]).content.decode()
    assert "拍摄" in page
    assert "上传 2026-10-14 10:00" in page
    assert client.get(address).status_code == 303
    assert client.post(address, given).status_code == 303, "the same form again is answered"
    photo_address = f"/supervision/visits/{made.pk}/photos/{VisitPhoto.objects.get().file_id}/"
    assert client.get(photo_address).status_code == 200
    assert world.client("外队长").get(photo_address).status_code == 404


def test_a_captain_reads_what_is_over_in_the_own_squadron_and_not_who_inspected(world: World, visit: Make) -> None:
    made = submit(world, visit(), seen(world, "队员", "attire.beard"))
    page = world.client("队长").get(f"/supervision/visits/{made.pk}/").content.decode()
    assert "局督察人员" in page
    assert world.client("外队长").get(f"/supervision/visits/{made.pk}/").status_code == 404
    assert world.client("队长").get(f"/supervision/visits/{made.pk}/sheet/").status_code == 403
    assert world.client("督察乙").get(f"/supervision/visits/{made.pk}/sheet/").status_code == 404


def test_the_phone_is_told_the_digest_and_problems_as_json(world: World, visit: Make) -> None:
    made, client = visit(), world.client("督察")
    address, key = f"/supervision/visits/{made.pk}/photos/", str(uuid.uuid4())
    told = client.post(address, {"client_key": key, "captured_at": "2026-10-14T01:30:00.000Z", "person": "0", "file": upload()}).json()
    kept = VisitPhoto.objects.get()
    assert (told["client_key"], told["sha256"]) == (key, kept.sha256)
    assert kept.captured_at == clock.at(dt.date(2026, 10, 14), 9, 30)
    answer = client.post(address, {"client_key": "x", "file": upload()}, headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (422, "no_file")
    sheet = client.post(
        f"/supervision/visits/{made.pk}/sheet/",
        {"client_key": str(uuid.uuid4()), "held_on": "2026-10-14", "mode": "open", "photo": [f"{uuid.uuid4()} {'0' * 64}"]},
        headers={"Accept": "application/json"},
    )
    assert (sheet.status_code, sheet.json()["code"]) == (409, "photos_missing")


def test_the_coverage_page_shows_n_rates_and_who_was_never_checked(world: World, visit: Make) -> None:
    submit(world, visit(), seen(world, "队员"), seen(world, "协管"))
    page = world.client("局长").get("/supervision/coverage/").content.decode()
    for text in ("同一规则、同一比例", "在编 1/6（16.7%）", "协管 1/1（100.0%）", "25.0%（n=4）", "明察"):
        assert text in page, text
    own = world.client("外队长").get("/supervision/coverage/").content.decode()
    assert "二中队" in own
    assert "一中队" not in own
