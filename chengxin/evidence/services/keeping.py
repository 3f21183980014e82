"""Whose a recording is, how important it is, what keeps it (2.2.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from chengxin.audit.services import record
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.capabilities import require
from chengxin.core.errors import Conflict, DomainError, NotAllowed
from chengxin.evidence import rules
from chengxin.evidence.models import Downgrade, Hold, Matter, Recording, RecordingStep
from chengxin.evidence.selectors import sources
from chengxin.people import selectors as people
from chengxin.rulebook import selectors as rulebook
from chengxin.ui.queue import enqueue

if TYPE_CHECKING:
    from chengxin.people.models import Person


COPY_JOB = "evidence.copy_important"


def lock(recording: Recording) -> Recording:
    """The recording as it is now, until the transaction ends. Raises Conflict for one that is deleted."""
    recording = Recording.objects.select_for_update().get(pk=recording.pk)
    if recording.deleted_at is not None:
        raise Conflict("deleted", "影像已到期删除，只留记录。")
    return recording


def step(actor: Actor, recording: Recording, title: str, note: str = "") -> None:
    """A line of the recording's own story."""
    RecordingStep.objects.create(recording=recording, at=clock.now(), by_label=actor.label, title=title, note=note[:300])


@transaction.atomic
def attribute_recording(actor: Actor, recording: Recording, *, person: Person, reason: str) -> Recording:
    """A named person says whose recording it is, where the custodies do not. Never one's own: that would settle a doubt for oneself."""
    require(actor, "evidence.attribute", unit_id=recording.unit_id)
    if not reason.strip():
        raise DomainError("no_reason", "请写明认定依据。", field="reason")
    if person.pk == actor.person_id:
        raise NotAllowed("own", "不能把影像认定给自己，请由其他人员办理。")
    recording = lock(recording)
    if recording.attribution == rules.ATTRIBUTED and recording.attributed_by is None:
        raise Conflict("attributed", "这段影像按领用记录已有归属，不需要认定。")
    unit = people.unit_of(person, clock.local_day(recording.started_at))
    before = recording.person_id
    recording.person, recording.unit_id = person, unit.pk if unit else recording.unit_id
    recording.attribution, recording.attribution_note = rules.ATTRIBUTED, f"人工认定：{reason.strip()}"[:200]
    recording.attributed_by = actor.named_user
    recording.shift_id = sources.shift_of(person.pk, recording.started_at, recording.ended_at)
    recording.save()
    step(actor, recording, "认定归属", f"{person.name}：{reason.strip()}")
    subject, details = f"recording:{recording.pk}", {"before": before, "reason": reason}
    record(actor, "evidence.attributed", subject, unit_id=recording.unit_id, person_id=person.pk, details=details)
    return recording


# --- important and ordinary ---


@transaction.atomic
def mark_important(actor: Actor, recording: Recording, *, reason: str, note: str = "") -> Recording:
    """Anybody who may see a recording may mark it up, at once. Marking it again adds the reason to its story."""
    require(actor, "evidence.mark")
    reasons = rulebook.rule_values("footage.keeping", clock.today(), simulate=True)["reasons"]
    if reason not in reasons:
        raise DomainError("bad_reason", f"理由应为{'、'.join(reasons)}之一。", field="reason")
    recording = lock(recording)
    recording.category = rules.IMPORTANT
    recording.save(update_fields=["category"])
    step(actor, recording, "标记为重要", f"{reason} {note}".strip())
    record(
        actor, "evidence.marked", f"recording:{recording.pk}", unit_id=recording.unit_id, person_id=recording.person_id,
        details={"reason": reason, "note": note},
    )  # fmt: skip
    enqueue(COPY_JOB)
    return recording


