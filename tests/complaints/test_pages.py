"""The doors: the public's without an account, the desk's, the platform's; and who complained is on no page but one."""

from __future__ import annotations

import datetime as dt
import io
import json
import logging
import re
import time
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.urls import get_resolver
from PIL import Image

from chengxin.complaints import rules
from chengxin.complaints.models import Accused, Complaint, ComplaintStep, Message, Reveal, Validity
from chengxin.complaints.services import accused, handling, intake, keys, vault
from chengxin.complaints.services.intake import Said
from chengxin.complaints.views.public import form_token
from chengxin.core import clock
from chengxin.files.models import SheetImport, StoredFile
from chengxin.files.services import read_original
from chengxin.findings.models import Finding
from chengxin.people import services as people
from tests.architecture.test_doors import OPEN, own_patterns
from tests.architecture.test_permissions import filled
from tests.world import CAST, World, upload

TODAY = dt.date(2026, 9, 28)  # a Monday
PHONE, NAME = "13900007788", "欧阳某某"
TEXT = "昨天下午执法人员在某某路口把货摊推倒，说话也很冲"


@pytest.fixture(autouse=True)
def a_monday() -> Iterator[None]:
    with clock.frozen(clock.at(TODAY, 9)):
        yield


def later(hours: float) -> Any:
    return clock.frozen(clock.at(TODAY, 9) + dt.timedelta(hours=hours))


@pytest.fixture
def old_token(monkeypatch: pytest.MonkeyPatch) -> str:
    """A form's token as somebody has it who took a minute to type."""
    real = time.time
    with monkeypatch.context() as patch:
        patch.setattr(time, "time", lambda: real() - 60)
        return form_token()


def complain(client: Client, token: str, **more: Any) -> Any:
    return client.post("/complaints/", {"form": token, "text": TEXT, "place": "某某路口", **more})


def code_on(page: str) -> str:
    found = re.search(r'id="code">([^<]+)<', page)
    assert found is not None
    return found.group(1)


# --- the public ---


def test_anybody_complains_without_an_account_and_follows_by_the_code(world: World, old_token: str) -> None:
    client = world.client()
    assert "不用注册" in client.get("/complaints/").content.decode()
    sent = complain(client, old_token, photo_files=upload())
    assert sent.status_code == 303
    receipt = client.get(sent["Location"])
    assert (receipt.status_code, receipt["Cache-Control"], receipt["Referrer-Policy"]) == (200, "no-store", "same-origin")
    code = code_on(receipt.content.decode())
    assert receipt.content.decode().count(code) == 2  # shown twice
    assert complain(client, old_token).status_code == 303  # a second click
    complaint = Complaint.objects.get()
    assert (complaint.is_anonymous, complaint.text, StoredFile.objects.get().owner) == (True, TEXT, f"complaint:{complaint.pk}")
    stranger = world.client()
    assert stranger.get("/complaints/mine/")["Location"] == "/complaints/follow/"
    followed = stranger.post("/complaints/follow/", {"code": f" {code.lower().replace('-', ' ')} "})
    assert (followed.status_code, code in followed["Location"]) == (303, False)
    page = stranger.get("/complaints/mine/").content.decode()
    assert TEXT in page
    assert "照片 1 张" in page
    handling.assign_complaint(world.actor("督察"), complaint, unit=world.units["大队"], category="执法态度")
    handling.add_note(world.actor("大队长"), complaint, text="内部：先调监控")
    handling.respond(world.actor("大队长"), complaint, text="您好，我们正在核实")
    page = stranger.get("/complaints/mine/").content.decode()
    assert "您好，我们正在核实" in page
    assert "内部：先调监控" not in page
    assert "大队长" not in page  # the bureau answers, not a person
    more = {"form": old_token, "text": "补充：有两个人"}
    assert stranger.post("/complaints/mine/add/", {**more, "photo_files": upload(color="red")}).status_code == 303
    assert stranger.post("/complaints/mine/add/", more).status_code == 303  # a second click
    assert complaint.messages.filter(is_from_complainant=True).count() == 1
    handling.close_complaint(world.actor("大队长"), complaint, result="resolved", reply="已批评教育并赔偿")
    assert stranger.post("/complaints/mine/answer/", {"solved": "yes"}).status_code == 422
    assert stranger.post("/complaints/mine/answer/", {"solved": "yes", "satisfied": "no"}).status_code == 303
    assert stranger.post("/complaints/mine/reopen/", {"reason": "货款没有赔"}).status_code == 303
    complaint.refresh_from_db()
    assert (complaint.state, complaint.reopened) == (rules.HANDLING, 1)


