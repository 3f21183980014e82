"""A contest in real Chromium: two judges' phones score at the same time, the board follows, the result is confirmed and frozen."""

from __future__ import annotations

import re
import uuid

import pytest
from playwright.sync_api import Page, expect

from chengxin.contests import selectors, services
from chengxin.contests.models import Contest, Sheet
from chengxin.core import clock
from tests.browser.conftest import Site
from tests.contests.conftest import Stage

TITLE = "季度执法技能竞赛"


def running(site: Site, minimum: int = 2) -> Stage:
    """Two persons of one squadron and two judges, started."""
    world = site.world
    contest = services.plan_contest(
        world.actor("大队长"), kind="drill", subject="person", title=TITLE, held_on=clock.today(), place="训练场", form_key=uuid.uuid4()
    )
    stage = Stage(world, contest)
    for name in ("队员", "协管"):
        stage.enter(name, unit="一中队")
    stage.appoint("督察", "督察乙", "队长")
    services.set_contest_rules(
        world.actor("大队长"), contest, drop="none", drop_from=5, minimum_judges=minimum, places_shown=1, ties=[], weights={"drill": 100}
    )
    stage.draw()
    stage.start()
    return stage


def open_sheet(page: Page, number: int) -> None:
    member = page.locator(f"#no-{number}")
    if member.locator("details[open]").count() == 0:
        member.locator("summary").click()


def fill(page: Page, number: int, *points: str) -> None:
    open_sheet(page, number)
    for field, text in zip(page.locator(f"#no-{number} [data-points]").all(), points, strict=True):
        field.fill(text)


def submit(page: Page, number: int) -> None:
    page.locator(f"#no-{number}").get_by_role("button", name="提交").click()


@pytest.mark.slow
def test_two_phones_score_at_once_the_board_follows_and_the_result_is_frozen(site: Site) -> None:
    stage = running(site)
    address = f"/contests/{stage.contest.pk}/"
    phones = [site.page("督察", screen="phone"), site.page("督察乙", screen="phone")]
    board, chief = site.page("队员", screen="desktop"), site.page("局长", screen="desktop")
    board.goto(f"{address}board/")
    expect(board.get_by_text("已收 0 份")).to_have_count(2)
    for phone in phones:
        phone.goto(f"{address}judging/drill/")
        expect(phone.get_by_text("一中队")).to_have_count(0)
        fill(phone, 1, "27", "36.5", "13.5", "12")
        expect(phone.locator("#no-1 [data-total]")).to_have_text("89")
    site.picture(phones[0], "contest-judging-phone")
    assert site.serious_violations(phones[0]) == []
    for phone in phones:
        submit(phone, 1)
    for phone in phones:
        expect(phone.locator("#no-1 [data-state]")).to_have_text("已提交 89 分")
    expect(board.get_by_text("89.00")).to_have_count(2)  # nobody reloaded the board
    assert "一中队" not in board.locator("#content").inner_text()

    # points outside the grid are refused with the criterion and its steps, and stay typed
    fill(phones[0], 2, "30", "40", "15", "14.3")
    submit(phones[0], 2)
    expect(phones[0].get_by_text("“指挥与口令”不能打 14.3 分：0 至 15 分，每档 0.5 分。")).to_be_visible()
    fill(phones[0], 2, "25", "30", "10", "10")
    fill(phones[1], 2, "25", "30", "10", "10")
    for phone in phones:
        submit(phone, 2)
        expect(phone.locator("#no-2 [data-state]")).to_have_text("已提交 75 分")
    expect(board.get_by_text("75.00")).to_have_count(2)
    site.picture(board, "contest-board-desktop")
    assert site.serious_violations(board) == []

    chief.goto(address)
    site.picture(chief, "contest-confirm-desktop")
    assert site.serious_violations(chief) == []
    chief.get_by_role("button", name="确认成绩").click()
    expect(chief.get_by_text("成绩已确认并冻结。")).to_be_visible()
    result = Contest.objects.get().result  # type: ignore[misc]
    expect(chief.get_by_text(f"SHA-256 {result.sha256}")).to_be_visible()
    site.picture(chief, "contest-confirmed-desktop")
    expect(board.get_by_text("第 1 名")).to_be_visible()
    winner = next(name for name, entry in stage.entries.items() if entry.number == 1)
    expect(board.get_by_role("cell", name=winner).first).to_be_visible()
    phones[0].goto(f"{address}judging/drill/")
    expect(phones[0].get_by_text("现在不能评分")).to_be_visible()
    phones[1].goto(f"{address}board/")
    site.picture(phones[1], "contest-result-phone")
    assert site.serious_violations(phones[1]) == []


