"""Who may read what: one snapshot, made narrower for each reader; and nobody under objection is named to anybody (复核中).

What is under objection is masked before the snapshot is written (``masked``), so that no version can ever tell it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

INTERNAL, SQUADRONS, PUBLIC = "internal", "squadrons", "public"
AUDIENCES = {INTERNAL: "局机关（含受限附件）", SQUADRONS: "各中队", PUBLIC: "公开"}
UNDER_REVIEW = "复核中"
# the parts of a snapshot whose rows may name a person
NAMING = ("unresolved", "problems", "commendations", "measures")
RESTRICTED = ("measures", "repeated")


@dataclass(frozen=True)
class Reader:
    """A version of the bulletin: its audience and the units whose people it may name (None: all)."""

    audience: str
    own_units: frozenset[int] | None = frozenset()

    def may_name(self, unit_id: int | None) -> bool:
        if self.audience == PUBLIC:
            return False
        return self.audience == INTERNAL or self.own_units is None or unit_id in self.own_units

    @property
    def sees_restricted(self) -> bool:
        return self.audience == INTERNAL


def masked(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row while its objection is undecided: unit and matter stay, the person is not even kept."""
    return {**row, "person": "", "person_id": None, "post": "", "state": UNDER_REVIEW, "is_masked": True}


def for_reader(snapshot: Mapping[str, Any], reader: Reader) -> dict[str, Any]:
    """The snapshot as a reader may see it. Names that are not the reader's are gone, not hidden."""
    told = dict(snapshot)
    for part in NAMING:
        told[part] = [_row(row, reader) for row in snapshot[part]]
    if not reader.sees_restricted:
        told["measures"] = [{**row, "person": "", "person_id": None, "post": "", "number": ""} for row in snapshot["measures"]]
        told["repeated"] = []
    return told


def _row(row: Mapping[str, Any], reader: Reader) -> dict[str, Any]:
    shown = dict(row)
    if reader.audience == PUBLIC:
        shown |= {name: "" for name in ("post", "place", "time", "rechecker") if name in row}
    elif reader.audience == SQUADRONS and "rechecker" in row:
        shown["rechecker"] = row["recheck_office"]
    if not reader.may_name(row.get("unit_id")):
        shown |= {"person": "", "person_id": None}
    return shown
