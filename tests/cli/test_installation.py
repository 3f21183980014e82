"""A fresh installation from the command line: start, issue, verify, serve, stop."""

from __future__ import annotations

import http.cookiejar
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import docx
import pytest

from chengxin.core.postgres import EmbeddedServer
from tests.cli.conftest import Run, environment

pytestmark = pytest.mark.slow  # in this order: each test goes on from where the one before stopped


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A place where nothing is yet."""
    return tmp_path_factory.mktemp("fresh") / "data"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def processes_of(data: Path) -> list[str]:
    """Command lines of living processes that name the data directory or were started with it."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal() and int(entry.name) != os.getpid():
            try:
                if str(data).encode() in (entry / "environ").read_bytes() + (entry / "cmdline").read_bytes():
                    found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode())
            except OSError:
                continue
    return found


def wait_until_nothing_runs(data: Path) -> list[str]:
    for _ in range(150):
        if not processes_of(data):
            return []
        time.sleep(0.2)
    return processes_of(data)


def test_a_fresh_installation_gets_three_administrators_once(chengxin: Run, data: Path) -> None:
    refused = chengxin("people", "start", "--bureau", "测试局", "--password", "weak")
    assert (refused.returncode, "8" in refused.stderr) == (2, True)
    done = chengxin("people", "start", "--bureau", "测试局", "--password", "First-Start-1")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["administrators"] == ["secadmin", "sysadmin", "auditor"]
    again = chengxin("people", "start", "--bureau", "测试局", "--password", "First-Start-1")
    assert (again.returncode, "已经有用户" in again.stderr) == (2, True)


def test_rules_are_issued_and_answers_come_from_the_database(chengxin: Run) -> None:
    before = json.loads(chengxin("explain", "season", "2026-09-30").stdout)
    assert before["simulated"] is True
    issued = chengxin("rulebook", "issue", "--on", "2026-09-01", "--document", "城管〔2026〕1号")
    assert issued.returncode == 0, issued.stderr
    assert json.loads(issued.stdout)["issued"] > 10
    answer = json.loads(chengxin("explain", "season", "2026-09-30").stdout)
    assert (answer["season"], answer["rule_version"], "simulated" in answer) == ("summer", "attire.season@1", False)
    status = json.loads(chengxin("rulebook", "status").stdout)
    assert status["to_be_confirmed"] > 0


def test_the_plan_is_imported_from_a_word_file(chengxin: Run, tmp_path: Path) -> None:
    plan = docx.Document()
    for line in (
        "专项工作方案",
        "一、工作目标",
        "以规范队伍日常行为为核心。",
        "3. 着装禁忌与禁止行为",
        "严禁制服与便服混穿。",
        "严禁漏戴标识。",
    ):
        plan.add_paragraph(line)
    plan.save(str(tmp_path / "方案.docx"))
    imported = json.loads(chengxin("rulebook", "import", str(tmp_path / "方案.docx")).stdout)
    assert imported["found"] == ["1", "2.1.3"]
    assert "2.1.4" in imported["missing"]
    (tmp_path / "other.docx").write_bytes(b"PK no package")
    refused = chengxin("rulebook", "import", str(tmp_path / "other.docx"))
    assert (refused.returncode, "不是可读的 .docx" in refused.stderr) == (2, True)


def test_the_audit_is_sealed_verified_and_a_deleted_entry_is_named(chengxin: Run, data: Path) -> None:
    assert json.loads(chengxin("audit", "seal").stdout)["entries"] > 3
    whole = chengxin("audit", "verify")
    assert (whole.returncode, json.loads(whole.stdout)["ok"]) == (0, True)
    script = (
        "import os; from chengxin.core.postgres import running, database_target; from pathlib import Path; import psycopg;"
        "t = database_target(os.environ, Path('.'))\n"
        "with running(t):\n"
        "  with psycopg.connect(host=t.host, port=t.port or None, dbname=t.name, user=t.user, password=t.password or None) as c:\n"
        "    c.execute('SET session_replication_role = replica')\n"
        "    found = c.execute('DELETE FROM audit_entry WHERE id = (SELECT min(id) FROM audit_entry) RETURNING id')\n"
        "    print(found.fetchone()[0])\n"
    )
    tampered = subprocess.run([sys.executable, "-c", script], env=environment(data), check=True, timeout=60, capture_output=True, text=True)
    deleted = int(tampered.stdout)
    broken = chengxin("audit", "verify")
    assert broken.returncode == 1
    assert f"审计记录 {deleted} " in broken.stderr
    assert json.loads(broken.stdout)["first_misfit"]["entry"] == deleted


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_the_site_is_served_and_nothing_is_left_behind_when_it_stops(data: Path, number: signal.Signals) -> None:
    port = free_port()
    command = [sys.executable, "-m", "chengxin", "serve", "--port", str(port)]
    with subprocess.Popen(command, env=environment(data), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as site:
        try:
            assert site.stdout is not None
            said = said_while_preparing(port)
            assert (said[:3], "正在准备" in said) == ("503", True)
            for line in site.stdout:
                if "城心已启动" in line:
                    break
            else:
                pytest.fail("the site did not start")
            address = f"http://127.0.0.1:{port}/account/login/"
            for _ in range(100):
                try:
                    page = urllib.request.urlopen(address, timeout=5).read().decode()
                    break
                except OSError:
                    time.sleep(0.1)
            assert "登录城心" in page
            site.send_signal(number)
            site.communicate(timeout=60)
        finally:
            site.kill()
    assert wait_until_nothing_runs(data) == []


def said_while_preparing(port: int) -> str:
    """The page that the address answers with before the site is there."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5)
        except urllib.error.HTTPError as answer:
            return f"{answer.code} {answer.read().decode()}"
        except OSError:
            time.sleep(0.05)
    return ""


def test_a_killed_database_is_started_again_under_the_running_site(data: Path) -> None:
    port = free_port()
    command = [sys.executable, "-m", "chengxin", "serve", "--port", str(port)]
    with subprocess.Popen(command, env=environment(data), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as site:
        try:
            assert site.stdout is not None
            assert any("城心已启动" in line for line in site.stdout)
            server = EmbeddedServer(data / "postgres")
            pid = server.postmaster()
            assert pid is not None
            os.kill(pid, signal.SIGKILL)
            assert any("已重新启动" in line for line in site.stdout)
            assert server.postmaster() not in (None, pid)
            assert "用户名或口令不正确" in refused_sign_in(f"http://127.0.0.1:{port}/account/login/")
            site.send_signal(signal.SIGTERM)
            site.communicate(timeout=60)
        finally:
            site.kill()
    assert wait_until_nothing_runs(data) == []


def refused_sign_in(address: str) -> str:
    """What the site answers to a wrong password: it has to ask the database."""
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(cookies := http.cookiejar.CookieJar()))
    browser.open(address, timeout=20).read()
    token = next(cookie.value for cookie in cookies if cookie.name == "csrftoken")
    form = urllib.parse.urlencode({"csrfmiddlewaretoken": token, "login": "nobody", "password": "Wrong-Pass-1"})
    answer: str = browser.open(address, data=form.encode(), timeout=20).read().decode()
    return answer


def test_a_taken_port_is_said_plainly(chengxin: Run) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        answer = chengxin("serve", "--port", str(taken.getsockname()[1]))
    assert (answer.returncode, "已被占用" in answer.stderr) == (2, True)
