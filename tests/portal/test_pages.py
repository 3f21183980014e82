"""Home per role, personal files, what is seen and what is hidden."""

from __future__ import annotations

from chengxin.audit.models import Entry
from chengxin.conduct import services as conduct
from chengxin.equipment.services import custody
from chengxin.equipment.services.gestures import Asked
from chengxin.equipment.services.stock import issue_uniform, move_stock
from chengxin.findings import services as findings
from tests.world import World


def test_home_shows_what_waits_for_this_person_and_not_for_others(world: World) -> None:
    finding = world.finding()
    assert finding.number in world.client("队员").get("/").content.decode()
    assert "学习文明用语并签名" in world.client("外人").get("/").content.decode()
    conduct.sign_off(world.actor("外人"), version="conduct.phrases@1")
    other = world.client("外人").get("/").content.decode()
    assert finding.number not in other
    assert "现在没有等您处理的事" in other


def test_leaders_see_figures_and_officers_do_not(world: World) -> None:
    world.finding()
    leader = world.client("局长").get("/").content.decode()
    assert "着装规范率" in leader
    assert "样本不足（n=0）" in leader
    assert "逾期未整改" not in world.client("队员").get("/").content.decode()


def test_administrators_see_their_own_work_only(world: World) -> None:
    for name, shown in (("系统员", "单位"), ("安全员", "用户与授权"), ("审计员", "审计记录")):
        page = world.client(name).get("/").content.decode()
        assert shown in page
        for hidden in ("问题与整改", "今日着装", "人员名册"):
            assert hidden not in page, (name, hidden)


def test_the_own_file_shows_finding_clause_and_objection(world: World) -> None:
    finding = world.finding()
    findings.file_objection(world.actor("队员"), finding, text="当时在换装")
    page = world.client("队员").get("/me/").content.decode()
    for shown in ("我的档案", "漏戴标识", "2.1.3", "申辩复核中", "1 次"):
        assert shown in page


def test_a_file_shows_equipment_and_uniforms_to_the_person_and_the_keeper_of_the_unit(world: World) -> None:
    world.on_duty_now("队员")
    for number in ("R-1", "R-2", "R-3"):
        world.item(number)
    world.check_out("R-1", "R-2")
    custody.give_back(world.actor("装备员"), items=[Asked("R-2", condition="damaged", note="天线折断")])
    finance = world.actor("人事")
    move_stock(finance, style="hat", size="57", sex="male", person_class="established", kind="received", change=1)
    issue_uniform(finance, world.persons["队员"], style="hat", size="57", quantity=1)
    own = world.client("队员").get("/me/").content.decode()
    captains = world.client("队长").get(f"/persons/{world.persons['队员'].pk}/").content.decode()
    for page in (own, captains):
        assert all(word in page for word in ("R-1", "R-2：天线折断", "故障或损坏", "制式帽 57 × 1"))
        assert "R-3" not in page
    assert "没有领用记录" in world.client("协管").get("/me/").content.decode()


def test_a_look_into_somebody_elses_file_is_kept_and_a_look_into_the_own_is_not(world: World) -> None:
    person = world.persons["队员"]
    address = f"/persons/{person.pk}/"
    before = Entry.objects.count()
    assert world.client("队员").get(address).status_code == 200
    assert Entry.objects.filter(action="portal.file_viewed").count() == 0
    assert world.client("队长").get(address).status_code == 200
    entry = Entry.objects.get(action="portal.file_viewed")
    assert (entry.actor_label, entry.person_id) == ("队长", person.pk)
    assert world.client("外队长").get(address).status_code == 404
    assert Entry.objects.filter(action="portal.file_viewed").count() == 1
    assert Entry.objects.count() > before


def test_the_person_concerned_learns_the_office_and_not_the_finder(world: World) -> None:
    finding = world.finding(by="督察")
    own = world.client("队员").get(f"/findings/{finding.pk}/").content.decode()
    assert "督察办" in own
    assert "督察（督察办）" not in own
    assert "督察（督察办）" in world.client("督察乙").get(f"/findings/{finding.pk}/").content.decode()
    notice = world.client("督察乙").get(f"/findings/{finding.pk}/notice/").content.decode()
    assert "责令整改告知" in notice
    assert "督察（督察办）" not in notice


