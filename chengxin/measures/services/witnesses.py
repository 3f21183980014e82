"""What chapters above keep of measures and commendations: told in the same transaction what happened."""

from __future__ import annotations

from collections.abc import Callable

from chengxin.core.actor import Actor
from chengxin.measures.models import Commendation, Measure

# events: "decided", "reversed", "objected", "objection_decided"; of a commendation "given", "revoked"
WITNESSES: list[Callable[[Actor, Measure | Commendation, str], None]] = []


def bear_witness(actor: Actor, subject: Measure | Commendation, event: str) -> None:
    for witness in WITNESSES:
        witness(actor, subject, event)
