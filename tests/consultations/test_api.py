"""What a program reads of revisions: drafts that were opened, the public's shown opinions, nobody's name."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from django.test import Client

from chengxin.consultations import services
from chengxin.core import clock
from chengxin.people import services as people
from chengxin.people.models import ApiToken
from tests.consultations.conftest import Made, on
from tests.world import World


@pytest.fixture
def caller(world: World) -> Client:
    with on():
        text = people.issue_token(
            world.actor("系统员"),
            name="门户网站",
            granted=["consultations.read"],
            unit=None,
            expires_on=clock.today() + dt.timedelta(days=90),
        )
        people.approve_token(world.actor("安全员"), ApiToken.objects.get())
    return Client(headers={"authorization": f"Bearer {text}"})


def test_a_program_reads_opened_drafts_and_what_is_shown_of_the_public(
    world: World, opened: Made, draft: Made, said: Made, caller: Client
) -> None:
    unopened, found = draft(title="还在起草"), opened()
    shown, waiting, staff = (
        said(found, None, text="支持缩短整改期限"),
        said(found, None, text="还没有人看过"),
        said(found, text="本局的意见"),
    )
    with on():
        services.moderate_opinion(world.actor("督察"), shown, is_shown=True)
        services.answer_opinion(world.actor("局长"), shown, outcome="adopted", reason="照此办理")
        listed = caller.get("/api/v1/consultations").json()
        assert [(each["id"], each["state"], each["number"]) for each in listed] == [(found.pk, "open", found.number)]
        told = caller.get(f"/api/v1/consultations/{found.pk}").json()
        assert {(each["rule"], each["before"], each["after"]) for each in told["changes"]} == {
            ("findings.repeat", 3, 4), ("findings.rectification", 7, 5),
        }  # fmt: skip
        assert [(each["text"], each["outcome"], each["reason"]) for each in told["public_opinions"]] == [
            (shown.text, "adopted", "照此办理")
        ]
        whole = json.dumps(told, ensure_ascii=False)
        for hidden in (waiting.text, staff.text, "队员"):
            assert hidden not in whole
        for number in (unopened.pk, 987654, 2**70, -1):
            refused = caller.get(f"/api/v1/consultations/{number}")
            assert (refused.status_code, refused.json()["code"]) == (404, "no_consultation")
        assert caller.get("/api/v1/consultations?state=open").json()["code"] == "unknown_parameter"