def test_what_cannot_be_taken_is_told_at_its_field_and_nothing_typed_is_lost(world: World, old_token: str) -> None:
    client = world.client()
    for given, message in (
        ({"text": "坏"}, "至少 5 个字"),
        ({"text": "​‮​‮​‮"}, "至少 5 个字"),
        ({"happened_on": "2026-13-40"}, "发生日期"),
        ({"website": "http://spam"}, "再提交一次"),
        ({"photo_files": SimpleUploadedFile("炸弹.jpg", b"\xff\xd8\xff" + bytes(99))}, "不是可用的照片"),
    ):
        answer = complain(client, old_token, place="某某路口东侧", **given)
        page = answer.content.decode()
        assert (answer.status_code, message in page, "某某路口东侧" in page) == (422, True, True), given
    assert complain(client, form_token()).status_code == 422  # faster than anybody types
    forged = complain(client, "forged:token:x").content.decode()
    assert "页面已过期" in forged
    assert TEXT in forged
    assert Complaint.objects.count() == 0
    renewed = re.search(r'name="form" value="([^"]+)"', forged)
    assert renewed is not None
    assert renewed.group(1) != "forged:token:x"


def test_a_script_is_text(world: World, old_token: str) -> None:
    client = world.client()
    complain(client, old_token, text="<script>alert(1)</script> 摊贩占道 😀")
    page = world.client("督察").get(f"/complaints/{Complaint.objects.get().pk}/").content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "😀" in page


def test_a_photo_loses_what_the_camera_wrote_beside_it(world: World, old_token: str) -> None:
    exif = Image.Exif()
    exif[0x010F], exif[0x9C9D] = "相机厂", "欧阳某某".encode("utf-16-le")
    content = io.BytesIO()
    Image.new("RGB", (64, 48), "navy").save(content, "JPEG", exif=exif)
    complain(world.client(), old_token, photo_files=SimpleUploadedFile("欧阳某某的手机.jpg", content.getvalue(), "image/jpeg"))
    stored = StoredFile.objects.get()
    with Image.open(io.BytesIO(read_original(stored))) as picture:
        assert dict(picture.getexif()) == {}
    assert stored.original_name == "照片"


def test_wrong_codes_are_slowed_and_all_answered_alike(world: World) -> None:
    receipt = intake.submit_complaint(Said(TEXT), form_key=uuid.uuid4(), who="x")
    client = world.client()
    near = receipt.code[:-3] + ("0" if receipt.code[-3] != "0" else "1") + receipt.code[-2:]
    told = {
        re.sub(r'value="[^"]*"', "", client.post("/complaints/follow/", {"code": code}).content.decode())
        for code in ("AAAA-AAAA-AAAA-AAAA-A", near, "不是码", keys.code_for(uuid.uuid4()))
    }
    assert len({re.sub(r'name="csrfmiddlewaretoken"[^>]*', "", page) for page in told}) == 1
    for _ in range(8):
        client.post("/complaints/follow/", {"code": near})
    assert "一刻钟后" in client.post("/complaints/follow/", {"code": receipt.code}).content.decode()
    other = world.client()
    other.defaults["REMOTE_ADDR"] = "10.1.1.1"
    assert other.post("/complaints/follow/", {"code": receipt.code}).status_code == 303