@transaction.atomic
def ask_downgrade(actor: Actor, recording: Recording, *, reason: str) -> Downgrade:
    """Ask that an important recording be ordinary again. It stays important until another person grants it."""
    require(actor, "evidence.mark")
    if not reason.strip():
        raise DomainError("no_reason", "请写明降级理由。", field="reason")
    recording = lock(recording)
    if not recording.is_important:
        raise Conflict("ordinary", "这段影像不是重要资料。")
    if recording.downgrades.filter(granted=None).exists():
        raise Conflict("asked", "已有一份降级申请等待审批。")
    made = Downgrade.objects.create(
        recording=recording, reason=reason.strip(), asked_by=actor.named_user, asked_label=actor.label, asked_at=clock.now()
    )
    step(actor, recording, "申请降级", reason.strip())
    record(actor, "evidence.unmark_asked", f"recording:{recording.pk}", unit_id=recording.unit_id, details={"reason": reason})
    return made


@transaction.atomic
def decide_downgrade(actor: Actor, downgrade: Downgrade, *, granted: bool, note: str = "") -> Downgrade:
    """Another than the asker grants or refuses. A refusal says why."""
    require(actor, "evidence.unmark", unit_id=downgrade.recording.unit_id)
    downgrade = Downgrade.objects.select_for_update().get(pk=downgrade.pk)
    if downgrade.granted is not None:
        raise Conflict("decided", "这份申请已经审批。")
    if downgrade.asked_by == actor.named_user:
        raise NotAllowed("own", "不能审批自己提出的降级申请。")
    if not granted and not note.strip():
        raise DomainError("no_note", "不同意的请写明理由。", field="note")
    recording = lock(downgrade.recording)
    downgrade.granted, downgrade.note, downgrade.decided_by = granted, note.strip(), actor.named_user
    downgrade.decided_label, downgrade.decided_at = actor.label, clock.now()
    downgrade.save()
    if granted:
        recording.category = rules.ORDINARY
        recording.save(update_fields=["category"])
    step(actor, recording, "同意降级" if granted else "不同意降级", note)
    record(actor, "evidence.unmark_decided", f"recording:{recording.pk}", unit_id=recording.unit_id, details={"granted": granted})
    return downgrade


# --- matters and their holds ---


@transaction.atomic
def place_hold(actor: Actor, recording: Recording, *, kind: str, number: str, reason: str) -> Hold:
    """A matter keeps a recording; the matter is opened by its first hold. Placing it again changes nothing."""
    require(actor, "evidence.hold", unit_id=recording.unit_id)
    if kind not in dict(Matter.KINDS):
        raise DomainError("bad_kind", "请选择事项种类。", field="kind")
    if not number.strip() or not reason.strip():
        raise DomainError("no_number", "请填写事项编号和保全理由。", field="number" if not number.strip() else "reason")
    recording = lock(recording)
    matter, _ = Matter.objects.get_or_create(
        kind=kind, number=number.strip(), closed_at=None,
        defaults={"opened_at": clock.now(), "opened_by": actor.user_id, "opened_label": actor.label},
    )  # fmt: skip
    hold, made = Hold.objects.get_or_create(
        matter=matter, recording=recording, defaults={"reason": reason.strip(), "placed_at": clock.now(), "placed_label": actor.label}
    )
    if made:
        step(actor, recording, "保全", f"{matter.title}：{reason.strip()}")
        record(actor, "evidence.held", f"recording:{recording.pk}", unit_id=recording.unit_id, details={"matter": matter.title})
    return hold


@transaction.atomic
def close_matter(actor: Actor, matter: Matter, *, note: str) -> Matter:
    """The matter is over: what it kept may expire by its own term. There is no other way to lift a hold."""
    require(actor, "evidence.hold")
    matter = Matter.objects.select_for_update().get(pk=matter.pk)
    if matter.closed_at is not None:
        raise Conflict("closed", "这个事项已经办结。")
    if not note.strip():
        raise DomainError("no_note", "请写明办结情况。", field="note")
    matter.closed_at, matter.closed_label, matter.closing_note = clock.now(), actor.label, note.strip()
    matter.save()
    for hold in matter.holds.select_related("recording"):
        step(actor, hold.recording, "事项办结，解除保全", f"{matter.title}：{note.strip()}")
    record(actor, "evidence.matter_closed", f"matter:{matter.pk}", details={"matter": matter.title, "note": note})
    return matter
