"""Every list of the house goes out as .xlsx and .csv, in words, harmless to spreadsheets, and never beyond the reader's scope."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import get_resolver
from python_calamine import CalamineWorkbook

from chengxin.attire.services import grant_exemption
from chengxin.audit.selectors import entries_visible_to
from chengxin.core import clock
from chengxin.transfer import services
from chengxin.transfer.models import ListFile
from chengxin.ui import export, tables
from chengxin.ui.export import MEDIA_TYPES
from tests.architecture.test_doors import OPEN, own_patterns
from tests.world import CAST, SYSTEM, World

ADDRESSES = sorted(
    (f"/{route}", pattern.callback.capability)
    for route, pattern in own_patterns(get_resolver())
    if "<" not in route and not route.startswith("api/")
)
# the other tabs of pages whose list is chosen by one
TABS = {"/supervision/desk/": ("look_back", "alerts", "soon")}
CODE = re.compile(r"[a-z]+(?:[_.][a-z]+)*")


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[tables.ListPage]:
    """The lists that pages made, in the order they made them."""
    found: list[tables.ListPage] = []
    allowed = tables.ListPage._allowed_sort

    def noted(self: tables.ListPage) -> str:
        found.append(self)
        return allowed(self)

    monkeypatch.setattr(tables.ListPage, "_allowed_sort", noted)
    return found


def readers(world: World) -> Iterator[tuple[str, Client]]:
    """Each address without numbers, with a client that may read it."""
    actors = {name: world.actor(name) for name in CAST}
    for address, capability in ADDRESSES:
        if capability == "public":
            continue
        name = next(name for name, actor in actors.items() if capability in OPEN or actor.may(capability))
        for tab in ("", *(f"?tab={each}" for each in TABS.get(address, ()))):
            yield address + tab, world.client(name)


def lists_of(world: World, made: list[tables.ListPage]) -> Iterator[tuple[str, Client, tables.ListPage]]:
    for address, client in readers(world):
        made.clear()
        answer = client.get(address)
        if answer.status_code == 200 and answer["Content-Type"].startswith("text/html") and made:
            yield address, client, made[0]


def cells(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))


def sheet(content: bytes) -> list[list[object]]:
    return list(CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python())


def with_export(address: str, kind: str) -> str:
    return f"{address}{'&' if '?' in address else '?'}export={kind}"


def test_every_list_is_exported_under_its_headings(world: World, made: list[tables.ListPage]) -> None:
    seen, silent = [], []
    for address, client, listing in lists_of(world, made):
        seen.append(address)
        titles = [column.title for column in listing.columns]
        for kind in ("csv", "xlsx"):
            answer = client.get(with_export(address, kind))
            if answer.get("Content-Type", "") != MEDIA_TYPES[kind]:
                silent.append((address, kind))
                continue
            rows = cells(answer.content) if kind == "csv" else sheet(answer.content)
            assert rows[0] == titles, address
    assert silent == []
    assert len(seen) >= 35


def live_a_little(world: World) -> None:
    """Facts of two squadrons in as many rooms as is quick."""
    for name, unit, captain in (("队员", "一中队", "队长"), ("外人", "二中队", "外队长")):
        world.finding(person=name)
        world.roll_call(by=captain, unit=unit)
        world.on_duty_now(name)
        world.item("RA-1" if unit == "一中队" else "RA-2", unit=unit)
        grant_exemption(world.actor("人事"), world.persons[name], starts_on=clock.today(), until=clock.today(), approved_by="局长")
    world.check_out("RA-1")


def test_no_exported_cell_is_a_code(world: World, made: list[tables.ListPage]) -> None:
    live_a_little(world)
    found, rows = [], 0
    for address, client, listing in lists_of(world, made):
        lines = cells(client.get(with_export(address, "csv")).content)
        rows += len(lines) - 1
        titles = [column.title for column in listing.columns]
        found += [(address, title, cell) for line in lines[1:] for title, cell in zip(titles, line, strict=True) if is_code(title, cell)]
    assert found == []
    assert rows > 40


def is_code(title: str, cell: str) -> bool:
    return bool(CODE.fullmatch(cell)) and title not in {"用户名"}


@pytest.mark.parametrize("name", ["队长", "队员", "协管", "装备员"])
def test_no_export_goes_beyond_the_readers_scope(world: World, name: str) -> None:
    """The second squadron's man, and his things, are in the supervisor's exports and in nobody's of the first squadron."""
    live_a_little(world)
    client, actor, supervisor = world.client(name), world.actor(name), world.client("督察")
    assert "外人" in supervisor.get("/findings/?export=csv").content.decode()
    for address, capability in ADDRESSES:
        answer = client.get(with_export(address, "csv"))
        if capability not in OPEN and not actor.may(capability):
            assert answer.status_code in {403, 405}, address
        elif answer.get("Content-Type", "") == MEDIA_TYPES["csv"]:
            assert "外人" not in answer.content.decode(), address
            assert "二中队" not in answer.content.decode(), address


