"""Single sign-on of the city, against an identity provider that speaks OpenID Connect on this machine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from chengxin.audit.models import Entry
from chengxin.people.models import User
from tests.world import World


class Provider(BaseHTTPRequestHandler):
    """Discovery, token and user info; whoever is asked about is ``server.username``."""

    server: Any

    def do_GET(self) -> None:
        if self.path.startswith("/.well-known/"):
            here = f"http://127.0.0.1:{self.server.server_port}"
            names = ("authorization", "token", "userinfo")
            self._answer({"issuer": here, "jwks_uri": f"{here}/keys", **{f"{name}_endpoint": f"{here}/{name}" for name in names}})
        else:
            assert self.headers["Authorization"] == "Bearer from-the-city"
            self._answer({"sub": "42", "preferred_username": self.server.username})

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        assert form["code"] == ["once"]
        self._answer({"access_token": "from-the-city", "token_type": "Bearer"})

    def _answer(self, content: dict[str, Any]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(content).encode())

    def log_message(self, *_: Any) -> None:
        """Say nothing on the console."""


@pytest.fixture
def city(settings: Any) -> Iterator[Any]:
    server: Any = HTTPServer(("127.0.0.1", 0), Provider)
    server.username = "u08"
    Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    app = {"provider_id": "oidc", "name": "统一身份认证", "client_id": "chengxin", "secret": "s", "settings": {"server_url": address}}
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": [app]}}
    yield server
    server.shutdown()
    server.server_close()


def come_back(client: Client) -> Any:
    """From the button on the sign-in page to the provider and back."""
    page = client.get("/account/login/").content.decode()
    assert "使用统一身份认证登录" in page
    away = client.post("/account/oidc/oidc/login/")
    state = parse_qs(urlsplit(away["Location"]).query)["state"][0]
    return client.get("/account/oidc/oidc/login/callback/", {"code": "once", "state": state}, follow=True)


def test_a_user_of_the_same_name_is_signed_in(world: World, city: Any) -> None:
    client = Client()
    page = come_back(client)
    assert "工作台" in page.content.decode()
    assert "队员" in page.content.decode()
    assert Entry.objects.filter(action="people.signed_in", actor_user=world.users["队员"].pk).count() == 1


def test_a_stranger_is_told_so_and_no_user_is_made(world: World, city: Any) -> None:
    city.username = "stranger"
    before = User.objects.count()
    page = come_back(Client())
    assert "没有对应的用户" in page.content.decode()
    assert User.objects.count() == before


def test_a_closed_account_stays_closed(world: World, city: Any) -> None:
    User.objects.filter(pk=world.users["队员"].pk).update(is_active=False)
    client = Client()
    come_back(client)
    assert client.get("/").status_code == 302


def test_without_settings_there_is_no_button(world: World) -> None:
    assert "统一身份认证" not in Client().get("/account/login/").content.decode()
