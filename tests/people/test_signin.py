"""Signing in: lock after five failures, idle logout, password rules, second factor."""

from __future__ import annotations

import datetime as dt
import time

import pytest
from django.conf import settings
from django.test import Client

from chengxin.audit.models import Entry
from chengxin.core import clock
from chengxin.core.errors import DomainError, NotAllowed
from chengxin.people import services
from chengxin.people.models import SignInGuard, User
from tests.world import PASSWORD, World


def attempt(client: Client, username: str, password: str) -> str:
    return client.post("/account/login/", {"login": username, "password": password}).content.decode()


def test_the_right_password_opens_and_is_kept_in_the_audit(world: World) -> None:
    client = Client()
    answer = client.post("/account/login/", {"login": "u08", "password": PASSWORD})
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert "队员" in client.get("/").content.decode()
    assert Entry.objects.latest("pk").action == "people.signed_in"


def test_a_stranger_is_sent_to_the_sign_in_page_and_comes_back_to_where_he_was(world: World) -> None:
    answer = Client().get("/findings/?state=open")
    assert answer["Location"] == "/account/login/?next=/findings/%3Fstate%3Dopen"


@pytest.mark.parametrize("username", ["u08", "nobody"])
def test_five_failures_lock_known_and_unknown_names_alike(world: World, username: str) -> None:
    client = Client()
    for _ in range(5):
        assert "用户名或口令不正确" in attempt(client, username, "Wrong-Pass-1")
    assert "登录失败次数过多" in attempt(client, username, PASSWORD)
    assert Entry.objects.filter(action="people.locked", subject=f"username:{username}").count() == 1


def test_the_lock_ends_by_time_or_by_the_security_administrator(world: World) -> None:
    client = Client()
    for _ in range(5):
        attempt(client, "u08", "Wrong-Pass-1")
    with clock.frozen(clock.now() + dt.timedelta(minutes=16)):
        assert attempt(Client(), "u08", PASSWORD) == ""  # a redirect has no body
    for _ in range(5):
        attempt(Client(), "u08", "Wrong-Pass-1")
    with pytest.raises(NotAllowed):
        services.unlock_sign_in(world.actor("系统员"), world.users["队员"])
    services.unlock_sign_in(world.actor("安全员"), world.users["队员"])
    assert attempt(Client(), "u08", PASSWORD) == ""


def test_a_success_forgets_earlier_failures(world: World) -> None:
    for _ in range(4):
        attempt(Client(), "u08", "Wrong-Pass-1")
    attempt(Client(), "u08", PASSWORD)
    assert SignInGuard.objects.get(username="u08").failures == 0


def test_an_idle_session_ends(world: World) -> None:
    client = world.client("队员")
    assert client.get("/").status_code == 200
    session = client.session
    session["last_seen"] = int(time.time()) - settings.CHENGXIN_IDLE_MINUTES * 60 - 1
    session.save()
    assert client.get("/")["Location"].startswith("/account/login/")


def test_an_old_password_has_to_be_changed_before_anything_else(world: World) -> None:
    client = world.client("队员")
    User.objects.filter(pk=world.users["队员"].pk).update(password_changed_at=clock.now() - dt.timedelta(days=91))
    assert client.get("/findings/")["Location"] == "/account/password/change/"
    assert client.get("/account/password/change/").status_code == 200


def test_changing_the_password_is_kept_in_the_audit(world: World) -> None:
    client = world.client("队员")
    given = {"oldpassword": PASSWORD, "password1": "Another-Town-2", "password2": "Another-Town-2"}
    client.post("/account/password/change/", given)
    assert User.objects.get(pk=world.users["队员"].pk).check_password("Another-Town-2")
    assert Entry.objects.filter(action="people.password_changed").count() == 1


@pytest.mark.parametrize(("password", "message"), [("Ab1-", "8"), ("alllowercase", "三种"), ("Password1234", "常见|普通|common")])
def test_weak_passwords_are_refused_with_the_reason(world: World, password: str, message: str) -> None:
    before = User.objects.count()
    with pytest.raises(DomainError, match=message):
        services.create_user(world.actor("安全员"), username="weak", password=password, person=None)
    assert User.objects.count() == before


def test_a_reset_password_works_once_and_must_be_changed(world: World) -> None:
    with pytest.raises(NotAllowed, match="修改自己的口令"):
        services.reset_password(world.actor("安全员"), world.users["安全员"], password="Fresh-Start-1")
    services.reset_password(world.actor("安全员"), world.users["队员"], password="Fresh-Start-1")
    client = Client()
    client.post("/account/login/", {"login": "u08", "password": "Fresh-Start-1"})
    assert client.get("/")["Location"] == "/account/password/change/"


@pytest.mark.parametrize("path", ["signup/", "password/reset/", "email/", "password/set/", "confirm-email/"])
def test_nobody_registers_or_resets_a_password_alone(world: World, path: str) -> None:
    for method in ("get", "post"):
        answer = getattr(Client(), method)(f"/account/{path}")
        assert answer.status_code == 404
        assert "安全管理员" in answer.content.decode()


def test_a_second_factor_is_asked_for_once_it_is_set_up(world: World) -> None:
    from allauth.mfa.models import Authenticator
    from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret, hotp_value, yield_hotp_counters_from_time

    secret = generate_totp_secret()
    TOTP.activate(world.users["队员"], secret)
    client = Client()
    answer = client.post("/account/login/", {"login": "u08", "password": PASSWORD})
    assert answer["Location"].startswith("/account/2fa/authenticate/")
    assert client.get("/")["Location"].startswith("/account/login/")
    assert client.post(answer["Location"], {"code": "000000"}).status_code == 200
    counter = next(iter(yield_hotp_counters_from_time()))
    done = client.post(answer["Location"], {"code": f"{hotp_value(secret, counter):06}"})
    assert done.status_code == 302
    assert client.get("/").status_code == 200
    assert Authenticator.objects.count() == 1


def test_the_city_sign_on_makes_no_users_and_matches_by_user_name(world: World) -> None:
    from chengxin.people.signin import CityAdapter

    class Login:
        is_existing = False
        connected: User | None = None

        def __init__(self, username: str) -> None:
            self.user = User(username=username)

        def connect(self, _request: object, user: User) -> None:
            self.connected = user

    adapter = CityAdapter()
    for username, expected in (("u08", world.users["队员"]), ("stranger", None)):
        login = Login(username)
        adapter.pre_social_login(None, login)  # type: ignore[arg-type]
        assert login.connected == expected
    assert adapter.is_open_for_signup(None, None) is False  # type: ignore[arg-type]
