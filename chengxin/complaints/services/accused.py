"""The person complained of: named, told in a paraphrase, heard; whether the complaint is right, decided by another (3.2)."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q

from chengxin.audit.services import record
from chengxin.complaints import rules
from chengxin.complaints.models import Accused, Complaint, Message, Validity
from chengxin.complaints.services.locks import for_acting, for_inquiry, locked, step, text_of
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.capabilities import require
from chengxin.core.errors import Conflict, DomainError, NotAllowed
from chengxin.evidence.services import keeping
from chengxin.findings.services import raise_finding
from chengxin.people import selectors as people
from chengxin.rulebook import selectors as rulebook

if TYPE_CHECKING:
    from chengxin.evidence.models import Hold, Recording
    from chengxin.people.models import Person


@transaction.atomic
def name_accused(actor: Actor, complaint: Complaint, *, person: Person) -> Accused:
    """Say whom it concerns, with the unit of that day. From now on that unit keeps out of the case.

    Raises DomainError when the person had no unit, Conflict while the unit that handles it is that very unit.
    """
    complaint = for_inquiry(actor, complaint)
    day = complaint.happened_on or clock.local_day(complaint.received_at)
    unit = people.unit_of(person, day)
    if unit is None:
        raise DomainError("no_unit", f"{person.name} 在 {day} 没有任职单位，请核对。", field="person")
    today = people.unit_of(person, clock.today())
    units = {unit.pk, today.pk} if today else {unit.pk}
    if person.pk == actor.person_id or actor.unit_id in units:
        raise NotAllowed("recusal", "涉及本人或本单位人员，须由其他单位的人员认定。")
    if complaint.unit_id in units or complaint.handler_id == person.pk:
        raise Conflict("handled_there", "正在由被投诉人所在单位办理，请先改分给其他单位。", field="person")
    made, new = Accused.objects.standing().get_or_create(
        complaint=complaint, person=person, defaults={"unit": unit, "named_at": clock.now(), "named_label": actor.label}
    )
    if new:
        step(actor, complaint, "认定被投诉人", f"{person.name}（{unit.name}）")
        record(actor, "complaints.accused_named", f"complaint:{complaint.pk}", unit_id=unit.pk, person_id=person.pk)
    return made


@transaction.atomic
def withdraw_accused(actor: Actor, accused: Accused, *, reason: str) -> Accused:
    """The person was named by mistake: the row stays and says so, and nobody keeps out of the case because of it any more.

    What was merged is one matter: the person is withdrawn in all of it. Raises Conflict once it is decided whether it is right.
    """
    complaint = for_inquiry(actor, accused.complaint)
    accused = _standing(accused)
    words = text_of(reason, "reason", "请写明为什么认定错了。")[:500]
    of_matter = Q(complaint=complaint) | Q(complaint__merged_into=complaint)
    named = Accused.objects.standing().filter(of_matter, person=accused.person)
    if Validity.objects.filter(accused__in=named, decided=True).exists():
        raise Conflict("decided", "已经作出是否属实的认定，不能再撤销被投诉人；如认定有误，请按申辩办理。")
    now = clock.now()
    named.update(withdrawn_at=now, withdrawn_by=actor.named_user, withdrawn_label=actor.label, withdrawn_reason=words)
    step(actor, complaint, "撤销被投诉人", f"{accused.person.name}：{words}")
    record(
        actor, "complaints.accused_withdrawn", f"complaint:{complaint.pk}", unit_id=accused.unit_id, person_id=accused.person_id,
        details={"reason": words},
    )  # fmt: skip
    accused.refresh_from_db()
    return accused


def _standing(accused: Accused) -> Accused:
    """The row as it is now, locked. Raises Conflict when the person is not complained of any more."""
    found = Accused.objects.select_for_update().get(pk=accused.pk)
    if found.withdrawn_at is not None:
        raise Conflict("withdrawn", "这名被投诉人的认定已经撤销，请刷新页面核对。")
    return found


def units_of(accused: Accused) -> set[int]:
    """The units that keep out of it: that of the day of the matter and that of today."""
    today = people.unit_of(accused.person, clock.today())
    return {accused.unit_id, today.pk} if today else {accused.unit_id}


def take_over(later: Complaint, first: Complaint) -> None:
    """Who is complained of in what was merged is from now on heard and judged in what goes on, once."""
    moving = later.accused.standing().exclude(person__in=first.accused.standing().values("person"))
    Validity.objects.filter(accused__in=list(moving)).update(complaint=first)
    moving.update(complaint=first)


@transaction.atomic
def tell_accused(actor: Actor, accused: Accused, *, text: str) -> Accused:
    """Tell the person in a paraphrase what is complained of, so that the person can be heard. The words of the complaint stay here."""
    complaint = for_inquiry(actor, accused.complaint)
    accused = _standing(accused)
    if accused.told_at is not None:
        raise Conflict("told", "已经告知过被投诉人。")
    words = text_of(text, "text", "请用转述写明投诉的事实（不写投诉人是谁，也不引用原话）。", least=rules.LEAST_TEXT)[:1000]
    if any(_quotes(words, said) for said in _said(complaint)):
        raise DomainError("quoted", "转述中有投诉原话，可能暴露投诉人，请改用自己的话概括。", field="text")
    terms = rulebook.rule_values("complaints.validity", clock.today(), simulate=True)
    accused.told_at, accused.told_text = clock.now(), words
    accused.object_by = rulebook.work_calendar().nth_workday_after(clock.today(), terms["reply_workdays"]).day
    accused.save()
    step(actor, complaint, "告知被投诉人", f"{accused.person.name}，{accused.object_by} 前可以回应")
    record(actor, "complaints.accused_told", f"complaint:{complaint.pk}", unit_id=accused.unit_id, person_id=accused.person_id)
    return accused


LONGEST_QUOTE = 16  # characters in a row that may be the same by chance


def _said(complaint: Complaint) -> list[str]:
    """Everything complainants wrote in the matter: the complaint, what was merged into it, what was added later."""
    of_matter = Q(complaint=complaint) | Q(complaint__merged_into=complaint)
    added = Message.objects.filter(of_matter, is_from_complainant=True).values_list("text", flat=True)
    return [complaint.text, *complaint.merged.values_list("text", flat=True), *added]


def _quotes(words: str, text: str) -> bool:
    plain, said = _letters(words), _letters(text)
    return any(plain[at : at + LONGEST_QUOTE] in said for at in range(len(plain) - LONGEST_QUOTE + 1))


def _letters(text: str) -> str:
    """Letters and digits alone: a quote stays one with other commas and spaces."""
    return "".join(letter for letter in unicodedata.normalize("NFKC", text).casefold() if letter.isalnum())


@transaction.atomic
def reply_as_accused(actor: Actor, accused: Accused, *, text: str) -> Accused:
    """The person's own account, once told; it may be given after the term too, as long as nothing is decided."""
    require(actor, "complaints.answer_own")
    complaint = locked(accused.complaint)
    accused = _standing(accused)
    if accused.person_id != actor.person_id or accused.told_at is None or complaint.is_restricted:
        raise NotAllowed("not_yours", "只有被投诉人本人在收到告知后可以回应。")
    if accused.replied_at is not None:
        raise Conflict("replied", "您已经回应过。")
    if accused.validities.filter(decided=True).exists():
        raise Conflict("decided", "这件投诉已经作出认定；如不服认定的问题，请提出申辩。")
    accused.reply, accused.replied_at = text_of(text, "text", "请写明您的说明。"), clock.now()
    accused.save()
    step(actor, complaint, "被投诉人回应")
    record(actor, "complaints.accused_replied", f"complaint:{complaint.pk}", unit_id=accused.unit_id, person_id=accused.person_id)
    return accused


