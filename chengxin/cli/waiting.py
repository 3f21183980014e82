"""A page for whoever opens the site while it is still being prepared: what is being done and how far it is.

It answers every address with 503, so that no machine takes the site for running, and asks again by itself until the site is there.
"""

from __future__ import annotations

import html
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import TracebackType
from typing import ClassVar

PAGE = """<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>正在准备 · 城心</title><noscript><meta http-equiv="refresh" content="3"></noscript>
<style>
body {{ margin: 0; font: 16px/1.6 system-ui, sans-serif; color: #1c2b2d; background: #f3f6f7; }}
header {{ padding: 1rem 1.5rem; background: #124b52; color: #fff; }}
main {{ max-width: 34rem; margin: 12vh auto 0; padding: 0 1.5rem; }}
progress {{ width: 100%; height: 1rem; accent-color: #124b52; }}
</style></head>
<body><header><strong>城心</strong> 城心向党，为民管家</header>
<main><h1>正在准备</h1><p role="status" id="step">{step}</p><progress id="share" max="100" aria-label="进度"{share}></progress>
<p>第一次启动需要几分钟，完成后本页自动打开网站。</p></main>
<script>
const look = async () => {{
  try {{
    const answer = await fetch(location.href, {{ cache: "no-store" }});
    if (answer.status !== 503) {{ location.reload(); return; }}
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    document.getElementById("step").textContent = page.getElementById("step").textContent;
    document.getElementById("share").replaceWith(page.getElementById("share"));
  }} catch {{ /* between this page and the site nobody answers for a moment */ }}
  setTimeout(look, 2000);
}};
setTimeout(look, 2000);
</script></body></html>
"""


class WaitingPage:
    """Within it the address answers; afterwards the port is free again."""

    def __init__(self, host: str, port: int) -> None:
        self.step, self.share = "正在启动数据库。", ""
        handler = type("Handler", (_Handler,), {"waiting": self})
        self.server = ThreadingHTTPServer((host, port), handler)
        self.server.daemon_threads = True
        self.server.block_on_close = False  # a browser may hold its connection open
        self.thread = Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)

    def tell(self, step: str, share: float | None = None) -> None:
        """What is being done now, and of it how much is done (0 to 1; None where that is not known)."""
        self.step, self.share = step, "" if share is None else f' value="{100 * min(1, max(0, share)):.0f}"'

    def __enter__(self) -> WaitingPage:
        self.thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


class _Handler(BaseHTTPRequestHandler):
    waiting: ClassVar[WaitingPage]

    def answer(self) -> None:
        content = PAGE.format(step=html.escape(self.waiting.step), share=self.waiting.share).encode()
        self.send_response(HTTPStatus.SERVICE_UNAVAILABLE)
        headers = {"Content-Type": "text/html; charset=utf-8", "Content-Length": str(len(content)), "Retry-After": "5"}
        for name, value in {**headers, "Cache-Control": "no-store", "Connection": "close"}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = answer

    def log_message(self, format: str, *args: object) -> None:
        """Nobody reads a log of waiting."""
