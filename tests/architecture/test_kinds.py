"""Every kind of finding is complete, and every gesture that is recorded is declared and used."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.utils.module_loading import import_string

from chengxin.core.registry import audit_actions, capabilities
from chengxin.findings.kinds import FindingKind, finding_kinds
from chengxin.rulebook.rules import first_clauses, first_rules
from tests.cases import cases

SOURCES = [path for path in (Path(__file__).resolve().parents[2] / "chengxin").rglob("*.py") if "migrations" not in path.parts]
TEXT = {path: path.read_text(encoding="utf-8") for path in SOURCES}


@pytest.mark.parametrize("kind", list(finding_kinds), ids=lambda kind: kind.code)
def test_a_kind_has_title_clause_rule_a_text_that_renders_and_a_case(kind: FindingKind) -> None:
    assert kind.title
    assert kind.clause in {clause.code for clause in first_clauses()}
    assert kind.rule in {rule.code for rule in first_rules()}
    assert kind.text(kind.sample_facts).strip()
    if kind.guard:
        assert callable(import_string(kind.guard))
    assert any(case["kind"] == kind.code for case in cases("findings"))


def test_two_kinds_cannot_share_a_code() -> None:
    kind = next(iter(finding_kinds))
    finding_kinds.add(kind)  # the same again is harmless
    with pytest.raises(ValueError, match="is taken"):
        finding_kinds.add(FindingKind(kind.code, "另一种", "2.1.3", "attire.prohibited", "{act}", {}))


def test_every_declared_gesture_is_recorded_somewhere_and_every_recorded_one_declared() -> None:
    used = {code for text in TEXT.values() for code in re.findall(r"record\(\s*[^,]+(?:\([^)]*\))?,\s*\"([a-z]+\.[a-z_]+)\"", text)}
    declared = {action.code for action in audit_actions}
    assert used <= declared
    assert declared - used == set()


def test_every_capability_is_asked_for_somewhere() -> None:
    everything = "\n".join(text for path, text in TEXT.items() if path.name != "catalog.py")
    assert [each.code for each in capabilities if f'"{each.code}"' not in everything] == []
