"""Kinds of findings: declared frozen by each chapter, refused when two share a code."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from chengxin.core.registry import Registry


@dataclass(frozen=True)
class FindingKind:
    """What can be found: its clause, the rule in force it needs, and how its facts read as a sentence.

    ``guard`` names the question asked before anything is kept: (person, day, facts) -> why there is nothing to find, or "".
    """

    code: str
    title: str
    clause: str
    rule: str
    facts_template: str
    sample_facts: Mapping[str, str] = field(hash=False)
    guard: str = ""

    def text(self, facts: Mapping[str, str]) -> str:
        """The facts as a sentence. Raises KeyError for a fact the template needs and nobody gave."""
        return self.facts_template.format_map(facts)


finding_kinds: Registry[FindingKind] = Registry("finding kinds")


def load_finding_kinds(apps: Iterable[str]) -> None:
    """Register the FINDING_KINDS of each app's catalog."""
    for app in apps:
        name = f"{app}.catalog"
        if importlib.util.find_spec(name) is not None:
            finding_kinds.add(*getattr(importlib.import_module(name), "FINDING_KINDS", ()))
