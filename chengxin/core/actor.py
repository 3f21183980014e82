"""Who acts: a signed-in user, a device or integration token, or the system itself, with what it may do where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from chengxin.core.errors import NotAllowed

# The units a capability reaches; None means the whole bureau.
Reach = frozenset[int] | None


@dataclass(frozen=True)
class Actor:
    """The one who gives a command or asks a question.

    ``reach`` maps a capability code to the unit ids it holds for (None: the whole bureau); a capability that is
    not a key is not held. ``unit_ids`` are the units the person belongs to today (for 回避: nobody inspects the own unit).
    """

    user_id: int | None
    person_id: int | None
    label: str
    reach: Mapping[str, Reach] = field(default_factory=dict)
    roles: frozenset[str] = frozenset()
    unit_id: int | None = None
    channel: str = "web"
    address: str = ""
    is_system: bool = False

    def may(self, capability: str, unit_id: int | None = None) -> bool:
        """Whether the capability is held, and for that unit when one is named."""
        if self.is_system:
            return True
        if capability not in self.reach:
            return False
        units = self.reach[capability]
        return units is None or unit_id is None or unit_id in units

    @property
    def named_user(self) -> int:
        """The user who answers for a decision. Raises NotAllowed for jobs, devices and integrations: people decide."""
        if self.user_id is None:
            raise NotAllowed("no_person", "这一步须由具名人员登录办理，系统任务和接口不能代办。")
        return self.user_id

    def units_for(self, capability: str) -> Reach:
        """The units a capability reaches: None for the whole bureau, an empty set when it is not held."""
        if self.is_system:
            return None
        return self.reach.get(capability, frozenset())


def system_actor(label: str = "系统") -> Actor:
    """The actor of jobs and set-up commands. It may compute and remind; it never decides against a person."""
    return Actor(user_id=None, person_id=None, label=label, channel="system", is_system=True)


ANONYMOUS = Actor(user_id=None, person_id=None, label="未登录", channel="web")
