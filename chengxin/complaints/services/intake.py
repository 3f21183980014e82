"""How a complaint comes in: from the public without an account, taken down by staff, from a platform (3.2)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import IntegrityError, transaction

from chengxin.audit.services import record
from chengxin.complaints import rules
from chengxin.complaints.models import Clock, Complaint, ComplaintStep, Contact
from chengxin.complaints.services import keys, throttle
from chengxin.complaints.services.clocks import clocks_for, policy_on
from chengxin.complaints.services.locks import text_of
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.capabilities import require
from chengxin.core.errors import Conflict, DomainError
from chengxin.files.services import claim
from chengxin.rulebook import selectors as rulebook
from chengxin.rulebook.rules import RuleValues

# whoever has no account: may send photos with a complaint and nothing else; no address is kept
PUBLIC = Actor(user_id=None, person_id=None, label="群众", reach={"files.upload": None}, channel="public")
MOST_NUMBER = 80
HOUR, MINUTE, QUARTER = dt.timedelta(hours=1), dt.timedelta(minutes=1), dt.timedelta(minutes=15)


@dataclass(frozen=True)
class Said:
    """What a complaint says, as it was typed. An empty contact is an anonymous complaint: then nothing is kept of who it was."""

    text: str
    place: str = ""
    happened_on: dt.date | None = None
    contact: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Receipt:
    """What the complainant takes away."""

    complaint: Complaint
    code: str
    is_new: bool = True


def policy() -> RuleValues:
    return rulebook.rule_values("complaints.intake", clock.today(), simulate=True)


def submit_complaint(said: Said, *, form_key: UUID, who: str, photos: Sequence[UUID] = ()) -> Receipt:
    """Take a complaint from the public. A second click of the same form gives the same receipt.

    Raises DomainError for what cannot be read, TooMany when this source or all together send too much.
    """
    found = Complaint.objects.filter(form_key=form_key).first()
    if found is not None:
        return Receipt(found, keys.code_for(form_key), is_new=False)
    limits = policy()
    checked = _checked(said)
    if len(photos) > limits["most_photos"]:
        raise DomainError("many_photos", f"一次最多 {limits['most_photos']} 张照片，其余可以凭回执码补充。", field="photos")
    refuse_flood(limits, who)
    return _receive(PUBLIC, checked, form_key=form_key, channel="web", received_at=clock.now(), photos=photos)


def refuse_flood(limits: RuleValues, who: str) -> None:
    """Counted outside the transaction of the complaint: a refused one counts as well. Raises TooMany."""
    if throttle.count("sent", who, every=HOUR) > limits["sent_per_hour"]:
        raise throttle.TooMany("too_many", "提交过于频繁，请过一会儿再试；您填写的内容仍在。急事请拨打热线电话。")
    if throttle.count("sent", "all", every=MINUTE) > limits["sent_in_all_per_minute"]:
        raise throttle.TooMany("busy", "现在提交的人较多，请一分钟后再试；您填写的内容仍在。")


def register_complaint(
    actor: Actor, said: Said, *, form_key: UUID, channel: str, received_at: dt.datetime, photos: Sequence[UUID] = ()
) -> Receipt:  # fmt: skip
    """Take down a call, a letter or a visit. The clocks run from when it was received, not from when it was typed."""
    require(actor, "complaints.register")
    if channel not in rules.STAFF_CHANNELS:
        raise DomainError("bad_channel", "请选择来电、来信或来访。", field="channel")
    found = Complaint.objects.filter(form_key=form_key).first()
    if found is not None:
        return Receipt(found, keys.code_for(form_key), is_new=False)
    received_at = _past(received_at)
    return _receive(actor, _checked(said), form_key=form_key, channel=channel, received_at=received_at, photos=photos)


@transaction.atomic
def take_order(actor: Actor, said: Said, *, number: str, received_at: dt.datetime, channel: str = "12345") -> Receipt:
    """Take over an order of a platform, once by its number: a second import answers with the first."""
    require(actor, "complaints.import")
    number = rules.clean_text(number)
    if not number:
        raise DomainError("no_number", "缺少工单编号。", field="number")
    if len(number) > MOST_NUMBER:
        raise DomainError("long_number", f"工单编号最多 {MOST_NUMBER} 个字符，请核对。", field="number")
    found = Complaint.objects.filter(channel=channel, external_number=number).first()
    if found is not None:
        return Receipt(found, "", is_new=False)
    received_at, form_key = _past(received_at), keys.form_key_of(f"{channel}:{number}")
    return _receive(actor, _checked(said), form_key=form_key, channel=channel, received_at=received_at, external_number=number)


def _past(received_at: dt.datetime) -> dt.datetime:
    """A moment of receipt; one just ahead (another clock than ours) is now. Raises DomainError."""
    now = clock.now()
    if received_at > now + MINUTE:
        raise DomainError("in_the_future", "收到时间不能晚于现在，请核对日期和时间。", field="received_at")
    if received_at.year < 2000:
        raise DomainError("long_ago", "收到时间过早，请核对年份。", field="received_at")
    return min(received_at, now)


def _checked(said: Said) -> Said:
    text = text_of(said.text, "text", f"请写明投诉内容（至少 {rules.LEAST_TEXT} 个字）。", least=rules.LEAST_TEXT)
    contact = {name: rules.clean_text(value)[:80] for name, value in (said.contact or {}).items() if rules.clean_text(value)}
    if said.happened_on is not None and said.happened_on > clock.today():
        raise DomainError("in_the_future", "发生日期不能晚于今天。", field="happened_on")
    return Said(text, rules.clean_text(said.place)[:200], said.happened_on, contact or None)


def _receive(
    actor: Actor, said: Said, *, form_key: UUID, channel: str, received_at: dt.datetime, external_number: str = "",
    photos: Sequence[UUID] = (),
) -> Receipt:  # fmt: skip
    code = keys.code_for(form_key)
    complaint = Complaint(
        form_key=form_key, code_digest=keys.code_digest(code), channel=channel, external_number=external_number, received_at=received_at,
        registered_at=max(clock.now(), received_at), registered_by=actor.user_id, registered_label=actor.label,
        is_anonymous=said.contact is None, text=said.text, place=said.place, happened_on=said.happened_on,
        content_digest=rules.content_digest(said.text, said.place),
    )  # fmt: skip
    try:
        with transaction.atomic():
            _write(actor, complaint, said, photos)
    except IntegrityError as error:
        twin = Complaint.objects.filter(form_key=form_key).first()
        if twin is None:
            raise Conflict("number_taken", "这个外部编号已经登记过。", field="number") from error
        return Receipt(twin, code, is_new=False)  # the other of two simultaneous clicks was first
    return Receipt(complaint, code)


def _write(actor: Actor, complaint: Complaint, said: Said, photos: Sequence[UUID]) -> None:
    complaint.save(force_insert=True)
    day = clock.local_day(complaint.received_at)
    Clock.objects.bulk_create(clocks_for(complaint, complaint.received_at, policy_on(day), rulebook.work_calendar()))
    if said.contact is not None:
        Contact.objects.create(
            complaint=complaint, sealed=keys.seal(said.contact), key_name=keys.VAULT_KEY, made_at=clock.now()
        )  # fmt: skip
    if photos:
        claim(actor, photos, owner_of(complaint))
    ComplaintStep.objects.create(
        complaint=complaint, at=complaint.received_at, by_label=actor.label, title=f"收到投诉（{rules.CHANNELS[complaint.channel]}）",
        is_outward=True,
    )  # fmt: skip
    details = {"channel": complaint.channel, "received": complaint.received_at.isoformat(), "anonymous": complaint.is_anonymous}
    record(actor, "complaints.received", f"complaint:{complaint.pk}", details=details)


def owner_of(complaint: Complaint) -> str:
    """The name under which the complaint's photos are kept."""
    return f"complaint:{complaint.pk}"
