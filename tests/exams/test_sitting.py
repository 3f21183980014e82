"""A sitting: the server's clock, running numbers, one device, no trace of what is right (2.4)."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from chengxin.audit.models import Entry
from chengxin.core import clock
from chengxin.core.errors import Conflict, DomainError, NotFound
from chengxin.exams.models import Answer, Exam, ItemVersion, Paper, Takeover
from chengxin.exams.selectors import work_waiting_for
from chengxin.exams.selectors.answers import responses_of
from chengxin.exams.services import exams, sitting
from tests.exams.conftest import DEVICE, LINES, OTHER, TODAY, answer, at, right, sit
from tests.world import World

pytestmark = pytest.mark.django_db


def kept(paper: Paper) -> dict[int, str]:
    return responses_of([paper.pk]).get(paper.pk, {})


def test_the_deadline_is_fixed_at_the_start_and_never_beyond_the_window(world: World, exam: Exam, paper: Paper) -> None:
    assert paper.deadline_at == clock.at(TODAY, 11)
    with at(16, 30):
        late = sitting.start_sitting(world.actor("协管"), exam, device=DEVICE)
        assert late.deadline_at == clock.at(TODAY, 17)
    with at(10, 20):
        again = sitting.start_sitting(world.actor("队员"), exam, device=DEVICE)
    assert (again.pk, again.deadline_at) == (paper.pk, clock.at(TODAY, 11)), "going on does not give time"
    assert Entry.objects.filter(action="exams.started", subject=f"paper:{paper.pk}").count() == 1


def test_who_is_not_due_and_a_closed_window_are_refused(world: World, exam: Exam) -> None:
    with pytest.raises(NotFound):
        sitting.start_sitting(world.actor("外人"), exam, device=DEVICE)
    for moment in ((8, 59), (17, 1)):
        with at(*moment), pytest.raises(Conflict, match="不在考试时间内"):
            sitting.start_sitting(world.actor("队员"), exam, device=DEVICE)
    assert not Paper.objects.exclude(started_at=None).exists()


def test_the_newest_number_wins_in_whatever_order_they_arrive(world: World, paper: Paper) -> None:
    answer(world, paper, 1, "A", 1)
    answer(world, paper, 1, "C", 5)
    answer(world, paper, 1, "B", 3)
    answer(world, paper, 2, "D", 2)
    assert kept(paper) == {1: "C", 2: "D"}
    assert Answer.objects.filter(paper=paper).count() == 4, "what arrived is kept"


def test_the_same_number_again_is_acknowledged_and_another_answer_under_it_refused(world: World, paper: Paper) -> None:
    assert answer(world, paper, 1, "A", 1) == answer(world, paper, 1, "A", 1)
    with pytest.raises(Conflict, match="序号已用于另一个答案"):
        answer(world, paper, 1, "B", 1)
    assert (Answer.objects.count(), kept(paper)) == (1, {1: "A"})


def test_an_answer_after_the_time_is_refused_and_told(world: World, paper: Paper) -> None:
    with at(11):
        assert answer(world, paper, 1, "A", 1).left == 0
    with clock.frozen(clock.at(TODAY, 11) + dt.timedelta(seconds=1)), pytest.raises(Conflict, match="答题时间已到") as refused:
        answer(world, paper, 1, "B", 2)
    assert refused.value.code == "too_late"
    assert kept(paper) == {1: "A"}
    with at(11, 1), pytest.raises(Conflict):
        sitting.save_sheet(world.actor("队员"), paper, {1: "B"}, device=DEVICE)


def test_after_handing_in_nothing_is_taken_and_a_second_click_is_harmless(world: World, paper: Paper) -> None:
    answer(world, paper, 1, "A", 1)
    done = sitting.hand_in(world.actor("队员"), paper, device=DEVICE)
    with at(10, 5):
        assert sitting.hand_in(world.actor("队员"), paper, device=DEVICE).handed_in_at == done.handed_in_at
    with pytest.raises(Conflict, match="已经交卷"):
        answer(world, paper, 1, "B", 2)
    with pytest.raises(Conflict, match="已经交卷"):
        sitting.start_sitting(world.actor("队员"), paper.exam, device=DEVICE)
    assert Entry.objects.filter(action="exams.handed_in").count() == 1


def test_somebody_elses_paper_is_not_there(world: World, paper: Paper) -> None:
    for call in (
        lambda: answer(world, paper, 1, "A", by="协管"),
        lambda: sitting.hand_in(world.actor("协管"), paper, device=DEVICE),
        lambda: sitting.take_over(world.actor("协管"), paper, device=OTHER),
    ):
        with pytest.raises(NotFound):
            call()
    assert not Answer.objects.exists()
    for address in ("", "clock/", "result/"):
        assert world.client("协管").get(f"/exams/papers/{paper.pk}/{address}").status_code == 404


@pytest.mark.parametrize(("place", "response", "sequence"), [(0, "A", 1), (6, "A", 1), (999, "A", 1), (1, "A" * 201, 1), (1, "A", 0)])
def test_a_place_or_number_that_cannot_be_is_refused(world: World, paper: Paper, place: int, response: str, sequence: int) -> None:
    with pytest.raises(DomainError):
        answer(world, paper, place, response, sequence)
    assert not Answer.objects.exists()


def test_saving_an_answer_is_one_statement(world: World, paper: Paper) -> None:
    actor = world.actor("队员")
    with CaptureQueriesContext(connection) as captured:
        sitting.save_answer(actor, paper.pk, place=1, response="A", sequence=1, device=DEVICE)
    assert len(captured) == 0, "nothing through the framework; the one statement is prepared"
    client = world.client("队员")
    client.cookies["exam_device"] = DEVICE
    client.post(f"/exams/papers/{paper.pk}/answers/", {"place": 1, "sequence": 2, "response": "B"})
    with CaptureQueriesContext(connection) as captured:
        assert client.post(f"/exams/papers/{paper.pk}/answers/", {"place": 1, "sequence": 3, "response": "C"}).status_code == 200
    assert len(captured) <= 2, [query["sql"][:80] for query in captured]


def test_a_second_device_is_refused_until_it_takes_over_and_the_first_is_told(world: World, exam: Exam, paper: Paper) -> None:
    answer(world, paper, 1, "A", 1)
    with pytest.raises(Conflict) as refused:
        sitting.start_sitting(world.actor("队员"), exam, device=OTHER)
    assert refused.value.code == "other_device"
    with pytest.raises(Conflict):
        answer(world, paper, 1, "B", 2, device=OTHER)
    sitting.take_over(world.actor("队员"), paper, device=OTHER, device_label="电脑 Edge")
    sitting.take_over(world.actor("队员"), paper, device=OTHER, device_label="电脑 Edge")
    assert Takeover.objects.values_list("from_label", "to_label").get() == ("手机 Chrome", "电脑 Edge")
    with pytest.raises(Conflict, match="另一台设备") as refused:
        answer(world, paper, 1, "C", 3)
    assert refused.value.code == "other_device"
    with pytest.raises(Conflict):
        sitting.hand_in(world.actor("队员"), paper, device=DEVICE)
    answer(world, paper, 1, "D", 4, device=OTHER)
    assert kept(paper) == {1: "D"}
    assert Entry.objects.filter(action="exams.taken_over").count() == 1
    assert "手机 Chrome → 电脑 Edge" in world.client("督察").get(f"/exams/plans/{exam.pk}/").content.decode()


def test_only_one_exam_at_a_time(world: World, paper: Paper, planned: Callable[..., Exam]) -> None:
    other = exams.publish_exam(world.actor("督察"), planned(title="另一场"))
    with pytest.raises(Conflict, match="还有一场考试正在进行"):
        sitting.start_sitting(world.actor("队员"), other, device=DEVICE)
    sitting.hand_in(world.actor("队员"), paper, device=DEVICE)
    assert sitting.start_sitting(world.actor("队员"), other, device=DEVICE).started_at


def test_answers_are_append_only_in_the_database(world: World, paper: Paper) -> None:
    answer(world, paper, 1, "A", 1)
    for change in (lambda: Answer.objects.update(response="B"), lambda: Answer.objects.all().delete()):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


# --- pages ---


def begin(client: Client, exam: Exam) -> str:
    answered = client.post(f"/exams/{exam.pk}/sit/")
    assert answered.status_code == 303
    return str(answered["Location"])


def test_an_exam_is_sat_with_plain_forms(world: World, exam: Exam) -> None:
    client = world.client("协管")
    assert exam.title in client.get("/exams/").content.decode()
    assert "服务器计时" in client.get(f"/exams/{exam.pk}/sit/").content.decode()
    address = begin(client, exam)
    paper = Paper.objects.get(person=world.persons["协管"])
    page = client.get(address).content.decode()
    assert page.count("<fieldset") == paper.size
    filled = {f"q-{place}": list(right(paper, place)) if paper.drawn[place - 1].order else right(paper, place) for place in (1, 2, 3, 4)}
    assert client.post(address, {**filled, "whole": "yes", "act": "save"}).status_code == 303
    assert kept(paper) == {place: right(paper, place) for place in (1, 2, 3, 4)}
    assert client.post(address, {**filled, "whole": "yes", "act": "save"}).status_code == 303
    assert Answer.objects.count() == 4, "the same sheet again changes nothing"
    asked = client.post(address, {**filled, "whole": "yes", "act": "hand_in"})
    assert asked.status_code == 422
    assert "还有 1 题没有作答" in asked.content.decode()
    answered = client.post(address, {**filled, "whole": "yes", "act": "hand_in_anyway"})
    assert answered["Location"] == f"/exams/papers/{paper.pk}/result/"
    paper.refresh_from_db()
    assert paper.handed_in_at is not None
    assert client.get(address)["Location"] == f"/exams/papers/{paper.pk}/result/"
    assert "成绩在" in client.get(f"/exams/papers/{paper.pk}/result/").content.decode()


def test_a_second_browser_sees_the_way_to_take_over(world: World, exam: Exam) -> None:
    phone, desk = world.client("协管"), world.client("协管")
    address = begin(phone, exam)
    assert desk.post(f"/exams/{exam.pk}/sit/")["Location"] == address
    page = desk.get(address).content.decode()
    assert "在这台设备上继续" in page
    assert "<fieldset" not in page
    assert desk.post(address + "answers/", {"place": 1, "sequence": 1, "response": "A"}).status_code == 409
    assert desk.post(address + "take-over/").status_code == 303
    assert "<fieldset" in desk.get(address).content.decode()
    assert "在这台设备上继续" in phone.get(address).content.decode()
    told = phone.post(address + "answers/", {"place": 1, "sequence": 1, "response": "A"}, headers={"Accept": "application/json"})
    assert (told.status_code, told.json()["code"]) == (409, "other_device")
    assert phone.get(address + "clock/", headers={"Accept": "application/json"}).json()["code"] == "other_device"
    assert desk.get(address + "clock/").json() == {"left": 3600}


def test_no_page_of_a_running_exam_holds_a_trace_of_what_is_right(world: World, exam: Exam) -> None:
    client = world.client("队员")
    address = begin(client, exam)
    paper = Paper.objects.get(person=world.persons["队员"])
    pages = [client.get(each).content.decode() for each in ("/exams/", address, address + "result/", f"/exams/{exam.pk}/sit/", "/")]
    staff = world.client("督察")
    pages += [
        staff.get(each).content.decode()
        for each in (f"/exams/plans/{exam.pk}/", f"/exams/plans/{exam.pk}/persons/", f"/exams/plans/{exam.pk}/persons/?export=csv")
    ]
    for page in pages:
        assert "解析" not in page
        assert "二十四小时" not in page
        assert not re.search(r"data-(right|answer|correct)", page)
    # two papers that differ in what is right differ in nothing else: the markup of a right option is that of a wrong one
    options = re.findall(r"<label class=\"form-check option\"><input [^>]*>", client.get(address).content.decode())
    assert {re.sub(r'name="q-\d+" value="[A-H]"', "", each) for each in options} == {
        '<label class="form-check option"><input class="form-check-input" type="radio"  >',
        '<label class="form-check option"><input class="form-check-input" type="checkbox"  >',
    }
    for each in (f"/exams/plans/{exam.pk}/items/", f"/exams/plans/{exam.pk}/draw/"):
        assert staff.get(each).status_code == 409
    assert client.get(f"/exams/papers/{paper.pk}/object/1/").status_code == 409


def test_a_sheet_takes_the_same_queries_for_any_number_of_questions(world: World, exam: Exam, planned: Callable[..., Exam]) -> None:
    def count(one: Exam, name: str) -> int:
        client = world.client(name)
        address = begin(client, one)
        client.get(address)
        with CaptureQueriesContext(connection) as captured:
            client.get(address)
        return len(captured)

    short = exams.publish_exam(world.actor("督察"), planned(blueprint=LINES[:1]))
    assert count(short, "女队员") == count(exam, "队员")


def test_an_open_exam_waits_for_its_person_until_handed_in(world: World, exam: Exam) -> None:
    def waiting(name: str) -> list[str]:
        return [each.title for each in work_waiting_for(world.actor(name))]

    assert waiting("协管") == [f"参加考试：{exam.title}"]
    assert waiting("外人") == []
    paper = sitting.start_sitting(world.actor("协管"), exam, device=DEVICE)
    assert waiting("协管") == [f"继续考试：{exam.title}"]
    sitting.hand_in(world.actor("协管"), paper, device=DEVICE)
    assert waiting("协管") == []


def test_who_failed_or_was_absent_sits_the_make_up_with_another_paper(world: World, exam: Exam) -> None:
    tomorrow = TODAY + dt.timedelta(days=1)
    exams.set_make_up(world.actor("督察"), exam, opens_at=clock.at(tomorrow, 9), closes_at=clock.at(tomorrow, 10))
    failed, passed = sit(world, exam, "队员", rights=0), sit(world, exam, "协管", rights=5)
    with at(18):
        page = world.client("队员").get(f"/exams/papers/{failed.pk}/result/").content.decode()
        assert "未合格" in page
        assert "的解析" not in page, "answers wait for the end of the make-up"
    with at(9, 30, tomorrow):
        assert [each.title for each in work_waiting_for(world.actor("队员"))] == [f"参加补考：{exam.title}"]
        for name in ("队员", "女队员"):
            made = sitting.start_sitting(world.actor(name), exam, device=OTHER)
            assert (made.attempt, made.deadline_at) == (2, clock.at(tomorrow, 10))
        with pytest.raises(Conflict, match="已经合格"):
            sitting.start_sitting(world.actor("协管"), exam, device=OTHER)
        assert Paper.objects.filter(attempt=2).count() == 2
    assert passed.attempt == 1
    assert ItemVersion.objects.in_use().count() == 16