def test_a_sheet_without_network_waits_on_the_phone_and_arrives_once(site: Site) -> None:
    stage = running(site)
    page = site.page("督察", screen="phone")
    page.goto(f"/contests/{stage.contest.pk}/judging/drill/")
    page.context.set_offline(True)
    for number in (1, 2):
        fill(page, number, "20", "30", "10", "10")
        submit(page, number)
        expect(page.locator(f"#no-{number} [data-state]")).to_have_text("等待送达")
    expect(page.get_by_text("没有网络：评分已保存在本机，恢复后自动送达。")).to_be_visible()
    site.picture(page, "contest-offline-phone")
    assert Sheet.objects.count() == 0
    page.context.set_offline(False)
    for number in (1, 2):
        expect(page.locator(f"#no-{number} [data-state]")).to_have_text("已提交 70 分")
    assert Sheet.objects.filter(state="submitted").count() == 2


def test_an_answer_lost_on_the_way_doubles_nothing(site: Site) -> None:
    stage = running(site)
    page = site.page("督察", screen="phone")
    swallowed: list[int] = []

    def swallow(route: object) -> None:
        """The server gets the request; the phone never hears the answer."""
        if route.request.method == "POST" and not swallowed:  # type: ignore[attr-defined]
            swallowed.append(route.fetch().status)  # type: ignore[attr-defined]
            route.abort("connectionreset")  # type: ignore[attr-defined]
        else:
            route.continue_()  # type: ignore[attr-defined]

    page.context.route("**/contests/*/judging/drill/1/", swallow)
    page.goto(f"/contests/{stage.contest.pk}/judging/drill/")
    fill(page, 1, "20", "30", "10", "10")
    submit(page, 1)
    expect(page.locator("#no-1 [data-state]")).to_have_text("等待送达")
    assert swallowed == [200]
    # what is changed after it arrived does not count, and the phone says so
    fill(page, 1, "30", "30", "10", "10")
    submit(page, 1)
    expect(page.get_by_text("先前已经送达（合计 70 分），之后的改动没有计入")).to_be_visible()
    fill(page, 1, "20", "30", "10", "10")
    submit(page, 1)
    expect(page.locator("#no-1 [data-state]")).to_have_text("已提交 70 分")
    assert Sheet.objects.count() == 1
    page.reload()
    expect(page.locator("#no-1 [data-state]")).to_have_text(re.compile("已提交 70 分"))
    assert page.evaluate("Object.keys(localStorage).filter((name) => name.startsWith('contest-sheet')).length") == 0


def test_what_was_typed_stays_on_the_phone_and_a_draft_is_kept(site: Site) -> None:
    stage = running(site)
    page = site.page("督察", screen="phone")
    address = f"/contests/{stage.contest.pk}/judging/drill/"
    page.goto(address)
    open_sheet(page, 1)
    page.locator("#no-1 [data-points]").first.fill("25.5")
    page.reload()
    open_sheet(page, 1)
    expect(page.locator("#no-1 [data-points]").first).to_have_value("25.5")
    page.locator("#no-1").get_by_role("button", name="暂存").click()
    expect(page.get_by_text("1 号已暂存，还没有提交。")).to_be_visible()
    assert Sheet.objects.get().state == "draft"
    judge = selectors.judge_of(site.world.actor("督察"), stage.contest)
    assert judge is not None
    fill(page, 1, "20", "30", "10", "10")
    submit(page, 1)
    expect(page.locator("#no-1 [data-state]")).to_have_text("已提交 70 分")
    page.reload()
    open_sheet(page, 1)
    page.get_by_role("link", name="撤回 1 号的评分表").click()
    page.get_by_label("理由").fill("看错了出场号")
    page.get_by_role("button", name="撤回").click()
    expect(page.get_by_text("撤回过 1 次")).to_be_visible()
    expect(page.locator("#no-1 [data-points]").first).to_have_value("")
