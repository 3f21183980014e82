"""Opinions on a draft: of staff, of the public without an account; looked at, answered by another, looked up by receipt code (3.3)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from django.db import IntegrityError, transaction

from chengxin.audit.services import record
from chengxin.complaints.rules import read_code
from chengxin.complaints.services import keys, throttle
from chengxin.consultations import rules, selectors
from chengxin.consultations.models import Answer, Consultation, Opinion
from chengxin.consultations.services.drafts import locked, subject, text_of
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.capabilities import require
from chengxin.core.constraints import readable
from chengxin.core.errors import Conflict, DomainError, NotAllowed, NotFound
from chengxin.people.models import Person
from chengxin.people.selectors import office_of
from chengxin.rulebook import selectors as rulebook

# whoever has no account: no address is kept, nothing says who it was
PUBLIC = Actor(user_id=None, person_id=None, label="群众", channel="public")
HOUR, MINUTE, QUARTER_HOUR = dt.timedelta(hours=1), dt.timedelta(minutes=1), dt.timedelta(minutes=15)


@dataclass(frozen=True)
class Receipt:
    """What somebody without an account takes away: only with the code is the answer found again."""

    opinion: Opinion
    code: str


def give_opinion(
    actor: Actor, consultation: Consultation, *, clause: str, text: str, form_key: UUID, hides_name: bool = False
) -> Opinion:  # fmt: skip
    """A signed-in person's opinion. A second click of the same form is the same opinion.

    Raises DomainError (fields "clause", "text", "hides_name"), Conflict outside the announced days.
    """
    require(actor, "consultations.opine")
    if hides_name and selectors.policy_on(clock.today())["names"] != rules.OPTIONAL:
        raise DomainError("named", "按现行制度，内部意见须署名。", field="hides_name")
    office = office_of(actor.person_id, clock.today()) if actor.person_id else ""
    said = {"by": actor.named_user, "by_label": actor.label, "office": office, "hides_name": hides_name, "sight": rules.SHOWN}
    return _keep(actor, consultation, Opinion(channel=Opinion.STAFF, clause=clause, text=text, form_key=form_key, **said))


def send_opinion(consultation: Consultation, *, clause: str, text: str, form_key: UUID, who: str) -> Receipt:
    """An opinion of the public. Shown to others only after a person looked at it; the same sending gives the same receipt.

    Raises DomainError, Conflict outside the announced days, throttle.TooMany when this source or all together send too much.
    """
    code = keys.code_for(form_key)
    known = Opinion.objects.filter(form_key=form_key, channel=Opinion.PUBLIC).first()
    if known is not None:
        return Receipt(known, code)
    if not consultation.is_public:
        raise NotFound("no_consultation", "没有这份向社会公开的征求意见稿。")
    _refuse_flood(who)
    names = [name for name in Person.objects.filter(left_on=None).values_list("name", flat=True) if name in text]
    earlier = consultation.opinions.filter(channel=Opinion.PUBLIC).values_list("text", flat=True)
    made = Opinion(
        channel=Opinion.PUBLIC, clause=clause, text=text, form_key=form_key, code_digest=keys.code_digest(code), by_label=PUBLIC.label,
        sight=rules.WAITING, hints=rules.hints(text, names, list(earlier)),
    )  # fmt: skip
    return Receipt(_keep(PUBLIC, consultation, made), code)


def _refuse_flood(who: str) -> None:
    """Counted outside the transaction of the opinion: a refused one counts as well."""
    limits = selectors.policy_on(clock.today())
    own, together = throttle.count_both("opinion", who, every=HOUR, most=limits["sent_per_hour"], all_every=MINUTE)
    if own > limits["sent_per_hour"]:
        raise throttle.TooMany("too_many", "提交过于频繁，请过一会儿再试；您填写的内容仍在。")
    if together > limits["sent_in_all_per_minute"]:
        raise throttle.TooMany("busy", "现在提交的人较多，请一分钟后再试；您填写的内容仍在。")


def _keep(actor: Actor, consultation: Consultation, opinion: Opinion) -> Opinion:
    opinion.text = text_of(opinion.text, "text", f"请写明意见（至少 {rules.LEAST_TEXT} 个字）。", least=rules.LEAST_TEXT)
    if not rulebook.clause_exists(opinion.clause):
        raise DomainError("no_clause", "请选择意见针对的条款。", field="clause")
    try:
        with transaction.atomic():
            found = locked(consultation)
            known = Opinion.objects.filter(form_key=opinion.form_key).first()
            if known is not None:
                return _same(known, opinion)
            if not found.takes_opinions(clock.today()):
                raise Conflict("not_open", f"征求意见期为 {found.starts_on} 至 {found.ends_on}，现在不能提出意见。")
            opinion.consultation, opinion.at = found, clock.now()
            opinion.save()
            record(actor, "consultations.opined", subject(found), details={"opinion": opinion.pk, "clause": opinion.clause})
    except IntegrityError as error:
        known = Opinion.objects.filter(form_key=opinion.form_key).first()
        if known is None:
            raise
        return _same(known, opinion, error)
    return opinion


def _same(known: Opinion, sent: Opinion, error: Exception | None = None) -> Opinion:
    """The opinion of the same form; a form of somebody else's is refused."""
    if (known.channel, known.by) != (sent.channel, sent.by):
        raise DomainError("old_form", "页面已过期，请再提交一次；您填写的内容仍在。") from error
    return known