def test_what_is_added_too_fast_or_with_no_form_of_ours_is_kept_on_the_page(world: World) -> None:
    client = world.client()
    client.post("/complaints/follow/", {"code": intake.submit_complaint(Said(TEXT), form_key=uuid.uuid4(), who="x").code})
    given = re.search(r'name="form" value="([^"]+)"', client.get("/complaints/mine/").content.decode())
    assert given is not None
    for token, message in ((given.group(1), "请核对内容后再提交一次"), ("forged", "页面已过期"), ("", "页面已过期")):
        answer = client.post("/complaints/mine/add/", {"form": token, "text": "还有照片"})
        page = answer.content.decode()
        assert (answer.status_code, message in page, "还有照片" in page) == (422, True, True)
        kept = re.search(r'name="form" value="([^"]+)"', page)
        assert kept is not None
        assert (kept.group(1) == token) is (message == "请核对内容后再提交一次")
    assert Message.objects.count() == 0


def test_who_complained_second_of_one_matter_is_answered_and_can_reopen_it(world: World, old_token: str) -> None:
    first, second = (intake.submit_complaint(Said(f"{TEXT} {who}"), form_key=uuid.uuid4(), who=who) for who in ("x", "y"))
    supervisor, client = world.actor("督察"), world.client()
    handling.assign_complaint(supervisor, first.complaint, unit=world.units["大队"], category="执法态度")
    handling.merge_complaints(supervisor, second.complaint, into=first.complaint, reason="同一件事")
    client.post("/complaints/follow/", {"code": second.code})
    assert "一并办理" in client.get("/complaints/mine/").content.decode()
    page = world.client("大队长").get(f"/complaints/{first.complaint.pk}/").content.decode()
    assert page.count("将同时告知 2 位投诉人") == 2  # before answering and before closing; routing out is not this reader's
    assert world.client("督察").get(f"/complaints/{first.complaint.pk}/").content.decode().count("将同时告知 2 位投诉人") == 3
    assert client.post("/complaints/mine/add/", {"form": old_token, "text": "还有照片"}).status_code == 303
    handling.close_complaint(world.actor("大队长"), first.complaint, result="resolved", reply="已批评教育")
    page = client.get("/complaints/mine/").content.decode()
    assert "已批评教育" in page
    assert "已办结" in page
    assert client.post("/complaints/mine/answer/", {"solved": "no", "satisfied": "no"}).status_code == 303
    assert client.post("/complaints/mine/reopen/", {"reason": "没有赔偿"}).status_code == 303
    first.complaint.refresh_from_db()
    second.complaint.refresh_from_db()
    assert (first.complaint.state, first.complaint.reopened) == (rules.HANDLING, 1)
    assert (second.complaint.state, second.complaint.reopened) == (rules.MERGED, 0)
    assert first.complaint.messages.filter(text="没有赔偿").exists()


def test_a_code_opens_the_page_for_half_an_hour(world: World) -> None:
    receipt = intake.submit_complaint(Said(TEXT), form_key=uuid.uuid4(), who="x")
    client = world.client()
    client.post("/complaints/follow/", {"code": receipt.code})
    with later(0.6):
        assert client.get("/complaints/mine/")["Location"] == "/complaints/follow/"
        assert client.post("/complaints/mine/add/", {"text": "补充情况"})["Location"] == "/complaints/follow/"
    assert Message.objects.count() == 0


def test_service_figures_are_public_from_enough_complaints_on(world: World) -> None:
    client = world.client()
    assert "样本不足" in client.get("/complaints/service/").content.decode()
    for number in range(12):
        intake.submit_complaint(Said(f"{TEXT}，第 {number} 次"), form_key=uuid.uuid4(), who=str(number))
    page = client.get("/complaints/service/").content.decode()
    assert "12 件" in page
    assert "样本不足" in page  # nothing answered yet: no rate of satisfaction
    assert not any(name in page for name in CAST)


