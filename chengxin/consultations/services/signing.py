"""The round of signing: named leaders say yes or no to one digest, and only a complete round is published (3.3)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any

from django.db import transaction

from chengxin.audit.services import record
from chengxin.consultations import rules, selectors
from chengxin.consultations.models import Consultation, Signature, SignRound
from chengxin.consultations.selectors import drafts
from chengxin.consultations.services.drafts import end_round, locked, moved, refuse_stale, subject, tell, text_of
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.capabilities import require
from chengxin.core.errors import Conflict, DomainError, NotAllowed
from chengxin.people.selectors import office_of
from chengxin.rulebook import selectors as rulebook
from chengxin.rulebook import services as rulebook_commands


@transaction.atomic
def send_for_signing(actor: Actor, consultation: Consultation, *, users: Collection[int]) -> SignRound:
    """Freeze the draft as one text with its digest and ask named leaders to sign it. Who drafted it is not among them.

    Raises DomainError (field "users"), Conflict when a value it was written against has changed since.
    """
    require(actor, "consultations.prepare")
    found = locked(consultation)
    moved(found, rules.SEND)
    least = selectors.policy_on(clock.today())["least_signers"]
    candidates = {user.pk: user for user, _ in selectors.signers(found) if user.pk != actor.user_id}
    chosen = [candidates[pk] for pk in dict.fromkeys(users) if pk in candidates]
    if len(chosen) < len(set(users)):
        raise DomainError("not_a_signer", "所选人员中有人不能会签（须为局领导或单位负责人，且不是起草人），请重新选择。", field="users")
    if len(chosen) < least:
        raise DomainError("too_few", f"会签至少 {least} 人，请再选。", field="users")
    if rulebook.is_issued() and not found.changes.exists():
        raise DomainError("no_change", "草案已没有任何改动，请修改后再送会签，或撤回。")
    refuse_stale(found)
    content = drafts.content_of(found)
    made = SignRound.objects.create(
        consultation=found, number=found.rounds.count() + 1, content=content, sha256=rules.digest(content), sent_by=actor.named_user,
        sent_label=actor.label, sent_at=clock.now(),
    )  # fmt: skip
    for user in chosen:
        assert user.person is not None
        Signature.objects.create(round=made, user=user, label=user.person.name, office=office_of(user.person.pk, clock.today()))
    found.save()
    names = "、".join(user.person.name for user in chosen if user.person)
    tell(actor, found, f"第 {made.number} 轮会签", f"请 {names} 会签", "info")
    record(
        actor,
        "consultations.sent",
        subject(found),
        details={"round": made.number, "sha256": made.sha256, "signers": [u.pk for u in chosen]},
    )
    return made


@transaction.atomic
def sign_draft(actor: Actor, consultation: Consultation, *, agrees: bool, reason: str, sha256: str) -> Signature:
    """Agree or disagree, to the digest that was read. The very same again changes nothing.

    Raises NotAllowed for who was not asked, Conflict when the draft is another by now, DomainError (field "reason").
    """
    require(actor, "consultations.sign")
    found = locked(consultation)
    round_ = found.rounds.filter(ended_at=None).first()
    if found.state != rules.SIGNING or round_ is None:
        raise Conflict("no_round", "现在没有进行中的会签，可能草案已有改动，请刷新页面核对。")
    mine = round_.signatures.filter(user_id=actor.named_user).first()
    if mine is None:
        raise NotAllowed("not_asked", "本轮会签没有请您签署。")
    if sha256 != round_.sha256:
        raise Conflict("other_text", "您看到的不是当前送签的草案，请刷新页面，看过改动后再签。")
    why = text_of(reason, "reason", "不同意的，请写明理由。", least=0 if agrees else 1, most=500)
    if mine.agrees is not None:
        if (mine.agrees, mine.reason) == (agrees, why):
            return mine
        raise Conflict("signed", "您已经签署过本轮会签；如要改变意见，请联系督察办收回后重新送签。")
    mine.agrees, mine.reason, mine.at, mine.sha256 = agrees, why, clock.now(), sha256
    mine.save()
    tell(actor, found, f"会签：{'同意' if agrees else '不同意'}", why, "ok" if agrees else "bad")
    record(actor, "consultations.signed", subject(found), details={"round": round_.number, "agrees": agrees, "sha256": sha256})
    return mine


@transaction.atomic
def recall_round(actor: Actor, consultation: Consultation, *, reason: str) -> Consultation:
    """End the running round without a change: other signatories, or somebody has thought better of it."""
    require(actor, "consultations.prepare")
    found = locked(consultation)
    why = text_of(reason, "reason", "请写明收回理由。", most=200)
    moved(found, rules.RECALL)
    end_round(found, why)
    found.save()
    tell(actor, found, "收回会签", why, "warn")
    record(actor, "consultations.recalled", subject(found), details={"reason": why})
    return found


@transaction.atomic
def publish_draft(
    actor: Actor, consultation: Consultation, *, in_force_on: dt.date, document_number: str, sha256: str
) -> Consultation:  # fmt: skip
    """Publish what was signed, through the rulebook's own command: a new version of each rule from one day on.

    Not by who drafted it. The first issue of all is published whole. Of two publishers at once the second finds it published.
    Raises DomainError (fields "in_force_on", "document_number"), Conflict while the round is not complete.
    """
    require(actor, "consultations.publish")
    rulebook_commands.lock_rules()
    found = locked(consultation)
    moved(found, rules.PUBLISH)
    if actor.named_user == found.prepared_by:
        raise NotAllowed("own_draft", "起草人不能发布自己起草的修订，请由他人发布。")
    number = text_of(document_number, "document_number", "请填写文号。", most=60)
    round_ = found.rounds.filter(ended_at=None).first()
    if round_ is None:
        raise Conflict("no_round", "没有进行中的会签，请先送会签。")
    if sha256 != round_.sha256:
        raise Conflict("other_text", "您看到的不是会签的草案，请刷新页面核对后再发布。")
    signed = list(round_.signatures.values_list("agrees", flat=True))
    least = selectors.policy_on(clock.today())["least_signers"]
    why = rules.why_not_publish(signed, least, round_.sha256, rules.digest(drafts.content_of(found)))
    if why:
        raise Conflict("not_signed", why)
    refuse_stale(found)
    found.is_running, found.published_at, found.published_label = False, clock.now(), actor.label
    found.in_force_on, found.document_number = in_force_on, number
    found.save()
    published = _publish(actor, found, in_force_on, number)
    tell(actor, found, "发布", f"{number}，自 {in_force_on} 施行：{'、'.join(published)}", "ok")
    details = {"on": str(in_force_on), "document": number, "sha256": round_.sha256, "versions": published}
    record(actor, "consultations.published", subject(found), details=details)
    return found


def _publish(actor: Actor, found: Consultation, in_force_on: dt.date, number: str) -> list[str]:
    """The labels of what is in force by it. The draft is running no more, so the rulebook's own guard lets it through."""
    if not rulebook.is_issued():
        if in_force_on < clock.today():
            raise DomainError("reaches_back", "施行日不能早于今天：规则不溯及既往。", field="in_force_on")
        count = rulebook_commands.issue_rulebook(actor, issued_on=in_force_on, document_number=number)
        return [f"首版 {count} 条规则"]
    by_rule: dict[str, dict[str, Any]] = {}
    for change in found.changes.order_by("rule", "pk"):
        by_rule.setdefault(change.rule, {})[change.name] = change.after
    return [_publish_one(actor, rule, values, in_force_on, number) for rule, values in by_rule.items()]


def _publish_one(actor: Actor, rule: str, values: dict[str, Any], in_force_on: dt.date, number: str) -> str:
    if rule.startswith(rulebook.CLAUSE_TEXT):
        clause = rule.removeprefix(rulebook.CLAUSE_TEXT)
        made = rulebook_commands.amend_clause(actor, clause, wording=values["wording"], in_force_on=in_force_on, document_number=number)
        return f"{rule}@{made.number}"
    return rulebook_commands.publish_version(actor, rule, values=values, in_force_on=in_force_on, document_number=number).label
