"""Questions about drafts, opinions and rounds of signing, within the reader's scope (3.3)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.db.models import Prefetch, QuerySet
from django.urls import reverse

from chengxin.consultations import rules
from chengxin.consultations.catalog import SECTION
from chengxin.consultations.models import Answer, Consultation, Opinion, Proposal, Signature, SignRound
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.errors import NotFound
from chengxin.core.registry import capabilities
from chengxin.core.waiting import Waiting
from chengxin.people import access
from chengxin.people.models import Grant, User
from chengxin.people.selectors import office_of
from chengxin.rulebook import selectors as rulebook
from chengxin.rulebook.rules import RuleValues
from chengxin.ui.together import Counted, Inquiry, joined

POLICY = "rulebook.revision"
ORGANISING = ("consultations.prepare", "consultations.answer", "consultations.publish", "consultations.sign")
MOST_WAITING = 20


def policy_on(day: dt.date) -> RuleValues:
    return rulebook.rule_values(POLICY, day, simulate=True)


def visible_to(actor: Actor) -> QuerySet[Consultation]:
    """What is being drafted, or was taken back before it was opened, is seen by who works on it; the rest by all staff."""
    every = Consultation.objects.all()
    return every if any(actor.may(each) for each in ORGANISING) else every.exclude(opened_at=None)


def consultation_for(actor: Actor, pk: int) -> Consultation:
    found = visible_to(actor).filter(pk=pk).first()
    if found is None:
        raise NotFound("no_consultation", "没有这份征求意见稿，或不在您的范围内。")
    return found


def public_consultations() -> list[Consultation]:
    """Those the public may read, the newest first."""
    every = Consultation.objects.filter(audience=rules.EVERYBODY).exclude(opened_at=None).exclude(state=rules.WITHDRAWN)
    return list(every[:100])


def public_consultation_for(pk: int) -> Consultation:
    found = Consultation.objects.filter(pk=pk).first()
    if found is None or not found.is_public:
        raise NotFound("no_consultation", "没有这份向社会公开的征求意见稿。")
    return found


def running() -> Consultation | None:
    """The one draft that is open, closed for opinions or being signed."""
    return _running().first()


def _running() -> QuerySet[Consultation]:
    return Consultation.objects.filter(is_running=True)


def why_not_publish_beside() -> str:
    """While a draft is open nothing else is published: what people read, simulate and sign would not be what it is compared with."""
    found = running()
    if found is None:
        return ""
    return f"征求意见稿“{found.title}”（{found.number}，{found.get_state_display()}）正在进行，请等它发布或撤回后再发布其他改动。"


def clause_panel(actor: Actor, clause: str) -> tuple[str, list[tuple[str, str]]] | None:
    """On a clause's page: the drafts that change a rule of it."""
    if not actor.may("consultations.read"):
        return None
    found = visible_to(actor).filter(changes__clause=clause).distinct()[:10]
    rows = [
        (f"{each.number} {each.title}（{each.get_state_display()}）", reverse("consultations:detail", args=[each.pk])) for each in found
    ]
    return ("制度修订", rows) if rows else None


# --- opinions ---


def opinions_for(actor: Actor, consultation: Consultation) -> QuerySet[Opinion]:
    """All of them for who looks at and answers them; else those of staff, and of the public what was looked at and is shown."""
    every = consultation.opinions.prefetch_related(Prefetch("answers", Answer.objects.order_by("-number")))
    if actor.may("consultations.moderate") or actor.may("consultations.answer"):
        return every
    return every.filter(sight=rules.SHOWN)


def public_opinions(consultation: Consultation) -> QuerySet[Opinion]:
    """What the public reads of the public's opinions; what staff say among themselves is not theirs."""
    shown = consultation.opinions.filter(channel=Opinion.PUBLIC, sight=rules.SHOWN)
    return shown.prefetch_related(Prefetch("answers", Answer.objects.order_by("-number")))


def opinion_for(actor: Actor, pk: int) -> Opinion:
    found = Opinion.objects.select_related("consultation").filter(pk=pk).first()
    if found is None or not opinions_for(actor, consultation_for(actor, found.consultation_id)).filter(pk=pk).exists():
        raise NotFound("no_opinion", "没有这条意见，或不在您的范围内。")
    return found


def answer_of(opinion: Opinion) -> Answer | None:
    """The newest answer: it counts."""
    return max(opinion.answers.all(), key=lambda each: each.number, default=None)


def opinions_in(consultation: Consultation) -> QuerySet[Opinion]:
    """Every opinion with its answers, whoever may read it."""
    return consultation.opinions.prefetch_related("answers")


def counts_of(consultation: Consultation) -> dict[str, int]:
    """How many opinions there are, how many wait for a look and for an answer, and what they were answered."""
    return counted(list(opinions_in(consultation)))


def counted(every: Sequence[Opinion]) -> dict[str, int]:
    """The same of opinions that are at hand."""
    outcomes = [answer.outcome for each in every if (answer := answer_of(each))]
    told = {
        "all": len(every), "public": sum(each.channel == Opinion.PUBLIC for each in every),
        "waiting": sum(each.sight == rules.WAITING for each in every), "held": sum(each.sight == rules.HELD for each in every),
        "unanswered": len(every) - len(outcomes),
    }  # fmt: skip
    return {**told, **{outcome: outcomes.count(outcome) for outcome in rules.OUTCOMES}}


