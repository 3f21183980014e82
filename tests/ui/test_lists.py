"""Lists by plain GET parameters; exports that no spreadsheet runs as formulas; answers with the right headers."""

from __future__ import annotations

import io

import pytest
from django.test import Client
from python_calamine import CalamineWorkbook

from chengxin.ui.export import safe_cell
from tests.world import World


def test_a_list_filters_sorts_and_exports_what_the_reader_may_see(world: World) -> None:
    world.finding()
    world.finding(person="外人", code="conduct.hands")
    client = world.client("督察")
    page = client.get("/findings/?clause=2.3.2").content.decode()
    assert "插兜" in page
    assert "漏戴标识" not in page
    ordered = client.get("/findings/?sort=clause").content.decode()
    assert ordered.index("漏戴标识") < ordered.index("插兜")
    assert client.get("/findings/?person=%00&sort=%00&unit=%00").status_code == 200
    assert client.get("/findings/?sort=finder_label&state=nonsense&page=-3&from=x").status_code == 200
    exported = client.get("/findings/?export=xlsx&clause=2.3.2").content
    rows = CalamineWorkbook.from_filelike(io.BytesIO(exported)).get_sheet_by_index(0).to_python()
    assert rows[0][:4] == ["编号", "条款", "事实", "责任人"]
    assert [row[3] for row in rows[1:]] == ["外人"]
    assert "外人" not in world.client("队长").get("/findings/?export=csv").content.decode("utf-8-sig")


@pytest.mark.parametrize(("given", "kept"), [("=1+1", "'=1+1"), ("-5", "'-5"), ("@x", "'@x"), ("正常", "正常"), (-5, -5), (None, None)])
def test_text_that_a_spreadsheet_would_run_is_neutralised(given: object, kept: object) -> None:
    assert safe_cell(given) == kept


def test_exemptions_export_their_period_in_words(world: World) -> None:
    import datetime as dt

    from chengxin.attire.services import grant_exemption

    grant_exemption(
        world.actor("人事"), world.persons["女队员"], starts_on=dt.date(2026, 9, 1), until=dt.date(2026, 9, 30), approved_by="局长"
    )
    text = world.client("人事").get("/attire/exemptions/?export=csv").content.decode("utf-8-sig")
    assert "2026-09-01 至 2026-09-30" in text


def test_every_answer_forbids_inline_scripts_and_framing(db: None) -> None:
    answer = Client().get("/account/login/")
    policy = answer["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe-inline" not in policy
    assert answer["X-Frame-Options"] == "DENY"


def test_a_refusal_comes_in_the_form_that_was_asked_for(world: World) -> None:
    client = world.client("队员")
    page = client.get("/audit/")
    assert (page.status_code, "没有权限" in page.content.decode()) == (403, True)
    problem = client.get("/audit/", headers={"accept": "application/json"})
    assert problem["Content-Type"].startswith("application/problem+json")
    assert problem.json()["code"] == "not_allowed"
    signed_out = Client().get("/audit/", headers={"accept": "application/json"})
    assert (signed_out.status_code, signed_out.json()["code"]) == (401, "signed_out")


def test_an_unknown_address_gets_a_calm_page(world: World) -> None:
    answer = world.client("队员").get("/no/such/page/")
    assert (answer.status_code, "没有找到" in answer.content.decode()) == (404, True)
