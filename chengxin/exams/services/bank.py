"""The item bank: written, reviewed by another, put in use, retired. What an item says never changes; a change is a new version (2.4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from django.db import transaction

from chengxin.audit.services import record
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.capabilities import require
from chengxin.core.constraints import readable
from chengxin.core.errors import Conflict, DomainError, NotAllowed
from chengxin.exams import rules
from chengxin.exams.models import Item, ItemVersion
from chengxin.exams.selectors import bank
from chengxin.files.services import keep_sheet, take_sheet

SHEET = "exams.items"


def understood(**given: Any) -> rules.Content:
    """What was typed as an item. Raises DomainError that names the field."""
    try:
        content = rules.content_of(**given)
    except rules.NotPossible as refused:
        raise DomainError("bad_item", str(refused), field=refused.field) from None
    if content.clause not in bank.clause_titles():
        raise DomainError("no_clause", f"方案中没有条款“{content.clause}”，请从列表中选择。", field="clause")
    return content


@transaction.atomic
def write_item(actor: Actor, content: rules.Content) -> ItemVersion:
    """Add an item to the bank as a draft. Raises Conflict for one that the bank holds already, word for word."""
    require(actor, "exams.bank")
    if content.digest in bank.standing_digests():
        raise Conflict("known_item", "题库中已有完全相同的题目，没有重复录入。")
    made = _keep(actor, Item.objects.create(made_at=clock.now()), 1, content)
    record(actor, "exams.item_written", f"item_version:{made.pk}", details={"kind": content.kind, "clause": content.clause})
    return made


def revise_item(actor: Actor, version: ItemVersion, content: rules.Content) -> ItemVersion:
    """A new version of an item; an earlier one that was still on its way is retired, one in use stays until the new one takes its place.

    Raises Conflict while an exam runs with the item, for a version that is not the newest, and when nothing changed.
    """
    with readable(ItemVersion):
        return _revise(actor, version, content)


@transaction.atomic
def _revise(actor: Actor, version: ItemVersion, content: rules.Content) -> ItemVersion:
    require(actor, "exams.bank")
    Item.objects.select_for_update().get(pk=version.item_id)
    newest = ItemVersion.objects.filter(item_id=version.item_id).order_by("-number")[0]
    if newest.pk != version.pk:
        raise Conflict("newer_version", f"已有更新的版本（第 {newest.number} 版），请打开后再修订。")
    if newest.digest == content.digest:
        raise Conflict("nothing_changed", "内容没有变化，没有产生新版本。")
    _refuse_while_running([newest.pk])
    if newest.state in {rules.DRAFT, rules.REVIEWED}:
        _end(actor, newest, f"由第 {newest.number + 1} 版替代")
    made = _keep(actor, newest.item, newest.number + 1, content)
    record(actor, "exams.item_written", f"item_version:{made.pk}", details={"version": made.number, "item": made.item_id})
    return made


def _keep(actor: Actor, item: Item, number: int, content: rules.Content) -> ItemVersion:
    given = {**asdict(content), "options": list(content.options), "answer": list(content.answer)}
    return ItemVersion.objects.create(
        item=item, number=number, **given, digest=content.digest, written_by=actor.named_user, written_label=actor.label,
        written_at=clock.now(),
    )  # fmt: skip


@transaction.atomic
def review_item(actor: Actor, version: ItemVersion) -> ItemVersion:
    """审核通过, by somebody who did not write it. Again by the same reviewer it changes nothing."""
    require(actor, "exams.review")
    locked = _locked(version)
    if locked.state == rules.REVIEWED and locked.reviewed_by == actor.user_id:
        return locked
    _refuse_the_writer(actor, locked)
    locked.state = _after(locked, rules.REVIEW)
    locked.reviewed_by, locked.reviewed_label, locked.reviewed_at = actor.named_user, actor.label, clock.now()
    locked.save()
    record(actor, "exams.item_reviewed", f"item_version:{locked.pk}")
    return locked


@transaction.atomic
def return_item(actor: Actor, version: ItemVersion, *, reason: str) -> ItemVersion:
    """退回: the draft is retired with what is to be put right; the writer's next version answers it."""
    require(actor, "exams.review")
    locked = _locked(version)
    _refuse_the_writer(actor, locked)
    _after(locked, rules.RETURN)
    _end(actor, locked, f"退回：{_reason(reason)}")
    record(actor, "exams.item_returned", f"item_version:{locked.pk}", details={"reason": reason.strip()})
    return locked


