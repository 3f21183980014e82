"""The result: confirmed once by an independent chief and frozen with its digest; afterwards only numbered corrections."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.db.models import Max

from chengxin.audit.services import record
from chengxin.contests import rules, selectors
from chengxin.contests.models import Contest, Correction, Entry, Result
from chengxin.contests.services.life import locked, move
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.capabilities import require
from chengxin.core.errors import Conflict, DomainError, NotAllowed


def _require_chief(actor: Actor, contest: Contest) -> None:
    require(actor, "contests.confirm")
    why = selectors.why_not_chief(actor, contest)
    if why:
        raise NotAllowed("not_independent", why)


@transaction.atomic
def confirm_result(actor: Actor, contest: Contest, *, sha256: str) -> Result:
    """Confirm what was seen: ``sha256`` is the digest the chief read. Frozen from then on, in this program and in the database.

    Raises NotAllowed for a judge, a competitor or somebody of a competing unit, Conflict for sheets that are missing or a result that
    changed since it was read, and for a second confirmation.
    """
    contest = locked(contest)
    _require_chief(actor, contest)
    move(contest, rules.CONFIRM)
    _refuse_missing(contest)
    content = selectors.result_content(contest)
    text = rules.plain_text(content)
    if rules.digest(text) != sha256:
        raise Conflict("changed", "您看到的成绩之后又有变化（新的评分表或退出），请核对现在的成绩后再确认。")
    made = Result.objects.create(
        contest=contest, snapshot=text, sha256=sha256, confirmed_at=clock.now(), confirmed_by=actor.named_user, confirmed_label=actor.label
    )
    contest.ended_at, contest.ended_label = clock.now(), actor.label
    contest.save(update_fields=["state", "ended_at", "ended_label"])
    record(actor, "contests.confirmed", f"contest:{contest.pk}", details={"sha256": sha256, "entries": len(content["standings"])})
    return made


def _refuse_missing(contest: Contest) -> None:
    """Raises Conflict that says who still owes which sheet."""
    missing = selectors.missing_sheets(contest)
    if missing:
        said = "；".join(f"{each.number} 号“{each.round.title}”缺{each.judge.name}" for each in missing[:6])
        more = f"等 {len(missing)} 份" if len(missing) > 6 else ""
        raise Conflict("sheets_missing", f"评分表没有收齐：{said}{more}。请催交，或写明理由解除评委。")
    few = selectors.too_few_sheets(contest)
    if few:
        said = "；".join(f"{number} 号“{each.title}”只有 {count} 份" for number, each, count in few[:6])
        raise Conflict("too_few_sheets", f"评分表少于规则要求的 {contest.ruleset.minimum_judges} 份：{said}。请增补评委评分。")


@transaction.atomic
def correct_result(
    actor: Actor, contest: Contest, *, text: str, reason: str, form_key: UUID, number: int | None = None, place: int | None = None
) -> Correction:  # fmt: skip
    """Put a confirmed result right by a numbered correction beside it; the same form again is the same correction.

    ``number`` and ``place``: the start number concerned and its place as corrected, where it is about one entry. Raises NotAllowed as
    the confirmation does, Conflict before it, DomainError without text or reason and for a start number there is none of.
    """
    contest = locked(contest)
    sent = Correction.objects.filter(form_key=form_key).first()
    if sent is not None:
        return sent
    _require_chief(actor, contest)
    if contest.state != rules.CONFIRMED:
        raise Conflict("not_confirmed", "成绩确认后才有更正；确认前由评委撤回重填。")
    if not text.strip():
        raise DomainError("no_text", "请写明更正内容。", field="text")
    if not reason.strip():
        raise DomainError("no_reason", "请写明更正的理由。", field="reason")
    entry = Entry.objects.filter(contest=contest, number=number).first() if number is not None else None
    if number is not None and entry is None:
        raise DomainError("no_entry", f"没有 {number} 号，请核对出场号。", field="number")
    if place is not None and (entry is None or place < 1):
        raise DomainError("bad_place", "更正名次须同时填写出场号，名次从 1 起。", field="place")
    last = Correction.objects.filter(contest=contest).aggregate(last=Max("number"))["last"] or 0
    made = Correction.objects.create(
        contest=contest, number=last + 1, entry=entry, place=place, text=text.strip(), reason=reason.strip(), form_key=form_key,
        at=clock.now(), by=actor.named_user, by_label=actor.label,
    )  # fmt: skip
    record(actor, "contests.corrected", f"contest:{contest.pk}", details={"number": made.number, "text": text.strip()})
    return made
