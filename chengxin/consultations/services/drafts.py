"""From the first line of a draft to the last answer: written, opened for opinions, closed, taken back (3.3)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db import transaction

from chengxin.audit.services import record
from chengxin.complaints.rules import clean_text
from chengxin.consultations import rules, selectors
from chengxin.consultations.models import Change, Consultation, SignRound, Step
from chengxin.consultations.rules import values as typed
from chengxin.consultations.rules.comparing import is_same
from chengxin.consultations.selectors import drafts
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.capabilities import require
from chengxin.core.constraints import readable
from chengxin.core.errors import Conflict, DomainError
from chengxin.rulebook import selectors as rulebook
from chengxin.rulebook import services as rulebook_commands


@transaction.atomic
def start_draft(actor: Actor, *, title: str, reason: str, audience: str) -> Consultation:
    """Begin a draft. Several may be written at a time; one may be open. Raises DomainError (fields "title", "reason", "audience")."""
    require(actor, "consultations.prepare")
    words, why = text_of(title, "title", "请填写标题。", most=120), text_of(reason, "reason", "请写明为什么修订。")
    if audience not in rules.AUDIENCES:
        raise DomainError("bad_audience", "请选择征求意见的范围。", field="audience")
    made = Consultation.objects.create(
        title=words, reason=why, audience=audience, prepared_by=actor.named_user, prepared_label=actor.label, prepared_at=clock.now()
    )
    tell(actor, made, "起草", words)
    record(actor, "consultations.drafted", subject(made), details={"title": words, "audience": audience})
    return made


@transaction.atomic
def change_values(
    actor: Actor, consultation: Consultation, *, rule: str, values: Mapping[str, Any], reason: str
) -> list[Change]:  # fmt: skip
    """Say what values of a rule would be, by name, and why. A value put back to the one in force is no change any more.

    A change while the draft is being signed ends the round: nobody has signed what it is now. Raises DomainError (the field is the
    value's name, or "reason"), Conflict while opinions are collected.
    """
    found = editable(actor, consultation)
    why = text_of(reason, "reason", "请写明改动理由。", most=500)
    issued = rulebook.book_on(clock.today()).get(rule)
    if issued is None:
        raise DomainError("not_in_force", "这条规则没有施行中的版本，不能修订。", field="rule")
    wanted = {name: value for name, value in values.items() if name in issued.entries}
    if len(wanted) < len(values):
        raise DomainError("unknown_value", f"规则没有这些数值：{'、'.join(sorted(set(values) - set(wanted)))}。")
    for name, value in wanted.items():
        _refuse_misfit(issued.entries[name], name, value)
    known = dict(found.changes.filter(rule=rule).values_list("name", "after"))
    current = set(found.changes.filter(rule=rule, base=issued.version).values_list("name", flat=True))
    together = {name: entry["value"] for name, entry in issued.entries.items()} | known | wanted
    rulebook_commands.prove(rule, together)
    made, touched = [], False
    for name, value in wanted.items():
        entry = issued.entries[name]
        if is_same(value, entry["value"]):
            touched |= bool(found.changes.filter(rule=rule, name=name).delete()[0])
        elif not (name in current and is_same(value, known[name])):
            touched = True
            change, _ = found.changes.update_or_create(
                rule=rule, name=name,
                defaults={
                    "rule_title": issued.title, "clause": issued.clause, "title": entry["title"][:200], "before": entry["value"],
                    "after": value, "base": issued.version, "reason": why, "by_label": actor.label, "at": clock.now(),
                },
            )  # fmt: skip
            made.append(change)
    if not touched:
        raise DomainError("no_change", "没有改动任何数值。")
    _changed(
        actor,
        found,
        f"{issued.title}：{'、'.join(each.title for each in made) or '恢复现行数值'}",
        {"rule": rule, "values": sorted(wanted)},
    )
    return made


@transaction.atomic
def drop_change(actor: Actor, change: Change) -> None:
    """Leave a value as it is in force."""
    found = editable(actor, change.consultation)
    if not found.changes.filter(pk=change.pk).exists():
        raise Conflict("gone", "这项改动已经删除，请刷新页面核对。")
    found.changes.filter(pk=change.pk).delete()
    _changed(actor, found, f"不再改动 {change.rule_title}：{change.title}", {"rule": change.rule, "values": [change.name]})


@transaction.atomic
def begin_consultation(actor: Actor, consultation: Consultation, *, starts_on: dt.date, ends_on: dt.date) -> Consultation:
    """Put the draft to opinions from one day through another. Of two drafts opened at once the second is refused.

    Raises DomainError (fields "starts_on", "ends_on"), Conflict while another draft is open or when a value it was written against has
    changed since.
    """
    require(actor, "consultations.prepare")
    rulebook_commands.lock_rules()
    found = locked(consultation)
    moved(found, rules.BEGIN)
    other = selectors.running()
    if other is not None:
        raise Conflict("another_open", f"“{other.title}”（{other.number}）正在{other.get_state_display()}，请等它发布或撤回后再开始。")
    field, why = rules.why_not_dates(starts_on, ends_on, clock.today(), selectors.policy_on(clock.today())["least_days"])
    if why:
        raise DomainError("bad_days", why, field=field)
    if rulebook.is_issued() and not found.changes.exists():
        raise DomainError("no_change", "草案还没有任何改动，请先写明要改什么。")
    refuse_stale(found)
    found.is_running, found.starts_on, found.ends_on, found.opened_at = True, starts_on, ends_on, clock.now()
    found.opened_content = drafts.content_of(found)
    with readable(Consultation), transaction.atomic():
        found.save()
    until = f"{starts_on} 至 {ends_on}，范围：{found.get_audience_display()}"
    tell(actor, found, "开始征求意见", until, "info")
    record(
        actor, "consultations.opened", subject(found), details={"from": str(starts_on), "until": str(ends_on), "audience": found.audience}
    )
    return found


@transaction.atomic
def close_consultation(actor: Actor, consultation: Consultation) -> Consultation:
    """Close when the announced days are over and every opinion has its answer; from then on all may read the summary."""
    require(actor, "consultations.prepare")
    found = locked(consultation)
    moved(found, rules.CLOSE)
    counts = selectors.counts_of(found)
    assert found.ends_on is not None
    why = rules.why_not_close(clock.today(), found.ends_on, counts["waiting"], counts["unanswered"])
    if why:
        raise Conflict("not_ready", why)
    found.closed_at = clock.now()
    found.save()
    answered = {title: counts[outcome] for outcome, title in rules.OUTCOMES.items()}
    tell(actor, found, "办结意见", f"共 {counts['all']} 条：" + "，".join(f"{title} {n} 条" for title, n in answered.items()), "ok")
    record(actor, "consultations.closed", subject(found), details={"opinions": counts["all"], **answered})
    return found


@transaction.atomic
def withdraw_consultation(actor: Actor, consultation: Consultation, *, reason: str) -> Consultation:
    """Take a draft back, at any time before it is published. What was said about it stays."""
    require(actor, "consultations.prepare")
    found = locked(consultation)
    why = text_of(reason, "reason", "请写明撤回理由。", most=200)
    moved(found, rules.WITHDRAW)
    found.is_running = False
    end_round(found, "草案撤回")
    found.save()
    tell(actor, found, "撤回", why, "bad")
    record(actor, "consultations.withdrawn", subject(found), details={"reason": why})
    return found


# --- shared by the commands ---


def subject(consultation: Consultation) -> str:
    return f"consultation:{consultation.pk}"


def locked(consultation: Consultation) -> Consultation:
    """The draft as it is now, until the transaction ends."""
    return Consultation.objects.select_for_update().get(pk=consultation.pk)


def editable(actor: Actor, consultation: Consultation) -> Consultation:
    require(actor, "consultations.prepare")
    found = locked(consultation)
    if not found.is_editable:
        raise Conflict("not_editable", f"草案目前是“{found.get_state_display()}”，不能改动；意见办结后可以修改。")
    return found


def moved(consultation: Consultation, action: str) -> None:
    """Take a step; the caller saves. Raises Conflict."""
    try:
        consultation.state = rules.after(consultation.state, action)
    except rules.NotPossible as error:
        raise Conflict("not_possible", str(error)) from error


def refuse_stale(consultation: Consultation) -> None:
    """A draft is compared with what is in force: a value that was changed since must be looked at again. Raises Conflict."""
    book = rulebook.book_on(clock.today())
    for each in consultation.changes.all():
        issued = book.get(each.rule)
        entry = issued.entries.get(each.name) if issued else None
        if issued is None or entry is None or issued.version != each.base or not is_same(entry["value"], each.before):
            raise Conflict("stale", f"“{each.rule_title}”自起草以来已有新版本，请打开“{each.title}”核对后重新保存。")


def end_round(consultation: Consultation, why: str) -> bool:
    """Whatever was signed was signed to another text."""
    return bool(SignRound.objects.filter(consultation=consultation, ended_at=None).update(ended_at=clock.now(), ended_reason=why[:200]))


def tell(actor: Actor, consultation: Consultation, title: str, note: str = "", tone: str = "muted") -> None:
    Step.objects.create(consultation=consultation, at=clock.now(), by_label=actor.label, title=title, note=note[:500], tone=tone)


def text_of(text: str, field: str, message: str, *, least: int = 1, most: int = rules.MOST_TEXT) -> str:
    """What people see of a text. Raises DomainError when nothing is left, or too much."""
    words = clean_text(text)
    if len(words) < least:
        raise DomainError("too_short", message, field=field)
    if len(words) > most:
        raise DomainError("too_long", f"内容有 {len(words)} 字，请缩短到 {most} 字以内。", field=field)
    return words


def _refuse_misfit(entry: Mapping[str, Any], name: str, value: Any) -> None:
    why = typed.why_not(value, entry["value"], f"“{entry['title']}”") or typed.why_not_percent(value, entry["title"])
    if why:
        raise DomainError("bad_value", why, field=f"value-{name}")


def _changed(actor: Actor, found: Consultation, what: str, details: dict[str, Any]) -> None:
    if end_round(found, "草案有改动"):
        moved(found, rules.RECALL)
        found.save()
        tell(actor, found, "会签作废", "草案有改动，须重新送会签。", "warn")
    tell(actor, found, "改动草案", what)
    record(actor, "consultations.changed", subject(found), details=details)