@transaction.atomic
def put_in_use(actor: Actor, version: ItemVersion) -> ItemVersion:
    """启用 a reviewed version; the one in use before is retired in the same act."""
    require(actor, "exams.bank")
    Item.objects.select_for_update().get(pk=version.item_id)
    locked = _locked(version)
    if locked.state == rules.IN_USE:
        return locked
    locked.state = _after(locked, rules.USE)
    for former in ItemVersion.objects.select_for_update().filter(item_id=locked.item_id, state=rules.IN_USE):
        _end(actor, former, f"由第 {locked.number} 版替代")
    locked.used_at, locked.used_label = clock.now(), actor.label
    locked.save()
    record(actor, "exams.item_put_in_use", f"item_version:{locked.pk}")
    return locked


@transaction.atomic
def retire_item(actor: Actor, version: ItemVersion, *, reason: str) -> ItemVersion:
    """停用. Papers that were drawn with it keep it."""
    require(actor, "exams.bank")
    locked = _locked(version)
    _after(locked, rules.RETIRE)
    _end(actor, locked, _reason(reason))
    record(actor, "exams.item_retired", f"item_version:{locked.pk}", details={"reason": reason.strip()})
    return locked


def _locked(version: ItemVersion) -> ItemVersion:
    return ItemVersion.objects.select_for_update().get(pk=version.pk)


def _after(version: ItemVersion, action: str) -> str:
    try:
        return rules.after(version.state, action)
    except rules.NotPossible as refused:
        raise Conflict("not_possible", str(refused)) from None


def _end(actor: Actor, version: ItemVersion, reason: str) -> None:
    version.state, version.retired_at, version.retired_label = rules.RETIRED, clock.now(), actor.label
    version.retired_reason = reason[:200]
    version.save()


def _reason(text: str) -> str:
    if not text.strip():
        raise DomainError("no_reason", "请写明理由。", field="reason")
    return text.strip()


def _refuse_the_writer(actor: Actor, version: ItemVersion) -> None:
    why = rules.why_not_review(actor=actor.user_id, writer=version.written_by)
    if why:
        raise NotAllowed("own_item", why)


def _refuse_while_running(versions: list[int]) -> None:
    exam = bank.running_exam_with(versions)
    if exam is not None:
        raise Conflict("exam_running", f"“{exam.title}”正在使用这道题，全部结束后才能修订。")


def preview_items(actor: Actor, *, file_name: str, content: bytes, rows: Sequence[rules.Content]) -> int:
    """Keep an understood sheet until it is applied. Its number."""
    require(actor, "exams.bank")
    return keep_sheet(actor, SHEET, file_name=file_name, content=content, rows=[asdict(row) for row in rows])


@transaction.atomic
def apply_items(actor: Actor, number: int) -> int:
    """Import a previewed sheet, all of it or nothing, as drafts. How many were new; what the bank holds already is passed over."""
    require(actor, "exams.bank")
    sheet = take_sheet(actor, SHEET, number)
    known = bank.standing_digests()
    wanted = {each.digest: each for each in map(content_in, sheet.rows)}
    fresh = [content for digest, content in wanted.items() if digest not in known]
    for content in fresh:
        _keep(actor, Item.objects.create(made_at=clock.now()), 1, content)
    record(actor, "exams.items_imported", f"sheet:{number}", details={"new": len(fresh), "file": sheet.file_name})
    return len(fresh)


def content_in(row: dict[str, Any]) -> rules.Content:
    """An item as a kept sheet holds it."""
    return rules.Content(**{**row, "options": tuple(row["options"]), "answer": tuple(row["answer"])})