def test_what_somebody_wrote_is_no_formula_in_either_file(world: World) -> None:
    world.finding(facts={"act": "=HYPERLINK(1)", "entry": "attire.markings_missing"})
    world.finding(described="+1")
    client = world.client("督察")
    lines = cells(client.get("/findings/?export=csv").content) + sheet(client.get("/findings/?export=xlsx").content)
    texts = [str(cell) for line in lines for cell in line]
    assert [text for text in texts if text.startswith(("=", "+", "@", "-"))] == []
    assert len([text for text in texts if "HYPERLINK" in text]) == 2


def test_each_export_is_recorded_with_what_was_asked(world: World) -> None:
    world.finding()
    world.client("督察").get("/findings/?export=csv&state=open")
    entry = entries_visible_to(SYSTEM).get(action="transfer.list_exported")
    assert (entry.subject, entry.actor_user, entry.details) == (
        "list:/findings/", world.users["督察"].pk, {"asked": "export=csv&state=open", "kind": "csv", "rows": 1},
    )  # fmt: skip


@pytest.fixture
def long_above_two(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "LONG", 2)


def ask(client: Client, address: str = "/findings/?export=csv") -> str:
    answer = client.get(address)
    assert answer.status_code == 303
    return str(answer["Location"])


def test_a_long_list_is_written_in_the_background_and_fetched_by_its_asker_alone(world: World, long_above_two: None) -> None:
    for _ in range(3):
        world.finding()
    client = world.client("督察")
    page = ask(client)
    assert ask(client) == page, "a second click is the same file"
    assert ask(client, "/findings/?export=xlsx") != page
    assert "等待生成" in client.get(page).content.decode()
    assert client.post(f"{page}file/").status_code == 409
    assert services.write_waiting_lists() == 2
    shown = client.get(page).content.decode()
    assert ("已生成" in shown, "下载" in shown, "hx-get" in shown) == (True, True, False)
    answer = client.post(f"{page}file/")
    assert (answer.status_code, answer["Cache-Control"], len(cells(b"".join(answer.streaming_content)))) == (200, "no-store", 4)
    actions = entries_visible_to(SYSTEM).filter(action__startswith="transfer.").order_by("pk").values_list("action", flat=True)
    assert list(actions) == ["transfer.list_exported", "transfer.list_exported", "transfer.list_downloaded"]
    for name in ("督察乙", "局长", "审计员"):
        other = world.client(name)
        assert [other.get(page).status_code, other.get(f"{page}progress/").status_code, other.post(f"{page}file/").status_code] == [404] * 3
    assert "没有导出的清单" in world.client("督察乙").get("/transfer/lists/").content.decode()
    assert page in client.get("/transfer/lists/").content.decode()


def test_the_scope_of_a_long_list_is_that_of_the_moment_it_is_written(world: World, long_above_two: None) -> None:
    for name in ("队员", "女队员", "协管", "外人"):
        world.finding(person=name)
    captain = world.client("队长")
    page = ask(captain)
    services.write_waiting_lists()
    text = b"".join(captain.post(f"{page}file/").streaming_content).decode()
    assert ("队员" in text, "外人" in text) == (True, False)
    early = ask(captain, "/people/?export=csv")
    services.write_waiting_lists()
    later = ask(captain, "/people/?export=xlsx")
    world.users["队长"].grants.all().delete()
    services.write_waiting_lists()
    shown = captain.get(later).content.decode()
    assert ("没有生成" in shown, "没有这份清单的权限" in shown) == (True, True)
    assert [captain.post(f"{each}file/").status_code for each in (early, later)] == [403, 403]


def test_a_list_beyond_the_limit_says_so_in_the_file_and_on_the_page(
    world: World, long_above_two: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (export, services):
        monkeypatch.setattr(module, "EXPORT_LIMIT", 3)
    for _ in range(4):
        world.finding()
    client = world.client("督察")
    page = ask(client)
    services.write_waiting_lists()
    assert "清单共 4 条" in client.get(page).content.decode()
    lines = cells(b"".join(client.post(f"{page}file/").streaming_content))
    assert (len(lines), lines[-1][0][:8]) == (5, "只导出了前 3 ")


def test_a_writer_that_ended_without_a_word_is_followed_by_another_and_old_files_go(world: World, long_above_two: None) -> None:
    for _ in range(3):
        world.finding()
    client = world.client("督察")
    page = ask(client)
    dead = services._claim()
    assert dead is not None
    assert services.write_waiting_lists() == 0
    now = clock.now()
    with clock.frozen(now + dt.timedelta(minutes=6)):
        assert "很久没有进展" in client.get(page).content.decode()
        assert services.write_waiting_lists() == 1
    path = ListFile.objects.get().path
    assert path.exists()
    with clock.frozen(now + dt.timedelta(hours=25)):
        assert client.get(page).status_code == 404
        assert services.sweep_lists() == 1
    assert (path.exists(), ListFile.objects.count()) == (False, 0)


def test_a_list_that_cannot_be_written_says_so_and_leaves_no_file(
    world: World, long_above_two: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        world.finding()
    client = world.client("督察")
    page = ask(client)

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(export.Export, "write", full)
    with pytest.raises(OSError, match="No space"):
        services.write_waiting_lists()
    assert "没有生成" in client.get(page).content.decode()
    assert [path.name for path in ListFile.objects.get().path.parent.iterdir()] == []
