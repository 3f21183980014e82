"""While the site is prepared its address says so to people, and to machines that it does not run."""

from __future__ import annotations

import http.client
import socket

import pytest

from chengxin.cli.waiting import WaitingPage


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def asked(port: int, method: str = "GET", address: str = "/") -> tuple[int, dict[str, str], str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request(method, address)
    answer = connection.getresponse()
    return answer.status, dict(answer.getheaders()), answer.read().decode()


def test_every_address_says_what_is_being_done_and_how_far_it_is(port: int) -> None:
    with WaitingPage("127.0.0.1", port) as waiting:
        status, headers, page = asked(port)
        assert (status, headers["Retry-After"], headers["Cache-Control"]) == (503, "5", "no-store")
        assert ("正在启动数据库" in page, 'max="100" aria-label="进度"></progress>' in page) == (True, True)
        waiting.tell("建立 <演示局>", 0.426)
        status, _, page = asked(port, "POST", "/account/login/")
        assert (status, "建立 &lt;演示局&gt;" in page, 'value="43"' in page) == (503, True, True)
        waiting.tell("整理", None)
        assert "value=" not in asked(port)[2]
        assert asked(port, "HEAD")[2] == ""


def test_afterwards_the_port_is_free_for_the_site_even_while_a_browser_holds_on(port: int) -> None:
    with WaitingPage("127.0.0.1", port):
        held = socket.create_connection(("127.0.0.1", port))
    with socket.socket() as site:
        site.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        site.bind(("127.0.0.1", port))
        site.listen()
        assert socket.create_connection(("127.0.0.1", port), timeout=5)
    held.close()
    with pytest.raises(OSError, match=r"refused|reset"):
        asked(port)


def test_a_taken_port_is_refused_before_anything_is_prepared(port: int) -> None:
    with WaitingPage("127.0.0.1", port), pytest.raises(OSError, match="in use"):
        WaitingPage("127.0.0.1", port)
