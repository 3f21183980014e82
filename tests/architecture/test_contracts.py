"""The import contracts hold, and each of them is caught when it is broken on purpose."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# contract name -> (module that gets the forbidden line, the line)
PLANTED = {
    "Rooms import downwards only": ("core/clock.py", "import chengxin.findings.rules"),
    "Inside a chapter doors call commands and commands call models": (
        "findings/models.py",
        "import chengxin.findings.services",
    ),
    "Rules are pure: no Django, no database": ("findings/rules.py", "import django.db"),
    "Core knows no Django": ("core/errors.py", "import django.http"),
    "The tables of findings are reached through its own services and selectors only": (
        "portal/selectors.py",
        "import chengxin.findings.models",
    ),
    "The tables of audit are reached through its own services and selectors only": (
        "people/services.py",
        "import chengxin.audit.models",
    ),
    "The tables of files are reached through its own services and selectors only": (
        "findings/services.py",
        "import chengxin.files.models",
    ),
    "The tables of rulebook are reached through its own services and selectors only": (
        "attire/selectors.py",
        "import chengxin.rulebook.models",
    ),
}


def lint(house: Path) -> dict[str, str]:
    """Verdict per contract, as the linter prints it, for a copy of the house."""
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache", "--config", str(house / ".importlinter")]
    environment = {**os.environ, "PYTHONPATH": str(house), "COLUMNS": "200"}
    printed = subprocess.run(command, cwd=house, env=environment, capture_output=True, text=True, check=False).stdout
    verdicts = re.findall(r"^(.+?)\s+(KEPT|BROKEN)\b", printed, flags=re.MULTILINE)
    return {re.sub(r"\s+", " ", name).strip(): verdict for name, verdict in verdicts}


@pytest.fixture
def house(tmp_path: Path) -> Path:
    for name in ("chengxin", "config"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / ".importlinter", tmp_path)
    return tmp_path


def plant(house: Path, module: str, line: str) -> None:
    """Add the line as a module with few lines may have it: inside a function, where it still counts."""
    path = house / "chengxin" / module
    target = path if path.exists() else path.with_suffix("") / "__init__.py"
    with target.open("a", encoding="utf-8") as file:
        file.write(f"\n\ndef planted() -> None:\n    {line}\n")


def test_every_contract_holds_and_every_contract_is_listed_here(house: Path) -> None:
    verdicts = lint(house)
    assert set(verdicts) == set(PLANTED)
    assert set(verdicts.values()) == {"KEPT"}


@pytest.mark.slow
def test_every_contract_is_seen_broken_when_a_violation_is_planted(house: Path) -> None:
    for module, line in PLANTED.values():
        plant(house, module, line)
    assert lint(house) == dict.fromkeys(PLANTED, "BROKEN")
