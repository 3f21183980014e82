"""Footage in real Chromium: uploaded by the protocol's own client through a lost line, looked at under a watermark."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from chengxin.core import clock
from chengxin.duty.models import Shift
from chengxin.equipment.models import Custody
from chengxin.evidence.models import Derivative, Download, Gap, Recording, Review, Upload, Viewing
from chengxin.evidence.services import derivatives, examination, expiry, keeping, releases, reviews, store, viewing
from chengxin.evidence.services.folder import import_folder
from tests.browser.conftest import Site
from tests.evidence.clips import clip
from tests.world import SYSTEM, World


@pytest.fixture
def film(world: World, tmp_path: Path) -> Path:
    """A film of a camera that an officer holds now, as the device named it."""
    world.on_duty_now("队员")
    world.item("J-1", kind="recorder")
    world.check_out("J-1")
    started = clock.now() + dt.timedelta(seconds=1)
    path = tmp_path / f"J-1_T008_{started:%Y%m%d%H%M%S}_0001.mp4"
    path.write_bytes(clip(1, seconds=2))
    return path


PLAY = """(film, until) => new Promise((done, failed) => {
  film.ontimeupdate = () => { if (film.currentTime > until) done(); };
  film.onerror = () => failed(new Error(film.error.message));
  film.muted = true;
  film.play().catch(failed);
})"""


def play(page: Page, until: float) -> None:
    """Play the film of the page until so many seconds of it are over; waits for the page that a click asked for."""
    page.locator("video").evaluate(PLAY, until)


def test_an_upload_goes_on_after_a_lost_line_and_is_looked_at_under_a_watermark(site: Site, world: World, film: Path) -> None:
    page = site.page("装备员", screen="desktop")
    page.goto("/evidence/upload/")
    broken: list[str] = []

    def break_once(route: Any) -> None:
        if route.request.method == "PATCH" and not broken:
            broken.append(route.request.url)
            route.abort("connectionreset")
        else:
            route.continue_()

    page.route("**/evidence/uploads/**", break_once)
    page.locator("#files").set_input_files(str(film))
    expect(page.locator("[data-list]")).to_contain_text("已入库 影", timeout=20_000)
    site.picture(page, "evidence-upload")
    assert len(broken) == 1
    recording = Recording.objects.get()
    assert (recording.size, Upload.objects.get().recording) == (film.stat().st_size, recording)
    assert site.serious_violations(page) == []
    page.wait_for_timeout(1500)  # the film ends while the camera is still out
    examination.examine(recording)
    recording.refresh_from_db()
    assert recording.person == world.persons["队员"], recording.attribution_note

    look = site.page("队长", screen="desktop")
    look.goto(f"/evidence/recordings/{recording.pk}/")
    look.get_by_role("button", name="说明理由并观看").click()
    expect(look.get_by_role("alert")).to_contain_text("观看理由")
    look.get_by_label("观看理由").fill("投诉核查：现场经过")
    look.get_by_label("投诉或案件编号").fill("投诉 12")
    look.get_by_role("button", name="说明理由并观看").click()
    video = look.locator("video")
    expect(video).to_be_visible()
    play(look, 0.5)
    assert look.evaluate("document.querySelector('video').videoWidth") == 160
    expect(look.locator(".watermark")).to_contain_text("队长")
    site.picture(look, "evidence-viewing")
    assert site.serious_violations(look) == []
    assert Viewing.objects.count() == 1
    look.goto(f"/evidence/recordings/{recording.pk}/")
    expect(look.get_by_text("投诉 12 投诉核查：现场经过").first).to_be_visible()


def test_a_clip_is_cut_from_the_player_and_fetched_after_another_agreed(site: Site, world: World, film: Path) -> None:
    import_folder(SYSTEM, _settled(film), station="一号站")
    recording = Recording.objects.get()
    Recording.objects.filter(pk=recording.pk).update(unit=world.units["一中队"], person=world.persons["队员"], attribution="attributed")
    examination.examine(recording)
    look = site.page("队长", screen="phone")
    look.goto(f"/evidence/recordings/{recording.pk}/")
    look.get_by_label("观看理由").fill("投诉核查：现场经过")
    look.get_by_role("button", name="说明理由并观看").click()
    play(look, 0.5)
    look.evaluate("document.querySelector('video').pause()")
    look.get_by_text("截取片段").click()
    look.get_by_role("button", name="从当前位置起").click()
    look.get_by_role("button", name="到当前位置止").click()
    expect(look.get_by_label("从", exact=True)).to_have_value("0:00")
    expect(look.get_by_label("到", exact=True)).to_have_value("0:01")
    look.get_by_role("button", name="截取", exact=True).click()
    expect(look.get_by_role("alert")).to_contain_text("截取理由")
    expect(look.get_by_label("到", exact=True)).to_have_value("0:01")
    look.get_by_label("截取理由").fill("投诉 12 取证")
    look.get_by_role("button", name="截取", exact=True).click()
    expect(look.get_by_text("制作中")).to_be_visible()
    derivatives.make_waiting()
    look.get_by_role("link", name=Derivative.objects.get().number).click(timeout=20_000)  # the page comes anew by itself
    look.wait_for_url("**clip=*")
    play(look, 0.1)
    site.picture(look, "evidence-clip")
    assert site.serious_violations(look) == []

    look.goto(f"/evidence/recordings/{recording.pk}/")
    look.get_by_role("heading", name="申请拷出").click()
    look.get_by_label("拷出什么").select_option(index=1)
    look.get_by_label("接收单位或人员").fill("某某区公安分局")
    look.get_by_label("用途").fill("配合调查")
    look.get_by_role("button", name="申请拷出").click()
    leader = site.page("局长", screen="desktop")
    leader.goto("/evidence/releases/")
    leader.get_by_label("同意拷出").check()
    site.picture(leader, "evidence-release-decision")
    leader.get_by_role("button", name="提交审批").click()
    expect(leader.get_by_text("已审批")).to_be_visible()
    look.goto("/evidence/releases/")
    site.picture(look, "evidence-release-own")
    with look.expect_download() as fetched:
        look.get_by_role("link", name="下载", exact=True).click()
    made = Derivative.objects.get()
    assert hashlib.sha256(Path(fetched.value.path()).read_bytes()).hexdigest() == made.sha256
    assert Download.objects.count() == 1


def _settled(film: Path) -> Path:
    """Its folder, the file long written."""
    os.utime(film, (clock.now().timestamp() - 3600,) * 2)
    return film.parent


SCREENS = {
    "队员": ["/evidence/mine/", "/evidence/gaps/", "/evidence/recordings/{important}/"],
    "队长": [
        "/evidence/recordings/",
        "/evidence/recordings/{doubtful}/",
        "/evidence/unattributed/",
        "/evidence/matters/",
        "/evidence/gaps/",
        "/evidence/coverage/",
    ],
    "大队长": ["/evidence/expiry/", "/evidence/recordings/{held}/"],
    "督察": [
        "/evidence/reviews/",
        "/evidence/reviews/2026/1/",
        "/evidence/reviews/one/{review}/",
        "/evidence/access/",
        "/evidence/reasons/",
        "/evidence/store/",
    ],
    "审计员": ["/evidence/access/"],
    "局长": ["/evidence/expiry/{list}/", "/evidence/recordings/{important}/", "/evidence/releases/"],
}


@pytest.fixture
def places(world: World, film: Path) -> dict[str, int]:
    """Recordings of every kind: important with a request, held, doubtful, expired and listed."""

    folder, months = film.parent / "dock", dt.timedelta(days=130)
    folder.mkdir()
    for number in range(1, 8):
        name = film.name if number == 1 else f"X-{number}_20260101083000_{number:04d}.mp4"
        (folder / name).write_bytes(clip(number))
    with clock.frozen(clock.now() - months):
        for path in folder.iterdir():
            os.utime(path, (clock.now().timestamp() - 3600,) * 2)
        import_folder(SYSTEM, folder, station="一号站")
    examination.examine_waiting()
    Recording.objects.update(unit=world.units["一中队"])
    rows = list(Recording.objects.order_by("pk"))
    important = next(row for row in rows if row.device_name == "J-1")
    Recording.objects.filter(pk=important.pk).update(person=world.persons["队员"], attribution="attributed")
    keeping.mark_important(world.actor("队员"), important, reason="阻碍执法", note="被推搡")
    keeping.ask_downgrade(world.actor("队长"), important, reason="当事人已道歉")
    held, doubtful, *rest = [row for row in rows if row != important]
    keeping.place_hold(world.actor("队长"), held, kind="complaint", number="投〔2026〕12", reason="投诉涉及当日执法")
    made = expiry.review_expired(world.actor("大队长"), spared={}, shown=[row.pk for row in rest[:2]])
    assert store.originals().size(rows[0].sha256)
    custody = Custody.objects.get()
    shift = Shift.objects.get()
    for number, state in enumerate((Gap.OPEN, Gap.EXPLAINED, Gap.ACCEPTED)):
        start = shift.period.lower + dt.timedelta(hours=number)
        Gap.objects.create(
            person=world.persons["队员"], unit=world.units["一中队"], shift=shift, custody=custody, started_at=start,
            ended_at=start + dt.timedelta(minutes=25), found_at=clock.now(), rule_version="footage.keeping@1", state=state,
            cause="" if state == Gap.OPEN else Gap.TECHNICAL, explanation="" if state == Gap.OPEN else "电池鼓包，已当场报告",
            is_declared=state == Gap.EXPLAINED,
        )  # fmt: skip
    Recording.objects.filter(pk__in=[row.pk for row in rest]).update(person=world.persons["队员"], attribution="attributed")
    supervisor = world.actor("督察")
    reviews.cast_month(supervisor, reviews.freeze_month(supervisor, dt.date(2026, 1, 1)), public="四 二 六")
    review = Review.objects.order_by("pk")[0]
    viewing.open_viewing(world.actor("队长"), important, reason="投诉核查：现场经过", matter="投〔2026〕12")
    releases.ask_release(world.actor("队长"), important, recipient="某某区公安分局", purpose="配合调查", matter="案 3")
    return {"important": important.pk, "held": held.pk, "doubtful": doubtful.pk, "list": made.pk, "review": review.pk}


@pytest.mark.parametrize("screen", ["phone", "desktop"])
@pytest.mark.parametrize("who", SCREENS)
def test_the_footage_screens_of(site: Site, places: dict[str, int], who: str, screen: str) -> None:
    page = site.page(who, screen=screen)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    for number, address in enumerate(SCREENS[who]):
        answer = page.goto(address.format(**places))
        assert answer is not None
        assert answer.status == 200, address
        site.picture(page, f"evidence-{who}-{screen}-{number}")
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), f"{address} scrolls sideways"
        assert site.serious_violations(page) == [], address
        assert said == [], address