# --- the desk ---


@pytest.fixture
def case(world: World) -> Complaint:
    """A complaint about 队员 with a contact, handled by the brigade, with everything that waits."""
    receipt = intake.submit_complaint(
        Said(TEXT, "某某路口", TODAY - dt.timedelta(days=1), {"name": NAME, "phone": PHONE}), form_key=uuid.uuid4(), who="9.9.9.9"
    )
    complaint, brigade = receipt.complaint, world.actor("大队长")
    handling.assign_complaint(world.actor("督察"), complaint, unit=world.units["大队"], category="执法态度", summary="反映执法语言不当")
    about = accused.name_accused(brigade, complaint, person=world.persons["队员"])
    accused.tell_accused(brigade, about, text="有人反映您昨日执法时语言和动作不当")
    vault.ask_reveal(brigade, complaint, reason="核实经过")
    handling.ask_pause(brigade, complaint, reason="等待监控")
    return complaint


def test_the_whole_case_through_the_doors_ends_in_one_finding(world: World, case: Complaint) -> None:
    brigade, supervisor, officer = (world.client(name) for name in ("大队长", "督察", "队员"))
    address = f"/complaints/{case.pk}/"
    told = Accused.objects.get()
    assert TEXT not in officer.get("/complaints/own/").content.decode()
    assert officer.post("/complaints/own/", {"accused": str(told.pk), "text": ""}).status_code == 422
    assert officer.post("/complaints/own/", {"accused": str(told.pk), "text": "当时对方先推搡"}).status_code == 303
    assert world.client("女队员").post("/complaints/own/", {"accused": str(told.pk), "text": "不是我"}).status_code == 404
    proposed = brigade.post(f"{address}accused/{told.pk}/propose/", {"outcome": "partly", "reasons": "监控显示语言不当"})
    assert proposed.status_code == 303
    decision = f"{address}validities/{Validity.objects.get().pk}/"
    assert brigade.post(decision, {"granted": "yes", "act": "说话生硬"}).status_code == 403
    refused = supervisor.post(decision, {"granted": "yes", "act": ""})
    assert (refused.status_code, "请写明认定的事实" in refused.content.decode()) == (422, True)
    assert supervisor.post(decision, {"granted": "yes", "act": "对当事人说话生硬", "note": ""}).status_code == 303
    finding = Finding.objects.get()
    assert (finding.text, finding.clause, finding.person) == ("经查部分属实的投诉：对当事人说话生硬", "3.2", world.persons["队员"])
    assert "认定部分属实" in officer.get("/complaints/own/").content.decode()
    assert brigade.post(f"{address}close/", {"result": "resolved", "reply": "已批评教育", "where_to": ""}).status_code == 303
    again = brigade.post(f"{address}close/", {"result": "resolved", "reply": "又一次办结"})
    assert (again.status_code, "又一次办结" in again.content.decode()) == (422, False)  # the door is gone with the state
    assert Message.objects.filter(text="已批评教育").count() == 1


def test_who_was_named_by_mistake_is_withdrawn_at_the_desk_and_told_so(world: World, case: Complaint) -> None:
    brigade, officer, named = world.client("大队长"), world.client("队员"), Accused.objects.get()
    page = brigade.get(f"/complaints/{case.pk}/").content.decode()
    assert "认定错了，撤销" in page
    assert "将同时告知" not in page  # nobody else complained of it
    address = f"/complaints/{case.pk}/accused/{named.pk}/withdraw/"
    assert officer.post(address, {"reason": "不是我"}).status_code == 403
    assert world.client("队长").post(address, {"reason": "不是他"}).status_code == 404
    refused = brigade.post(address, {"reason": ""})
    assert (refused.status_code, "请填写“撤销理由”" in refused.content.decode()) == (422, True)
    assert brigade.post(address, {"reason": "监控显示不是本人"}).status_code == 303
    page = brigade.get(f"/complaints/{case.pk}/").content.decode()
    assert "大队长 撤销：监控显示不是本人" in page
    assert "认定错了，撤销" not in page
    own = officer.get("/complaints/own/").content.decode()
    assert "您不再是这件投诉的被投诉人" in own
    assert "监控显示不是本人" not in own
    assert "提交说明" not in own
    assert officer.post("/complaints/own/", {"accused": str(named.pk), "text": "不是我"}).status_code == 422


