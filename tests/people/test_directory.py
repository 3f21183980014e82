"""Signing in against a directory that speaks LDAP on this machine: a small server of the protocol's own messages."""

from __future__ import annotations

import datetime as dt
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Thread
from typing import Any

import pytest
from django.test import Client
from ldap3.protocol import rfc4511
from pyasn1.codec.ber import decoder, encoder
from pyasn1.error import SubstrateUnderrunError

from chengxin.audit.models import Entry
from chengxin.core import clock
from chengxin.people import directory
from chengxin.people.models import SignInGuard, User
from tests.world import PASSWORD, World

ROOT = Path(__file__).resolve().parents[2]
CITY_PASSWORD = "Of-The-City-1"
READER = ("cn=reader,dc=city", "Reads-Only-1")
PEOPLE = {"u08": "uid=u08,ou=people,dc=city", "u09": "uid=u09,ou=people,dc=city", "stranger": "uid=stranger,ou=people,dc=city"}


class Conversation(BaseRequestHandler):
    """Binds and searches by equality; every message is kept for the test to look at."""

    server: Any

    def handle(self) -> None:
        kept = b""
        while data := self.request.recv(4096):
            kept += data
            try:
                message, kept = decoder.decode(kept, asn1Spec=rfc4511.LDAPMessage())
            except SubstrateUnderrunError:
                continue
            self._answer(int(message["messageID"]), message["protocolOp"])

    def _answer(self, number: int, asked: Any) -> None:
        kind, content = asked.getName(), asked.getComponent()
        if kind == "bindRequest":
            name, password = str(content["name"]), bytes(content["authentication"].getComponent()).decode()
            self.server.binds.append((name, password))
            known = {READER[0]: READER[1], **dict.fromkeys(PEOPLE.values(), CITY_PASSWORD)}
            # as directories do: no password at all is an anonymous success
            self._send(number, "bindResponse", rfc4511.BindResponse(), 0 if password == "" or known.get(name) == password else 49)
        elif kind == "searchRequest":
            wanted = bytes(content["filter"].getComponent()["assertionValue"]).decode()
            self.server.searches.append(wanted)
            for name in self.server.entries.get(wanted, []):
                entry = rfc4511.SearchResultEntry()
                entry["object"], entry["attributes"] = rfc4511.LDAPDN(name), rfc4511.PartialAttributeList()
                self._wrap(number, "searchResEntry", entry)
            self._send(number, "searchResDone", rfc4511.SearchResultDone(), 0)

    def _send(self, number: int, kind: str, answer: Any, code: int) -> None:
        answer["resultCode"], answer["matchedDN"] = rfc4511.ResultCode(code), rfc4511.LDAPDN("")
        answer["diagnosticMessage"] = rfc4511.LDAPString("")
        self._wrap(number, kind, answer)

    def _wrap(self, number: int, kind: str, content: Any) -> None:
        message, operation = rfc4511.LDAPMessage(), rfc4511.ProtocolOp()
        operation[kind] = content
        message["messageID"], message["protocolOp"] = rfc4511.MessageID(number), operation
        self.request.sendall(encoder.encode(message))


@pytest.fixture
def city(settings: Any) -> Iterator[Any]:
    ThreadingTCPServer.allow_reuse_address = True
    server: Any = ThreadingTCPServer(("127.0.0.1", 0), Conversation)
    server.daemon_threads = True
    server.binds, server.searches, server.entries = [], [], {name: [dn] for name, dn in PEOPLE.items()}
    Thread(target=server.serve_forever, daemon=True).start()
    settings.LDAP = {
        "url": f"ldap://127.0.0.1:{server.server_address[1]}", "dn": "uid={},ou=people,dc=city", "base": "dc=city", "filter": "(uid={})",
        "reader": READER[0], "reader_password": READER[1], "authority": "",
    }  # fmt: skip
    yield server
    server.shutdown()
    server.server_close()


def attempt(username: str, password: str, client: Client | None = None) -> Any:
    return (client or Client()).post("/account/login/", {"login": username, "password": password})


def test_the_citys_password_opens_for_who_exists_here_and_is_kept_in_the_audit(world: World, city: Any) -> None:
    client = Client()
    assert attempt("u08", CITY_PASSWORD, client)["Location"] == "/"
    assert "队员" in client.get("/").content.decode()
    assert Entry.objects.filter(action="people.signed_in", actor_user=world.users["队员"].pk).count() == 1
    assert city.binds == [(PEOPLE["u08"], CITY_PASSWORD)]


