"""Conduct in real Chromium: practice and signature on the phone, a recording reviewed with the sheet beside the player."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from chengxin.conduct import services
from chengxin.conduct.models import Coaching, Nomination, Remark, Sheet, SignOff, Transcript, WatchMoment
from chengxin.core import clock
from chengxin.evidence.models import Recording, Review
from chengxin.evidence.services import reviews
from chengxin.evidence.services.folder import import_folder
from chengxin.findings.models import Finding
from tests.browser.conftest import Site
from tests.conduct.conftest import marks, srt, uploaded
from tests.evidence.clips import clip
from tests.world import SYSTEM, World


@pytest.fixture
def drawn(world: World, tmp_path: Path) -> list[Review]:
    """Two recordings of 队员 of last month, drawn."""
    world.on_duty_now("队员")
    world.item("J-1", kind="recorder")
    world.check_out("J-1")
    for seed in (1, 2):
        started = clock.now() + dt.timedelta(seconds=seed)
        path = tmp_path / "dock" / f"J-1_T008_{started:%Y%m%d%H%M%S}_000{seed}.mp4"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(clip(seed, seconds=3))
        os.utime(path, (clock.now().timestamp() - 3600,) * 2)
    import_folder(SYSTEM, tmp_path / "dock", station="一号站")
    month = (clock.today().replace(day=1) - dt.timedelta(days=1)).replace(day=1)
    for number, recording in enumerate(Recording.objects.order_by("pk")):
        start = clock.at(month, 9, number)
        Recording.objects.filter(pk=recording.pk).update(
            person=world.persons["队员"], unit=world.units["一中队"], attribution="attributed", started_at=start,
            ended_at=start + dt.timedelta(seconds=3),
        )  # fmt: skip
    actor = world.actor("督察")
    reviews.cast_month(actor, reviews.freeze_month(actor, month), public="四 二 六")
    return list(Review.objects.order_by("pk"))


def listened(page: Page) -> list[str]:
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    return said


def test_an_auxiliary_practises_on_the_phone_and_signs(site: Site) -> None:
    page = site.page("协管", screen="phone")
    said = listened(page)
    page.goto("/")
    page.get_by_role("link", name="学习文明用语并签名").click()
    page.get_by_role("link", name="练习这一场景").first.click()
    expect(page.get_by_role("heading", name="巡查劝导")).to_be_visible()
    expect(page.locator(".prescribed")).not_to_be_visible()
    page.get_by_text("表明身份").click()
    expect(page.get_by_text("我们是城管执法人员", exact=True)).to_be_visible()
    page.get_by_text("对照规范用语").click()
    expect(page.locator(".prescribed")).to_be_visible()
    site.picture(page, "conduct-card-phone")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert site.serious_violations(page) == []
    page.get_by_role("link", name="下一张：现场执法").click()
    page.get_by_role("link", name="下一张：便民服务").click()
    page.get_by_role("link", name="练完了，去签名").click()
    site.picture(page, "conduct-cards-phone")
    page.get_by_role("button", name="签名确认").click()
    expect(page.get_by_text("已签名", exact=True)).to_be_visible()
    assert SignOff.objects.get().person.name == "协管"
    assert said == []


def test_a_recording_is_watched_noted_scored_and_a_finding_raised(site: Site, drawn: list[Review]) -> None:
    page = site.page("督察", screen="desktop")
    said = listened(page)
    page.goto("/conduct/reviews/?state=waiting")
    page.get_by_role("link", name=drawn[0].recording.number).click()
    expect(page.get_by_role("button", name="提交评查表")).to_have_count(0)
    page.get_by_role("button", name="先观看影像").click()
    expect(page.locator("video")).to_be_visible()
    page.locator("video").evaluate("film => new Promise(done => { film.onseeked = done; film.currentTime = 2; })")
    page.locator("[name=comment]").fill("语气平和")
    page.get_by_role("button", name="取当前位置").click()
    expect(page.locator("[name=at]")).to_have_value("0:02")
    page.locator("[name=remark]").fill("主动问候")
    page.get_by_role("button", name="记下这一刻").click()
    expect(page.get_by_text("已记下这一刻")).to_be_visible()
    expect(page.locator("[name=comment]")).to_have_value("语气平和")
    page.get_by_role("button", name="0:02").click()
    page.wait_for_function("document.querySelector('video').currentTime >= 2")
    page.locator("[name=at]").fill("0:01")
    page.locator("[name=entry]").select_option(label="执勤时袖手、背手、插兜")
    page.get_by_role("button", name="登记言行问题").click()
    expect(page.get_by_text("已登记；评分草稿已保存")).to_be_visible()
    for code, points in (marks() | {"bearing": 4}).items():
        page.locator(f"[name=points_{code}]").fill(str(points))
    site.picture(page, "conduct-sheet-desktop")
    assert site.serious_violations(page) == []
    page.get_by_role("button", name="提交评查表").click()
    expect(page.get_by_text("已提交评查表：94 分")).to_be_visible()
    site.picture(page, "conduct-final-desktop")
    sheet, nomination = Sheet.objects.get(), Nomination.objects.get()
    assert (sheet.total, sheet.comment, Remark.objects.get().at_ms, nomination.at_ms) == (94, "语气平和", 2000, 1000)
    assert Finding.objects.get().finder_label == "督察"
    assert said == []


@pytest.fixture
def places(world: World, drawn: list[Review]) -> dict[str, Any]:
    """One of everything: a review under way, one reviewed with a finding, a transcript with its moments, a coaching."""
    actor, recording = world.actor("督察"), drawn[0].recording
    made = services.import_transcript(actor, recording, uploaded(srt("您好", "少废话", "快点滚")), scene="enforcement")
    services.open_recording(actor, drawn[0])
    services.add_remark(actor, drawn[0], at_ms=1000, text="主动问候")
    services.open_recording(actor, drawn[1])
    services.nominate_finding(actor, drawn[1].recording, entry="conduct.hands", at_ms=0, review=drawn[1])
    services.finish_sheet(actor, drawn[1], marks=marks(calm=12), notes={"calm": "语速偏快"}, scene="patrol", comment="总体较好")
    coaching = services.record_coaching(world.actor("队长"), Finding.objects.get(), held_on=clock.today(), practised="对照站姿要求练习两遍")
    services.sign_off(world.actor("队员"), version="conduct.phrases@1")
    return {
        "open": drawn[0].pk, "final": drawn[1].pk, "transcript": made.pk, "moment": WatchMoment.objects.filter(kind="prohibited")[0].pk,
        "coaching": coaching.pk,
    }  # fmt: skip


SCREENS = {
    "督察": (
        "/conduct/reviews/", "/conduct/reviews/{open}/", "/conduct/reviews/{final}/", "/conduct/moments/", "/conduct/moments/{moment}/",
        "/conduct/transcripts/new/", "/conduct/transcripts/{transcript}/", "/conduct/coachings/{coaching}/", "/conduct/rates/",
    ),
    "队员": ("/conduct/mine/", "/conduct/cards/patrol/"),
    "队长": ("/conduct/cards/", "/conduct/sign-offs/", "/conduct/coachings/", "/conduct/coachings/new/", "/conduct/coachings/{coaching}/"),
}  # fmt: skip


@pytest.mark.parametrize("screen", ["phone", "desktop"])
@pytest.mark.parametrize("who", SCREENS)
def test_the_conduct_screens_of(site: Site, places: dict[str, Any], who: str, screen: str) -> None:
    page = site.page(who, screen=screen)
    said = listened(page)
    for number, address in enumerate(SCREENS[who]):
        answer = page.goto(address.format(**places))
        assert answer is not None
        assert answer.status == 200, address
        site.picture(page, f"conduct-{who}-{screen}-{number}")
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), f"{address} scrolls sideways"
        assert site.serious_violations(page) == [], address
        assert said == [], address
    assert (Transcript.objects.count(), Coaching.objects.count()) == (1, 1)
