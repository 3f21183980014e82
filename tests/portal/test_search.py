"""One box for everything: what is found, what stays hidden, what cannot be meant."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from chengxin.casereviews import services as casereviews
from chengxin.complaints.models import Complaint
from chengxin.complaints.services import accused, handling, intake
from chengxin.core import clock
from chengxin.core.errors import DomainError
from chengxin.findings.models import Finding
from chengxin.people.models import Person
from chengxin.portal.selectors.search import search
from chengxin.ui.search import SHOWN, words_of
from tests.world import World


def found(world: World, who: str, typed: str) -> dict[str, list[str]]:
    return {group.title: [hit.title for hit in group.hits] for group in search(world.actor(who), typed)}


def complaint(world: World, text: str, contact: dict[str, str] | None = None) -> Complaint:
    """From the public, given to the first squadron."""
    made = intake.submit_complaint(intake.Said(text, contact=contact), form_key=uuid.uuid4(), who="sender").complaint
    return handling.assign_complaint(world.actor("督察"), made, unit=world.units["一中队"])


def page(world: World, who: str, typed: str) -> Any:
    return world.client(who).get("/search/", {"q": typed})


@pytest.mark.parametrize("typed", ["女队员", "女队", "ndy", "nvduiyuan", "NDY", "T009", "ｔ００９", "340009", "女队员 t009"])
def test_a_person_is_found_by_name_pinyin_initials_and_numbers(world: World, typed: str) -> None:
    assert "女队员" in found(world, "队长", typed)["人员"]


def test_persons_units_findings_cases_items_and_clauses_come_in_groups(world: World) -> None:
    finding = world.finding()
    world.item("R-0815", serial="SN-4711")
    casereviews.register_case(
        world.actor("督察"), number="城管罚〔2026〕第001号", title="占道堆放物料案", unit=world.units["一中队"],
        handlers=[world.persons["队员"]], closed_on=clock.today() - dt.timedelta(days=9), procedure="ordinary",
    )  # fmt: skip
    assert found(world, "督察", finding.text[:3])["问题"] == [finding.text]
    assert found(world, "督察", finding.number)["问题"] == [finding.text]
    assert found(world, "督察", str(finding.pk).zfill(2))["问题"] == [finding.text]
    for typed in ("r-0815", "4711", "对讲机"):
        assert found(world, "队长", typed)["装备"] == ["对讲机 R-0815"], typed
    for typed in ("占道堆放", "2026〕第001", "堆放 城管罚"):
        assert found(world, "队长", typed)["案卷"] == ["城管罚〔2026〕第001号 占道堆放物料案"], typed
    assert found(world, "队员", "2.1.3")["条款"][0].startswith("2.1.3")
    assert "一中队" in found(world, "大队长", "一中队")["单位"]
    answer = page(world, "督察", "占道堆放")
    assert answer.status_code == 200
    assert "城管罚〔2026〕第001号" in answer.content.decode()


def test_what_is_out_of_reach_is_found_by_nobody_and_counted_nowhere(world: World) -> None:
    finding = world.finding()
    world.item("R-0815")
    for who in ("外队长", "外人"):
        assert found(world, who, finding.text[:4]) == {}
        assert found(world, who, finding.number) == {}
        assert found(world, who, "R-0815") == {}
        assert found(world, who, "女队员") == {}
        assert finding.number not in page(world, who, finding.text).content.decode()
    assert found(world, "队员", finding.text[:4])["问题"] == [finding.text], "one's own"
    assert "问题" not in found(world, "协管", finding.text[:4])
    assert found(world, "队员", "女队员") == {}, "who leads nobody finds nobody but oneself"
    assert found(world, "队员", "队员") == {"人员": ["队员"]}


def test_a_complaint_is_found_by_text_and_number_and_says_nothing_of_who_complained(world: World) -> None:
    made = complaint(world, "夜市占道经营噪声扰民，请来人看看", {"name": "欧阳守拙", "phone": "13955512345"})
    for typed in ("噪声扰民", made.number):
        assert found(world, "督察", typed)["投诉"] == [made.number]
    body = page(world, "督察", "噪声扰民").content.decode()
    assert made.number in body
    assert "欧阳守拙" not in body
    assert "夜市占道" not in body, "the complainant's own words are for the complaint's page"
    assert found(world, "督察", "欧阳守拙") == {}
    assert found(world, "督察", "13955512345") == {}
    assert "投诉" not in found(world, "队员", "噪声扰民")


def test_a_complaint_against_the_own_unit_is_not_even_counted(world: World) -> None:
    made = complaint(world, "有一名执法人员态度生硬粗暴")
    assert found(world, "督察", "生硬粗暴")["投诉"] == [made.number]
    assert found(world, "队长", "生硬粗暴")["投诉"] == [made.number]
    accused.name_accused(world.actor("大队长"), made, person=world.persons["督察乙"])
    assert found(world, "队长", "生硬粗暴")["投诉"] == [made.number]
    for who in ("督察", "督察乙", "外队长"):
        assert "投诉" not in found(world, who, "生硬粗暴"), who
        assert "投诉" not in found(world, who, made.number), who


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "请输入要查找的内容"),
        ("   \u3000\t", "请输入要查找的内容"),
        ("\x00", "请输入要查找的内容"),
        ("张", "只有一个字"),
        ("😀", "只有一个字"),
        ("%", "只有一个字"),
        ("\\", "只有一个字"),
        ("'", "只有一个字"),
        ("甲 乙 丙", "只有一个字"),
        ("城" * 61, "61 个字"),
        ("城管 " * 3 + "一中队 二中队 三中队 四中队 五中队", "6 个词"),
    ],
)
def test_what_cannot_be_meant_is_told_with_the_remedy_and_kept_in_the_box(world: World, typed: str, said: str) -> None:
    answer = page(world, "督察", typed)
    body = answer.content.decode()
    assert answer.status_code == 422
    assert said in body
    assert 'aria-invalid="true"' in body


@pytest.mark.parametrize(
    "typed", ["''", '"漏戴"', "%%", "__", "\\\\", "漏%识", "😀😀", "--'; DROP", "a\x00b", "漏戴'", "((", "[a-z]", "🧑‍🧑"]
)
def test_odd_signs_are_signs_and_find_only_themselves(world: World, typed: str) -> None:
    world.finding()
    answer = page(world, "督察", typed)
    assert answer.status_code == 200
    assert "没有找到" in answer.content.decode()


def test_signs_of_patterns_are_found_where_they_stand(world: World) -> None:
    finding, other = world.finding(), world.finding(person="协管")
    Finding.objects.filter(pk=finding.pk).update(text="袖标写成 A_%\\城管")
    Finding.objects.filter(pk=other.pk).update(text="袖标写成 AXX城管")
    for typed in ("a_%", "%\\城", "A_%\\城管"):
        assert found(world, "督察", typed) == {"问题": ["袖标写成 A_%\\城管"]}


def test_a_rare_old_text_is_found_by_its_pairs_behind_many_new_ones(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chengxin.ui.search.NEWEST", 3)
    first = world.finding()
    Finding.objects.filter(pk=first.pk).update(text="帽徽佩戴歪斜", seen_at=first.seen_at - dt.timedelta(days=200))
    for _ in range(5):
        world.finding(person="协管")
    assert found(world, "督察", "歪斜") == {"问题": ["帽徽佩戴歪斜"]}
    assert found(world, "队员", "帽徽")["问题"] == ["帽徽佩戴歪斜"]
    assert found(world, "协管", "歪斜") == {}


def test_more_than_is_shown_is_said_and_leads_to_the_list(world: World) -> None:
    text = {world.finding(person="协管").text for _ in range(SHOWN + 1)}.pop()
    (group,) = [each for each in search(world.actor("督察"), text[:3]) if each.title == "问题"]
    assert (len(group.hits), group.has_more) == (SHOWN, True)
    assert "还有更多" in page(world, "督察", text[:3]).content.decode()


def test_a_search_asks_two_statements_for_all_rooms(world: World) -> None:
    actor = world.actor("督察")
    with CaptureQueriesContext(connection) as captured:
        search(actor, "没有这样的话")
    assert len(captured) <= 2


def test_the_box_is_in_the_masthead_for_who_may_search(world: World) -> None:
    assert 'id="search-box"' in world.client("队员").get("/").content.decode()
    assert 'id="search-box"' not in world.client("系统员").get("/").content.decode()
    assert world.client("系统员").get("/search/").status_code == 403
    assert page(world, "督察", "<script>x").content.decode().count("<script>x") == 0


def test_words_are_split_and_cleaned() -> None:
    assert words_of("  漏戴　标识  漏戴 ") == ("漏戴", "标识")
    assert words_of("Ｔ００８\u200b号") == ("T008号",)
    with pytest.raises(DomainError):
        words_of("a")


def test_a_look_from_the_search_into_a_file_is_kept(world: World) -> None:
    from chengxin.audit.models import Entry

    client = world.client("队长")
    body = client.get("/search/", {"q": "女队员"}).content.decode()
    address = f"/persons/{Person.objects.get(name='女队员').pk}/"
    assert address in body
    assert not Entry.objects.filter(action="portal.file_viewed").exists(), "finding is not looking"
    client.get(address)
    assert Entry.objects.filter(action="portal.file_viewed").count() == 1
