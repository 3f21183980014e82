"""The documents hang together: every link leads somewhere, every picture is one that the script takes, every page is found."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCS = sorted(path for path in (ROOT / "docs").rglob("*.md"))
LINK = re.compile(r"\]\(([^)#\s]+)")
TAKEN = re.compile(r'^    \("([a-z-]+)", ', re.M)


def links_of(path: Path) -> list[Path]:
    found = LINK.findall(path.read_text(encoding="utf-8"))
    return [(path.parent / each).resolve() for each in found if "://" not in each]


@pytest.mark.parametrize("path", [*DOCS, ROOT / "README.md"], ids=lambda path: path.name)
def test_every_link_leads_to_a_file(path: Path) -> None:
    assert [str(each) for each in links_of(path) if not each.exists()] == []


def test_the_pictures_are_those_the_script_takes_and_each_is_shown() -> None:
    taken = {f"{name}.png" for name in TAKEN.findall((ROOT / "docs" / "pictures.py").read_text(encoding="utf-8"))}
    there = {path.name for path in (ROOT / "docs" / "pictures").iterdir()}
    shown = {each.name for path in DOCS for each in links_of(path) if each.suffix == ".png"}
    assert len(taken) > 12
    assert taken == there
    assert shown == there


def test_every_document_is_reached_from_the_index() -> None:
    reached = set(links_of(ROOT / "docs" / "index.md")) | {ROOT / "docs" / "index.md"}
    assert set(DOCS) == {each for each in reached if each.suffix == ".md"}
