"""The check that opens every command."""

from __future__ import annotations

from chengxin.core.actor import Actor
from chengxin.core.errors import NotAllowed
from chengxin.core.registry import capabilities


def require(actor: Actor, capability: str, *, unit_id: int | None = None) -> None:
    """Refuse unless the actor holds the capability (for that unit).

    Raises NotAllowed with the capability's Chinese title. An unregistered capability is a programming error.
    """
    title = capabilities[capability].title
    if not actor.may(capability, unit_id):
        raise NotAllowed("not_allowed", f"您没有“{title}”的权限，如确需办理请联系安全管理员。")
