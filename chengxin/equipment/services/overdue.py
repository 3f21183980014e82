"""The detector of what is not returned: it proposes, a person decides (2.2.5)."""

from __future__ import annotations

import datetime as dt

from chengxin.core import clock
from chengxin.equipment import selectors
from chengxin.equipment.models import Custody
from chengxin.findings.services import propose_finding
from chengxin.rulebook import selectors as rulebook

ENTRY = "equipment.overdue"


def propose_overdue() -> int:
    """Propose each custody that is late beyond the rule's hours, returned by now or not; how many were looked at.

    Lateness is a fact of the two moments, so a job that was down for a week proposes the same as one that ran each hour.
    Nothing is proposed against days on which the rule was a draft.
    """
    now = clock.now()
    policy = selectors.policy_on(clock.today())
    late_by = dt.timedelta(hours=policy["propose_hours"])
    looked = 0
    for custody in Custody.objects.filter(due_at__lt=now - late_by).late(late_by).unproposed().select_related("item", "holder"):
        entry = rulebook.catalogue(clock.local_day(custody.due_at), simulate=True)[ENTRY]
        if rulebook.rule_in_force("equipment.custody", clock.local_day(custody.due_at)) is None:
            continue
        due = f"{custody.due_at.astimezone(clock.SHANGHAI):%m-%d %H:%M}"
        propose_finding(
            kind="equipment.custody", seen_at=custody.due_at + late_by, facts={"act": entry["title"], "entry": ENTRY},
            source=f"custody:{custody.pk}", described=f"{custody.item.asset_number} 应于 {due} 归还", person=custody.holder,
            grade=entry["grade"],
        )  # fmt: skip
        Custody.objects.filter(pk=custody.pk).update(proposed_at=now)
        looked += 1
    return looked
