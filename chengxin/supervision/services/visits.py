"""Commands on visits: arrange one by hand, call it off, submit it once, and keep its photos."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction

from chengxin.audit.services import record
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.capabilities import require
from chengxin.core.errors import Conflict, DomainError, NotAllowed
from chengxin.files.services import accept_photo, claim, keep_again
from chengxin.findings.services import raise_finding
from chengxin.people import selectors as people
from chengxin.supervision import rules
from chengxin.supervision.models import Answer, Check, Inspector, Plan, Visit, VisitPhoto
from chengxin.supervision.selectors import plans, visits
from chengxin.supervision.services.plans import locked, move, refuse_recused

if TYPE_CHECKING:
    from chengxin.findings.models import Finding
    from chengxin.people.models import Person, Unit


@transaction.atomic
def arrange_visit(actor: Actor, plan: Plan, *, unit: Unit, inspectors: Sequence[Person], due_on: dt.date) -> Visit:
    """Send somebody to a squadron without a draw, where the rule does not ask for one.

    Raises NotAllowed for an inspector of that squadron, DomainError for a unit or day outside the plan or a plan that must be drawn.
    """
    require(actor, "supervision.plan")
    plan = locked(plan)
    if plan.kind in plans.policy_on(clock.today())["drawn_kinds"]:
        raise DomainError("must_be_drawn", f"{rules.KINDS[plan.kind]}的对象和督查人员须抽取产生，不能直接安排。")
    if plan.is_drawn:
        raise Conflict("drawn", "这份计划的检查由抽取产生，不能另行安排。")
    if not plan.units.filter(pk=unit.pk).exists():
        raise DomainError("not_in_plan", f"{unit.name}不在这份计划的范围内。", field="unit")
    if not plan.starts_on <= due_on <= plan.ends_on:
        raise DomainError("bad_day", f"日期应在计划的 {plan.starts_on} 至 {plan.ends_on} 之间。", field="due_on")
    if not inspectors:
        raise DomainError("nobody", "请选择督查人员。", field="inspectors")
    refuse_recused(unit, inspectors)
    if len({person.pk for person in inspectors} & {person.pk for person, _ in plans.inspectors_pool(clock.today())}) < len(inspectors):
        raise DomainError("no_inspector", "所选人员中有人没有督查权限。", field="inspectors")
    move(plan, rules.ARRANGE)
    plan.save()
    visit = Visit.objects.create(plan=plan, unit=unit, mode=plan.mode, due_on=due_on, arranged_label=actor.label)
    Inspector.objects.bulk_create(Inspector(visit=visit, person=person, is_drawn=False) for person in inspectors)
    record(actor, "supervision.visit_arranged", f"visit:{visit.pk}", unit_id=unit.pk, details={"plan": plan.pk})
    return visit


@transaction.atomic
def call_off_visit(actor: Actor, visit: Visit, *, reason: str) -> Visit:
    """A visit will not take place, and why. Raises Conflict for one that is over."""
    require(actor, "supervision.plan")
    visit = _locked(visit)
    if visit.state != rules.WAITING:
        raise Conflict("visit_over", f"这次检查“{rules.VISIT_STATES[visit.state]}”，不能取消。")
    if not reason.strip():
        raise DomainError("no_reason", "请写明取消的理由。", field="reason")
    visit.state, visit.ended_note = rules.CALLED_OFF, reason.strip()
    visit.save()
    record(actor, "supervision.visit_cancelled", f"visit:{visit.pk}", unit_id=visit.unit_id, details={"reason": reason.strip()})
    return visit


def _locked(visit: Visit) -> Visit:
    found: Visit = Visit.objects.select_for_update(of=("self",)).select_related("plan", "unit").get(pk=visit.pk)
    return found


def _require_inspector(actor: Actor, visit: Visit) -> None:
    require(actor, "supervision.inspect", unit_id=visit.unit_id)
    if not visits.is_inspector(actor, visit):
        raise NotAllowed("not_assigned", "这次检查没有分派给您，由抽中或指派的督查人员提交。")


# --- photos ---


@transaction.atomic
def keep_photo(
    actor: Actor, visit: Visit, uploaded: UploadedFile, *, client_key: UUID, captured_at: dt.datetime | None, person_id: int | None = None,
    sha256: str = "",
) -> VisitPhoto:  # fmt: skip
    """Take one photo of a visit; sent again with its ``client_key`` it is the one that was kept.

    Raises DomainError for a photo that arrived otherwise than the phone sent it (``sha256``) or is none, Conflict for a key of another
    photo and after the visit was submitted.
    """
    visit = _locked(visit)  # one sending after the other: the second finds what the first kept
    _require_inspector(actor, visit)
    known = VisitPhoto.objects.filter(client_key=client_key).first()
    if known is not None:
        if known.visit_id != visit.pk or (sha256 and known.sha256 != sha256):
            raise Conflict("key_taken", "这张照片的发送标识已用于另一张照片，请重新添加照片。", field="photos")
        return known
    if visit.state != rules.WAITING:
        raise Conflict("visit_over", f"这次检查“{rules.VISIT_STATES[visit.state]}”，不能再添加照片。", field="photos")
    stored = accept_photo(actor, uploaded)
    if sha256 and stored.sha256 != sha256:
        raise DomainError("damaged", "照片在传输中损坏，手机会自动重传。", field="photos")
    person = people.members_of([visit.unit_id], clock.today()).filter(pk=person_id).first() if person_id else None
    claim(actor, [stored.pk], f"visit:{visit.pk}")
    photo = VisitPhoto.objects.create(
        visit=visit, person=person, client_key=client_key, file=stored, sha256=stored.sha256, captured_at=captured_at or stored.captured_at,
        uploaded_at=stored.uploaded_at, uploaded_label=actor.label,
    )  # fmt: skip
    record(actor, "supervision.photo_kept", f"visit:{visit.pk}", unit_id=visit.unit_id, details={"sha256": stored.sha256})
    return photo


# --- the sheet ---


@dataclass(frozen=True)
class Seen:
    """What was seen of one person (none: of the unit): items that did not pass, a note, and whether it was put right at once."""

    person_id: int | None
    items: tuple[str, ...] = ()
    corrected_on_spot: bool = False
    note: str = ""


@dataclass(frozen=True)
class Filled:
    """A sheet as it was filled: who was seen, who was not found, and which photos the phone knows to have arrived."""

    held_on: dt.date
    seen: tuple[Seen, ...] = ()
    absent: tuple[int, ...] = ()
    mode: str = ""
    place: str = ""
    note: str = ""
    observed_at: dt.datetime | None = None
    photos: Mapping[UUID, str] | None = None  # client_key -> SHA-256 the phone was told


def submit_visit(actor: Actor, visit: Visit, *, client_key: UUID, filled: Filled) -> Visit:
    """Keep what was seen and raise a finding for each item that did not pass; a sheet sent again is the visit it became.

    Raises NotAllowed (not an inspector of it, recused since), Conflict (submitted by another, photos still missing) and DomainError
    (day, somebody drawn without a result, a stranger, an item that is not on the list).
    """
    sent_before = visits.visit_by_key(actor, client_key)
    if sent_before is not None and sent_before.pk == visit.pk:
        return sent_before
    try:
        return _submit(actor, visit, client_key, filled)
    except IntegrityError:
        sent_before = visits.visit_by_key(actor, client_key)
        if sent_before is None or sent_before.pk != visit.pk:
            raise
        return sent_before


@transaction.atomic
def _submit(actor: Actor, visit: Visit, client_key: UUID, filled: Filled) -> Visit:
    visit = _locked(visit)
    if visit.client_key == client_key and visit.submitted_by_id == actor.user_id:
        return visit  # the same sheet sent twice at the same moment
    _require_inspector(actor, visit)
    if visit.state != rules.WAITING:
        who = f"，由{visit.submitted_label}提交" if visit.submitted_label else ""
        raise Conflict("visit_over", f"这次检查“{rules.VISIT_STATES[visit.state]}”{who}。您填写的内容仍在本机，请核对。")
    person = people.person_for(actor, actor.person_id) if actor.person_id else None
    if person is not None:
        refuse_recused(visit.unit, [person])
    _check_day(visit, filled.held_on)
    _check_photos(visit, filled.photos or {})
    sheet = visits.sheet_of(visit, filled.held_on)
    _check_persons(sheet, filled)
    visit.state, visit.client_key, visit.held_on, visit.observed_at = rules.SUBMITTED, client_key, filled.held_on, filled.observed_at
    visit.mode, visit.place, visit.note = filled.mode or visit.mode, filled.place.strip(), filled.note.strip()
    visit.submitted_by_id, visit.submitted_label, visit.submitted_at = actor.named_user, actor.label, clock.now()
    visit.rule_version = plans.template_version(filled.held_on)
    visit.save()
    raised = _keep_checks(actor, visit, sheet, filled)
    record(
        actor, "supervision.visit_submitted", f"visit:{visit.pk}", unit_id=visit.unit_id,
        details={"on": str(filled.held_on), "checked": len(filled.seen), "findings": raised, "photos": visit.photos.count()},
    )  # fmt: skip
    return visit


def _check_day(visit: Visit, held_on: dt.date) -> None:
    why = rules.why_not_held(held_on, clock.today(), visit.plan.starts_on, plans.policy_on(clock.today())["late_days"])
    if why:
        raise DomainError("bad_day", why, field="held_on")


def _check_photos(visit: Visit, told: Mapping[UUID, str]) -> None:
    """Nothing the phone holds may be missing here; what it knows to be here is marked so."""
    here = dict(VisitPhoto.objects.filter(visit=visit, client_key__in=told).values_list("client_key", "sha256"))
    missing = [key for key, sha256 in told.items() if here.get(key) != sha256]
    if missing:
        raise Conflict("photos_missing", f"还有 {len(missing)} 张照片没有送达，送达后会自动提交。", field="photos")
    VisitPhoto.objects.filter(visit=visit, client_key__in=told, acknowledged_at=None).update(acknowledged_at=clock.now())


def _check_persons(sheet: visits.Sheet, filled: Filled) -> None:
    known = {member.person.pk: member for member in sheet.members}
    seen = [each.person_id for each in filled.seen if each.person_id is not None]
    if len(seen) != len(set(seen)) or set(seen) & set(filled.absent):
        raise DomainError("absent_and_seen", "同一人不能既“未查到”又有检查结果，请更正。")
    if (set(seen) | set(filled.absent)) - known.keys():
        raise DomainError("not_a_member", "名单里有人当天不在这个单位，请刷新页面后核对。")
    left = [member.person.name for member in sheet.targets if member.person.pk not in {*seen, *filled.absent}]
    if left:
        raise DomainError("left_out", f"抽中的人还没有结果：{'、'.join(left)}。请检查，或注明未查到。")
    if not filled.seen and not filled.absent:
        raise DomainError("nothing", "还没有检查任何人，请勾选检查到的人员。")


def _keep_checks(actor: Actor, visit: Visit, sheet: visits.Sheet, filled: Filled) -> int:
    """A check for everybody seen or not found, in the order of persons, so that two sheets never wait for each other in a ring."""
    known = {member.person.pk: member for member in sheet.members}
    photos = _photos_by_person(visit)
    raised = 0
    for each in sorted(filled.seen, key=lambda seen: seen.person_id or 0):
        member = known.get(each.person_id) if each.person_id is not None else None
        if each.person_id is None and not each.items:
            continue
        check = Check.objects.create(
            visit=visit, person=member.person if member else None, person_class=member.person.person_class if member else "",
            was_drawn=bool(member and member.is_target), outcome=rules.FLAWED if each.items else rules.FINE, note=each.note.strip()[:500],
        )  # fmt: skip
        raised += _raise_answers(actor, check, each, sheet, photos.get(each.person_id, ()))
    Check.objects.bulk_create(
        Check(
            visit=visit, person=known[pk].person, person_class=known[pk].person.person_class, was_drawn=known[pk].is_target,
            outcome=rules.ABSENT,
        )
        for pk in sorted(set(filled.absent))
    )  # fmt: skip
    return raised


def _photos_by_person(visit: Visit) -> dict[int | None, list[VisitPhoto]]:
    found: dict[int | None, list[VisitPhoto]] = defaultdict(list)
    for photo in visit.photos.select_related("file"):
        found[photo.person_id].append(photo)
    return found


def _raise_answers(actor: Actor, check: Check, seen: Seen, sheet: visits.Sheet, photos: Sequence[VisitPhoto]) -> int:
    items = {item.code: item for item in plans.items_of(check.visit.plan.template, check.visit.held_on or clock.today())}
    unit_items, raised = {item.code for item in sheet.unit_items}, 0
    for number, code in enumerate(dict.fromkeys(seen.items)):
        item = items.get(code)
        if item is None or (check.person is None and code not in unit_items):
            raise DomainError("bad_item", "请从检查表中选择问题条目。", field=f"entry-{seen.person_id or 0}")
        finding, why = _raise(actor, check, item, seen, photos if number == 0 else ())
        Answer.objects.create(
            of=check, item=code, title=item.title, corrected_on_spot=seen.corrected_on_spot and finding is not None, finding=finding,
            why_none=why[:200],
        )  # fmt: skip
        raised += finding is not None
    if seen.items and not check.answers.exclude(finding=None).exists():
        check.outcome = rules.FINE  # everything that was marked is excused by the day's own facts
        check.save(update_fields=["outcome"])
    return raised


def _raise(actor: Actor, check: Check, item: plans.Item, seen: Seen, photos: Sequence[VisitPhoto]) -> tuple[Finding | None, str]:
    """The finding, or why there is none: an exemption the phone did not know of comes before it (2.1.4)."""
    visit = check.visit
    assert visit.held_on is not None
    who = check.person.name if check.person else visit.unit.name
    try:
        with transaction.atomic():
            return raise_finding(
                actor, kind=item.kind, seen_at=rules.seen_at(visit.observed_at, visit.held_on, clock.now()),
                facts={"act": item.title, "entry": item.code}, source=f"supervision.visit:{visit.pk}",
                described=f"{visit.held_on} {rules.KINDS[visit.plan.kind]}（{rules.MODES[visit.mode]}）{visit.number}", person=check.person,
                unit=None if check.person else visit.unit, place=visit.place, grade=item.entry["grade"], note=seen.note,
                photos=[keep_again(actor, photo.file).pk for photo in photos], corrected_on_spot=seen.corrected_on_spot,
            ), ""  # fmt: skip
    except DomainError as error:
        if error.code == "nothing_to_find":
            return None, error.message
        raise type(error)(error.code, f"{who}：{error.message}", field=f"entry-{seen.person_id or 0}") from error
