"""A draw that anybody can repeat: frozen before it is cast, drawn once, replaced by the next ticket, told with its reasons."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from chengxin.audit.models import Entry as AuditEntry
from chengxin.core.errors import Conflict, DomainError, NotAllowed
from chengxin.draws import selectors, services
from chengxin.draws.models import Draw
from chengxin.rulekit import draws
from chengxin.rulekit.draws import Entry
from tests.world import SYSTEM, World

FRAMES = st.dictionaries(st.text("abcdefgh", min_size=1, max_size=4), st.sampled_from("XYZ"), min_size=1, max_size=30)
SEEDS = st.binary(min_size=8, max_size=8).map(bytes.hex)


@given(FRAMES, st.dictionaries(st.sampled_from("XYZ"), st.integers(0, 6)), SEEDS, st.data())
def test_quotas_hold_and_the_excluded_are_never_drawn(frame: dict[str, str], quotas: dict[str, int], seed: str, data: Any) -> None:
    barred = data.draw(st.sets(st.sampled_from(sorted(frame))))
    entries = draws.frame_of(Entry(name, stratum, "回避" if name in barred else "") for name, stratum in frame.items())
    found = draws.drawn(entries, quotas, seed)
    assert not barred & set(found)
    assert len(found) == len(set(found))
    for stratum in "XYZ":
        there = sum(value == stratum and name not in barred for name, value in frame.items())
        assert sum(frame[name] == stratum for name in found) == min(quotas.get(stratum, 0), there)
    assert draws.drawn(draws.frame_of(reversed(entries)), quotas, seed) == found, "the order of asking changes nothing"


@given(FRAMES, SEEDS, st.data())
def test_a_replacement_is_the_next_ticket_of_the_same_stratum(frame: dict[str, str], seed: str, data: Any) -> None:
    entries = draws.frame_of(Entry(name, stratum) for name, stratum in frame.items())
    quotas = {"X": 2, "Y": 2, "Z": 2}
    found = draws.drawn(entries, quotas, seed)
    out = data.draw(st.sampled_from(found))
    standing, (came,) = draws.after_replacements(entries, quotas, seed, [out])
    order = draws.order_of(entries, seed, draws.frame_digest(entries, quotas))[frame[out]]
    assert came == (order[2] if len(order) > 2 else None)
    assert set(standing) == set(found) - {out} | ({came} if came else set())


def test_everybody_is_drawn_about_equally_often() -> None:
    entries = draws.frame_of(Entry(f"e{number}", "X") for number in range(10))
    times = Counter(name for seed in range(2000) for name in draws.drawn(entries, {"X": 3}, f"{seed:08x}"))
    assert set(times) == {entry.name for entry in entries}
    assert all(500 < count < 700 for count in times.values()), times  # 600 each; four standard deviations are 82


def a_frame() -> list[Entry]:
    return [
        *(Entry(f"影{number}", "一中队 在编") for number in range(6)),
        Entry("影9", "一中队 在编", "审查人参与"),
        Entry("影10", "二中队 协管"),
    ]


@pytest.fixture
def draw(world: World) -> Draw:
    return services.freeze_draw(
        world.actor("督察"),
        key="test:2026-09",
        title="九月抽查",
        entries=a_frame(),
        quotas={"一中队 在编": 2, "二中队 协管": 1},
        rule_version="r@1",
    )


def test_the_frame_is_frozen_before_there_is_a_seed_and_the_result_comes_once(world: World, draw: Draw) -> None:
    supervisor = world.actor("督察")
    assert (draw.seed, draw.drawn, selectors.standing(draw)) == ("", [], [])
    cast = services.cast_draw(supervisor, draw, public="八月十五")
    assert cast.seed == draws.seed_of(cast.secret, "八月十五")
    assert len(cast.drawn) == 3
    assert "影9" not in cast.drawn
    with pytest.raises(Conflict, match="不能重来"):
        services.cast_draw(supervisor, draw)
    with pytest.raises(Conflict, match="不能重新抽取"):
        services.freeze_draw(
            supervisor, key="test:2026-09", title="九月抽查", entries=a_frame(), quotas={"一中队 在编": 2}, rule_version="r@1"
        )
    with pytest.raises(NotAllowed, match="具名人员"):
        services.freeze_draw(SYSTEM, key="x", title="x", entries=a_frame(), quotas={"一中队 在编": 2}, rule_version="r@1")
    with pytest.raises(DomainError, match="抽取范围是空的"):
        services.freeze_draw(supervisor, key="y", title="y", entries=a_frame(), quotas={"三中队": 1}, rule_version="r@1")
    assert Draw.objects.count() == 1
    assert AuditEntry.objects.filter(action__startswith="draws.").count() == 2


def test_a_replacement_needs_a_reason_and_takes_nobody_twice(world: World, draw: Draw) -> None:
    supervisor = world.actor("督察")
    cast = services.cast_draw(supervisor, draw)
    first = next(name for name in cast.drawn if name != "影10")
    with pytest.raises(DomainError, match="请写明替换理由"):
        services.replace_drawn(supervisor, cast, out=first, reason=" ")
    made = services.replace_drawn(supervisor, cast, out=first, reason="文件损坏")
    assert made.into not in cast.drawn
    with pytest.raises(Conflict, match="没有被抽中"):
        services.replace_drawn(supervisor, cast, out=first, reason="再换")
    assert services.replace_drawn(supervisor, cast, out="影10", reason="协管已离队").into is None
    assert len(selectors.standing(cast)) == 2


def test_the_file_verifies_anywhere_and_every_change_of_it_is_noticed(world: World, draw: Draw, tmp_path: Path) -> None:
    cast = services.cast_draw(world.actor("督察"), draw, public="骰子 4 2 6")
    services.replace_drawn(world.actor("督察"), cast, out=cast.drawn[0], reason="文件损坏")
    told = json.loads(json.dumps(selectors.file_of(Draw.objects.get()), ensure_ascii=False))
    assert draws.verify(told) == []
    changes: list[tuple[str, Any]] = [
        ("drawn", list(reversed(told["drawn"]))), ("seed", "0" * 64), ("public", "骰子 1 1 1"), ("quotas", {"一中队 在编": 3}),
        ("frame", told["frame"][:-1]), ("standing", told["drawn"]), ("frozen_at", "2999"), ("replacements", []),
    ]  # fmt: skip
    for name, value in changes:
        forged = copy.deepcopy(told)
        forged[name] = value
        assert draws.verify(forged), name
    path = tmp_path / "draw.json"
    path.write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")

    def run() -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "chengxin", "draw", "verify", str(path)]
        return subprocess.run(
            command, capture_output=True, text=True, check=False, env={"CHENGXIN_DATABASE_URL": "postgres://nowhere/none"}
        )

    assert (run().returncode, json.loads(run().stdout)["verified"]) == (0, True)
    path.write_text(json.dumps({**told, "seed": "1" * 64}), encoding="utf-8")
    assert (run().returncode, json.loads(run().stdout)["verified"]) == (1, False)
    path.write_text("[]", encoding="utf-8")
    assert run().returncode == 1
    path.write_text("nonsense", encoding="utf-8")
    assert run().returncode == 2


def test_whatever_changes_a_draw_leaves_its_former_state_and_its_digest(world: World, draw: Draw) -> None:
    services.cast_draw(world.actor("督察"), draw, public="三 一")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE draws_draw SET frame_text = '[]' WHERE id = %s", [draw.pk])
    events = apps.get_model("draws", "DrawEvent").objects.filter(pgh_obj_id=draw.pk).order_by("pgh_id")
    assert [event.pgh_label for event in events] == ["insert", "update", "update"]
    assert {event.frame_sha256 for event in events} == {draw.frame_sha256}
    assert not hasattr(events[0], "frame_text"), "the frame itself stands once"