@transaction.atomic
def propose_validity(actor: Actor, accused: Accused, *, outcome: str, reasons: str) -> Validity:
    """Who looked into it says whether it is right, once the person was heard or the term for that is over."""
    complaint = for_acting(actor, accused.complaint, "complaints.handle")
    accused = _standing(accused)
    _refuse_merged(complaint)
    if outcome not in rules.VALIDITIES:
        raise DomainError("bad_outcome", "请选择属实、部分属实或不属实。", field="outcome")
    words = text_of(reasons, "reasons", "请写明调查依据。", least=rules.LEAST_TEXT)[:500]
    if accused.told_at is None:
        raise DomainError("not_told", "还没有告知被投诉人，请先告知并听取本人回应。")
    if accused.replied_at is None and accused.object_by is not None and clock.today() <= accused.object_by:
        raise DomainError("not_heard", f"被投诉人尚未回应，{accused.object_by} 期满后才能提出意见。")
    if accused.validities.exclude(decided=False).exists():
        raise Conflict("proposed", "已经提出意见或作出决定。")
    made = Validity.objects.create(
        complaint=complaint, accused=accused, outcome=outcome, reasons=words, proposed_by=actor.named_user,
        proposed_label=actor.label, proposed_at=clock.now(),
    )  # fmt: skip
    step(actor, complaint, "提出认定意见", f"{accused.person.name}：{made.get_outcome_display()}。{words}")
    record(
        actor, "complaints.validity_proposed", f"complaint:{complaint.pk}", unit_id=accused.unit_id, person_id=accused.person_id,
        details={"outcome": outcome},
    )  # fmt: skip
    return made


