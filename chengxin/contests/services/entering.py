"""Entries: persons or teams of a unit, established officers and auxiliaries alike; withdrawal keeps the number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction

from chengxin.audit.services import record
from chengxin.contests import rules
from chengxin.contests.models import Contest, Entry, Judge, Member
from chengxin.contests.services.life import locked, refuse_judge
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.capabilities import require
from chengxin.core.errors import Conflict, DomainError
from chengxin.people import selectors as people

if TYPE_CHECKING:
    from chengxin.people.models import Person, Unit


@transaction.atomic
def enter_contest(
    actor: Actor, contest: Contest, *, unit: Unit, persons: Sequence[Person], form_key: UUID, title: str = ""
) -> Entry:  # fmt: skip
    """Enter one person, or a team with a name, for their unit; the same form again is the same entry.

    Raises Conflict once entries are closed or for somebody who is entered already, DomainError for persons of another unit, judges,
    a team without name or members, and more than one person where persons compete.
    """
    require(actor, "contests.enter", unit_id=unit.pk)
    contest = locked(contest)
    sent = Entry.objects.filter(form_key=form_key).first()
    if sent is not None:
        return sent
    refuse_judge(actor, contest)
    if contest.state != rules.PLANNED:
        raise Conflict("closed", f"“{contest.title}”{rules.STATES[contest.state]}，不能再报名。")
    persons = list(dict.fromkeys(persons))
    _check_persons(contest, unit, persons, title)
    made = Entry.objects.create(
        contest=contest, unit=unit, title=persons[0].name if contest.is_of_persons else title.strip(), form_key=form_key,
        entered_at=clock.now(), entered_label=actor.label,
    )  # fmt: skip
    Member.objects.bulk_create(Member(contest=contest, entry=made, person=person, person_class=person.person_class) for person in persons)
    record(actor, "contests.entered", f"contest:{contest.pk}", unit_id=unit.pk, details={"entry": made.pk, "persons": len(persons)})
    return made


def _check_persons(contest: Contest, unit: Unit, persons: Sequence[Person], title: str) -> None:
    if not persons:
        raise DomainError("nobody", "请填写参赛人员。", field="persons")
    if contest.is_of_persons and len(persons) > 1:
        raise DomainError("one_each", "个人竞赛一次报一人，请逐人报名。", field="persons")
    if not contest.is_of_persons and not title.strip():
        raise DomainError("no_title", "请填写“队名”。", field="title")
    pks = {person.pk for person in persons}
    here = set(people.members_of([unit.pk], clock.today()).filter(pk__in=pks, left_on=None).values_list("pk", flat=True))
    strangers = [person.name for person in persons if person.pk not in here]
    if strangers:
        raise DomainError("other_unit", f"{'、'.join(strangers)}今天不是{unit.name}的在职人员，请核对单位或人员。", field="persons")
    entered = Member.objects.filter(contest=contest, person__in=pks).values_list("person__name", flat=True)
    if entered:
        raise Conflict("entered", f"{'、'.join(entered)}已经报过名（或已退出），每人只能报一次。", field="persons")
    judges = Judge.objects.filter(contest=contest, person__in=pks).values_list("person__name", flat=True)
    if judges:
        raise DomainError("is_judge", f"{'、'.join(judges)}是这场竞赛的评委，不能参赛。", field="persons")


@transaction.atomic
def withdraw_entry(actor: Actor, entry: Entry, *, reason: str) -> Entry:
    """Withdraw with a reason; the start number stays its own. A second time changes nothing.

    Raises Conflict once the contest is over, DomainError without a reason.
    """
    require(actor, "contests.enter", unit_id=entry.unit_id)
    contest = locked(entry.contest)
    entry = Entry.objects.select_for_update().get(pk=entry.pk)
    if entry.withdrawn_at is not None:
        return entry
    refuse_judge(actor, contest)
    if contest.is_over:
        raise Conflict("over", f"“{contest.title}”{rules.STATES[contest.state]}，不能再退出。")
    if not reason.strip():
        raise DomainError("no_reason", "请写明退出的理由。", field="reason")
    entry.withdrawn_at, entry.withdrawn_label, entry.withdrawn_reason = clock.now(), actor.label, reason.strip()
    entry.save(update_fields=["withdrawn_at", "withdrawn_label", "withdrawn_reason"])
    record(
        actor,
        "contests.entry_withdrawn",
        f"contest:{contest.pk}",
        unit_id=entry.unit_id,
        details={"entry": entry.pk, "reason": reason.strip()},
    )
    return entry