def test_a_refused_step_opens_its_door_with_what_was_typed(world: World, case: Complaint) -> None:
    page = world.client("大队长").post(
        f"/complaints/{case.pk}/close/", {"result": "elsewhere", "reply": "请向某某部门反映", "where_to": ""}
    )
    assert (page.status_code, "应向哪里反映" in page.content.decode(), "请向某某部门反映" in page.content.decode()) == (422, True, True)
    page = world.client("督察").post(f"/complaints/{case.pk}/assign/", {"unit": str(world.units["一中队"].pk), "category": "执法态度"})
    assert (page.status_code, "须回避" in page.content.decode()) == (422, True)
    assert world.client("大队长").post(f"/complaints/{case.pk}/dance/", {}).status_code == 404
    case.refresh_from_db()
    assert (case.state, case.unit) == (rules.HANDLING, world.units["大队"])


def test_who_complained_is_shown_to_who_asked_after_another_agreed(world: World, case: Complaint) -> None:
    address = f"/complaints/{case.pk}/contact/"
    brigade = world.client("大队长")
    assert brigade.post(address).status_code == 403
    assert brigade.post(f"/complaints/{case.pk}/reveals/{Reveal.objects.get().pk}/", {"granted": "yes"}).status_code == 403
    assert (
        world.client("督察").post(f"/complaints/{case.pk}/reveals/{Reveal.objects.get().pk}/", {"granted": "yes", "note": ""}).status_code
        == 303
    )
    shown = brigade.post(address)
    assert (shown.status_code, PHONE in shown.content.decode(), shown["Cache-Control"]) == (200, True, "no-store")
    assert brigade.get(address).status_code == 405
    assert world.client("督察").post(address).status_code == 403  # who agreed does not see it thereby
    with later(5):
        assert brigade.post(address).status_code == 403


# addresses with a place in them, filled with what stands there: everything a reader could find
PLACES = ("pk", "person", "reveal", "validity", "person")


def every_address(case: Complaint) -> Iterator[str]:
    for route, pattern in own_patterns(get_resolver()):
        if "account/logout" in route:
            continue
        yield filled(route)
        if route.startswith("complaints/<int:pk>"):
            yield filled(route.replace("<int:pk>", str(case.pk)))
        assert pattern.callback.capability in OPEN or "." in pattern.callback.capability


def test_the_number_stands_on_no_page_export_log_or_entry_of_anybody(
    world: World, case: Complaint, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    world.client("大队长")
    addresses = list(every_address(case))
    assert f"/complaints/{case.pk}/" in addresses
    for name in [None, *CAST]:
        client = world.client(name)
        for address in [*addresses, "/complaints/list/?export=csv", "/complaints/list/?export=xlsx", "/audit/?export=csv"]:
            answer = client.get(address)
            content = b"".join(answer.streaming_content) if answer.streaming else answer.content
            assert PHONE.encode() not in content, (name, address)
            assert NAME.encode() not in content, (name, address)
    assert PHONE not in caplog.text
    assert NAME not in caplog.text
    vault.decide_reveal(world.actor("督察"), Reveal.objects.get(), granted=True)
    assert vault.read_contact(world.actor("大队长"), case)["phone"] == PHONE
    for table, column in text_columns():
        with connection.cursor() as cursor:
            cursor.execute(
                f'SELECT count(*) FROM "{table}" WHERE "{column}"::text LIKE %s OR "{column}"::text LIKE %s', [f"%{PHONE}%", f"%{NAME}%"]
            )
            assert cursor.fetchone() == (0,), (table, column)


def text_columns() -> list[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)"
            " WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
            " AND data_type IN ('text', 'character varying', 'json', 'jsonb', 'bytea')"
        )
        return list(cursor.fetchall())


