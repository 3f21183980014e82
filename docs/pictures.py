"""Takes the pictures of docs/roles from a running demo bureau: ``make pictures URL=http://127.0.0.1:8000``.

Every picture is a page of one role in one of two sizes; what a role's day needs stands in PICTURES. Times and numbers in them are the
demo's of that day.
"""

from __future__ import annotations

import io
import shutil
import sys
from pathlib import Path
from typing import Any

import click
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from chengxin.demo.cast import PASSWORD

HERE = Path(__file__).resolve().parent / "pictures"
PHONE, DESK = (390, 844), (1440, 900)
PICTURES = (
    # name, account, size, address, the text of a link to follow from there
    ("officer-home", "officer1", PHONE, "/", ""),
    ("officer-dress", "officer1", PHONE, "/attire/today/", ""),
    ("officer-file", "officer1", PHONE, "/me/", ""),
    ("officer-ledger", "officer1", DESK, "/appraisal/own/", ""),
    ("captain-home", "captain1", PHONE, "/", ""),
    ("captain-roll-call", "captain1", PHONE, "/attire/roll-call/", ""),
    ("captain-unit", "captain1", DESK, "/units/", "一中队"),
    ("captain-roster", "captain1", DESK, "/duty/roster/", ""),
    ("keeper-counter", "keeper1", DESK, "/equipment/counter/", ""),
    ("keeper-faults", "keeper1", DESK, "/equipment/faults/", ""),
    ("supervisor-plans", "supervisor", DESK, "/supervision/plans/", ""),
    ("supervisor-desk", "supervisor", DESK, "/supervision/desk/", ""),
    ("supervisor-complaints", "supervisor", DESK, "/complaints/list/", ""),
    ("leader-indicators", "leader", DESK, "/reports/indicators/", ""),
    ("leader-bulletins", "leader", DESK, "/bulletins/", ""),
    ("public-complain", "", PHONE, "/complaints/", ""),
    ("public-service", "", PHONE, "/complaints/service/", ""),
    ("auditor-entries", "auditor", DESK, "/audit/", ""),
)


def signed_in(browser: Browser, base: str, account: str) -> Any:
    """What a browser keeps of somebody who signed in; nothing of nobody."""
    context = browser.new_context(base_url=base)
    page = context.new_page()
    if account:
        page.goto("/account/login/")
        page.fill("input[name=login]", account)
        page.fill("input[name=password]", PASSWORD)
        page.click("main button[type=submit]")
        page.wait_for_load_state()
    kept = context.storage_state()
    context.close()
    return kept


def take(page: Page, name: str, address: str, link: str) -> Path:
    """One picture: what is in the window, as few colours as a page needs."""
    answer = page.goto(address)
    if answer is None or answer.status >= 400:
        raise SystemExit(f"{name} {address}：{answer.status if answer else '没有应答'}")
    if link:
        page.locator("main").get_by_role("link", name=link).first.click()
    page.wait_for_load_state("networkidle")
    shot = Image.open(io.BytesIO(page.screenshot()))
    path = HERE / f"{name}.png"
    shot.convert("RGB").quantize(96).save(path, optimize=True)
    return path


def main(base: str) -> None:
    HERE.mkdir(exist_ok=True)
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        raise SystemExit("没有找到 Chromium：以管理员身份执行 tests/browser/install 可安装。")
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        kept = {account: signed_in(browser, base, account) for account in {account for _, account, *_ in PICTURES}}
        for name, account, (width, height), address, link in PICTURES:
            size: Any = {"width": width, "height": height}
            context = browser.new_context(
                base_url=base, viewport=size, locale="zh-CN", timezone_id="Asia/Shanghai", storage_state=kept[account]
            )
            click.echo(take(context.new_page(), name, address, link).name)
            context.close()
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000")
