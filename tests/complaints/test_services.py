"""What becomes of a complaint: each command works, each refusal leaves the whole database as it was, nothing resets a clock (3.2)."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from chengxin.audit.models import Entry
from chengxin.complaints import rules, selectors
from chengxin.complaints.models import (
    Accused,
    Answer,
    Attempt,
    Breach,
    Clock,
    Complaint,
    ComplaintStep,
    Contact,
    Message,
    Pause,
    Throttle,
    Validity,
)
from chengxin.complaints.selectors import waiting
from chengxin.complaints.services import accused as persons
from chengxin.complaints.services import following, handling, intake, keys, throttle, vault
from chengxin.complaints.services.intake import HOUR, MINUTE, PUBLIC, QUARTER, Said
from chengxin.core import clock
from chengxin.core.errors import Conflict, DomainError, NotAllowed, NotFound
from chengxin.evidence.models import Hold
from chengxin.files.models import StoredFile
from chengxin.findings.models import Finding
from chengxin.people import services as people
from tests.complaints.conftest import (
    ADDRESS,
    CONTACT,
    TEXT,
    WEDNESDAY,
    Case,
    Send,
    accuse,
    assigned,
    clock_rows,
    closed,
    later,
    met,
    on,
    tables_with,
)
from tests.evidence.conftest import Film, film  # noqa: F401  (a fixture, by its name)
from tests.world import CAST, SYSTEM, World

Refused = Callable[..., Any]
NOW = clock.at(WEDNESDAY, 10, 5)
REPLY = "经核实，已当面道歉并赔偿。"
PARAPHRASE = "有群众反映您在执法时态度生硬，并损坏物品。"


@pytest.fixture(autouse=True)
def an_ordinary_wednesday_morning() -> Iterator[None]:
    with on():
        yield


# --- from the public ---


def test_an_anonymous_complaint_keeps_nothing_of_its_sender(world: World, send: Send) -> None:
    made = send(place="南湖路", photos=[world.photo(PUBLIC)])
    with pytest.raises(NotFound):
        following.find_by_code("0000-0000", who=ADDRESS)
    complaint = Complaint.objects.get()
    assert (complaint, made.is_new) == (made.complaint, True)
    assert (complaint.channel, complaint.state, complaint.is_anonymous) == ("web", rules.RECEIVED, True)
    assert (complaint.registered_by, complaint.registered_label) == (None, "群众")
    assert (complaint.received_at, complaint.registered_at) == (NOW, NOW)
    assert not Contact.objects.exists()
    entry = Entry.objects.get(action="complaints.received")
    assert (entry.actor_user, entry.address, entry.person_id, entry.subject) == (None, "", None, f"complaint:{complaint.pk}")
    assert tables_with(ADDRESS) == []
    assert tables_with("南湖路") == ["complaints_complaint", "complaints_complaintevent"]  # the search does find what is there
    assert Throttle.objects.exists()


def test_a_complaint_starts_both_clocks_and_its_automatic_receipt_stops_neither(world: World, send: Send) -> None:
    complaint = send().complaint
    rows = complaint.clocks.order_by("due_at").values_list("kind", "round", "started_at", "due_at", "met_at", "is_provisional")
    assert list(rows) == [
        ("response", 0, NOW, NOW + dt.timedelta(hours=24), None, False),
        ("feedback", 0, NOW, clock.at(dt.date(2026, 3, 17)) - dt.timedelta(microseconds=1), None, False),
    ]
    step = complaint.steps.get()
    assert (step.title, step.by_label, step.is_outward) == ("收到投诉（网上）", "群众", True)
    assert not Message.objects.exists()


def test_a_complaint_with_a_contact_has_it_in_the_vault_and_nowhere_else(world: World, send: Send) -> None:
    complaint = send(contact=CONTACT).complaint
    assert not complaint.is_anonymous
    assert Contact.objects.get().complaint == complaint
    for secret in CONTACT.values():
        assert tables_with(secret) == []


@pytest.mark.parametrize("contact", [{}, {"name": "", "phone": " "}, {"name": "\u200b\u200d", "phone": "\u202e"}])
def test_a_contact_of_nothing_is_an_anonymous_complaint(world: World, send: Send, contact: dict[str, str]) -> None:
    assert send(contact=contact).complaint.is_anonymous
    assert not Contact.objects.exists()


def test_a_second_click_of_one_form_gives_the_same_code_and_one_complaint(world: World, send: Send) -> None:
    key = uuid.uuid4()
    first = send(form_key=key)
    before = (Complaint.objects.count(), ComplaintStep.objects.count(), Entry.objects.count(), Clock.objects.count())
    second = send("换了内容的第二次点击。", form_key=key, contact=CONTACT)
    assert (second.complaint, second.code, second.is_new) == (first.complaint, first.code, False)
    assert (Complaint.objects.count(), ComplaintStep.objects.count(), Entry.objects.count(), Clock.objects.count()) == before
    assert (Complaint.objects.get().text, Contact.objects.count()) == (TEXT, 0)
    assert send().code != first.code


def test_the_receipt_code_is_kept_nowhere(world: World, send: Send) -> None:
    code = send(contact=CONTACT).code
    assert rules.read_code(code) == code
    assert tables_with(code) == tables_with(code.replace("-", "")) == []


@pytest.mark.parametrize(
    "text",
    [
        "", "   \n\t ", "太吵了啊", "\u200b" * 40, "\u202e\u202d\u2066\u2069\u200f" * 9, "\x00\x01\x1b\x7f" * 9,
        "\ud800" * 9, "吵\u200b" * 4, "城" * 3001, "😀" * 3001,
    ],
    ids=["nothing", "blank", "four", "zero-width", "directions", "controls", "surrogates", "four-between", "3001", "3001-emoji"],
)  # fmt: skip
def test_a_text_too_short_or_too_long_for_people_is_refused(send: Send, refused: Refused, text: str) -> None:
    with refused(DomainError, "至少 5 个字|缩短到 3000 字以内") as told:
        send(text)
    assert told.value.field == "text"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("队员说\u202e了粗话\u202c。", "队员说了粗话。"),
        ("\u200b队员\ufeff说了粗\u00ad话。\u200b", "队员说了粗话。"),
        ("<script>alert('投诉')</script>", "<script>alert('投诉')</script>"),
        ("😡😡😡菜筐👍🏽坏了", "😡😡😡菜筐👍🏽坏了"),
        ("e\u0301tat 无理取闹", "état 无理取闹"),
        ("第一行\r\n\r\n\r\n\r\n第二行\x00", "第一行\n\n第二行"),
        ("'; DROP TABLE complaints_complaint; --", "'; DROP TABLE complaints_complaint; --"),
        ("城" * 3000, "城" * 3000),
        ("太吵了！！", "太吵了！！"),
    ],
)
def test_odd_texts_are_kept_as_people_see_them(world: World, send: Send, typed: str, kept: str) -> None:
    assert Complaint.objects.get(pk=send(typed).complaint.pk).text == kept


def test_what_has_not_happened_yet_is_refused(send: Send, refused: Refused) -> None:
    with refused(DomainError, "不能晚于今天") as told:
        send(happened_on=WEDNESDAY + dt.timedelta(days=1))
    assert told.value.field == "happened_on"
    assert send(happened_on=WEDNESDAY).complaint.happened_on == WEDNESDAY


def test_six_photos_come_with_it_and_a_seventh_is_refused(world: World, send: Send, refused: Refused) -> None:
    photos = [world.photo(PUBLIC, color) for color in ("red", "green", "blue", "white", "black", "gray", "pink")]
    with refused(DomainError, "一次最多 6 张") as told:
        send(photos=photos)
    assert told.value.field == "photos"
    complaint = send(photos=photos[:6]).complaint
    assert set(StoredFile.objects.filter(owner=intake.owner_of(complaint)).values_list("pk", flat=True)) == set(photos[:6])
    assert StoredFile.objects.get(pk=photos[6]).owner == ""


def test_a_photo_of_somebody_else_or_of_another_record_is_refused_with_the_whole_form(world: World, send: Send, refused: Refused) -> None:
    staffs, own = world.photo(world.actor("督察")), world.photo(PUBLIC, "red")
    send(photos=[own])
    for photos in ([staffs], [own], [uuid.uuid4()]):
        with refused(DomainError, "重新添加照片"):
            send(photos=photos, contact=CONTACT)
    assert (Complaint.objects.count(), Contact.objects.count()) == (1, 0)


# --- too much of it ---


def test_a_seventh_complaint_of_one_source_within_the_hour_waits_and_others_do_not(world: World, send: Send, refused: Refused) -> None:
    for _ in range(6):
        send()
    with refused(throttle.TooMany, "提交过于频繁") as told:
        send()
    assert told.value.status == 429
    assert throttle.so_far("sent", ADDRESS, every=HOUR) == 7  # the refused one as well
    assert throttle.so_far("sent", "all", every=MINUTE) == 6  # what one source is refused takes nothing from the others
    send(who="203.0.113.78")
    with on(hour=11, minute=0):
        assert send().is_new


def test_a_second_click_is_no_second_try(world: World, send: Send) -> None:
    key = uuid.uuid4()
    for _ in range(20):
        send(form_key=key)
    assert throttle.so_far("sent", ADDRESS, every=HOUR) == Complaint.objects.count() == 1


def test_more_than_sixty_within_a_minute_wait_whoever_they_are(world: World, send: Send, refused: Refused) -> None:
    for _ in range(59):
        throttle.count("sent", "all", every=MINUTE)
    send(who="one")
    with refused(throttle.TooMany, "一分钟后再试"):
        send(who="another")
    with on(minute=6):
        send(who="another")
    assert Complaint.objects.count() == 2


def test_counts_are_kept_without_addresses_and_forgotten_after_days(world: World, send: Send) -> None:
    send()
    keys_kept = set(Throttle.objects.values_list("key", flat=True))
    assert all(len(key) == 64 and ADDRESS not in key for key in keys_kept)
    with later(hours=47):
        assert throttle.sweep() == 0
    with later(hours=49):
        assert throttle.sweep() == 2
    assert not Throttle.objects.exists()


# --- taken down by staff ---


def take_down(world: World, by: str = "督察", **more: Any) -> intake.Receipt:
    given = {"form_key": uuid.uuid4(), "channel": "hotline", "received_at": clock.now(), **more}
    return intake.register_complaint(world.actor(by), Said(given.pop("text", TEXT), contact=given.pop("contact", None)), **given)


@pytest.mark.parametrize("name", sorted(CAST))
def test_supervisors_and_the_brigade_take_complaints_down_and_nobody_else(world: World, refused: Refused, name: str) -> None:
    if name in {"督察", "督察乙", "大队长"}:
        complaint = take_down(world, name).complaint
        assert (complaint.registered_by, complaint.registered_label) == (world.users[name].pk, name)
    else:
        with refused(NotAllowed, "没有“登记来电、来信、来访投诉”的权限"):
            take_down(world, name)


@pytest.mark.parametrize("channel", ["web", "12345", "api", "", "电话"])
def test_staff_take_down_calls_letters_and_visits_only(world: World, refused: Refused, channel: str) -> None:
    with refused(DomainError, "来电、来信或来访") as told:
        take_down(world, channel=channel)
    assert told.value.field == "channel"


def test_the_clocks_run_from_receipt_not_from_typing(world: World) -> None:
    friday = clock.at(dt.date(2026, 3, 6), 23, 30)
    complaint = take_down(world, channel="letter", received_at=friday, contact=CONTACT).complaint
    assert (complaint.received_at, complaint.registered_at) == (friday, NOW)
    due = dict(complaint.clocks.values_list("kind", "due_at"))
    assert due == {
        "response": clock.at(dt.date(2026, 3, 7), 23, 30),
        "feedback": clock.at(dt.date(2026, 3, 12)) - dt.timedelta(microseconds=1),
    }
    assert set(complaint.clocks.values_list("started_at", flat=True)) == {friday}
    handling.respond(world.actor("督察"), complaint, text="已收到，正在核实。")
    assert Breach.objects.get().clock.kind == "response"  # five days late, though typed a moment ago


@pytest.mark.parametrize(
    ("moment", "message"),
    [
        (NOW + dt.timedelta(minutes=1, seconds=1), "不能晚于现在"),
        (NOW + dt.timedelta(days=365), "不能晚于现在"),
        (clock.at(dt.date(1999, 12, 31), 23), "请核对年份"),
        (dt.datetime(1, 1, 2, tzinfo=dt.UTC), "请核对年份"),
    ],
)
def test_a_receipt_of_the_future_or_of_another_age_is_refused(world: World, refused: Refused, moment: dt.datetime, message: str) -> None:
    with refused(DomainError, message) as told:
        take_down(world, received_at=moment)
    assert told.value.field == "received_at"


def test_a_receipt_a_moment_ahead_of_our_clock_is_now_and_can_be_answered_at_once(world: World) -> None:
    complaint = take_down(world, received_at=NOW + dt.timedelta(seconds=50)).complaint
    assert complaint.received_at == NOW
    handling.respond(world.actor("督察"), complaint, text="已收到。")
    assert met(complaint)["response"] == NOW


def test_a_receipt_of_long_ago_is_late_from_the_start_and_can_still_be_handled(world: World) -> None:
    complaint = take_down(world, received_at=clock.at(dt.date(2003, 5, 1), 9)).complaint
    assert {rules.verdict(each.due_at, each.met_at, NOW) for each in complaint.clocks.all()} == {rules.OVERDUE}
    closed(world, complaint)
    assert Breach.objects.count() == 2


def test_what_staff_take_down_twice_is_one_complaint(world: World) -> None:
    key = uuid.uuid4()
    first, second = take_down(world, form_key=key), take_down(world, "大队长", form_key=key)
    assert (second.complaint, second.code, second.is_new, Complaint.objects.count()) == (first.complaint, first.code, False, 1)


# --- orders of the platform ---


def order(world: World, number: str = "12345-26-0001", by: str = "督察", **more: Any) -> intake.Receipt:
    given = {"received_at": clock.now(), **more}
    return intake.take_order(world.actor(by), Said(given.pop("text", TEXT)), number=number, **given)


def test_an_order_is_taken_over_once_by_its_number(world: World) -> None:
    first = order(world)
    before = (first.complaint.text, first.complaint.received_at, Entry.objects.count(), ComplaintStep.objects.count())
    with later(hours=5):
        for number in ("12345-26-0001", "  12345-26-0001\n", "12345-\u200b26-0001"):
            second = order(world, number, text="平台上改过的内容。")
            assert (second.complaint, second.is_new, second.code) == (first.complaint, False, "")
    kept = Complaint.objects.get()
    assert (kept.text, kept.received_at, Entry.objects.count(), ComplaintStep.objects.count()) == before
    assert (kept.channel, kept.external_number) == ("12345", "12345-26-0001")
    assert order(world, "12345-26-0002").is_new


@pytest.mark.parametrize(
    ("number", "message"), [("", "缺少"), (" \u200b ", "缺少"), ("9" * 81, "最多 80 个字符")], ids=["none", "unseen", "long"]
)
def test_an_order_without_a_number_or_with_an_endless_one_is_refused(world: World, refused: Refused, number: str, message: str) -> None:
    with refused(DomainError, message) as told:
        order(world, number)
    assert told.value.field == "number"


def test_orders_are_imported_by_supervisors_only(world: World, refused: Refused) -> None:
    for name in sorted(set(CAST) - {"督察", "督察乙"}):
        with refused(NotAllowed, "没有“导入 12345 工单”的权限"):
            order(world, by=name)


def test_an_order_of_the_future_is_refused(world: World, refused: Refused) -> None:
    with refused(DomainError, "不能晚于现在"):
        order(world, received_at=NOW + dt.timedelta(hours=1))


@pytest.mark.parametrize("text", ["12345:12345-26-0001", "12345-26-0001"])
def test_whoever_knows_an_orders_number_does_not_get_its_receipt_code_by_it(world: World, send: Send, text: str) -> None:
    taken = order(world)
    for space in (uuid.NAMESPACE_URL, uuid.NAMESPACE_DNS, uuid.NAMESPACE_OID, uuid.NAMESPACE_X500):
        guessed = send(form_key=uuid.uuid5(space, text))
        assert guessed.is_new
        assert guessed.code != taken.code


# --- following ---


def test_a_code_is_found_as_people_type_it(world: World, send: Send) -> None:
    made = send()
    wide = "".join(chr(ord(letter) + 0xFEE0) if letter.isalnum() else " " for letter in made.code)
    for typed in (made.code, made.code.lower(), made.code.replace("-", ""), f"  {made.code}\n", wide, "·".join(made.code)):
        assert following.find_by_code(typed, who=ADDRESS) == made.complaint


def test_every_wrong_code_gets_the_same_answer(world: World, send: Send, refused: Refused) -> None:
    code = send().code
    last = next(letter for letter in rules.LETTERS if letter != code[-1])
    wrong = ["", "   ", code[:-1], code[:-1] + last, keys.code_for(uuid.uuid4()), "\ud800" * 17, "\x00", "张" * 17, "A" * 100_000]
    answers = set()
    for number, typed in enumerate(wrong):
        with refused(NotFound, "没有找到") as told:
            following.find_by_code(typed, who=f"somebody-{number}")
        answers.add((told.value.code, told.value.message, told.value.field, told.value.status))
    assert len(answers) == 1


def test_after_ten_wrong_codes_a_source_waits_even_with_the_right_one(world: World, send: Send, refused: Refused) -> None:
    made = send()
    for _ in range(10):
        with pytest.raises(NotFound):
            following.find_by_code("ABCD", who=ADDRESS)
    for typed in (made.code, "ABCD"):
        with refused(throttle.TooMany, "一刻钟后再试") as told:
            following.find_by_code(typed, who=ADDRESS)
        assert told.value.status == 429
    assert throttle.so_far("code", ADDRESS, every=QUARTER) == 10
    assert following.find_by_code(made.code, who="another") == made.complaint
    with on(minute=15):
        assert following.find_by_code(made.code, who=ADDRESS) == made.complaint


def test_right_codes_are_never_counted(world: World, send: Send) -> None:
    made = send()
    for _ in range(25):
        assert following.find_by_code(made.code, who=ADDRESS) == made.complaint
    assert throttle.so_far("code", ADDRESS, every=QUARTER) == 0


def test_facts_are_added_while_it_is_open(world: World, case: Case, refused: Refused) -> None:
    complaint, photo = case(), world.photo(PUBLIC)
    before = clock_rows(complaint)
    made = following.add_facts(complaint, text="还有\u200b录像。", photos=[photo])
    assert (made.text, made.thread, made.is_from_complainant, made.by_label) == ("还有录像。", Message.OUTWARD, True, "群众")
    assert StoredFile.objects.get(pk=photo).owner == intake.owner_of(complaint)
    assert clock_rows(complaint) == before
    with refused(DomainError, "请写明补充内容"):
        following.add_facts(complaint, text="\u200b")
    with refused(DomainError, "照片太多"):
        following.add_facts(complaint, text="照片", photos=[uuid.uuid4() for _ in range(7)])
    with refused(DomainError, "重新添加照片"):
        following.add_facts(complaint, text="照片", photos=[photo])
    closed(world, complaint)
    with refused(Conflict, "已经办结"):
        following.add_facts(complaint, text="再补充一点。")


def test_facts_sent_twice_by_one_form_are_one_message(world: World, case: Case, refused: Refused) -> None:
    complaint, other, key = case(), case(), uuid.uuid4()
    made = following.send_facts(complaint, text="还有录像。", form_key=key, who=ADDRESS)
    before = (Entry.objects.count(), ComplaintStep.objects.count())
    assert following.send_facts(complaint, text="还有录像。", form_key=key, who=ADDRESS) == made
    assert following.add_facts(complaint, text="还有录像。", form_key=key) == made  # the other of two simultaneous clicks
    assert (Entry.objects.count(), ComplaintStep.objects.count(), complaint.messages.count()) == (*before, 1)
    with refused(DomainError, "页面已过期"):
        following.send_facts(other, text="还有录像。", form_key=key, who=ADDRESS)
    closed(world, complaint)
    assert following.send_facts(complaint, text="还有录像。", form_key=key, who=ADDRESS) == made


def test_facts_are_throttled_like_complaints_and_apart_from_them(world: World, case: Case, send: Send, refused: Refused) -> None:
    complaint = case()
    for number in range(6):
        following.send_facts(complaint, text=f"补充第 {number} 条。", form_key=uuid.uuid4(), who=ADDRESS)
    with refused(throttle.TooMany, "过于频繁"):
        following.send_facts(complaint, text="又一条。", form_key=uuid.uuid4(), who=ADDRESS)
    assert following.send_facts(complaint, text="另一处来的。", form_key=uuid.uuid4(), who="198.51.100.7")
    assert send().is_new  # who added much may still complain
    with later(hours=1):
        assert following.send_facts(complaint, text="又一条。", form_key=uuid.uuid4(), who=ADDRESS)
    assert complaint.messages.count() == 8


def test_whose_complaint_was_merged_adds_facts_as_long_as_the_other_is_open(world: World, case: Case, refused: Refused) -> None:
    first, second = two(world, case)
    merge(world, second, into=first)
    following.add_facts(second, text="还有录像。")
    assert (second.messages.count(), first.messages.count()) == (1, 0)  # what one says is not told to the other
    assert first.steps.last().title == f"{second.number} 的投诉人补充情况"
    assert not first.steps.last().is_outward
    closed(world, first)
    with refused(Conflict, "已经办结"):
        following.add_facts(second, text="再补充一点。")


def test_the_two_questions_are_answered_apart_and_once(world: World, case: Case, refused: Refused) -> None:
    complaint = case()
    with refused(Conflict, "还没有办结"):
        following.answer_questions(complaint, solved=True, satisfied=True)
    closed(world, complaint)
    made = following.answer_questions(complaint, solved=True, satisfied=False, note="态度\u200b一般")
    assert (made.round, made.solved, made.satisfied, made.note) == (0, True, False, "态度一般")
    before = (Entry.objects.count(), ComplaintStep.objects.count())
    assert following.answer_questions(complaint, solved=True, satisfied=False, note="再点一次") == made
    assert (Entry.objects.count(), ComplaintStep.objects.count(), Answer.objects.get().note) == (*before, "态度一般")
    for solved, satisfied in ((False, False), (True, True), (False, True)):
        with refused(Conflict, "已经评价过"):
            following.answer_questions(complaint, solved=solved, satisfied=satisfied)


def test_each_round_has_an_answer_of_its_own(world: World, case: Case, refused: Refused) -> None:
    complaint = case()
    closed(world, complaint)
    following.answer_questions(complaint, solved=False, satisfied=False)
    following.reopen_complaint(complaint, reason="菜筐没有赔。")
    with refused(Conflict, "还没有办结"):
        following.answer_questions(complaint, solved=True, satisfied=True)
    closed(world, complaint)
    following.answer_questions(complaint, solved=True, satisfied=True)
    assert list(complaint.answers.values_list("round", "solved", "satisfied")) == [(0, False, False), (1, True, True)]


def test_reopening_is_counted_and_leaves_the_first_round_as_it_was(world: World, case: Case) -> None:
    complaint = case("一中队", "队长")
    with later(hours=30):
        closed(world, complaint)
    first_round, first_closed = clock_rows(complaint), NOW + dt.timedelta(hours=30)
    with later(days=20):
        following.reopen_complaint(complaint, reason="菜筐没有赔。")
        complaint.refresh_from_db()
        assert (complaint.state, complaint.reopened, complaint.result, complaint.closed_at) == (rules.HANDLING, 1, "", None)
        assert (complaint.first_closed_at, complaint.unit) == (first_closed, world.units["一中队"])
        assert complaint.handler == world.persons["队长"]
        assert clock_rows(complaint)[:2] == first_round
        again = complaint.clocks.filter(round=1)
        assert list(again.values_list("kind", "started_at", "met_at")) == [(kind, clock.now(), None) for kind in ("response", "feedback")]
        assert Breach.objects.get().clock.round == 0
        closed(world, complaint)
        following.reopen_complaint(complaint, reason="还是没有赔。")
    complaint.refresh_from_db()
    assert (complaint.reopened, complaint.first_closed_at, complaint.clocks.count()) == (2, first_closed, 6)
    assert [message.text for message in complaint.messages.filter(is_from_complainant=True)] == ["菜筐没有赔。", "还是没有赔。"]
    assert [step.title for step in complaint.steps.filter(title__contains="重新办理")] == ["第 1 次要求重新办理", "第 2 次要求重新办理"]


def test_who_was_merged_answers_for_itself_and_reopens_the_whole_without_telling_the_other(
    world: World, case: Case, refused: Refused
) -> None:
    first, second = two(world, case)
    merge(world, second, into=first)
    with refused(Conflict, "还没有办结"):
        following.answer_questions(second, solved=True, satisfied=True)
    closed(world, first)
    following.answer_questions(first, solved=True, satisfied=True)
    following.answer_questions(second, solved=False, satisfied=False)
    following.reopen_complaint(second, reason="我家门口的菜筐没有赔。")
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, first.reopened, second.state, second.reopened) == (rules.HANDLING, 1, rules.MERGED, 0)
    assert not first.messages.filter(thread=Message.OUTWARD, text__contains="我家门口").exists()
    assert first.messages.get(thread=Message.INWARD).text == second.messages.get(is_from_complainant=True).text
    assert (first.clocks.filter(round=1).count(), second.clocks.count()) == (2, 2)
    with refused(Conflict, "不能重新办理"):
        following.reopen_complaint(first, reason="没有解决。")
    closed(world, first)
    following.answer_questions(second, solved=True, satisfied=True)
    assert list(second.answers.values_list("round", "solved")) == [(0, False), (1, True)]


def test_only_what_is_closed_is_reopened_and_not_after_a_month(world: World, case: Case, refused: Refused) -> None:
    first, open_, merged, routed = case(), case(), case(), case()
    merge(world, merged, into=first)
    route(world, routed)
    for complaint in (open_, merged, routed):
        with refused(Conflict, "不能重新办理"):
            following.reopen_complaint(complaint, reason="没有解决。")
    closed(world, first)
    with refused(DomainError, "为什么没有解决"):
        following.reopen_complaint(first, reason=" \u200b")
    with later(days=30, seconds=1), refused(Conflict, "另行提交"):
        following.reopen_complaint(first, reason="没有解决。")
    with later(days=30):
        assert following.reopen_complaint(first, reason="没有解决。").reopened == 1
        with refused(Conflict, "不能重新办理"):
            following.reopen_complaint(first, reason="没有解决。")


# --- whose it is ---


def test_giving_and_giving_again_touch_no_clock(world: World, case: Case) -> None:
    complaint = case()
    before = clock_rows(complaint)
    with later(hours=3):
        assigned(world, complaint, "一中队", "队长")
        assigned(world, complaint, "二中队")
    complaint.refresh_from_db()
    assert (complaint.state, complaint.unit, complaint.handler) == (rules.HANDLING, world.units["二中队"], None)
    assert clock_rows(complaint) == before
    assert [step.note for step in complaint.steps.filter(title="分办")] == ["一中队 队长", "二中队"]
    assert not complaint.steps.filter(title="分办", is_outward=True).exists()


def test_who_gives_complaints_out(world: World, case: Case, refused: Refused) -> None:
    complaint = case("一中队")
    for name in sorted(set(CAST) - {"督察", "督察乙"}):
        with refused(NotAllowed, "没有“分办、并案、移送投诉”的权限"):
            handling.assign_complaint(world.actor(name), complaint, unit=world.units["二中队"])


def test_a_handler_belongs_to_the_unit_and_a_category_to_the_list(world: World, case: Case, refused: Refused) -> None:
    complaint, actor, unit = case(), world.actor("督察"), world.units["二中队"]
    with refused(DomainError, "队长 今天不在二中队") as told:
        handling.assign_complaint(actor, complaint, unit=unit, handler=world.persons["队长"])
    assert told.value.field == "handler"
    with refused(DomainError, "从列表中选择类别") as told:
        handling.assign_complaint(actor, complaint, unit=unit, category="别的")
    assert told.value.field == "category"
    given = {"category": "执法态度", "summary": "反映\u202e态度生硬"}
    assert handling.assign_complaint(actor, complaint, unit=unit, handler=world.persons["外队长"], **given).summary == "反映态度生硬"
    again = assigned(world, complaint, "二中队")
    assert (again.category, again.summary) == ("执法态度", "反映态度生硬")


def test_it_is_never_given_to_the_unit_or_the_person_complained_of(world: World, case: Case, refused: Refused) -> None:
    complaint = case()
    accuse(world, complaint)
    with refused(DomainError, "一中队 有被投诉人") as told:
        assigned(world, complaint, "一中队")
    assert told.value.field == "unit"
    with on(WEDNESDAY + dt.timedelta(days=1)):
        day = clock.today()
        people.assign_person(world.actor("人事"), world.persons["队员"], unit=world.units["二中队"], starts_on=day)
        for unit in ("一中队", "二中队"):  # the unit of that day and the unit of today
            with refused(DomainError, "有被投诉人"):
                assigned(world, complaint, unit)
        assigned(world, complaint, "大队", "大队长")


def test_what_nobody_was_given_yet_is_no_squadrons(world: World, case: Case, refused: Refused) -> None:
    complaint = case(contact=CONTACT)
    for name in ("队长", "外队长", "大队长"):
        actor = world.actor(name)
        commands: list[Callable[[], Any]] = [
            lambda: handling.respond(actor, complaint, text="已收到。"),  # noqa: B023
            lambda: handling.add_note(actor, complaint, text="看一看。"),  # noqa: B023
            lambda: handling.close_complaint(actor, complaint, result="unfounded", reply="经查不属实。"),  # noqa: B023
            lambda: handling.ask_pause(actor, complaint, reason="等"),  # noqa: B023
            lambda: persons.name_accused(actor, complaint, person=world.persons["协管"]),  # noqa: B023
            lambda: vault.ask_reveal(actor, complaint, reason="想知道是谁"),  # noqa: B023
        ]
        for command in commands:
            with refused(NotAllowed, "没有“办理投诉”的权限"):
                command()
    assert [name for name in CAST if Complaint.objects.all().visible_to(world.actor(name)).exists()] == ["局长", "督察", "督察乙"]


def test_a_squadron_sees_and_handles_its_own_complaints_only(world: World, case: Case, refused: Refused) -> None:
    complaint = case("一中队")
    assert [name for name in CAST if Complaint.objects.all().visible_to(world.actor(name)).exists()] == [
        "局长", "督察", "督察乙", "大队长", "队长",
    ]  # fmt: skip
    for name in ("外队长", "队员", "局长", "人事"):
        with refused(NotAllowed, "没有“办理投诉”的权限"):
            handling.respond(world.actor(name), complaint, text="已收到。")
    handling.respond(world.actor("队长"), complaint, text="已收到。")


# --- answering ---


def test_the_first_human_word_stops_the_response_clock_once(world: World, case: Case) -> None:
    complaint = case("一中队")
    with later(hours=2):
        handling.respond(world.actor("队长"), complaint, text="已收到，\u200b正在核实。")
        first = clock.now()
    with later(hours=5):
        handling.respond(world.actor("督察"), complaint, text="今天下午有结果。")
    assert met(complaint) == {"response": first, "feedback": None}
    told = [(each.text, each.by_label) for each in complaint.messages.all()]
    assert told == [("已收到，正在核实。", "队长"), ("今天下午有结果。", "督察")]
    assert not Breach.objects.exists()
    with pytest.raises(DomainError, match="请写明对投诉人说的话"):
        handling.respond(world.actor("督察"), complaint, text="\u200b")


def test_a_response_is_in_time_until_the_very_moment_and_a_breach_after_it(world: World, case: Case) -> None:
    in_time, late = case(), case()
    with later(hours=24):
        handling.respond(world.actor("督察"), in_time, text="已收到。")
    with later(hours=24, microseconds=1):
        handling.respond(world.actor("督察"), late, text="已收到。")
        breach = Breach.objects.get()
        assert (breach.clock.complaint, breach.clock.kind, breach.lifted_at) == (late, "response", None)
    assert Entry.objects.filter(action="complaints.breached").count() == 1


def test_a_job_answers_nobody_and_decides_nothing(world: World, case: Case, refused: Refused) -> None:
    complaint = case("一中队")
    commands: list[Callable[[], Any]] = [
        lambda: handling.respond(SYSTEM, complaint, text="您的投诉已受理。"),
        lambda: handling.record_attempt(SYSTEM, complaint, way="message", outcome="reached"),
        lambda: closed_by_job(complaint),
        lambda: handling.route_out(SYSTEM, complaint, where_to="纪检", reason="自动识别"),
        lambda: handling.ask_pause(SYSTEM, complaint, reason="等"),
        lambda: vault.ask_reveal(SYSTEM, complaint, reason="看"),
    ]
    for command in commands:
        with refused(DomainError, "具名人员|匿名"):
            command()
    assert met(complaint) == {"response": None, "feedback": None}


def closed_by_job(complaint: Complaint) -> Complaint:
    return handling.close_complaint(SYSTEM, complaint, result="resolved", reply="系统自动办结。")


def test_a_try_that_reached_nobody_is_kept_and_stops_nothing(world: World, case: Case, refused: Refused) -> None:
    complaint = case()
    for way in ("phone", "message", "letter"):
        handling.record_attempt(world.actor("督察"), complaint, way=way, outcome="not_reached", note="无人\u200b接听")
    assert (Attempt.objects.count(), met(complaint)["response"]) == (3, None)
    assert not complaint.steps.filter(title="联系投诉人", is_outward=True).exists()
    handling.record_attempt(world.actor("督察乙"), complaint, way="phone", outcome="reached")
    assert met(complaint) == {"response": NOW, "feedback": None}
    for given, field in (({"way": "fax", "outcome": "reached"}, "way"), ({"way": "phone", "outcome": "也许"}, "outcome")):
        with refused(DomainError, "请选择联系方式和结果") as told:
            handling.record_attempt(world.actor("督察"), complaint, **given)
        assert told.value.field == field


def test_an_inward_note_is_not_outward_and_stops_nothing(world: World, case: Case) -> None:
    complaint = case("一中队")
    made = handling.add_note(world.actor("队长"), complaint, text="疑似恶意投诉。")
    assert (made.thread, made.is_from_complainant) == (Message.INWARD, False)
    assert not complaint.messages.filter(thread=Message.OUTWARD).exists()
    assert met(complaint)["response"] is None


# --- closing ---


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"result": "", "reply": REPLY}, "result"),
        ({"result": "done", "reply": REPLY}, "result"),
        ({"result": "resolved", "reply": ""}, "reply"),
        ({"result": "unable", "reply": "\u200b\u200b\u200b\u200b\u200b"}, "reply"),
        ({"result": "unfounded", "reply": "不属实。"}, "reply"),
        ({"result": "elsewhere", "reply": REPLY}, "where_to"),
        ({"result": "elsewhere", "reply": REPLY, "where_to": " \u200b"}, "where_to"),
    ],
)
def test_closing_needs_a_result_a_reply_and_where_else_to_go(world: World, case: Case, refused: Refused, given: Any, field: str) -> None:
    complaint = case()
    with refused(DomainError, "请选择|请写明") as told:
        handling.close_complaint(world.actor("督察"), complaint, **given)
    assert told.value.field == field


def test_closing_stops_both_clocks_and_is_done_once(world: World, case: Case, refused: Refused) -> None:
    complaint = case("一中队")
    with later(hours=1):
        handling.respond(world.actor("队长"), complaint, text="已收到。")
    with later(hours=2):
        closed(world, complaint, "队长", result="elsewhere", where_to="供水公司")
        with refused(Conflict, "已办结"):
            closed(world, complaint, "督察")
    complaint.refresh_from_db()
    end = NOW + dt.timedelta(hours=2)
    assert (complaint.state, complaint.result, complaint.where_to) == (rules.CLOSED, "elsewhere", "供水公司")
    assert (complaint.closed_at, complaint.first_closed_at) == (end, end)
    assert met(complaint) == {"response": NOW + dt.timedelta(hours=1), "feedback": end}
    assert [message.text for message in complaint.messages.all()] == ["已收到。", REPLY]
    assert complaint.steps.get(title="办结：不属本局职责").is_outward


@pytest.mark.parametrize("result", sorted(rules.RESULTS))
def test_every_result_is_told_outward(world: World, case: Case, result: str) -> None:
    complaint = closed(world, case(), result=result, where_to="供水公司")
    assert complaint.messages.get().text == REPLY
    assert (complaint.messages.get().thread, complaint.messages.get().is_from_complainant) == (Message.OUTWARD, False)


# --- one matter ---


def two(world: World, case: Case, **more: Any) -> tuple[Complaint, Complaint]:
    """One complaint, and an hour later another."""
    with on(hour=9):
        first = case(**more)
    return first, case(**more)


def merge(world: World, complaint: Complaint, into: Complaint, by: str = "督察") -> Complaint:
    return handling.merge_complaints(world.actor(by), complaint, into=into, reason="同一件事")


def route(world: World, complaint: Complaint, by: str = "督察") -> Complaint:
    return handling.route_out(world.actor(by), complaint, where_to="区纪委监委", reason="反映收受好处费")


@pytest.mark.parametrize("is_asked_the_other_way", [False, True])
def test_the_complaint_received_first_goes_on_whichever_way_it_is_asked(world: World, case: Case, is_asked_the_other_way: bool) -> None:
    first, second = two(world, case)
    before = clock_rows(first, second)
    kept = merge(world, first, into=second) if is_asked_the_other_way else merge(world, second, into=first)
    first.refresh_from_db()
    second.refresh_from_db()
    assert (kept, first.state, first.merged_into) == (first, rules.RECEIVED, None)
    assert (second.state, second.merged_into) == (rules.MERGED, first)
    assert clock_rows(first, second) == before
    assert not ComplaintStep.objects.filter(title__contains="并入", is_outward=True).exists()


def test_an_earlier_letter_typed_later_goes_on(world: World, case: Case) -> None:
    sent = case()
    letter = take_down(world, channel="letter", received_at=NOW - dt.timedelta(days=2)).complaint
    assert letter.pk > sent.pk
    assert merge(world, letter, into=sent) == letter


def test_a_chain_of_merging_ends_in_the_first_and_each_code_still_finds_its_own(world: World, send: Send) -> None:
    with on(hour=8):
        one = send(who="one")
    with on(hour=9):
        two_ = send(who="two")
    three = send(who="three")
    before = clock_rows(one.complaint, two_.complaint, three.complaint)
    merge(world, three.complaint, into=two_.complaint)
    merge(world, two_.complaint, into=one.complaint)
    assert set(one.complaint.merged.all()) == {two_.complaint, three.complaint}
    assert clock_rows(one.complaint, two_.complaint, three.complaint) == before
    for each in (one, two_, three):
        assert following.find_by_code(each.code, who="somebody") == each.complaint
    with later(hours=1):
        closed(world, one.complaint)
        end = clock.now()
    for each in (one, two_, three):
        assert met(each.complaint) == {"response": end, "feedback": end}
        assert [message.text for message in each.complaint.messages.all()] == [REPLY]
        assert each.complaint.steps.filter(title="办结：已解决", is_outward=True).count() == 1


def test_what_is_merged_is_late_by_its_own_clocks(world: World, case: Case) -> None:
    with on(WEDNESDAY - dt.timedelta(days=2)):
        first = case()
    second = case()
    handling.respond(world.actor("督察"), first, text="已收到。")
    merge(world, second, into=first)
    closed(world, first)
    assert [(each.clock.complaint, each.clock.kind) for each in Breach.objects.all()] == [(first, "response")]


def test_a_response_reaches_those_whose_complaints_were_merged(world: World, case: Case) -> None:
    first, second = two(world, case)
    merge(world, second, into=first)
    handling.respond(world.actor("督察"), first, text="已收到，正在核实。")
    for each in (first, second):
        assert met(each) == {"response": NOW, "feedback": None}
        assert [message.text for message in each.messages.all()] == ["已收到，正在核实。"]


def test_merging_asks_for_two_open_complaints_and_a_reason(world: World, case: Case, refused: Refused) -> None:
    first, second = two(world, case)
    over, actor = closed(world, case()), world.actor("督察")
    with refused(DomainError, "不能并入自身") as told:
        merge(world, first, into=first)
    assert told.value.field == "into"
    with refused(DomainError, "并案理由"):
        handling.merge_complaints(actor, second, into=first, reason=" ")
    for one, other in ((over, first), (first, over)):
        with refused(Conflict, "已办结"):
            merge(world, one, into=other)
    with refused(NotAllowed, "没有“分办"):
        merge(world, second, into=first, by="大队长")
    merge(world, second, into=first)
    for one, other in ((second, first), (first, second)):
        with refused(Conflict, "已并入"):
            merge(world, one, into=other)


def test_merging_carries_who_is_complained_of_and_that_unit_keeps_out_of_all_of_it(world: World, case: Case, refused: Refused) -> None:
    first, second = two(world, case)
    assigned(world, first, "一中队")
    assigned(world, second, "二中队")
    named = accuse(world, second)
    with refused(Conflict, "正由被投诉人所在单位办理"):
        merge(world, second, into=first)
    assigned(world, first, "大队", "大队长")
    merge(world, second, into=first)
    named.refresh_from_db()
    assert named.complaint == first
    with refused(DomainError, "有被投诉人"):
        assigned(world, first, "一中队")
    everywhere = world.actor("督察")
    for name in ("队长", "队员", "女队员"):
        placed = world.actor(name)
        all_seeing = type(placed)(**{**vars(placed), "reach": everywhere.reach})  # even if such a role were given
        assert not Complaint.objects.all().visible_to(all_seeing).exists()
        for complaint in (first, second):
            with refused(NotAllowed, "回避"):
                handling.add_note(all_seeing, complaint, text="看一看。")
    assert Complaint.objects.all().visible_to(world.actor("外队长")).get() == second  # given to them before, in no conflict
    assert Complaint.objects.all().visible_to(everywhere).count() == 2


def test_who_is_named_in_two_merged_complaints_is_judged_once(world: World, case: Case, refused: Refused) -> None:
    first, second = two(world, case)
    goes_on, other = accuse(world, first, heard=True), accuse(world, second, heard=True)
    waiting = propose(world, other)
    merge(world, second, into=first)
    other.refresh_from_db()
    assert other.complaint == second
    with refused(Conflict, "已并入 诉"):
        decide(world, waiting)
    decide(world, waiting, agreed=False, note="并案后一并认定")
    with refused(Conflict, "已并入 诉"):
        propose(world, other)
    decide(world, propose(world, goes_on))
    assert Finding.objects.count() == 1


def test_a_proposal_goes_with_the_person_when_the_complaint_is_merged(world: World, case: Case) -> None:
    first, second = two(world, case)
    waiting = propose(world, accuse(world, second, heard=True))
    merge(world, second, into=first)
    waiting.refresh_from_db()
    assert (waiting.complaint, waiting.accused.complaint) == (first, first)
    assert decide(world, waiting).finding is not None


def test_a_repeat_is_linked_to_the_first_and_handled_anew(world: World, case: Case, refused: Refused) -> None:
    first, second = two(world, case)
    closed(world, first)
    with later(days=3):
        third = case()
    before = clock_rows(first, second, third)
    handling.link_repeat(world.actor("督察"), second, earlier=first)
    handling.link_repeat(world.actor("督察"), third, earlier=second)
    for each in (second, third):
        each.refresh_from_db()
        assert (each.repeat_of, each.state) == (first, rules.RECEIVED)
    assert clock_rows(first, second, third) == before
    for earlier in (third, second):
        with refused(DomainError, "更早的一件") as told:
            handling.link_repeat(world.actor("督察"), second, earlier=earlier)
        assert told.value.field == "earlier"
    with refused(NotAllowed, "没有“分办"):
        handling.link_repeat(world.actor("大队长"), second, earlier=first)


# --- routed out ---


def test_what_is_routed_out_is_seen_by_the_leaders_alone(world: World, case: Case) -> None:
    complaint = case("一中队")
    assert Complaint.objects.all().visible_to(world.actor("队长")).exists()
    with later(hours=3):
        route(world, complaint)
        end = clock.now()
    complaint.refresh_from_db()
    assert (complaint.state, complaint.is_restricted, complaint.where_to) == (rules.ROUTED, True, "区纪委监委")
    assert [name for name in CAST if Complaint.objects.all().visible_to(world.actor(name)).exists()] == ["局长"]
    assert met(complaint) == {"response": end, "feedback": end}
    outward = [complaint.messages.get().text, *complaint.steps.filter(is_outward=True).values_list("title", "note")]
    told = str(outward)
    assert "移送" in told
    assert not [word for word in ("纪", "廉", "腐", "贪", "贿", "好处", "监委") if word in told]


def test_what_is_routed_out_is_out_of_every_other_hand(world: World, case: Case, refused: Refused) -> None:
    complaint, earlier = case("二中队", contact=CONTACT), case()
    named = accuse(world, complaint, told=True)
    pending = vault.ask_reveal(world.actor("督察"), complaint, reason="核实时间")
    granted = vault.ask_reveal(world.actor("督察乙"), complaint, reason="核实地点")
    vault.decide_reveal(world.actor("督察"), granted, granted=True)
    assert vault.read_contact(world.actor("督察乙"), complaint) == CONTACT
    route(world, complaint)
    judge = world.actor("督察")
    commands: list[Callable[[], Any]] = [
        lambda: handling.add_note(judge, complaint, text="还想说一句。"),
        lambda: handling.respond(judge, complaint, text="已收到。"),
        lambda: handling.link_repeat(judge, complaint, earlier=earlier),
        lambda: handling.link_repeat(judge, later_one, earlier=complaint),
        lambda: vault.ask_reveal(judge, complaint, reason="再看看"),
        lambda: vault.decide_reveal(world.actor("督察乙"), pending, granted=True),
        lambda: vault.read_contact(world.actor("督察乙"), complaint),
        lambda: persons.tell_accused(judge, named, text=PARAPHRASE),
        lambda: persons.propose_validity(judge, named, outcome="true", reasons="有录像为证"),
        lambda: persons.name_accused(judge, complaint, person=world.persons["协管"]),
    ]
    with later(hours=1):
        later_one = case()
        for command in commands:
            with refused(NotAllowed, "限制知悉"):
                command()
        with refused(NotAllowed, "只有被投诉人本人"):
            persons.reply_as_accused(world.actor("队员"), named, text="没有这回事。")


def test_what_was_merged_is_routed_out_with_it(world: World, case: Case) -> None:
    first, second = two(world, case)
    merge(world, second, into=first)
    route(world, first)
    second.refresh_from_db()
    assert (second.state, second.is_restricted) == (rules.MERGED, True)
    assert met(second) == {"response": NOW, "feedback": NOW}
    assert second.messages.get().text == first.messages.get().text
    assert not Complaint.objects.all().visible_to(world.actor("督察")).exists()
    assert Complaint.objects.all().visible_to(world.actor("局长")).count() == 2


def test_routing_out_needs_a_place_and_a_reason_and_an_open_complaint(world: World, case: Case, refused: Refused) -> None:
    complaint, actor, over = case(), world.actor("督察"), closed(world, case())
    for where_to, reason, message in (("\u200b", "收钱", "移送单位"), ("纪委", " ", "移送理由")):
        with refused(DomainError, message):
            handling.route_out(actor, complaint, where_to=where_to, reason=reason)
    with refused(Conflict, "已办结"):
        route(world, over)
    with refused(NotAllowed, "没有“分办"):
        route(world, complaint, by="局长")
    route(world, complaint)
    with refused(NotAllowed, "限制知悉"):
        route(world, complaint)


# --- pauses ---


def test_a_pause_takes_two_persons_and_changes_no_clock(world: World, case: Case, refused: Refused) -> None:
    complaint = case("一中队")
    before = clock_rows(complaint)
    pause = handling.ask_pause(world.actor("队长"), complaint, reason="等待检测结果")
    with refused(Conflict, "已有一份暂停申请"):
        handling.ask_pause(world.actor("督察"), complaint, reason="再等")
    with refused(NotAllowed, "没有“审批暂停"):
        handling.decide_pause(world.actor("大队长"), pause, granted=True)
    handling.decide_pause(world.actor("督察"), pause, granted=True)
    with refused(Conflict, "已经审批"):
        handling.decide_pause(world.actor("局长"), pause, granted=False, note="不同意")
    pause.refresh_from_db()
    assert (pause.granted, pause.decided_label, pause.decided_at, pause.resumed_at) == (True, "督察", NOW, None)
    assert clock_rows(complaint) == before
    with later(days=9):
        assert {rules.verdict(each.due_at, each.met_at, clock.now()) for each in complaint.clocks.all()} == {rules.OVERDUE}
        closed(world, complaint)
    assert Breach.objects.count() == 2  # a pause excuses nothing


def test_nobody_approves_the_own_pause_and_a_refusal_says_why(world: World, case: Case, refused: Refused) -> None:
    complaint = case()
    pause = handling.ask_pause(world.actor("督察"), complaint, reason="等待检测结果")
    with refused(NotAllowed, "不能审批自己"):
        handling.decide_pause(world.actor("督察"), pause, granted=True)
    with refused(DomainError, "不同意的请写明理由") as told:
        handling.decide_pause(world.actor("督察乙"), pause, granted=False, note="\u200b ")
    assert told.value.field == "note"
    handling.decide_pause(world.actor("督察乙"), pause, granted=False, note="不必等")
    with refused(Conflict, "没有暂停"):
        handling.resume(world.actor("督察"), complaint)
    handling.ask_pause(world.actor("督察"), complaint, reason="再次申请")
    assert Pause.objects.count() == 2


def test_a_pause_ends_with_resuming_and_at_the_latest_with_its_cap(world: World, case: Case, refused: Refused) -> None:
    complaint, cap = case(), dt.timedelta(days=5)
    with refused(Conflict, "没有暂停"):
        handling.resume(world.actor("督察"), complaint)
    with refused(DomainError, "暂停理由"):
        handling.ask_pause(world.actor("督察"), complaint, reason=" ")
    pause = handling.ask_pause(world.actor("督察"), complaint, reason="等待检测结果")
    handling.decide_pause(world.actor("局长"), pause, granted=True)
    assert complaint.steps.filter(title="同意暂停，至多 5 天").exists()
    log = [(pause.asked_at, "pause")]
    assert rules.paused_hours(rules.pauses_of(log, cap), NOW + dt.timedelta(days=30), cap) == 5 * 24
    with later(days=2):
        handling.resume(world.actor("督察"), complaint)
        with refused(Conflict, "没有暂停"):
            handling.resume(world.actor("督察"), complaint)
    pause.refresh_from_db()
    assert (pause.resumed_at, pause.resumed_label) == (NOW + dt.timedelta(days=2), "督察")


def test_a_closed_complaint_is_not_paused(world: World, case: Case, refused: Refused) -> None:
    complaint = case()
    pause = handling.ask_pause(world.actor("督察"), complaint, reason="等待检测结果")
    closed(world, complaint)
    with refused(Conflict, "已办结"):
        handling.decide_pause(world.actor("局长"), pause, granted=True)
    with refused(Conflict, "已办结"):
        handling.ask_pause(world.actor("督察"), complaint, reason="等")


@pytest.mark.parametrize("over", ["办结", "并案", "移送"])
def test_a_request_nobody_decided_on_is_withdrawn_with_the_complaint(world: World, case: Case, refused: Refused, over: str) -> None:
    first, complaint = two(world, case)
    pause = handling.ask_pause(world.actor("督察"), complaint, reason="等待检测结果")
    assert any("审批暂停" in each.title for each in waiting.work_waiting_for(world.actor("局长")))
    if over == "办结":
        closed(world, complaint)
    elif over == "并案":
        merge(world, complaint, into=first)
    else:
        route(world, complaint)
    pause.refresh_from_db()
    assert (pause.granted, pause.withdrawn_at, pause.decided_by) == (None, NOW, None)
    told = complaint.steps.get(title=f"暂停申请随{over}撤回")
    assert (told.note, told.is_outward, told.by_label) == ("督察：等待检测结果", False, "督察")
    assert selectors.open_pause(complaint) is None
    assert not any("审批暂停" in each.title for each in waiting.work_waiting_for(world.actor("局长")))


def test_a_withdrawn_request_is_not_decided_after_reopening_and_another_can_be_made(world: World, case: Case, refused: Refused) -> None:
    complaint = case()
    pause = handling.ask_pause(world.actor("督察"), complaint, reason="等待检测结果")
    granted = handling.ask_pause(world.actor("督察"), case(), reason="等待监控")
    handling.decide_pause(world.actor("局长"), granted, granted=True)
    closed(world, complaint)
    closed(world, granted.complaint)
    granted.refresh_from_db()
    assert (granted.granted, granted.withdrawn_at) == (True, None)  # what was decided stays as it was
    following.reopen_complaint(complaint, reason="没有赔偿")
    with refused(Conflict, "已经撤回"):
        handling.decide_pause(world.actor("局长"), pause, granted=True)
    again = handling.ask_pause(world.actor("督察"), complaint, reason="再等检测结果")
    assert selectors.open_pause(complaint) == again


# --- the person complained of ---


def propose(world: World, named: Accused, by: str = "督察", outcome: str = "true", reasons: str = "有录像和两名证人") -> Validity:
    return persons.propose_validity(world.actor(by), named, outcome=outcome, reasons=reasons)


def decide(world: World, validity: Validity, by: str = "督察乙", *, agreed: bool = True, **more: str) -> Validity:
    return persons.decide_validity(world.actor(by), validity, agreed=agreed, **{"act": "呵斥当事人", **more})


def test_a_person_is_named_with_the_unit_of_that_day_and_once(world: World, case: Case) -> None:
    complaint = case(happened_on=WEDNESDAY - dt.timedelta(days=1))
    people.assign_person(world.actor("人事"), world.persons["队员"], unit=world.units["二中队"], starts_on=WEDNESDAY)
    named = accuse(world, complaint)
    assert (named.unit, named.named_label, named.told_at) == (world.units["一中队"], "督察", None)
    before = (Entry.objects.count(), ComplaintStep.objects.count())
    assert accuse(world, complaint) == named
    assert (Entry.objects.count(), ComplaintStep.objects.count(), Accused.objects.count()) == (*before, 1)
    entry = Entry.objects.get(action="complaints.accused_named")
    assert (entry.unit_id, entry.person_id) == (world.units["一中队"].pk, world.persons["队员"].pk)
    assert not complaint.steps.filter(title="认定被投诉人", is_outward=True).exists()


def test_nobody_names_anybody_of_the_own_unit(world: World, case: Case, refused: Refused) -> None:
    complaint = case("一中队")
    for by, person in (("督察", "督察乙"), ("督察", "督察"), ("队长", "队员"), ("大队长", "大队长")):
        with refused(NotAllowed, "由其他单位的人员认定"):
            accuse(world, complaint, person, by)
    people.assign_person(world.actor("人事"), world.persons["外人"], unit=world.units["督察办"], starts_on=WEDNESDAY)
    yesterday = case(happened_on=WEDNESDAY - dt.timedelta(days=1))
    with refused(NotAllowed, "由其他单位的人员认定"):  # of another unit then, of the own unit now
        accuse(world, yesterday, "外人")


def test_nobody_is_named_while_the_own_unit_handles_it(world: World, case: Case, refused: Refused) -> None:
    complaint = case("一中队")
    with refused(Conflict, "先改分给其他单位") as told:
        accuse(world, complaint)
    assert told.value.field == "person"
    assigned(world, complaint, "二中队")
    assert accuse(world, complaint, by="外队长").unit == world.units["一中队"]


def test_nobody_is_named_while_handling_it_from_another_unit(world: World, case: Case, refused: Refused) -> None:
    complaint = case("一中队", "队员", happened_on=WEDNESDAY)
    tomorrow = WEDNESDAY + dt.timedelta(days=1)
    people.assign_person(world.actor("人事"), world.persons["队员"], unit=world.units["二中队"], starts_on=tomorrow)
    Complaint.objects.filter(pk=complaint.pk).update(unit=world.units["大队"])
    with on(tomorrow), refused(Conflict, "先改分给其他单位"):
        accuse(world, complaint)


def test_who_had_no_unit_that_day_is_not_named(world: World, case: Case, refused: Refused) -> None:
    complaint = case(happened_on=dt.date(2025, 8, 31))
    with refused(DomainError, "没有任职单位") as told:
        accuse(world, complaint)
    assert told.value.field == "person"


@pytest.mark.parametrize(
    "text",
    [
        "投诉内容是：一名城管队员对摆摊的老人大声呵斥。",
        "一名 城管队员\n对摆摊的老人 大声呵斥",
        "一名城管队员，对摆摊的老人，大声呵斥",
        "一名城管\u200b队员对摆摊的老人大声呵斥",
    ],
)
def test_the_words_of_the_complaint_are_not_quoted_to_the_person(world: World, case: Case, refused: Refused, text: str) -> None:
    named = accuse(world, case())
    with refused(DomainError, "有投诉原话") as told:
        persons.tell_accused(world.actor("督察"), named, text=text)
    assert told.value.field == "text"


def test_fifteen_characters_in_a_row_may_be_chance_and_sixteen_are_a_quote(world: World, case: Case, refused: Refused) -> None:
    named, said = accuse(world, case()), "一名城管队员对摆摊的老人大声呵"
    assert (len(said), said + "斥" in TEXT) == (15, True)
    with refused(DomainError, "有投诉原话"):
        persons.tell_accused(world.actor("督察"), named, text=said + "斥")
    assert persons.tell_accused(world.actor("督察"), named, text=said).told_text == said


def test_what_was_added_or_merged_is_not_quoted_either(world: World, case: Case, refused: Refused) -> None:
    first, second = two(world, case)
    merge(world, case(text="我姓王，就住在菜场对面三楼靠左的那一户。"), into=first)
    following.add_facts(first, text="当时我的孙女也在旁边，她穿着红色的校服。")
    named = accuse(world, first)
    for text in ("当时我的孙女也在旁边。她穿着红色的校服", "有人姓王，就住在菜场对面三楼靠左的那一户"):
        with refused(DomainError, "有投诉原话"):
            persons.tell_accused(world.actor("督察"), named, text=text)
    assert second.state == rules.RECEIVED


def test_a_person_is_told_once_in_a_paraphrase_and_has_five_workdays(world: World, case: Case, refused: Refused) -> None:
    complaint = case()
    named = accuse(world, complaint)
    with refused(DomainError, "请用转述"):
        persons.tell_accused(world.actor("督察"), named, text="\u200b态度")
    told = persons.tell_accused(world.actor("督察"), named, text=PARAPHRASE)
    assert (told.told_text, told.told_at, told.object_by) == (PARAPHRASE, NOW, dt.date(2026, 3, 18))
    with refused(Conflict, "已经告知"):
        persons.tell_accused(world.actor("督察"), named, text="换一种说法告知您。")
    with refused(NotAllowed, "回避|没有“办理投诉”"):
        persons.tell_accused(world.actor("队长"), named, text=PARAPHRASE)


def test_the_person_alone_answers_and_only_when_told(world: World, case: Case, refused: Refused) -> None:
    named = accuse(world, case())
    with refused(NotAllowed, "收到告知后"):
        persons.reply_as_accused(world.actor("队员"), named, text="没有。")
    persons.tell_accused(world.actor("督察"), named, text=PARAPHRASE)
    for name in ("女队员", "队长", "外人", "大队长"):
        with refused(NotAllowed, "只有被投诉人本人"):
            persons.reply_as_accused(world.actor(name), named, text="他没有。")
    with refused(NotAllowed, "没有“回应对本人的投诉”的权限"):
        persons.reply_as_accused(SYSTEM.__class__(None, named.person_id, "接口"), named, text="没有。")
    with refused(DomainError, "请写明您的说明"):
        persons.reply_as_accused(world.actor("队员"), named, text="")
    replied = persons.reply_as_accused(world.actor("队员"), named, text="当时\u200b声音较大。")
    assert (replied.reply, replied.replied_at) == ("当时声音较大。", NOW)
    with refused(Conflict, "已经回应过"):
        persons.reply_as_accused(world.actor("队员"), named, text="还有一句。")


def test_nothing_is_proposed_before_the_person_was_heard_or_the_term_is_over(world: World, case: Case, refused: Refused) -> None:
    named = accuse(world, case())
    with refused(DomainError, "先告知"):
        propose(world, named)
    persons.tell_accused(world.actor("督察"), named, text=PARAPHRASE)
    with on(dt.date(2026, 3, 18), 23, 59), refused(DomainError, "2026-03-18 期满后"):
        propose(world, named)
    with on(dt.date(2026, 3, 19), 0, 0):
        propose(world, named)
        reply = persons.reply_as_accused(world.actor("队员"), named, text="昨天才看到。")  # late, but nothing is decided yet
        assert reply.replied_at == clock.now()


def test_who_answered_need_not_be_waited_for(world: World, case: Case, refused: Refused) -> None:
    named = accuse(world, case(), heard=True)
    for given in ({"outcome": "maybe"}, {"reasons": "有录像"}, {"reasons": "\u200b" * 9}):
        with refused(DomainError, "请选择属实|请写明调查依据"):
            propose(world, named, **given)
    made = propose(world, named, outcome="partly")
    assert (made.outcome, made.decided, made.proposed_label, made.finding) == ("partly", None, "督察", None)
    with refused(Conflict, "已经提出意见"):
        propose(world, named, "督察乙")
    assert not Finding.objects.exists()


def test_another_outside_the_squadron_decides_and_a_right_complaint_is_one_finding(world: World, case: Case, refused: Refused) -> None:
    complaint = case("二中队", contact=CONTACT, happened_on=WEDNESDAY - dt.timedelta(days=1))
    validity = propose(world, accuse(world, complaint, heard=True), "外队长")
    for name in ("队长", "大队长", "外队长", "队员", "人事"):
        with refused(NotAllowed, "没有“决定投诉是否属实”的权限|回避"):
            decide(world, validity, name)
    with refused(DomainError, "请写明认定的事实") as told:
        decide(world, validity, act="呵斥")
    assert told.value.field == "act"
    decided = decide(world, validity)
    finding = Finding.objects.get()
    assert (decided.finding, decided.decided, decided.decided_label) == (finding, True, "督察乙")
    assert (finding.kind, finding.clause, finding.person, finding.unit) == (
        "complaints.valid", "3.2", world.persons["队员"], world.units["一中队"],
    )  # fmt: skip
    assert finding.seen_on == WEDNESDAY - dt.timedelta(days=1)
    assert (finding.finder_id, finding.text) == (world.users["督察乙"].pk, "经查属实的投诉：呵斥当事人")
    with refused(Conflict, "已经决定"):
        decide(world, validity, "局长")
    assert not [table for secret in CONTACT.values() for table in tables_with(secret)]


def test_after_the_decision_there_is_no_reply_any_more(world: World, case: Case, refused: Refused) -> None:
    named = accuse(world, case(), told=True)
    with on(dt.date(2026, 3, 19)):
        decide(world, propose(world, named))
        with refused(Conflict, "已经作出认定"):
            persons.reply_as_accused(world.actor("队员"), named, text="还有话说。")


def test_the_proposer_decides_nothing(world: World, case: Case, refused: Refused) -> None:
    validity = propose(world, accuse(world, case(), heard=True))
    for agreed in (True, False):
        with refused(NotAllowed, "不能决定自己提出的意见"):
            decide(world, validity, "督察", agreed=agreed, note="同意")
    assert decide(world, validity, "局长").finding is not None  # a leader may


def test_a_finding_of_a_complaint_is_about_the_person_as_of_that_day(world: World, case: Case) -> None:
    complaint = case(happened_on=WEDNESDAY - dt.timedelta(days=1))
    people.assign_person(world.actor("人事"), world.persons["队员"], unit=world.units["二中队"], starts_on=WEDNESDAY)
    decide(world, propose(world, accuse(world, complaint, heard=True), outcome="partly"))
    finding = Finding.objects.get()
    assert (finding.unit, finding.text) == (world.units["一中队"], "经查部分属实的投诉：呵斥当事人")


def test_a_complaint_that_is_not_right_leaves_no_finding(world: World, case: Case, refused: Refused) -> None:
    named = accuse(world, case(), heard=True)
    decided = decide(world, propose(world, named, outcome="untrue"), act="")
    assert (decided.decided, decided.finding) == (True, None)
    assert not Finding.objects.exists()
    with refused(Conflict, "作出决定"):
        propose(world, named)


def test_what_is_sent_back_can_be_proposed_anew(world: World, case: Case, refused: Refused) -> None:
    named = accuse(world, case(), heard=True)
    first = propose(world, named)
    with refused(DomainError, "退回的请写明理由") as told:
        decide(world, first, agreed=False, note=" \u200b")
    assert told.value.field == "note"
    decide(world, first, agreed=False, note="证据不足")
    assert not Finding.objects.exists()
    second = propose(world, named, "督察乙", "partly")
    decide(world, second, "督察")
    first.refresh_from_db()
    assert (first.decided, first.finding, Validity.objects.count(), Finding.objects.count()) == (False, None, 2, 1)


def withdraw(world: World, named: Accused, by: str = "督察", reason: str = "监控显示不是本人") -> Accused:
    return persons.withdraw_accused(world.actor(by), named, reason=reason)


def test_who_was_named_by_mistake_is_withdrawn_with_a_reason_and_no_conflict_is_left(world: World, case: Case, refused: Refused) -> None:
    complaint = case("大队")
    named, before = accuse(world, complaint, told=True), clock_rows(complaint)
    assert not Complaint.objects.all().visible_to(world.actor("队长")).exists()
    with refused(DomainError, "为什么认定错了") as told:
        withdraw(world, named, reason=" \u200b")
    assert told.value.field == "reason"
    gone = withdraw(world, named)
    assert (gone.withdrawn_at, gone.withdrawn_by, gone.withdrawn_label) == (NOW, world.users["督察"].pk, "督察")
    assert (gone.withdrawn_reason, gone.told_text, Accused.objects.count()) == ("监控显示不是本人", PARAPHRASE, 1)
    assert complaint.steps.get(title="撤销被投诉人").note == "队员：监控显示不是本人"
    entry = Entry.objects.get(action="complaints.accused_withdrawn")
    assert (entry.person_id, entry.details) == (world.persons["队员"].pk, {"reason": "监控显示不是本人"})
    assert clock_rows(complaint) == before
    assigned(world, complaint, "一中队", "队员")  # neither the person nor the unit keeps out of it any more
    assert Complaint.objects.all().visible_to(world.actor("队长")).exists()
    handling.respond(world.actor("队长"), complaint, text="已收到。")


def test_the_one_named_and_the_own_unit_withdraw_nothing(world: World, case: Case, refused: Refused) -> None:
    named = accuse(world, case("大队"), told=True)
    for name in ("队员", "队长", "外队长"):
        with refused(NotAllowed, "回避|没有“办理投诉”"):
            withdraw(world, named, name)
    with refused(NotAllowed, "具名人员"):
        persons.withdraw_accused(SYSTEM, named, reason="监控显示不是本人")


def test_who_is_withdrawn_is_neither_heard_nor_judged_and_can_be_named_again(world: World, case: Case, refused: Refused) -> None:
    complaint = case()
    named = accuse(world, complaint, heard=True)
    proposed = propose(world, named)
    withdraw(world, named)
    for act in (
        lambda: withdraw(world, named),
        lambda: persons.tell_accused(world.actor("督察"), named, text=PARAPHRASE),
        lambda: persons.reply_as_accused(world.actor("队员"), named, text="不是我。"),
        lambda: propose(world, named),
        lambda: decide(world, proposed),
    ):
        with refused(Conflict, "已经撤销"):
            act()
    assert not selectors.pending_validity(complaint).exists()
    for name in ("督察", "督察乙", "局长", "队员"):
        titles = [each.title for each in waiting.work_waiting_for(world.actor(name))]
        assert not any(word in title for title in titles for word in ("是否属实", "被投诉人", "回应", "认定意见")), (name, titles)
    again = accuse(world, complaint, heard=True)
    assert (again.pk != named.pk, again.withdrawn_at) == (True, None)
    decide(world, propose(world, again))
    assert Finding.objects.count() == 1


def test_nobody_is_withdrawn_after_the_decision(world: World, case: Case, refused: Refused) -> None:
    named = accuse(world, case(), heard=True)
    decide(world, propose(world, named, outcome="untrue"))
    with refused(Conflict, "已经作出是否属实的认定"):
        withdraw(world, named)


def test_who_is_withdrawn_from_one_matter_is_so_in_all_that_was_merged(world: World, case: Case) -> None:
    first, second = two(world, case)
    named, twin = accuse(world, first), accuse(world, second)
    merge(world, second, into=first)
    withdraw(world, named)
    twin.refresh_from_db()
    assert twin.withdrawn_reason == "监控显示不是本人"
    assigned(world, first, "一中队")
    assert Complaint.objects.all().visible_to(world.actor("队长")).filter(pk=first.pk).exists()


def test_who_was_withdrawn_before_the_merger_stays_where_the_mistake_was(world: World, case: Case) -> None:
    first, second = two(world, case)
    withdraw(world, accuse(world, second))
    merge(world, second, into=first)
    assert (first.accused.count(), second.accused.count()) == (0, 1)


@pytest.mark.parametrize("name", ["职员", "队员", "局长", "人事"])
def test_whoever_is_named_can_answer(world: World, case: Case, name: str) -> None:
    accuse(world, case(), name, heard=True)
    assert Accused.objects.get().reply == "当时声音较大，没有踢菜筐。"


@pytest.mark.parametrize("name", ["职员", "协管", "装备员"])
def test_who_is_suspended_is_heard_all_the_same(world: World, case: Case, name: str) -> None:
    person = world.persons[name]
    people.set_status(world.actor("人事"), person, status="suspended", starts_on=WEDNESDAY, ends_on=None, approved_by="局长")
    accuse(world, case(), name, heard=True)
    assert Accused.objects.get().replied_at == NOW
    assert not world.actor(name).may("complaints.handle")


def test_two_persons_of_one_complaint_are_judged_apart(world: World, case: Case) -> None:
    complaint = case("大队", "大队长")
    one, other = accuse(world, complaint, heard=True), accuse(world, complaint, "外人", heard=True)
    decide(world, propose(world, one))
    decide(world, propose(world, other, outcome="untrue"))
    assert Finding.objects.get().person == world.persons["队员"]


def test_it_can_be_judged_after_it_was_closed(world: World, case: Case) -> None:
    complaint = case()
    named = accuse(world, complaint, told=True)
    closed(world, complaint)
    before = clock_rows(complaint)
    persons.reply_as_accused(world.actor("队员"), named, text="没有踢菜筐。")
    decide(world, propose(world, named))
    assert (Finding.objects.count(), clock_rows(complaint)) == (1, before)


def test_an_own_unit_that_somebody_complained_of_joined_later_keeps_out_from_then(world: World, case: Case, refused: Refused) -> None:
    complaint = case("一中队")
    accuse(world, complaint, "外人")
    assert Complaint.objects.all().visible_to(world.actor("队长")).exists()
    tomorrow = WEDNESDAY + dt.timedelta(days=1)
    people.assign_person(world.actor("人事"), world.persons["外人"], unit=world.units["一中队"], starts_on=tomorrow)
    with on(tomorrow):
        assert not Complaint.objects.all().visible_to(world.actor("队长")).exists()
        with refused(NotAllowed, "回避"):
            handling.respond(world.actor("队长"), complaint, text="已收到。")


def test_footage_of_the_matter_is_kept_for_it_once(world: World, case: Case, film: Film) -> None:  # noqa: F811
    recording, complaint = film(), case()
    hold = persons.keep_footage(world.actor("督察"), complaint, recording=recording, reason="核实投诉")
    assert persons.keep_footage(world.actor("督察"), complaint, recording=recording, reason="再点一次") == hold
    assert (hold.matter.kind, hold.matter.number, Hold.objects.count()) == ("complaint", complaint.number, 1)
