"""How a complaint comes in: from the public without an account, taken down by staff, from a platform (3.2)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import psycopg
from django.db import IntegrityError, transaction

from chengxin.audit.services import record
from chengxin.complaints import rules
from chengxin.complaints.models import Complaint
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
from chengxin.rulekit.workdays import WorkCalendar
from chengxin.ui.database import Question, ask_together, commit_with_the_rest, pipelined, prepared

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
    known, (limits, terms), calendar = ask_together(
        Question("SELECT id FROM complaints_complaint WHERE form_key = %s", [form_key], lambda rows: rows[0][0] if rows else None),
        rulebook.rules_on(["complaints.intake", "complaints.clocks"], clock.today()), rulebook.calendar_question(),
    )  # fmt: skip
    if known is not None:
        return Receipt(Complaint.objects.get(pk=known), keys.code_for(form_key), is_new=False)
    checked = _checked(said)
    if len(photos) > limits["most_photos"]:
        raise DomainError("many_photos", f"一次最多 {limits['most_photos']} 张照片，其余可以凭回执码补充。", field="photos")
    refuse_flood(limits, who)
    return _receive(
        PUBLIC, checked, form_key=form_key, channel="web", received_at=clock.now(), photos=photos, terms=(terms, calendar)
    )  # fmt: skip


def refuse_flood(limits: RuleValues, who: str, purpose: str = "sent") -> None:
    """Counted outside the transaction of the complaint: a refused one counts as well. Raises TooMany."""
    own, together = throttle.count_both(purpose, who, every=HOUR, most=limits["sent_per_hour"], all_every=MINUTE)
    if own > limits["sent_per_hour"]:
        raise throttle.TooMany("too_many", "提交过于频繁，请过一会儿再试；您填写的内容仍在。急事请拨打热线电话。")
    if together > limits["sent_in_all_per_minute"]:
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


# a complaint with its clocks, its first step and, sealed, who it is from, in one statement: the public's form is what a flood meets first
KEEP = """WITH made AS (INSERT INTO complaints_complaint (form_key, code_digest, channel, external_number, received_at, registered_at,
 registered_by, registered_label, is_anonymous, text, place, happened_on, content_digest, category, summary, state, is_restricted, result,
 where_to, reopened) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, '', '', 'received', false, '', '', 0) RETURNING id),
 clocks AS (INSERT INTO complaints_clock (complaint_id, kind, round, started_at, due_at, is_provisional, calendar_version, rule_version)
  SELECT made.id, clock.kind, 0, clock.started_at, clock.due_at, clock.provisional, clock.calendar, clock.rule FROM made,
  unnest(%s::text[], %s::timestamptz[], %s::timestamptz[], %s::boolean[], %s::text[], %s::text[])
  AS clock(kind, started_at, due_at, provisional, calendar, rule)),
 contact AS (INSERT INTO complaints_contact (complaint_id, sealed, key_name, made_at)
  SELECT made.id, sealed.content, %s, %s FROM made, unnest(%s::bytea[]) AS sealed(content)),
 step AS (INSERT INTO complaints_complaintstep (complaint_id, at, by_label, title, note, is_outward)
  SELECT id, %s, %s, %s, '', true FROM made)
 SELECT id FROM made"""
Terms = tuple[RuleValues, WorkCalendar]


def _receive(
    actor: Actor, said: Said, *, form_key: UUID, channel: str, received_at: dt.datetime, external_number: str = "",
    photos: Sequence[UUID] = (), terms: Terms | None = None,
) -> Receipt:  # fmt: skip
    code = keys.code_for(form_key)
    complaint = Complaint(
        form_key=form_key, code_digest=keys.code_digest(code), channel=channel, external_number=external_number, received_at=received_at,
        registered_at=max(clock.now(), received_at), registered_by=actor.user_id, registered_label=actor.label,
        is_anonymous=said.contact is None, text=said.text, place=said.place, happened_on=said.happened_on,
        content_digest=rules.content_digest(said.text, said.place),
    )  # fmt: skip
    terms = terms or (policy_on(clock.local_day(received_at)), rulebook.work_calendar())
    try:
        with transaction.atomic():
            _write(actor, complaint, said, photos, terms)
    except (IntegrityError, psycopg.errors.UniqueViolation) as error:
        twin = Complaint.objects.filter(form_key=form_key).first()
        if twin is None:
            raise Conflict("number_taken", "这个外部编号已经登记过。", field="number") from error
        return Receipt(twin, code, is_new=False)  # the other of two simultaneous clicks was first
    return Receipt(complaint, code)


def _write(actor: Actor, complaint: Complaint, said: Said, photos: Sequence[UUID], terms: Terms) -> None:
    clocks = clocks_for(complaint, complaint.received_at, *terms)
    sealed = [keys.seal(said.contact)] if said.contact is not None else []
    ((complaint.pk,),) = prepared(KEEP, [
        complaint.form_key, complaint.code_digest, complaint.channel, complaint.external_number, complaint.received_at,
        complaint.registered_at, complaint.registered_by, complaint.registered_label, complaint.is_anonymous, complaint.text,
        complaint.place, complaint.happened_on, complaint.content_digest,
        [each.kind for each in clocks], [each.started_at for each in clocks], [each.due_at for each in clocks],
        [each.is_provisional for each in clocks], [each.calendar_version for each in clocks], [each.rule_version for each in clocks],
        keys.VAULT_KEY, clock.now(), sealed,
        complaint.received_at, actor.label, f"收到投诉（{rules.CHANNELS[complaint.channel]}）",
    ])  # fmt: skip
    complaint._state.adding = False
    if photos:
        claim(actor, photos, owner_of(complaint))
    details = {"channel": complaint.channel, "received": complaint.received_at.isoformat(), "anonymous": complaint.is_anonymous}
    with pipelined():
        record(actor, "complaints.received", f"complaint:{complaint.pk}", details=details)
        commit_with_the_rest()


def owner_of(complaint: Complaint) -> str:
    """The name under which the complaint's photos are kept."""
    return f"complaint:{complaint.pk}"
