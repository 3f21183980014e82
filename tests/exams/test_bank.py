"""The item bank: written by one, reviewed by another, never changed, imported without loss (2.4)."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, transaction

from chengxin.audit.models import Entry
from chengxin.core.errors import Conflict, DomainError, NotAllowed
from chengxin.exams import rules
from chengxin.exams.models import Exam, Item, ItemVersion
from chengxin.exams.services import bank
from tests.exams.conftest import at, content, in_use
from tests.world import World

pytestmark = pytest.mark.django_db


def test_an_item_goes_from_its_writer_through_another_into_use(world: World) -> None:
    writer, reviewer = world.actor("大队长"), world.actor("督察")
    version = bank.write_item(writer, content())
    assert (version.state, version.number, version.written_label) == ("draft", 1, "大队长")
    assert bank.review_item(reviewer, version).reviewed_label == "督察"
    assert bank.review_item(reviewer, version).state == "reviewed", "a second click is harmless"
    assert bank.put_in_use(writer, version).state == "in_use"
    assert bank.put_in_use(writer, version).state == "in_use"
    bank.retire_item(writer, version, reason="条款已改")
    version.refresh_from_db()
    assert (version.state, version.retired_reason) == ("retired", "条款已改")
    actions = list(Entry.objects.filter(subject=f"item_version:{version.pk}").order_by("id").values_list("action", flat=True))
    assert actions == ["exams.item_written", "exams.item_reviewed", "exams.item_put_in_use", "exams.item_retired"]


def test_who_wrote_an_item_does_not_review_it_and_nothing_is_left_of_the_try(world: World) -> None:
    version, before = bank.write_item(world.actor("督察"), content()), Entry.objects.count()
    for command in (
        lambda: bank.review_item(world.actor("督察"), version),
        lambda: bank.return_item(world.actor("督察"), version, reason="不"),
    ):
        with pytest.raises(NotAllowed, match="编写人以外"):
            command()
    with pytest.raises(Conflict, match="须先由编写人以外的人审核"):
        bank.put_in_use(world.actor("督察"), version)
    with pytest.raises(NotAllowed):
        bank.write_item(world.actor("队长"), content("队长写的"))
    version.refresh_from_db()
    assert (version.state, Entry.objects.count(), ItemVersion.objects.count()) == ("draft", before, 1)


def test_a_revision_is_a_new_version_and_the_old_one_stays_in_use_until_it_takes_its_place(world: World) -> None:
    first = in_use(world, content())
    second = bank.revise_item(world.actor("大队长"), first, content(answer="B"))
    first.refresh_from_db()
    assert (first.state, second.number, second.state) == ("in_use", 2, "draft")
    third = bank.revise_item(world.actor("大队长"), second, content(answer="C"))
    second.refresh_from_db()
    assert (second.state, second.retired_reason) == ("retired", "由第 3 版替代")
    bank.review_item(world.actor("督察"), third)
    bank.put_in_use(world.actor("大队长"), third)
    first.refresh_from_db()
    assert (first.state, first.answer) == ("retired", ["A"])
    with pytest.raises(Conflict, match="已有更新的版本"):
        bank.revise_item(world.actor("大队长"), first, content(answer="D"))
    with pytest.raises(Conflict, match="没有变化"):
        bank.revise_item(world.actor("大队长"), third, content(answer="C"))


def test_the_database_refuses_to_change_what_a_version_says(world: World) -> None:
    version = bank.write_item(world.actor("大队长"), content())
    for change in ({"stem": "别的"}, {"answer": ["B"]}, {"written_by": 1}):
        with pytest.raises(DatabaseError), transaction.atomic():
            ItemVersion.objects.filter(pk=version.pk).update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        ItemVersion.objects.filter(pk=version.pk).delete()


def test_a_returned_draft_says_why_and_the_next_version_answers_it(world: World) -> None:
    version = bank.write_item(world.actor("大队长"), content())
    with pytest.raises(DomainError, match="理由"):
        bank.return_item(world.actor("督察"), version, reason=" ")
    bank.return_item(world.actor("督察"), version, reason="选项 B 也对")
    version.refresh_from_db()
    assert version.retired_reason == "退回：选项 B 也对"
    assert bank.revise_item(world.actor("大队长"), version, content(answer="B")).state == "draft"


def test_the_same_item_is_not_written_twice(world: World) -> None:
    bank.write_item(world.actor("大队长"), content())
    with pytest.raises(Conflict, match="完全相同"):
        bank.write_item(world.actor("督察"), content())
    assert Item.objects.count() == 1


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"answer": "E"}, "answer"), ({"answer": "AB"}, "answer"), ({"options": ["一个"]}, "options"),
        ({"options": ["甲", "甲 "]}, "options"),
        ({"stem": " "}, "stem"), ({"clause": "9.9"}, "clause"), ({"difficulty": "9"}, "difficulty"), ({"kind": "essay"}, "kind"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_an_item_names_the_field(world: World, more: dict[str, object], field: str) -> None:
    with pytest.raises(DomainError) as refused:
        content(**more)  # type: ignore[arg-type]
    assert refused.value.field == field


def sheet(*rows: list[str]) -> SimpleUploadedFile:
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    page = book.add_worksheet()
    for number, row in enumerate([list(rules.COLUMNS), *rows]):
        page.write_row(number, 0, row)
    book.close()
    return SimpleUploadedFile("题目.xlsx", buffer.getvalue())


GOOD = ["单选题", "2.1.3", "中", "执勤时标识应当怎样？", "规范佩戴", "不戴", "", "", "", "", "A", "见方案"]


def test_an_import_is_previewed_and_applied_whole_once(world: World) -> None:
    client = world.client("大队长")
    known = bank.write_item(world.actor("督察"), content("判断一", "true_false"))
    same = ["判断题", known.clause, "中", known.stem, "", "", "", "", "", "", "对", known.explanation]
    answer = client.post("/exams/items/import/", {"file": sheet(GOOD, same)})
    assert answer.status_code == 303
    preview = client.get(answer["Location"])
    text = preview.content.decode()
    assert "执勤时标识应当怎样？" in text
    assert "新增" in text
    assert "无变化" in text
    assert Item.objects.count() == 1, "nothing is written by a preview"
    assert client.post(answer["Location"]).status_code == 303
    assert Item.objects.count() == 2
    made = ItemVersion.objects.get(stem=GOOD[3])
    assert (made.state, made.answer, made.written_label) == ("draft", ["A"], "大队长")
    assert client.post(answer["Location"]).status_code == 409
    assert Item.objects.count() == 2
    assert world.client("督察").get(answer["Location"]).status_code == 404, "somebody else's preview"
    assert Entry.objects.filter(action="exams.items_imported").count() == 1


def test_a_sheet_with_errors_names_each_row_and_column_and_writes_nothing(world: World) -> None:
    bad = [*GOOD[:10], "Z", ""]
    answer = world.client("大队长").post("/exams/items/import/", {"file": sheet(GOOD, [*bad[:3], "另一题", *bad[4:]], ["选择", *GOOD[1:]])})
    text = answer.content.decode()
    assert answer.status_code == 422
    assert '<td data-title="行">3</td><td data-title="列">答案</td>' in text
    assert '<td data-title="行">4</td><td data-title="列">题型</td>' in text
    assert Item.objects.count() == 0


def test_the_bank_is_seen_by_who_writes_and_reviews_and_neither_list_nor_export_holds_answers(world: World) -> None:
    in_use(world, content("哪一项对？", options=["不对", "正确的这项", "也不对"], answer="B", explanation="秘密解析"))
    for name in ("局长", "督察", "大队长"):
        page = world.client(name).get("/exams/items/")
        assert "哪一项对？" in page.content.decode(), name
    for address in ("/exams/items/", "/exams/items/?export=csv"):
        assert "正确的这项" not in world.client("督察").get(address).content.decode()
        assert "秘密解析" not in world.client("督察").get(address).content.decode()
    for name in ("队长", "队员", "协管", "职员"):
        assert world.client(name).get("/exams/items/").status_code == 403, name
    assert "哪一项对？" not in world.client("督察").get("/exams/items/?kind=multiple").content.decode()
    assert "哪一项对？" in world.client("督察").get("/exams/items/?clause=2.1&sort=-difficulty&state=in_use").content.decode()


def test_pages_write_review_use_revise_and_retire_and_keep_what_was_typed(world: World) -> None:
    writer, reviewer = world.client("大队长"), world.client("督察")
    typed = {
        "kind": "single",
        "clause": "2.1.3",
        "difficulty": "2",
        "stem": "新题？",
        "options": "甲\n乙",
        "answer": "C",
        "explanation": "",
    }
    answer = writer.post("/exams/items/new/", typed)
    assert answer.status_code == 422
    assert "A 到 B" in answer.content.decode()
    assert "新题？" in answer.content.decode()
    answer = writer.post("/exams/items/new/", {**typed, "answer": "A"})
    address = answer["Location"]
    assert "编写人以外" in writer.get(address).content.decode()
    assert "审核通过" in reviewer.get(address).content.decode()
    assert writer.post(address + "review/", {"outcome": "passed"}).status_code == 403
    assert reviewer.post(address + "review/", {"outcome": "returned"}).status_code == 422
    assert reviewer.post(address + "review/", {"outcome": "passed"}).status_code == 303
    assert writer.post(address + "steps/use/").status_code == 303
    assert "甲\n乙" in writer.get(address + "revise/").content.decode()
    assert writer.post(address + "revise/", {**typed, "answer": "B"}).status_code == 303
    assert writer.post(address + "steps/retire/", {"reason": ""}).status_code == 422
    assert writer.post(address + "steps/retire/", {"reason": "不用了"}).status_code == 303
    assert writer.post(address + "steps/fly/").status_code == 404


def test_while_an_exam_runs_nobody_is_shown_an_answer_of_its_bank(world: World, exam: Exam) -> None:
    version = ItemVersion.objects.in_use().filter(kind="fill_in")[0]
    for name in ("局长", "督察", "大队长"):
        text = world.client(name).get(f"/exams/items/{version.item_id}/").content.decode()
        assert "二十四小时" not in text, name
        assert "的解析" not in text, name
    assert "二十四小时" not in world.client("大队长").get(f"/exams/items/{version.item_id}/revise/").content.decode()
    with pytest.raises(Conflict, match="正在使用"):
        bank.revise_item(world.actor("大队长"), version, content("别的"))
    with at(17, 1):
        assert "二十四小时" in world.client("督察").get(f"/exams/items/{version.item_id}/").content.decode()


def test_what_waits_is_said_to_who_can_review(world: World, planned: Callable[..., Exam]) -> None:
    bank.write_item(world.actor("大队长"), content("等待审核"))
    assert "审核题目 1 道" in world.client("督察").get("/").content.decode()
    assert "审核题目" not in world.client("大队长").get("/").content.decode(), "one's own item waits for another"
