"""The guide of the first days, for one reader."""

from __future__ import annotations

from dataclasses import dataclass

from chengxin.core.actor import Actor
from chengxin.portal import rules
from chengxin.portal.models import GuideStep
from chengxin.ui.together import Inquiry, answers


@dataclass(frozen=True)
class Guide:
    """The reader's steps, each with whether it was taken; ``is_closed`` when it was put away or is done."""

    steps: list[tuple[rules.Step, bool]]
    is_closed: bool

    @property
    def done(self) -> int:
        return sum(taken for _, taken in self.steps)


def guide_of(actor: Actor) -> Guide:
    """By the reader's roles; what the reader may not open is no step."""
    return answers([guide(actor)])[0]


def guide(actor: Actor) -> Inquiry[Guide]:
    """The same as a question, to be asked with others."""
    taken = GuideStep.objects.filter(user_id=actor.user_id or 0).values_list("step", flat=True)
    yield taken
    steps = [(each, each.code in taken) for each in rules.steps_of(actor.roles) if _may(actor, each)]
    return Guide(steps, rules.CLOSED in taken or all(done for _, done in steps))


def _may(actor: Actor, step: rules.Step) -> bool:
    return step.capability == "signed_in" or actor.may(step.capability)