def test_each_reader_of_the_list_sees_the_own_part_however_often_and_in_whatever_order_it_is_read(world: World, case: Complaint) -> None:
    """Its statements are composed once for equal readers; who is not equal gets another."""
    other = intake.submit_complaint(Said(TEXT), form_key=uuid.uuid4(), who="y").complaint
    handling.assign_complaint(world.actor("督察"), other, unit=world.units["一中队"], category="占道经营")
    seen = {
        "督察": {case.number, other.number}, "局长": {case.number, other.number}, "大队长": {case.number, other.number},
        "队长": {other.number}, "外队长": set(),
    }  # fmt: skip
    for name in (*seen, *reversed(seen), *seen):
        page = world.client(name).get("/complaints/list/").content.decode()
        assert set(re.findall(r"诉\d{7}", page)) == seen[name], name
    accused.name_accused(world.actor("督察"), other, person=world.persons["外人"])
    people.assign_person(world.actor("人事"), world.persons["外人"], unit=world.units["一中队"], starts_on=TODAY + dt.timedelta(days=1))
    assert other.number in world.client("队长").get("/complaints/list/").content.decode()
    with later(24):  # the conflict of interest of another day
        assert other.number not in world.client("队长").get("/complaints/list/").content.decode()


def test_every_filter_and_order_of_the_list_agrees_with_its_export(world: World, case: Complaint) -> None:
    closed = intake.submit_complaint(Said(TEXT), form_key=uuid.uuid4(), who="y").complaint
    handling.close_complaint(world.actor("督察"), closed, result="partly", reply="已批评教育")
    for number in range(55):
        intake.submit_complaint(Said(TEXT), form_key=uuid.uuid4(), who=f"z{number}")
    client, unit = world.client("督察"), world.units["大队"].pk
    for asked in (
        "state=handling", "state=closed&result=partly", "channel=web&sort=pk", "category=执法态度", f"unit={unit}", "sort=-unit__sequence",
        "sort=reopened", f"from={TODAY}", f"until={TODAY}", f"until={TODAY - dt.timedelta(days=1)}", "state=none&from=x&unit=%00", "",
    ):  # fmt: skip
        exported = client.get(f"/complaints/list/?export=csv&{asked}").content.decode("utf-8-sig").splitlines()[1:]
        wanted = [f"诉{int(row.split(',')[0]):07d}" for row in exported]
        shown = [re.findall(r">(诉\d{7})<", client.get(f"/complaints/list/?{asked}&page={page}").content.decode()) for page in (1, 2)]
        assert shown[0] == wanted[:50], asked
        assert shown[1] == (wanted[50:] or wanted[:50]), asked  # a page there is none of is the last
    assert len(wanted) == 57


def test_the_one_complained_of_and_the_own_captain_find_nothing_of_the_case(world: World, case: Complaint) -> None:
    for name in ("队员", "队长", "女队员", "协管", "装备员"):
        client = world.client(name)
        assert client.get(f"/complaints/{case.pk}/").status_code in {403, 404}, name
        assert client.post(f"/complaints/{case.pk}/respond/", {"text": "我来答复"}).status_code in {403, 404}, name
        listing = client.get("/complaints/list/")
        assert listing.status_code == 403 or case.number not in listing.content.decode(), name
    assert ComplaintStep.objects.filter(by_label__in=["队员", "队长"]).count() == 0


