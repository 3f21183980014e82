"""What comes back: noticed in the finding's own transaction, decided by a named person (3.1)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django.db import transaction

from chengxin.audit.services import record
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.capabilities import require
from chengxin.core.errors import Conflict, DomainError, NotAllowed
from chengxin.findings import selectors as findings
from chengxin.supervision import rules
from chengxin.supervision.models import RepeatAlert
from chengxin.supervision.selectors.desk import desk_policy, findings_behind

if TYPE_CHECKING:
    from chengxin.findings.models import Finding

TAKEN_BACK = frozenset({"withdrawn", "merged", "objection_decided"})
NEWEST_DAYS = 7


def watch_repeats(actor: Actor, finding: Finding, event: str) -> None:  # noqa: ARG001  (nobody needs a permission to be noticed)
    """A witness of findings: a raised one may open alerts, one taken back may lift them."""
    if event == "raised":
        _notice(finding)
    elif event in TAKEN_BACK:
        _lift(finding)


def _notice(finding: Finding) -> None:
    """Open an alert for the person and for the unit where the clause came again often enough; one that is open stays as it is."""
    policy = desk_policy(finding.seen_on)
    since = finding.seen_on - dt.timedelta(days=policy["repeat_days"])
    facts = {
        "unit_id": finding.unit_id, "clause": finding.clause, "since": since, "last_finding_id": finding.pk,
        "rule_version": policy.version, "raised_at": clock.now(),
    }  # fmt: skip
    again = findings.counting_findings().filter(clause=finding.clause, seen_on__range=(since, finding.seen_on))
    wanted = []
    if finding.person_id is not None and again.filter(person_id=finding.person_id).count() >= policy["repeat_person"]:
        wanted.append(RepeatAlert(person_id=finding.person_id, **facts))
    if again.filter(unit_id=finding.unit_id).count() >= policy["repeat_unit"]:
        wanted.append(RepeatAlert(**facts))
    RepeatAlert.objects.bulk_create(wanted, ignore_conflicts=True)


def _lift(finding: Finding) -> None:
    """Open alerts that no longer have enough behind them are lifted; what was decided stays decided."""
    for alert in RepeatAlert.objects.open().filter(clause=finding.clause, unit_id=finding.unit_id).select_for_update():
        policy = desk_policy(finding.seen_on)
        if findings_behind(alert).count() < policy["repeat_person" if alert.person_id else "repeat_unit"]:
            alert.lifted_at = clock.now()
            alert.save(update_fields=["lifted_at"])


def note_repeats() -> int:
    """Look once more at the findings of the last days: two that were raised at the same moment did not see each other."""
    since, before = clock.today() - dt.timedelta(days=NEWEST_DAYS), RepeatAlert.objects.count()
    known = set(RepeatAlert.objects.filter(raised_at__gte=clock.at(since)).values_list("last_finding_id", flat=True))
    for finding in findings.counting_findings().filter(notified_at__gte=clock.at(since)).exclude(pk__in=known).order_by("pk"):
        # an alert that was decided after this finding has taken it into account already
        if not RepeatAlert.objects.filter(clause=finding.clause, unit_id=finding.unit_id, disposed_at__gte=finding.notified_at).exists():
            _notice(finding)
    return RepeatAlert.objects.count() - before


@transaction.atomic
def dispose_alert(actor: Actor, alert: RepeatAlert, *, disposition: str, reason: str) -> RepeatAlert:
    """Say what follows, with the reason. Raises NotAllowed for one's own or the own unit's, Conflict when it is decided or lifted."""
    require(actor, "supervision.dispose", unit_id=alert.unit_id)
    alert = RepeatAlert.objects.select_for_update(of=("self",)).get(pk=alert.pk)
    if actor.unit_id == alert.unit_id or (alert.person_id is not None and actor.person_id == alert.person_id):
        raise NotAllowed("recusal", "涉及本人或本单位，须由他人处置。")
    if alert.disposed_at is not None:
        raise Conflict("disposed", f"{alert.disposed_label}已经处置：{alert.get_disposition_display()}。")
    if alert.lifted_at is not None:
        raise Conflict("lifted", "有关问题已撤销或并案，提醒已解除，不需要处置。")
    if disposition not in rules.DISPOSITIONS:
        raise DomainError("no_disposition", "请选择处置方式。", field="disposition")
    if not reason.strip():
        raise DomainError("no_reason", "请写明处置的理由；不另处置也要写明为什么。", field="reason")
    alert.disposition, alert.reason, alert.disposed_at = disposition, reason.strip(), clock.now()
    alert.disposed_by_id, alert.disposed_label = actor.named_user, actor.label
    alert.save()
    record(
        actor, "supervision.alert_disposed", f"repeat_alert:{alert.pk}", unit_id=alert.unit_id, person_id=alert.person_id,
        details={"disposition": disposition, "clause": alert.clause, "reason": alert.reason},
    )  # fmt: skip
    return alert