# --- signing ---


def current_round(consultation: Consultation) -> SignRound | None:
    """The round that runs, or that carried the publication."""
    return consultation.rounds.filter(ended_at=None).prefetch_related("signatures").first()


def signers(consultation: Consultation | None = None) -> list[tuple[User, str]]:
    """Who may be asked to sign, with name and unit: bureau and unit leaders of today, but not who drafted it."""
    today = clock.today()
    roles = capabilities["consultations.sign"].roles
    granted = Grant.objects.filter(role__in=roles, period__contains=today).values("user")
    users = User.objects.filter(pk__in=granted, is_active=True, person__isnull=False, person__left_on=None).select_related("person")
    found = []
    for user in users.order_by("pk"):
        if (consultation is None or user.pk != consultation.prepared_by) and access.actor_for(user).may("consultations.sign"):
            assert user.person is not None
            found.append((user, f"{user.person.name}（{office_of(user.person.pk, today)}）"))
    return found


def signature_of(actor: Actor, consultation: Consultation) -> Signature | None:
    """What the actor is asked for, or has said, in the running round."""
    round_ = current_round(consultation)
    return next((each for each in round_.signatures.all() if each.user_id == actor.user_id), None) if round_ else None


# --- proposals ---


def proposals() -> QuerySet[Proposal]:
    return Proposal.objects.select_related("consultation")


def proposal_for(pk: int) -> Proposal:
    found = proposals().filter(pk=pk).first()
    if found is None:
        raise NotFound("no_proposal", "没有这项提案。")
    return found


# --- what waits ---


def work_waiting_for(actor: Actor) -> list[Waiting]:
    """Opinions to look at, to answer and to close, drafts to send, sign and publish, proposals to decide."""
    return joined(inquiries(actor))


def inquiries(actor: Actor) -> list[Inquiry[list[Waiting]]]:
    """The questions behind ``work_waiting_for``, to be asked with those of other rooms."""
    return [_draft(actor), _proposals(actor)]


def _draft(actor: Actor) -> Inquiry[list[Waiting]]:
    found = _running()
    yield found
    said = {draft.pk: opinions_in(draft) for draft in found if draft.state == rules.OPEN}
    yield list(said.values())
    return [each for draft in found for each in _steps(actor, draft, list(said.get(draft.pk, ())))]


def _proposals(actor: Actor) -> Inquiry[list[Waiting]]:
    if not actor.may("consultations.prepare"):
        return []
    count, address = Counted(Proposal.objects.filter(state=Proposal.WAITING)), reverse("consultations:proposals")
    yield count
    return [Waiting(f"决定修订提案 {count.n} 项", address, SECTION, "consultations.proposal", count=count.n)] if count.n else []


def _steps(actor: Actor, found: Consultation, every: Sequence[Opinion]) -> list[Waiting]:
    address = reverse("consultations:detail", args=[found.pk])

    def waits(text: str, kind: str, due_on: dt.date | None = None, part: str = "") -> Waiting:
        return Waiting(f"{text}：{found.title}", address + part, SECTION, f"consultations.{kind}", due_on=due_on, detail=found.number)

    waiting = []
    if found.state == rules.OPEN and any(actor.may(f"consultations.{each}") for each in ("moderate", "answer", "prepare")):
        counts = counted(every)
        if counts["waiting"] and actor.may("consultations.moderate"):
            waiting.append(waits(f"审核公众意见 {counts['waiting']} 条", "moderate", part="#opinions"))
        own = sum(each.by == actor.user_id and not each.answers.all() for each in every) if actor.user_id else 0
        if counts["unanswered"] > own and actor.may("consultations.answer"):
            waiting.append(waits(f"答复意见 {counts['unanswered'] - own} 条", "answer", part="#opinions"))
        over = found.ends_on is not None and clock.today() > found.ends_on
        if over and not counts["waiting"] and not counts["unanswered"] and actor.may("consultations.prepare"):
            waiting.append(waits("办结征求意见", "close"))
    if found.state == rules.CLOSED and actor.may("consultations.prepare"):
        waiting.append(waits("送会签", "send"))
    if found.state == rules.SIGNING:
        own_signature = signature_of(actor, found)
        if own_signature is not None and own_signature.agrees is None and actor.may("consultations.sign"):
            waiting.append(waits("会签", "sign", part="#signing"))
        round_ = current_round(found)
        is_signed = round_ is not None and all(each.agrees for each in round_.signatures.all())
        if is_signed and actor.may("consultations.publish") and actor.user_id != found.prepared_by:
            waiting.append(waits("发布", "publish", part="#signing"))
        refused = round_ is not None and any(each.agrees is False for each in round_.signatures.all())
        if refused and actor.may("consultations.prepare"):
            waiting.append(waits("有人不同意，修改或撤回", "send", part="#signing"))
    return waiting
