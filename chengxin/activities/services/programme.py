"""The year's programme from the rule in force, and parts that are held in another room of the house (2.4)."""

from __future__ import annotations

import datetime as dt

from django.db import IntegrityError, transaction

from chengxin.activities import rules
from chengxin.activities.models import Part, PartReport, Programme
from chengxin.activities.selectors.policies import programme_policy_at
from chengxin.audit.services import record
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.capabilities import require
from chengxin.core.errors import Conflict, DomainError


def create_programme(actor: Actor, *, year: int) -> Programme:
    """The parts of a year as the rule of today says. Once per year: a second call answers with the same programme.

    Raises DomainError for a year that is neither this one nor a neighbour.
    """
    require(actor, "activities.programme")
    today = clock.today()
    if abs(year - today.year) > 1:
        raise DomainError("bad_year", f"只能建立 {today.year - 1} 至 {today.year + 1} 年的活动方案，请更正年度。", field="year")
    try:
        with transaction.atomic():
            return _create(actor, year)
    except IntegrityError:  # another was faster: the year has its programme
        return Programme.objects.get(year=year)


def _create(actor: Actor, year: int) -> Programme:
    standing = Programme.objects.filter(year=year).first()
    if standing is not None:
        return standing
    policy = programme_policy_at(clock.today())
    made = Programme.objects.create(
        year=year, rule_version=policy.version, created_by=actor.user_id, created_label=actor.label, created_at=clock.now()
    )  # fmt: skip
    parts = rules.parts_of_year(year, policy.values)
    Part.objects.bulk_create(Part(programme=made, sequence=place, **vars(part)) for place, part in enumerate(parts, start=1))
    record(actor, "activities.programme_created", f"programme:{made.pk}", details={"year": year, "parts": len(parts)})
    return made


@transaction.atomic
def report_part(actor: Actor, part: Part, *, held_on: dt.date, text: str) -> PartReport:
    """Say that a part was held (case review, special inspection, contest) and what shows it. The same again is the same report.

    Raises DomainError for a day outside the year or in the future, or without text.
    """
    require(actor, "activities.programme")
    part = Part.objects.select_for_update(of=("self",)).select_related("programme").get(pk=part.pk)
    words = text.strip()[:200]
    if part.kind not in rules.REPORTED:
        raise DomainError("by_activity", f"“{part.title}”以活动、谈话或排查记录为准，不需要另行登记。", field="text")
    if not words:
        raise DomainError("no_text", "请写明依据，如评查轮次、督查计划编号。", field="text")
    if held_on > clock.today() or held_on < part.starts_on:
        raise DomainError("bad_day", f"开展日期应在 {part.starts_on} 与今天之间，请更正。", field="held_on")
    standing = part.reports.filter(held_on=held_on, text=words, withdrawn_at=None).first()
    if standing is not None:
        return standing
    made = PartReport.objects.create(
        part=part, held_on=held_on, text=words, by=actor.named_user, by_label=actor.label, at=clock.now()
    )  # fmt: skip
    record(actor, "activities.part_reported", f"part:{part.pk}", details={"held_on": str(held_on), "text": words})
    return made


@transaction.atomic
def withdraw_report(actor: Actor, report: PartReport, *, reason: str) -> PartReport:
    """Take a report back; it stays to be read. Raises Conflict when it was taken back already."""
    require(actor, "activities.programme")
    report = PartReport.objects.select_for_update().get(pk=report.pk)
    if not reason.strip():
        raise DomainError("no_reason", "请写明撤回的原因。", field="reason")
    if report.withdrawn_at is not None:
        raise Conflict("withdrawn", "这条开展情况已经撤回。")
    report.withdrawn_at, report.withdrawn_label, report.withdrawn_reason = clock.now(), actor.label, reason.strip()[:200]
    report.save()
    record(actor, "activities.report_withdrawn", f"part:{report.part_id}", details={"reason": report.withdrawn_reason})
    return report