def test_the_own_password_goes_on_to_work_and_is_not_shown_to_the_directory(world: World, city: Any) -> None:
    assert attempt("u08", PASSWORD).status_code == 302
    assert city.binds == []


def test_a_wrong_password_is_told_as_ever_and_locks_after_five(world: World, city: Any) -> None:
    for _ in range(5):
        assert "用户名或口令不正确" in attempt("u08", "Wrong-Pass-1").content.decode()
    assert "登录失败次数过多" in attempt("u08", CITY_PASSWORD).content.decode()
    assert len(city.binds) == 5, "a locked name asks the directory nothing more"


def test_who_is_a_stranger_here_or_shut_out_does_not_come_in_by_the_directory(world: World, city: Any) -> None:
    users = User.objects.count()
    assert "不正确" in attempt("stranger", CITY_PASSWORD).content.decode()
    User.objects.filter(pk=world.users["队员"].pk).update(is_active=False)
    assert attempt("u08", CITY_PASSWORD).status_code == 200
    assert (User.objects.count(), city.binds) == (users, [])


def test_no_password_is_no_proof_although_the_directory_says_yes(world: World, city: Any) -> None:
    assert attempt("u08", "").status_code == 200
    assert directory.DirectoryBackend().authenticate(None, "u08", "") is None
    assert city.binds == []


@pytest.mark.parametrize("name", ["u08)(uid=*", "*", "u08,ou=admins", "u0\\08"])
def test_a_name_cannot_say_more_than_a_name(world: World, city: Any, settings: Any, name: str) -> None:
    assert not directory.knows(name, CITY_PASSWORD)
    settings.LDAP["dn"] = ""
    assert not directory.knows(name, CITY_PASSWORD)
    assert city.searches == [name], "it arrives as it was typed, as one value"


def test_a_reader_looks_the_name_up_and_two_of_one_name_are_nobody(world: World, city: Any, settings: Any) -> None:
    settings.LDAP["dn"] = ""
    assert directory.knows("u08", CITY_PASSWORD)
    assert city.binds == [READER, (PEOPLE["u08"], CITY_PASSWORD)]
    city.entries["u08"] = [PEOPLE["u08"], PEOPLE["u09"]]
    assert not directory.knows("u08", CITY_PASSWORD)
    settings.LDAP["reader_password"] = "old"
    with pytest.raises(directory.DirectorySilent):
        directory.knows("u08", CITY_PASSWORD)


def test_a_silent_directory_is_said_and_own_passwords_still_open(world: World, city: Any, settings: Any) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        settings.LDAP["url"] = f"ldap://127.0.0.1:{closed.getsockname()[1]}"
    assert "统一目录暂时没有回答" in attempt("u08", CITY_PASSWORD).content.decode()
    assert SignInGuard.objects.get(username="u08").failures == 1
    assert attempt("u08", PASSWORD).status_code == 302


def test_one_that_takes_the_call_and_says_nothing_is_silent_too(world: World, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(directory, "PATIENCE_S", 1)
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen()
        settings.LDAP = {**settings.LDAP, "url": f"ldap://127.0.0.1:{mute.getsockname()[1]}", "dn": "uid={},dc=city"}
        with pytest.raises(directory.DirectorySilent):
            directory.knows("u08", CITY_PASSWORD)


def test_a_session_of_the_directory_has_no_password_of_ours_to_change(world: World, city: Any) -> None:
    User.objects.filter(pk=world.users["队员"].pk).update(password_changed_at=clock.now() - dt.timedelta(days=400))
    client = Client()
    attempt("u08", CITY_PASSWORD, client)
    assert client.get("/").status_code == 200
    own = Client()
    attempt("u08", PASSWORD, own)
    assert own.get("/")["Location"] == "/account/password/change/"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"URL": "http://city", "DN": "uid={}"}, "ldaps://"),
        ({"URL": "ldaps://city"}, "CHENGXIN_LDAP_DN"),
        ({"URL": "ldaps://city", "BASE": "dc=city", "READER": "cn=r"}, "_READER_PASSWORD"),
        ({"URL": "ldaps://city", "DN": "uid=x,dc=city"}, "代表用户名"),
    ],
)
def test_settings_that_cannot_work_are_refused_at_the_start(given: dict[str, str], told: str) -> None:
    environment = {**os.environ, **{f"CHENGXIN_LDAP_{name}": value for name, value in given.items()}}
    command = [sys.executable, "-c", "import config.settings"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert told in done.stderr
