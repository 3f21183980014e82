"""Commands: hand out a list at once, or have a long one written and fetched by whoever asked for it."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable
from typing import BinaryIO
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.sessions.backends.signed_cookies import SessionStore
from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.urls import Resolver404, resolve, reverse

from chengxin.audit.services import record
from chengxin.core import clock
from chengxin.core.actor import ANONYMOUS, Actor
from chengxin.core.errors import Conflict, DomainError, NotAllowed
from chengxin.core.registry import menu
from chengxin.people import access
from chengxin.transfer.models import STALLED, ListFile
from chengxin.ui.export import EXPORT_LIMIT, LONG, Export
from chengxin.ui.pages import see_other
from chengxin.ui.queue import enqueue

JOB = "transfer.write_lists"
KEPT = dt.timedelta(hours=24)

Sink = Callable[[Export], None]


def deliver(request: HttpRequest, export: Export) -> HttpResponse:
    """A list as its reader gets it: a short one at once, a long one by way of a page that shows how far it is. Each is recorded."""
    sink: Sink | None = getattr(request, "list_sink", None)
    if sink is not None:
        sink(export)
        return HttpResponse(status=204)
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if export.count > LONG and actor is not ANONYMOUS:
        return see_other(reverse("transfer:list", args=[ask_list(actor, request.get_full_path(), export.kind).pk]))
    response = export.response()
    with transaction.atomic():
        _record(actor, request.get_full_path(), export.kind, export.count)
    return response


@transaction.atomic
def ask_list(actor: Actor, address: str, kind: str) -> ListFile:
    """Have a list written. Asked again while the first is under way, it is the same one: a second click costs nothing."""
    now = clock.now()
    under_way = ListFile.objects.filter(user=actor.named_user, address=address, state__in=(ListFile.WAITING, ListFile.RUNNING))
    found = under_way.filter(moved_at__gt=now - STALLED).order_by("-pk").first()
    if found is not None:
        return found
    made = ListFile.objects.create(
        user_id=actor.named_user, address=address, title=_title(address), kind=kind, asked_at=now, moved_at=now, until=now + KEPT
    )
    enqueue(JOB)
    return made


def _title(address: str) -> str:
    path = urlsplit(address).path
    return next((item.title for item in menu if reverse(item.url) == path), "清单")


def _record(actor: Actor, address: str, kind: str, rows: int) -> None:
    parts = urlsplit(address)
    record(actor, "transfer.list_exported", f"list:{parts.path}"[:120], details={"asked": parts.query, "kind": kind, "rows": rows})


def write_waiting_lists() -> int:
    """Write every list that waits, and those whose writer ended without a word; how many."""
    done = 0
    while (listed := _claim()) is not None:
        _write(listed)
        done += 1
    return done


def _claim() -> ListFile | None:
    now = clock.now()
    claimable = Q(state=ListFile.WAITING) | Q(state=ListFile.RUNNING, moved_at__lt=now - STALLED)
    with transaction.atomic():
        found = ListFile.objects.select_for_update(skip_locked=True).filter(claimable, until__gt=now).order_by("pk").first()
        if found is not None:
            ListFile.objects.filter(pk=found.pk).update(state=ListFile.RUNNING, moved_at=now, rows=0)
    return found


def _write(listed: ListFile) -> None:
    """Ask the list's own page for it as the asker, with today's permissions and scope, and let it write into the file."""
    listed.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = listed.path.with_suffix(".part")
    try:
        with draft.open("w+b") as file:
            draft.chmod(0o600)
            answer = _answer_of_the_page(listed, lambda export: _fill(listed, export, file))
            if answer.status_code != 204:
                raise NotAllowed("not_any_more", "您现在没有这份清单的权限。")
            file.seek(0)
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        draft.replace(listed.path)
    except Exception as error:
        draft.unlink(missing_ok=True)
        told = error.message if isinstance(error, DomainError) else "生成时出错，请重新导出；仍不成功请告诉系统管理员。"
        ListFile.objects.filter(pk=listed.pk).update(state=ListFile.FAILED, problem=told[:200], moved_at=clock.now())
        if not isinstance(error, DomainError):
            raise
        return
    with transaction.atomic():
        ListFile.objects.filter(pk=listed.pk).update(
            state=ListFile.DONE, size=listed.path.stat().st_size, sha256=digest, moved_at=clock.now()
        )
        listed.refresh_from_db()
        _record(access.actor_for(listed.user), listed.address, listed.kind, listed.rows)


def _answer_of_the_page(listed: ListFile, sink: Sink) -> HttpResponse:
    if not listed.user.is_active:
        raise NotAllowed("not_active", "用户已停用。")
    request = RequestFactory(headers={"host": settings.ALLOWED_HOSTS[0]}).get(listed.address)
    request.user = listed.user
    request.session = SessionStore()
    request.list_sink = sink  # type: ignore[attr-defined]
    try:
        request.resolver_match = resolve(request.path_info)
    except Resolver404 as error:
        raise DomainError("no_list", "这份清单已经不在了。") from error
    answer: HttpResponse = request.resolver_match.func(request, *request.resolver_match.args, **request.resolver_match.kwargs)
    return answer


def _fill(listed: ListFile, export: Export, file: BinaryIO) -> None:
    this = ListFile.objects.filter(pk=listed.pk)
    this.update(total=export.total(), moved_at=clock.now())
    export.write(file, lambda rows: this.update(rows=rows, moved_at=clock.now()))


@transaction.atomic
def fetch_list(actor: Actor, listed: ListFile) -> BinaryIO:
    """The written file, each fetching recorded. Raises NotAllowed when the asker may no longer see the list, Conflict without a file."""
    match = resolve(urlsplit(listed.address).path)
    capability = getattr(match.func, "capability", "")
    if capability not in {"public", "signed_in"} and not actor.may(capability):
        raise NotAllowed("not_any_more", "您现在没有这份清单的权限。")
    if listed.state != ListFile.DONE:
        raise Conflict("not_yet", "文件还没有生成，请稍候。")
    try:
        file = listed.path.open("rb")
    except FileNotFoundError as error:
        raise Conflict("file_gone", "文件已经不在，请重新导出。") from error
    record(actor, "transfer.list_downloaded", f"list_file:{listed.pk}", details={"list": listed.title, "sha256": listed.sha256})
    return file


def was_cut(listed: ListFile) -> bool:
    """Whether the list has more rows than a file takes."""
    return (listed.total or 0) > EXPORT_LIMIT


def sweep_lists() -> int:
    """Take away files whose time is over, then their rows; how many."""
    over = list(ListFile.objects.filter(until__lte=clock.now()))
    for listed in over:
        listed.path.unlink(missing_ok=True)
        listed.path.with_suffix(".part").unlink(missing_ok=True)
    return ListFile.objects.filter(pk__in=[each.pk for each in over]).delete()[0]
