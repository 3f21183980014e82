"""Questions to the files of lists."""

from __future__ import annotations

from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.errors import NotFound
from chengxin.transfer.models import ListFile


def list_files_of(actor: Actor) -> list[ListFile]:
    """The reader's own that are still kept, the newest first."""
    return list(ListFile.objects.filter(user=actor.named_user, until__gt=clock.now()).order_by("-asked_at")[:50])


def list_file_for(actor: Actor, pk: int) -> ListFile:
    """One of the reader's own that is still kept. Raises NotFound for anybody else's, whatever they may do otherwise."""
    found = ListFile.objects.filter(pk=pk, user=actor.user_id, until__gt=clock.now()).first()
    if found is None:
        raise NotFound("no_list_file", "没有这份导出文件，或已过保留时间，请重新导出。")
    return found
