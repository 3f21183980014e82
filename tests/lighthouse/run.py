"""Ten key pages of a running demo bureau as Lighthouse sees them: ``make lighthouse URL=http://127.0.0.1:8000``.

Writes a report a page into ``var/lighthouse`` and ends with 1 when one has less than 95 for accessibility.
"""

from __future__ import annotations

import http.cookiejar
import json
import os
import re
import shutil
import subprocess
import sys
import urllib.parse
import urllib.request
from pathlib import Path

import click

from chengxin.demo.cast import PASSWORD

LEAST = 95
HERE = Path(__file__).resolve().parent
REPORTS = HERE.parents[1] / "var" / "lighthouse"
PAGES = (
    ("", "/complaints/"), ("", "/complaints/service/"), ("officer1", "/"), ("officer1", "/me/"), ("captain1", "/attire/roll-call/"),
    ("keeper1", "/equipment/counter/"), ("supervisor", "/complaints/list/"), ("supervisor", "/supervision/desk/"),
    ("leader", "/reports/indicators/"), ("leader", "/bulletins/"),
)  # fmt: skip


def session_of(base: str, account: str) -> str:
    """The session cookie of an account that signs in with the demo's password."""
    jar = http.cookiejar.CookieJar()
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    form = opener.open(f"{base}/account/login/").read().decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form)
    if token is None:
        raise SystemExit(f"{base} 没有登录页。")
    given = {"login": account, "password": PASSWORD, "csrfmiddlewaretoken": token[1]}
    asked = urllib.request.Request(f"{base}/account/login/", urllib.parse.urlencode(given).encode(), {"Referer": f"{base}/account/login/"})
    opener.open(asked)
    return next((cookie.value or "" for cookie in jar if cookie.name == "sessionid"), "")


def score(base: str, address: str, session: str, chromium: str) -> tuple[int, list[str]]:
    """Points of a hundred, and what cost some."""
    report = REPORTS / (address.strip("/").replace("/", "-") or "home")
    subprocess.run(
        [
            str(HERE / "node_modules/.bin/lighthouse"), base + address, "--quiet", "--only-categories=accessibility",
            "--output=json", "--output=html", f"--output-path={report}", "--chrome-flags=--headless=new --no-sandbox",
            *([f"--extra-headers={json.dumps({'Cookie': f'sessionid={session}'})}"] if session else []),
        ],
        check=True, env={**os.environ, "CHROME_PATH": chromium},
    )  # fmt: skip
    told = json.loads(report.with_name(f"{report.name}.report.json").read_text(encoding="utf-8"))
    if urllib.parse.urlsplit(told["finalDisplayedUrl"]).path.startswith("/account/"):
        raise SystemExit(f"{address}：没有登录成功。")
    lacking = [each["id"] for each in told["audits"].values() if each["score"] is not None and each["score"] < 1]
    return round(100 * told["categories"]["accessibility"]["score"]), lacking


def main(base: str) -> None:
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        raise SystemExit("没有找到 Chromium：以管理员身份执行 tests/browser/install 可安装。")
    REPORTS.mkdir(parents=True, exist_ok=True)
    sessions = {account: session_of(base, account) if account else "" for account in {account for account, _ in PAGES}}
    low = 0
    for account, address in PAGES:
        points, lacking = score(base, address, sessions[account], chromium)
        low += points < LEAST
        click.echo(f"{points:>4}  {address}  {'、'.join(lacking)}")
    sys.exit(1 if low else 0)


if __name__ == "__main__":
    main(sys.argv[1].rstrip("/") if len(sys.argv) > 1 else "http://127.0.0.1:8000")
