"""The desks of 财务人事科 and of the administrators, form by form, as a browser posts them."""

from __future__ import annotations

import datetime as dt
import re

from chengxin.audit.models import Entry
from chengxin.core import clock
from chengxin.people import selectors
from chengxin.people.access import actor_for_token
from chengxin.people.models import ApiToken, Grant, Person, StatusPeriod, Unit, User
from tests.world import World


def test_a_role_is_granted_for_a_unit_or_the_whole_bureau_and_taken_back(world: World) -> None:
    client, user, day = world.client("安全员"), world.users["外人"], clock.today()
    address = f"/people/users/{user.pk}/"
    given = {"gesture": "grant", "grant-role": "keeper", "grant-unit": str(world.units["二中队"].pk), "grant-starts_on": str(day)}
    assert client.post(address, given).status_code == 303
    assert client.post(address, {**given, "grant-role": "brigade", "grant-unit": ""}).status_code == 303
    assert set(Grant.objects.filter(user=user).values_list("role", "unit__name")) == {("keeper", "二中队"), ("brigade", None)}
    again = client.post(address, given)
    assert (again.status_code, "已有同一角色" in again.content.decode()) == (422, True)
    assert client.post(f"/people/grants/{Grant.objects.get(role='keeper', user=user).pk}/revoke/").status_code == 303
    assert not world.actor("外人").may("attire.hand_back")


def test_a_user_is_made_for_a_person_once(world: World) -> None:
    client = world.client("安全员")
    given = {"username": "fresh", "person": "T011", "password": "Fresh-Start-1"}
    assert "已有用户" in client.post("/people/users/", given).content.decode()
    assert "没有工号 X9" in client.post("/people/users/", {**given, "person": "X9"}).content.decode()
    assert client.post("/people/users/", {**given, "person": ""}).status_code == 303
    assert User.objects.get(username="fresh").person is None


def test_a_unit_is_added_below_any_other(world: World) -> None:
    client = world.client("系统员")
    given = {"code": "third", "name": "三中队", "kind": "squadron", "parent": str(world.units["大队"].pk)}
    assert client.post("/people/units/", given).status_code == 303
    assert Unit.objects.get(code="third").parent == world.units["大队"]
    refused = client.post("/people/units/", given)
    assert (refused.status_code, "代码 third 已被使用" in refused.content.decode()) == (422, True)


def test_a_token_is_issued_approved_and_revoked_at_two_desks(world: World) -> None:
    issuer, approver = world.client("系统员"), world.client("安全员")
    until = str(clock.today() + dt.timedelta(days=9))
    given = {"name": "大屏", "granted": ["findings.read"], "unit": str(world.units["一中队"].pk), "expires_on": until}
    assert approver.post("/people/tokens/", given).status_code == 403
    shown = re.search(r"<code>([^<]+)</code>", issuer.post("/people/tokens/", given).content.decode())
    assert shown is not None
    token = ApiToken.objects.get()
    assert token.unit == world.units["一中队"]
    assert issuer.post(f"/people/tokens/{token.pk}/approve/").status_code == 403
    assert approver.post(f"/people/tokens/{token.pk}/nonsense/").status_code == 404
    assert actor_for_token(shown[1]) is None
    assert approver.post(f"/people/tokens/{token.pk}/approve/").status_code == 303
    assert actor_for_token(shown[1]) is not None
    assert issuer.post(f"/people/tokens/{token.pk}/revoke/").status_code == 303
    assert actor_for_token(shown[1]) is None
    assert shown[1] not in issuer.get("/people/tokens/").content.decode()


def test_a_person_is_added_moved_suspended_and_leaves(world: World) -> None:
    client, day = world.client("人事"), clock.today()
    new = {"number": "N9", "name": "新人", "sex": "male", "person_class": "auxiliary", "joined_on": "2026-01-05"}
    assert client.post("/people/new/", {**new, "unit": str(world.units["二中队"].pk)}).status_code == 303
    assert "已有人使用" in client.post("/people/new/", {**new, "unit": str(world.units["二中队"].pk)}).content.decode()
    person = Person.objects.get(number="N9")
    address = f"/people/{person.pk}/"
    move = {"gesture": "assign", "assign-unit": str(world.units["一中队"].pk), "assign-starts_on": str(day)}
    assert client.post(address, move).status_code == 303
    assert selectors.unit_of(person, day) == world.units["一中队"]
    suspend = {"gesture": "status", "status-status": "suspended", "status-starts_on": str(day), "status-approved_by": "局长"}
    assert client.post(address, suspend).status_code == 303
    refused = client.post(address, suspend)
    assert (refused.status_code, "不能重叠" in refused.content.decode()) == (422, True)
    assert StatusPeriod.objects.filter(person=person).count() == 1
    assert client.post(address, {"gesture": "departure", "departure-left_on": str(day)}).status_code == 303
    person.refresh_from_db()
    assert person.left_on == day
    assert Entry.objects.filter(action="people.departed", person_id=person.pk).count() == 1
