"""示范中队 / 示范岗: nominated with evidence, published, granted for a term, revoked with a reason (3.2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import IntegrityError, transaction

from chengxin.appraisal.models import ExemplaryTitle
from chengxin.appraisal.rules import titles as rules
from chengxin.appraisal.selectors import units
from chengxin.appraisal.services.rounds import words
from chengxin.audit.services import record
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.capabilities import require
from chengxin.core.errors import Conflict, DomainError, NotAllowed
from chengxin.files.services import claim
from chengxin.rulebook import selectors as rulebook

if TYPE_CHECKING:
    from chengxin.people.models import Unit


@transaction.atomic
def nominate_title(
    actor: Actor, *, kind: str, unit: Unit, reasons: str, post_name: str = "", evidence: Sequence[UUID] = ()
) -> ExemplaryTitle:
    """Propose a squadron or a post of it, with evidence. What the criteria say at this moment stays with the nomination; a criterion that
    does not hold refuses nothing: who grants it sees it.

    Raises DomainError without evidence, Conflict while the same nomination runs.
    """
    require(actor, "appraisal.nominate_title", unit_id=unit.pk)
    if kind not in rules.KINDS:
        raise DomainError("bad_kind", "请选择示范中队或示范岗。", field="kind")
    post = post_name.strip()
    if (kind == rules.POST) != bool(post):
        raise DomainError("post_name", "示范岗请填写岗位名称；示范中队不填岗位。", field="post_name")
    if not evidence:
        raise DomainError("no_evidence", "请附上佐证材料（照片、PDF、Word 或 Excel）。", field="photos")
    said = words(reasons, "reasons", "请写明事迹。", most=1000)
    found, version = units.criteria_of(unit)
    policy = rulebook.rule_values(units.TITLES, clock.today(), simulate=True)
    try:
        with transaction.atomic():
            made = ExemplaryTitle.objects.create(
                kind=kind, unit=unit, post_name=post, reasons=said, criteria=[asdict(each) for each in found], rule_version=version,
                term_months=policy["term_months"], nominated_at=clock.now(), nominated_by=actor.named_user, nominated_label=actor.label,
            )  # fmt: skip
    except IntegrityError as error:
        raise Conflict("nominated", "同一称号的申报正在办理，请勿重复申报。", field="unit") from error
    claim(actor, evidence, f"title:{made.pk}")
    record(actor, "appraisal.title_nominated", f"title:{made.pk}", unit_id=unit.pk, details={"kind": kind, "rule": version})
    return made


def _locked(title: ExemplaryTitle, action: str) -> ExemplaryTitle:
    found = ExemplaryTitle.objects.select_for_update(of=("self",)).select_related("unit").get(pk=title.pk)
    try:
        found.state = rules.after(found.state, action)
    except rules.NotPossible as error:
        raise Conflict("not_possible", str(error)) from error
    return found


def _refuse_conflict(actor: Actor, title: ExemplaryTitle) -> None:
    if title.nominated_by == actor.named_user:
        raise NotAllowed("own_nomination", "申报人不能决定自己申报的称号，须由他人决定。")
    if title.unit_id == actor.unit_id:
        raise NotAllowed("recusal", "称号属于您所在的单位，须回避。")


@transaction.atomic
def publish_title(actor: Actor, title: ExemplaryTitle) -> ExemplaryTitle:
    """公示 for so many working days from tomorrow on: everybody signed in reads it and may object."""
    require(actor, "appraisal.run")
    title = _locked(title, rules.PUBLISH)
    policy = rulebook.rule_values(units.TITLES, clock.today(), simulate=True)
    counted = rulebook.work_calendar().nth_workday_after(clock.today(), policy["publicity_workdays"])
    title.publicity_from, title.publicity_until = clock.today(), counted.day
    title.save()
    record(
        actor, "appraisal.title_published", f"title:{title.pk}", unit_id=title.unit_id,
        details={"until": str(counted.day), "calendar": counted.calendar_version},
    )  # fmt: skip
    return title


@transaction.atomic
def grant_title(actor: Actor, title: ExemplaryTitle, *, document_number: str) -> ExemplaryTitle:
    """授予 after the publicity period, for its term from today on. By neither who nominated it nor anybody of the unit.

    Raises DomainError while the period runs, an objection is undecided, or the rules are a draft only.
    """
    require(actor, "appraisal.grant_title")
    title = _locked(title, rules.GRANT)
    _refuse_conflict(actor, title)
    if title.publicity_until is not None and clock.today() <= title.publicity_until:
        raise DomainError("publicity_runs", f"公示期至 {title.publicity_until}，期满后才能授予。")
    if title.objections.filter(outcome="").exists():
        raise DomainError("objections_open", "还有公示异议没有决定，请先决定。")
    rulebook.version_for(units.TITLES, clock.today())  # a draft grants nothing
    title.document_number = words(document_number, "document_number", "请填写文号。", most=60)
    title.granted_at, title.granted_label = clock.now(), actor.label
    title.starts_on, title.ends_on = clock.today(), rules.last_day(clock.today(), title.term_months)
    title.save()
    record(actor, "appraisal.title_granted", f"title:{title.pk}", unit_id=title.unit_id, details={"until": str(title.ends_on)})
    return title


@transaction.atomic
def decline_title(actor: Actor, title: ExemplaryTitle, *, reason: str) -> ExemplaryTitle:
    """不予授予, with the reason that the nominators read."""
    require(actor, "appraisal.grant_title")
    title = _locked(title, rules.DECLINE)
    _refuse_conflict(actor, title)
    title.ended_reason, title.ended_label = words(reason, "reason", "请写明不予授予的理由。"), actor.label
    title.save()
    record(actor, "appraisal.title_declined", f"title:{title.pk}", unit_id=title.unit_id, details={"reason": title.ended_reason})
    return title


@transaction.atomic
def revoke_title(actor: Actor, title: ExemplaryTitle, *, reason: str) -> ExemplaryTitle:
    """撤销 from today on, with the reason; what it was until yesterday stays so. Raises Conflict for a title whose term is over."""
    require(actor, "appraisal.grant_title")
    title = _locked(title, rules.REVOKE)
    if title.ends_on is not None and title.ends_on < clock.today():
        raise Conflict("over", f"称号已于 {title.ends_on} 到期，不需要撤销。")
    title.ended_reason, title.ended_label = words(reason, "reason", "请写明撤销的理由。"), actor.label
    title.revoked_on = clock.today()
    title.save()
    record(actor, "appraisal.title_revoked", f"title:{title.pk}", unit_id=title.unit_id, details={"reason": title.ended_reason})
    return title