def test_the_list_filters_sorts_exports_and_takes_the_same_queries_for_any_number(world: World) -> None:
    from django.test.utils import CaptureQueriesContext

    client = world.client("督察")

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get("/complaints/list/?state=received&sort=received_at").status_code == 200
        return len(captured)

    intake.submit_complaint(Said(TEXT), form_key=uuid.uuid4(), who="x")
    queries()
    before = queries()
    for number in range(15):
        intake.submit_complaint(Said(f"{TEXT} {number}"), form_key=uuid.uuid4(), who=str(number))
    assert queries() == before
    assert "没有投诉" in client.get("/complaints/list/?state=closed").content.decode()
    exported = client.get("/complaints/list/?export=csv").content.decode()
    assert exported.count("\n") == 17
    assert TEXT not in exported


def test_a_call_is_taken_down_with_its_own_time_and_gives_a_receipt(world: World) -> None:
    client = world.client("督察")
    given = {
        "form_key": uuid.uuid4().hex, "channel": "hotline", "received_at": "2026-09-27T22:30", "text": TEXT,
        "place": "", "happened_on": "", "name": NAME, "phone": PHONE,
    }  # fmt: skip
    page = client.post("/complaints/register/", given)
    assert page.status_code == 200
    code = code_on(page.content.decode())
    complaint = Complaint.objects.get()
    assert complaint.received_at == clock.at(dt.date(2026, 9, 27), 22, 30)
    assert code_on(client.post("/complaints/register/", given).content.decode()) == code  # a second click
    refused = client.post("/complaints/register/", {**given, "form_key": uuid.uuid4().hex, "received_at": "2026-09-29T08:00"})
    assert (refused.status_code, "不能晚于现在" in refused.content.decode(), PHONE in refused.content.decode()) == (422, True, True)
    assert Complaint.objects.count() == 1
    assert world.client("队长").post("/complaints/register/", given).status_code == 403


# --- the platform ---


def sheet(
    rows: list[list[str]], heading: tuple[str, ...] = ("工单号", "受理时间", "诉求内容", "事发地址", "来电人", "联系电话")
) -> SimpleUploadedFile:
    content = io.BytesIO()
    book = xlsxwriter.Workbook(content, {"in_memory": True})
    page = book.add_worksheet()
    page.write_row(0, 0, heading)
    for number, row in enumerate(rows, start=1):
        page.write_row(number, 0, row)
    book.close()
    return SimpleUploadedFile("工单.xlsx", content.getvalue())


ROW = ["GD-1", "2026-09-25 17:20:00", TEXT, "某某路口", NAME, PHONE]


def test_a_sheet_is_understood_by_its_own_columns_previewed_and_taken_once(world: World) -> None:
    client = world.client("督察")
    unknown = client.post("/complaints/import/", {"file": sheet([ROW])})
    assert (unknown.status_code, "工单编号" in unknown.content.decode()) == (422, True)
    previewed = client.post("/complaints/import/", {"file": sheet([ROW]), "column_number": "工单号"})
    assert previewed.status_code == 303
    page = client.get(previewed["Location"]).content.decode()
    assert "GD-1" in page
    assert PHONE not in page
    assert PHONE not in json.dumps(SheetImport.objects.get().rows, ensure_ascii=False)
    assert client.post(previewed["Location"]).status_code == 303
    assert client.post(previewed["Location"]).status_code == 409  # a second click
    complaint = Complaint.objects.get()
    assert (complaint.external_number, complaint.received_at) == ("GD-1", clock.at(dt.date(2026, 9, 25), 17, 20))
    assert keys.unseal(bytes(complaint.contact.sealed), complaint.contact.key_name)["phone"] == PHONE
    kept = client.post("/complaints/import/", {"file": sheet([ROW, ["GD-2", *ROW[1:]]])})  # the column is known from last time
    assert "无变化" in client.get(kept["Location"]).content.decode()
    client.post(kept["Location"])
    assert Complaint.objects.count() == 2


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (["", *ROW[1:]], "请填写工单编号"),
        (["GD-1", "", *ROW[2:]], "没有收到时间不能起算"),
        (["GD-1", "2026-09-25", *ROW[2:]], "没有收到时间不能起算"),
        (["GD-1", "2026-02-30 10:00", *ROW[2:]], "没有收到时间不能起算"),
        (["GD-1", ROW[1], "坏", *ROW[3:]], "内容至少 5 个字"),
    ],
)
def test_a_row_that_cannot_be_taken_is_named_by_its_cell_and_nothing_is_written(world: World, row: list[str], message: str) -> None:
    answer = world.client("督察").post("/complaints/import/", {"file": sheet([["GD-0", *ROW[1:]], row]), "column_number": "工单号"})
    assert (answer.status_code, message in answer.content.decode()) == (422, True)
    assert (Complaint.objects.count(), SheetImport.objects.count()) == (0, 0)


