"""Whoever opens the address too early sees how far it is, and then the site."""

from __future__ import annotations

import socket
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

from playwright.sync_api import expect

from chengxin.cli.waiting import WaitingPage
from tests.browser.conftest import Site


class There(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        content = "<title>到了</title><h1>网站到了</h1>".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(content)


def test_the_page_tells_how_far_it_is_and_opens_the_site(site: Site) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    page = site.page(screen="phone")
    with WaitingPage("127.0.0.1", port) as waiting:
        waiting.tell("正在建立演示局。", 0.2)
        page.goto(f"http://127.0.0.1:{port}/")
        expect(page.get_by_role("status")).to_have_text("正在建立演示局。")
        expect(page.get_by_role("progressbar")).to_have_attribute("value", "20")
        assert site.serious_violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        waiting.tell("正在建立演示局。", 0.7)
        expect(page.get_by_role("progressbar")).to_have_attribute("value", "70")
        site.picture(page, "waiting-phone")
    page.wait_for_timeout(2500)  # for a moment nobody answers
    expect(page.get_by_role("status")).to_be_visible()
    there = HTTPServer(("127.0.0.1", port), There)
    Thread(target=there.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()
    try:
        expect(page.get_by_role("heading", name="网站到了")).to_be_visible(timeout=15_000)
    finally:
        there.shutdown()
        there.server_close()