def find_by_code(text: str, *, who: str) -> Opinion:
    """The opinion of a receipt code. Wrong tries are counted and slowed down. Raises NotFound, throttle.TooMany."""
    limits = selectors.policy_on(clock.today())
    if throttle.so_far("opinion_code", who, every=QUARTER_HOUR) >= limits["wrong_codes"]:
        raise throttle.TooMany("too_many", "输错的次数过多，请一刻钟后再试。")
    code = read_code(text[:200])
    found = Opinion.objects.select_related("consultation").filter(code_digest=keys.code_digest(code)).first() if code else None
    if found is None:
        throttle.count("opinion_code", who, every=QUARTER_HOUR)
        raise NotFound("no_opinion", "没有找到这个回执码对应的意见，请逐位核对回执。")
    return found


@transaction.atomic
def moderate_opinion(actor: Actor, opinion: Opinion, *, is_shown: bool, reason: str = "") -> Opinion:
    """Show a public opinion to others, or hold it back with a reason; it is answered either way, and its author reads the answer.

    Said anew while the draft is open, the newest counts.
    """
    require(actor, "consultations.moderate")
    consultation = locked(opinion.consultation)
    found = Opinion.objects.select_for_update().get(pk=opinion.pk)
    if found.channel != Opinion.PUBLIC:
        raise Conflict("not_public", "本局人员的意见不需要审核。")
    if consultation.state != rules.OPEN:
        raise Conflict("over", "征求意见已经办结，不能再改。")
    why = "" if is_shown else text_of(reason, "reason", "不公开的，请写明理由。", most=200)
    found.sight, found.held_reason = (rules.SHOWN, "") if is_shown else (rules.HELD, why)
    found.moderated_by, found.moderated_label, found.moderated_at = actor.named_user, actor.label, clock.now()
    found.save()
    record(actor, "consultations.moderated", subject(consultation), details={"opinion": found.pk, "sight": found.sight, "reason": why})
    return found


@transaction.atomic
def answer_opinion(actor: Actor, opinion: Opinion, *, outcome: str, reason: str) -> Answer:
    """采纳, 部分采纳 or 不采纳, with the reason; never one's own opinion. The very same again changes nothing; another one follows it."""
    require(actor, "consultations.answer")
    consultation = locked(opinion.consultation)
    if outcome not in rules.OUTCOMES:
        raise DomainError("bad_outcome", "请选择采纳、部分采纳或不采纳。", field="outcome")
    why = text_of(reason, "reason", "请写明理由。")
    if opinion.by is not None and opinion.by == actor.named_user:
        raise NotAllowed("own_opinion", "不能答复本人提出的意见，请由他人答复。")
    if consultation.state != rules.OPEN:
        raise Conflict("over", "征求意见已经办结，不能再答复。")
    last = opinion.answers.order_by("-number").first()
    if last is not None and (last.outcome, last.reason, last.by) == (outcome, why, actor.named_user):
        return last
    with readable(Answer), transaction.atomic():
        made = Answer.objects.create(
            opinion=opinion, number=(last.number if last else 0) + 1, outcome=outcome, reason=why, by=actor.named_user,
            by_label=actor.label, author=opinion.by, at=clock.now(),
        )  # fmt: skip
    details = {"opinion": opinion.pk, "number": made.number, "outcome": outcome}
    record(actor, "consultations.answered", subject(consultation), details=details)
    return made