def test_a_refused_step_keeps_what_was_typed_and_photographed(world: World) -> None:
    from tests.world import upload

    finding = world.finding()
    client = world.client("队员")
    findings.acknowledge_finding(world.actor("队长"), finding)
    answer = client.post(
        f"/findings/{finding.pk}/submit/", {"text": "已经补戴胸徽", "seen_version": "0", "photo_files": upload("胸徽.jpg")}
    )
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "队长：签收告知" in page
    assert "已经补戴胸徽" in page
    assert 'name="photos"' in page
    kept = page.split('name="photos" value="')[1].split('"')[0]
    answer = client.post(f"/findings/{finding.pk}/submit/", {"text": "已经补戴胸徽", "seen_version": "1", "photos": kept})
    assert answer.status_code == 303
    finding.refresh_from_db()
    assert finding.state == "submitted"
    assert f"/photos/{kept}/" in client.get(f"/findings/{finding.pk}/").content.decode()


def test_a_form_posted_twice_makes_one_finding(world: World) -> None:
    from chengxin.findings.models import Finding

    client = world.client("督察")
    page = client.get("/findings/new/").content.decode()
    key = page.split('name="key" value="')[1].split('"')[0]
    given = {"key": key, "person": "T008 队员 一中队", "entry": "attire.markings_missing", "seen_at": "2026-09-30T08:30", "place": "路口"}
    first, second = client.post("/findings/new/", given), client.post("/findings/new/", given)
    assert first["Location"] == second["Location"]
    assert Finding.objects.count() == 1


def test_bad_input_names_the_field_and_keeps_the_rest(world: World) -> None:
    client = world.client("督察")
    given = {"key": "not-a-key", "person": "没有这个人", "entry": "attire.markings_missing", "seen_at": "昨天", "place": "人民路口"}
    page = client.post("/findings/new/", given)
    text = page.content.decode()
    assert page.status_code == 422
    assert "2026-09-30T08:30 这样的时间" in text
    assert "人民路口" in text
    page = client.post("/findings/new/", {**given, "key": "7e1a3c2e-6a3c-4c53-9d52-0b7f8e1c9a11", "seen_at": "2026-09-30T08:30"})
    assert "没有找到“没有这个人”" in page.content.decode()
    page = client.post(
        "/findings/new/", {**given, "key": "7e1a3c2e-6a3c-4c53-9d52-0b7f8e1c9a11", "seen_at": "2026-09-30T08:30", "person": "队"}
    )
    assert page.status_code == 422


def test_a_roll_call_works_as_a_plain_form_and_shows_refusals_beside_what_was_typed(world: World) -> None:
    from chengxin.attire.models import RollCall

    client, unit = world.client("队长"), world.units["一中队"]
    page = client.get(f"/attire/roll-call/{unit.pk}/").content.decode()
    key = page.split('name="client_key" value="')[1].split('"')[0]
    held_on = page.split('name="held_on" value="')[1].split('"')[0]
    person = world.persons["协管"].pk
    given = {
        "client_key": key,
        "held_on": held_on,
        "session": "day",
        f"entry-{person}": ["attire.loose_hair", ""],
        f"note-{person}": "看不清",
    }
    answer = client.post(f"/attire/roll-call/{unit.pk}/", given)
    assert answer.status_code == 422
    assert "只适用于女性" in answer.content.decode()
    assert "看不清" in answer.content.decode()
    assert RollCall.objects.count() == 0
    answer = client.post(f"/attire/roll-call/{unit.pk}/", {**given, f"entry-{person}": "attire.coat_draped", f"spot-{person}": "on"})
    result = client.get(answer["Location"]).content.decode()
    assert "披衣、敞怀" in result
    assert "当场整改" in result
    assert client.post(f"/attire/roll-call/{unit.pk}/", given, headers={"accept": "application/json"}).json() == {"url": answer["Location"]}
    assert world.client("外队长").get(f"/attire/roll-call/{unit.pk}/").status_code == 404