def test_the_platform_hands_an_order_over_and_asks_how_it_stands(world: World) -> None:
    token, _ = world.device("局", "complaints.import")
    api = Client(headers={"authorization": f"Bearer {token}"})
    order = {"number": "GD-9", "received_at": "2026-09-25T17:20:00+08:00", "text": TEXT, "name": NAME, "phone": PHONE}
    made = api.post("/api/v1/complaints/orders", order, content_type="application/json")
    assert (made.status_code, made.json()["is_new"]) == (200, True)
    assert made.json()["feedback_by"].startswith("2026-09-30T23:59:59")  # received within the holiday of 中秋
    again = api.post("/api/v1/complaints/orders", {**order, "text": "另一段内容，不应覆盖"}, content_type="application/json")
    assert (again.json()["is_new"], Complaint.objects.get().text) == (False, TEXT)
    told = api.get("/api/v1/complaints/orders/GD-9")
    assert (told.json()["state"], PHONE in told.content.decode()) == ("received", False)
    for wrong in ({"received_at": "2026-09-25T17:20:00"}, {"received_at": "2026-09-29T17:20:00+08:00"}, {"text": "x"}, {"number": ""}):
        refused = api.post("/api/v1/complaints/orders", {**order, "number": "GD-8", **wrong}, content_type="application/json")
        assert refused.status_code == 422, wrong
    assert api.get("/api/v1/complaints/orders/GD-8").status_code == 404
    kiosk, _ = world.device()
    assert Client(headers={"authorization": f"Bearer {kiosk}"}).get("/api/v1/complaints/orders/GD-9").status_code == 403


def test_what_waits_is_with_who_can_move_it(world: World, case: Complaint) -> None:
    from chengxin.complaints.selectors.waiting import work_waiting_for

    def kinds(name: str) -> set[str]:
        return {each.kind for each in work_waiting_for(world.actor(name))}

    fresh = intake.submit_complaint(Said("另一件：占道经营"), form_key=uuid.uuid4(), who="x").complaint
    assert {"complaints.pause", "complaints.reveal", "complaints.response"} <= kinds("督察")
    assert kinds("队员") == {"complaints.reply"}
    assert kinds("大队长") == {"complaints.response"}
    assert kinds("队长") == set()
    assert fresh.number not in " ".join(each.title for each in work_waiting_for(world.actor("局长")))
    accused.reply_as_accused(world.actor("队员"), Accused.objects.get(), text="当时对方先推搡")
    assert "complaints.inquiry" in kinds("大队长")
    handling.close_complaint(world.actor("大队长"), case, result="resolved", reply="已批评教育")
    assert "complaints.inquiry" in kinds("大队长")  # whether it is right outlasts the answer to the complainant
    assert "complaints.pause" not in kinds("督察")  # nothing to pause any more
    second = accused.name_accused(world.actor("大队长"), case, person=world.persons["协管"])
    assert accused.tell_accused(world.actor("大队长"), second, text="有人反映您当日语言不当").told_at is not None
    with later(24 * 2):
        titles = " ".join(each.title for each in work_waiting_for(world.actor("局长")))
        assert f"响应已逾期，督办投诉 {fresh.number}" in titles