def _refuse_merged(complaint: Complaint) -> None:
    """One matter is judged once: in the complaint that goes on."""
    if complaint.merged_into is not None:
        raise Conflict("merged", f"这件投诉已并入 {complaint.merged_into.number}，请在那一件上认定。")


@transaction.atomic
def decide_validity(actor: Actor, validity: Validity, *, agreed: bool, note: str = "", act: str = "") -> Validity:
    """Another, outside the squadron, decides as proposed or sends it back. A complaint that is right becomes one finding.

    ``act`` is the fact of the finding in words. Raises DomainError (field "note" or "act"), NotAllowed for the proposer.
    """
    complaint = for_acting(actor, validity.complaint, "complaints.decide")
    validity = Validity.objects.select_for_update(of=("self",)).select_related("accused__person").get(pk=validity.pk)
    if validity.decided is not None:
        raise Conflict("decided", "这项意见已经决定。")
    _standing(validity.accused)
    if validity.proposed_by == actor.named_user:
        raise NotAllowed("own", "不能决定自己提出的意见，须由另一人决定。")
    words = rules.clean_text(note)[:500]
    if not agreed and not words:
        raise DomainError("no_note", "退回的请写明理由。", field="note")
    if agreed:
        _refuse_merged(complaint)
    validity.decided, validity.note = agreed, words
    validity.decided_by, validity.decided_label, validity.decided_at = actor.named_user, actor.label, clock.now()
    if agreed and validity.outcome in rules.VALID:
        _raise(actor, complaint, validity, text_of(act, "act", "请写明认定的事实（将写入问题）。", least=4)[:200])
    validity.save()
    accused = validity.accused
    title = f"认定{validity.get_outcome_display()}" if agreed else "退回认定意见"
    step(actor, complaint, title, f"{accused.person.name} {validity.note}".strip())
    record(
        actor, "complaints.validity_decided", f"complaint:{complaint.pk}", unit_id=accused.unit_id, person_id=accused.person_id,
        details={"outcome": validity.outcome, "agreed": agreed, "finding": validity.finding_id},
    )  # fmt: skip
    return validity


def _raise(actor: Actor, complaint: Complaint, validity: Validity, act: str) -> None:
    """One fact, one finding: its source is the complaint, never the complainant."""
    day = complaint.happened_on
    seen_at = clock.at(day, 12) if day is not None and day < clock.today() else complaint.received_at
    validity.finding = raise_finding(
        actor, kind="complaints.valid", seen_at=seen_at,
        facts={"validity": validity.get_outcome_display(), "act": act, "entry": "complaints.valid"},
        source=f"complaint:{complaint.pk}:{validity.accused_id}", described=f"有效投诉 {complaint.number}", person=validity.accused.person,
    )  # fmt: skip


@transaction.atomic
def keep_footage(actor: Actor, complaint: Complaint, *, recording: Recording, reason: str) -> Hold:
    """The recordings of the matter are kept until the matter is closed (2.2.3)."""
    complaint = for_acting(actor, complaint, "complaints.handle")
    hold = keeping.place_hold(actor, recording, kind="complaint", number=complaint.number, reason=reason)
    step(actor, complaint, "保全影像", recording.number)
    return hold
