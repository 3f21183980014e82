"""Commands of dress."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from chengxin.attire import rules, selectors
from chengxin.attire.models import (
    DisposedIssue,
    Exemption,
    HandBackEntry,
    RollCall,
    RollCallException,
    RollCallLine,
    Season,
    SeasonOrder,
    UniformDisposal,
)
from chengxin.audit.services import record
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.capabilities import require
from chengxin.core.constraints import readable
from chengxin.core.errors import Conflict, DomainError
from chengxin.equipment.selectors import stock
from chengxin.equipment.services.stock import take_back_from_leaver
from chengxin.files.services import claim
from chengxin.findings.services import raise_finding
from chengxin.people import selectors as people
from chengxin.rulebook import selectors as rulebook

if TYPE_CHECKING:
    from chengxin.people.models import Person, Unit

DAY = dt.timedelta(days=1)
KIND_OF_RULE = {"attire.prohibited": "attire.dress", "attire.exemption": "attire.unsuitable", "attire.scope": "attire.unentitled"}


def issue_season_order(
    actor: Actor, *, season: str, starts_on: dt.date, ends_on: dt.date, reason: str, signer: str, document_number: str
) -> SeasonOrder:
    """换装令 for the whole bureau, never for a person or a squadron (2.1.2). It reaches no past day.

    Raises DomainError for days that are over or in the wrong order and Conflict for a document number in use.
    """
    require(actor, "attire.order")
    if season not in Season.values:
        raise DomainError("bad_season", "请选择春秋装、夏装或冬装。", field="season")
    if starts_on < clock.today():
        raise DomainError("reaches_back", "起始日不能早于今天：过去的点验按当日的规定，不再改变。", field="starts_on")
    if ends_on < starts_on:
        raise DomainError("bad_period", "结束日早于起始日，请更正。", field="ends_on")
    with readable(SeasonOrder), transaction.atomic():
        order = SeasonOrder.objects.create(
            season=season, starts_on=starts_on, ends_on=ends_on, reason=reason, signer=signer,
            document_number=document_number, entered_by_id=actor.named_user, entered_at=clock.now(),
        )  # fmt: skip
        record(actor, "attire.ordered", f"season_order:{order.pk}", details={"season": season, "document": document_number})
    return order


@transaction.atomic
def withdraw_season_order(actor: Actor, order: SeasonOrder, *, reason: str) -> SeasonOrder:
    """From today the order holds no more; the days it held stay as they were. Raises Conflict when it is over already."""
    require(actor, "attire.order")
    order = SeasonOrder.objects.select_for_update().get(pk=order.pk)
    today = clock.today()
    if order.withdrawn_on is not None or order.ends_on < today:
        raise Conflict("order_over", "这份换装令已经撤回或已过期。")
    order.withdrawn_on, order.withdrawn_by_id, order.withdrawal_reason = today, actor.named_user, reason
    order.save()
    record(actor, "attire.order_withdrawn", f"season_order:{order.pk}", details={"reason": reason})
    return order


@transaction.atomic
def grant_exemption(actor: Actor, person: Person, *, starts_on: dt.date, until: dt.date, approved_by: str) -> Exemption:
    """Exempt a person from wearing the uniform until a day. No reason is asked for or kept (2.1.4).

    Raises DomainError for days in the wrong order, Conflict when an exemption runs already.
    """
    unit = people.unit_of(person, clock.today())
    require(actor, "attire.exempt", unit_id=unit.pk if unit else None)
    if until < starts_on:
        raise DomainError("bad_period", "截止日早于起始日，请更正。", field="until")
    with readable(Exemption), transaction.atomic():
        made = Exemption.objects.create(
            person=person, period=DateRange(starts_on, until + DAY), approved_by=approved_by, entered_by_id=actor.named_user,
            entered_at=clock.now(),
        )  # fmt: skip
    record(actor, "attire.exempted", f"exemption:{made.pk}", person_id=person.pk, details={"until": str(until)})
    return made


@transaction.atomic
def end_exemption(actor: Actor, exemption: Exemption) -> None:
    """End an exemption with today as its last day. Raises Conflict when it is over or has not begun."""
    require(actor, "attire.exempt")
    exemption = Exemption.objects.select_for_update().get(pk=exemption.pk)
    today = clock.today()
    if not exemption.period.lower <= today < exemption.until:
        raise Conflict("exemption_over", "这条豁免尚未开始、已经结束，或今天就到期。")
    exemption.period = DateRange(exemption.period.lower, today + DAY)
    exemption.save(update_fields=["period"])
    record(actor, "attire.exemption_ended", f"exemption:{exemption.pk}", person_id=exemption.person_id)


@dataclass(frozen=True)
class SeenException:
    """What a roll-call saw against one member: entry codes, a note, photos, and whether it was put right at once."""

    person_id: int
    entries: tuple[str, ...]
    corrected_on_spot: bool
    note: str = ""
    photos: tuple[UUID, ...] = field(default=())


def submit_roll_call(
    actor: Actor, unit: Unit, *, client_key: UUID, held_on: dt.date, session: str,
    exceptions: Sequence[SeenException] = (), absent: Sequence[int] = (),
) -> RollCall:  # fmt: skip
    """Keep a roll-call of a unit and raise a finding for each exception; everybody else passed.

    Sent again with the same ``client_key`` it returns what was kept before. Raises Conflict when somebody else has called this
    roll already, DomainError for a day too long past, a stranger to the unit, or an exception against an exempt person.
    """
    require(actor, "attire.roll_call", unit_id=unit.pk)
    sent_before = selectors.roll_call_by_key(actor, client_key)
    if sent_before is not None:
        return sent_before
    _check_day(held_on, session)
    try:
        with transaction.atomic():
            return _keep_roll_call(actor, unit, client_key, held_on, session, exceptions, frozenset(absent))
    except IntegrityError:
        sent_before = selectors.roll_call_by_key(actor, client_key)
        if sent_before is not None:
            return sent_before  # the phone sent twice at the same moment
        other = RollCall.objects.filter(unit=unit, held_on=held_on, session=session).first()
        if other is None:
            raise  # not this constraint: a programming error, to be seen as one
        sent = other.submitted_at.astimezone(clock.SHANGHAI)
        text = f"{unit.name}这一班已由{other.conductor_label}于 {sent:%m-%d %H:%M} 点验。您的草稿仍在本机，请核对后另选班次或放弃。"
        raise Conflict("called_already", text) from None


def _check_day(held_on: dt.date, session: str) -> None:
    today = clock.today()
    policy = rulebook.rule_values("attire.roll_call", today, simulate=True)
    if session not in policy["sessions"]:
        raise DomainError("bad_session", "请选择班次。", field="session")
    if held_on > today:
        raise DomainError("in_the_future", "点验日期不能晚于今天，请更正。", field="held_on")
    if (today - held_on).days > policy["late_days"]:
        raise DomainError("too_late", f"点验须在 {policy['late_days']} 天内送达，{held_on} 的点验已不能补送。", field="held_on")


def _keep_roll_call(
    actor: Actor, unit: Unit, client_key: UUID, held_on: dt.date, session: str, exceptions: Sequence[SeenException], absent: frozenset[int]
) -> RollCall:  # fmt: skip
    season = selectors.season_on(held_on, simulate=True)
    roll_call = RollCall.objects.create(
        unit=unit, held_on=held_on, session=session, client_key=client_key, conductor_id=actor.named_user,
        conductor_label=actor.label, season=season.season, season_rule=season.rule_version,
        season_order=selectors.season_order_at(held_on), submitted_at=clock.now(),
    )  # fmt: skip
    members = {member.person.pk: member for member in selectors.sheet_for(actor, unit, held_on)}
    seen = {exception.person_id: exception for exception in exceptions}
    strangers = (seen.keys() | absent) - members.keys()
    if strangers:
        raise DomainError("not_a_member", "名单里有人当天不在本单位，请刷新页面后重新点验。")
    if seen.keys() & absent:
        raise DomainError("absent_and_seen", "同一人不能既“未到”又有着装问题，请更正。")
    lines = RollCallLine.objects.bulk_create(_lines(roll_call, members, seen, absent))
    for line in lines:
        if line.person_id in seen:
            _raise_exceptions(actor, roll_call, line, members[line.person_id].person, seen[line.person_id])
    record(
        actor, "attire.roll_called", f"roll_call:{roll_call.pk}", unit_id=unit.pk,
        details={"on": str(held_on), "checked": sum(line.outcome == rules.CHECKED for line in lines), "exceptions": len(seen)},
    )  # fmt: skip
    return roll_call


def _lines(
    roll_call: RollCall, members: Mapping[int, selectors.Member], seen: Mapping[int, SeenException], absent: frozenset[int]
) -> list[RollCallLine]:  # fmt: skip
    """A line for everybody who was there to be checked; who need not wear it has one only when something was seen."""
    return [
        RollCallLine(
            roll_call=roll_call, person=member.person, person_class=member.person.person_class, expected=member.expected.word,
            outcome=rules.CHECKED if (member.expected.word == rules.MUST_WEAR and pk not in absent) or pk in seen else rules.ABSENT,
        )
        for pk, member in members.items()
        if not member.is_conductor or pk in seen
    ]  # fmt: skip


def _raise_exceptions(actor: Actor, roll_call: RollCall, line: RollCallLine, person: Person, seen: SeenException) -> None:
    catalogue = rulebook.catalogue(roll_call.held_on, simulate=True)
    for number, code in enumerate(dict.fromkeys(seen.entries)):
        entry = catalogue.get(code)
        if entry is None or entry["rule"] not in KIND_OF_RULE:
            raise DomainError("bad_entry", f"{person.name}：请从目录中选择着装问题。", field=f"entry-{person.pk}")
        sessions = selectors.roll_call_sessions(roll_call.held_on)
        try:
            finding = raise_finding(
                actor, kind=KIND_OF_RULE[entry["rule"]], seen_at=_moment(roll_call), facts={"act": entry["title"], "entry": code},
                source=f"attire.roll_call:{roll_call.pk}", described=f"{roll_call.held_on} {sessions[roll_call.session]}班前点验",
                person=person, grade=entry["grade"], note=seen.note, photos=seen.photos if number == 0 else (),
                corrected_on_spot=seen.corrected_on_spot, self_check=True,
            )  # fmt: skip
        except DomainError as error:
            raise type(error)(error.code, f"{person.name}：{error.message}", field=f"entry-{person.pk}") from error
        RollCallException.objects.create(line=line, entry=code, finding=finding)


def _moment(roll_call: RollCall) -> dt.datetime:
    """When it was seen: now for a roll-call of today, the start of the working day for one sent later."""
    if roll_call.held_on == clock.today():
        return clock.now()
    return clock.at(roll_call.held_on, 8)


@transaction.atomic
def record_hand_back(actor: Actor, person: Person, *, outcomes: Mapping[str, str], note: str = "") -> int:
    """Keep how each thing of a leaver stands; how many entries were new. An unchanged outcome adds nothing."""
    require(actor, "attire.hand_back")
    person = people.lock_person(person)
    if person.left_on is None:
        raise DomainError("in_service", f"{person.name} 仍在队，不需要交回。")
    known = {line.item: line for line in selectors.hand_back_list(person)}
    unknown = set(outcomes) - known.keys() or set(outcomes.values()) - {value for value, _ in HandBackEntry.OUTCOMES}
    if unknown:
        raise DomainError("bad_outcome", "交回清单已变化，请刷新后重填。")
    _refuse_against_the_book(known, outcomes)
    changed = [item for item, outcome in outcomes.items() if known[item].last is None or known[item].last.outcome != outcome]  # type: ignore[union-attr]
    HandBackEntry.objects.bulk_create(
        HandBackEntry(
            person=person, item=item, title=known[item].title, outcome=outcomes[item], note=note, by_id=actor.named_user,
            by_label=actor.label, at=clock.now(),
        )
        for item in changed
    )  # fmt: skip
    back = {style for item in changed if outcomes[item] == HandBackEntry.RETURNED for style in known[item].styles}
    take_back_from_leaver(actor, person, styles=back)
    if changed:
        record(actor, "attire.handed_back", f"person:{person.pk}", person_id=person.pk, details={item: outcomes[item] for item in changed})
    return len(changed)


def _refuse_against_the_book(known: Mapping[str, selectors.HandBackLine], outcomes: Mapping[str, str]) -> None:
    """What the uniform book shows as issued was not "never issued"."""
    for item, outcome in outcomes.items():
        if outcome == HandBackEntry.NEVER_ISSUED and known[item].issued:
            issue = known[item].issued[0]
            text = f"“{known[item].title}”在制服发放记录中有 {issue.issued_on} 的发放，不能记为“未发放”。"
            raise DomainError("issued", text, field=f"item-{item}")


@transaction.atomic
def record_disposal(
    actor: Actor, *, unit: Unit, description: str, pieces: int, manner: str, witness: str, disposed_on: dt.date,
    photos: Sequence[UUID], issues: Collection[int] = (),
) -> UniformDisposal:  # fmt: skip
    """Old uniforms leave the bureau: markings removed first, shown by a photo (2.1.3). ``issues`` of the uniform book are
    disposed of at most once and counted by the book; ``pieces`` are those of no book.

    Raises DomainError without a photo, Conflict for an issue that waits no longer.
    """
    require(actor, "attire.dispose", unit_id=unit.pk)
    if not photos:
        raise DomainError("no_photo", "请添加照片：须看得清全部标识已经去除（2.1.3）。", field="photos")
    if disposed_on > clock.today():
        raise DomainError("in_the_future", "处置日期不能晚于今天，请更正。", field="disposed_on")
    if witness.strip() == actor.label:
        raise DomainError("own_witness", "见证人应是经办人以外的人。", field="witness")
    stock.lock_issues(issues)  # two clerks do not dispose of the same pieces
    waiting = {issue.pk: issue for issue in selectors.issues_to_dispose(actor)}
    if set(issues) - waiting.keys():
        raise Conflict("not_waiting", "所选制服中有的已经处置或不在您的范围内，请刷新后重选。", field="issues")
    pieces += sum(waiting[pk].quantity for pk in issues)
    if pieces < 1:
        raise DomainError("nothing", "请选择已收回待处置的制服，或填写册外件数。", field="pieces")
    made = UniformDisposal.objects.create(
        unit=unit, description=description, pieces=pieces, manner=manner, witness=witness, disposed_on=disposed_on,
        by_id=actor.named_user, by_label=actor.label, at=clock.now(),
    )  # fmt: skip
    DisposedIssue.objects.bulk_create(DisposedIssue(disposal=made, issue_id=pk) for pk in sorted(set(issues)))
    claim(actor, photos, f"disposal:{made.pk}")
    record(actor, "attire.disposed", f"disposal:{made.pk}", unit_id=unit.pk, details={"pieces": pieces, "issues": sorted(set(issues))})
    return made
