"""Real Chromium against a real server with the small town of tests/world.py."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
SCREENS = {"phone": {"width": 390, "height": 844}, "desktop": {"width": 1440, "height": 900}}

# Playwright's loop runs in this thread; Django's ORM may be used beside it because the test alone drives both.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    if CHROMIUM is None:
        message = "没有找到 Chromium：浏览器测试未运行。以管理员身份执行 tests/browser/install 可安装。"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
    yield browser
    browser.close()


@dataclass
class Site:
    """The running site and how to look at it."""

    base_url: str
    browser: Browser
    world: Any
    contexts: list[BrowserContext]
    pictures: Path

    def page(self, who: str | None = None, *, screen: str = "phone") -> Page:
        """A fresh browser window of phone or desktop size, signed in as one of the cast."""
        context = self.browser.new_context(
            base_url=self.base_url,
            viewport=SCREENS[screen],  # type: ignore[arg-type]
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            has_touch=screen == "phone",
        )
        context.set_default_timeout(10_000)
        self.contexts.append(context)
        if who is not None:
            context.add_cookies([self.session_cookie(who)])
        return context.new_page()

    def session_cookie(self, who: str) -> Any:
        client = self.world.client(who)
        return {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": self.base_url}

    def picture(self, page: Page, name: str) -> None:
        """Keep a screenshot of the whole page for people to look at."""
        self.pictures.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=self.pictures / f"{name}.png", full_page=True)

    def serious_violations(self, page: Page) -> list[str]:
        """What axe-core calls serious or critical on this page, as readable lines."""
        # evaluated by the browser's debugger, so the page's own content security policy stays as it is
        page.evaluate((ROOT / "node_modules/axe-core/axe.min.js").read_text(encoding="utf-8"))
        result = page.evaluate("axe.run({resultTypes: ['violations']})")
        return [
            f"{violation['id']}: {node['html'][:160]}"
            for violation in result["violations"]
            if violation["impact"] in {"serious", "critical"}
            for node in violation["nodes"]
        ]


@pytest.fixture
def site(live_server: Any, world: Any, browser: Browser) -> Iterator[Site]:
    site = Site(live_server.url, browser, world, [], ROOT / "var" / "pictures")
    yield site
    for context in site.contexts:
        context.close()
