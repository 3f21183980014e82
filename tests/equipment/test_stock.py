"""Uniform stock: every piece moves through the book, against the entitlement of the day."""

from __future__ import annotations

import datetime as dt

import pytest

from chengxin.core import clock
from chengxin.core.errors import Conflict, DomainError, NotAllowed
from chengxin.equipment import selectors
from chengxin.equipment.models import StockMovement, UniformIssue, UniformStock
from chengxin.equipment.services import stock
from tests.world import World

HAT = {"style": "hat", "size": "57"}


def receive(world: World, change: int = 3, **more: str) -> UniformStock:
    given = {**HAT, "sex": "male", "person_class": "established", "kind": "received", **more}
    return stock.move_stock(world.actor("人事"), change=change, **given)


def issue(world: World, name: str = "队员", **more: object) -> UniformIssue:
    return stock.issue_uniform(world.actor("人事"), world.persons[name], **{**HAT, "quantity": 1, **more})  # type: ignore[arg-type]


def test_pieces_come_in_go_out_and_the_book_says_why(world: World) -> None:
    receive(world)
    made = issue(world)
    assert made.rule_version.startswith("attire.entitlement@")
    moves = [(each.kind, each.change, each.left) for each in StockMovement.objects.order_by("pk")]
    assert moves == [("received", 3, 3), ("issued", -1, 2)]
    stock.take_back_uniform(world.actor("人事"), made, into_stock=True)
    assert UniformStock.objects.get().quantity == 3
    with pytest.raises(Conflict, match="这次发放的制服已于"):
        stock.take_back_uniform(world.actor("人事"), made, into_stock=True)


def test_nobody_gets_more_than_the_table_gives_until_it_has_worn_out(world: World) -> None:
    receive(world, 9)
    issue(world)
    with pytest.raises(DomainError, match="现在可领 0 件"):
        issue(world)
    assert issue(world, exchanges=UniformIssue.objects.get()).exchanges is not None
    assert UniformStock.objects.get().quantity == 7
    with clock.frozen(clock.at(clock.today() + dt.timedelta(days=4 * 366), 9)):
        assert issue(world).exchanges is None


def test_what_is_refused_leaves_the_book_untouched(world: World) -> None:
    receive(world, 1)
    for error, message, act in (
        (Conflict, "不够 2 件", lambda: receive(world, -2, kind="disposed")),
        (DomainError, "没有这个尺码", lambda: receive(world, 1, size="99")),
        (DomainError, "不能为 0", lambda: receive(world, 0)),
        (DomainError, "不配发", lambda: issue(world, name="职员")),
        (Conflict, "没有库存", lambda: issue(world, name="女队员")),
        (DomainError, "至少为 1", lambda: issue(world, quantity=0)),
        (NotAllowed, "制服库存", lambda: stock.move_stock(
            world.actor("装备员"), **HAT, sex="male", person_class="established", kind="received", change=1)),
    ):  # fmt: skip
        with pytest.raises(error, match=message):
            act()
    assert (UniformStock.objects.get().quantity, StockMovement.objects.count(), UniformIssue.objects.count()) == (1, 1, 0)


def test_low_stock_is_shown_and_the_forecast_counts_everybody(world: World) -> None:
    receive(world, 2)
    row = next(row for row in selectors.stock_table() if row.style == "hat" and row.group == "在编 男")
    assert (row.total, row.low, row.least) == (2, True, 5)
    assert "制服库存不足" in world.client("人事").get("/").content.decode()
    year = clock.today().year
    before = {need.style: need.pieces for need in selectors.forecast(year)}
    issue(world)
    after = {need.style: need.pieces for need in selectors.forecast(year)}
    assert before["hat"] - after["hat"] == 1
    assert before["shirt_short"] == 3 * before["hat"]


def test_sizes_are_entered_once_by_the_person_and_read_by_the_store(world: World) -> None:
    own = world.client("队员")
    assert "请从列表中选择" in own.post("/equipment/sizes/", {"size-hat": "99"}).content.decode()
    assert own.post("/equipment/sizes/", {"size-hat": "58"}).status_code == 303
    pk = world.persons["队员"].pk
    assert selectors.sizes_of(pk) == {"hat": "58"}
    page = world.client("人事").get(f"/equipment/uniforms/{pk}/").content.decode()
    assert "制式帽 58" in page
    assert own.get(f"/equipment/uniforms/{pk}/").status_code == 403


def test_the_store_on_the_page(world: World) -> None:
    clerk = world.client("人事")
    given = {"piece": "hat/57", "sex": "male", "person_class": "established", "kind": "received", "change": "4", "note": "新购"}
    assert clerk.post("/equipment/stock/", given).status_code == 303
    assert "“数量”请填写整数" in clerk.post("/equipment/stock/", {**given, "change": "两件"}).content.decode()
    pk = world.persons["队员"].pk
    assert clerk.post(f"/equipment/uniforms/{pk}/", {"piece": "hat/57", "quantity": "1", "exchanges": ""}).status_code == 303
    refused = clerk.post(f"/equipment/uniforms/{pk}/", {"piece": "hat/57", "quantity": "1", "exchanges": ""})
    assert (refused.status_code, "现在可领 0 件" in refused.content.decode()) == (422, True)
    made = UniformIssue.objects.get()
    assert clerk.post(f"/equipment/uniform-issues/{made.pk}/take-back/", {"into_stock": "no"}).status_code == 303
    assert UniformStock.objects.get().quantity == 3
