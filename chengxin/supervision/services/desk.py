"""Commands of the desk: reminders, and the draw of what is looked at again."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from django.db import transaction

from chengxin.audit.services import record
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.capabilities import require
from chengxin.core.errors import Conflict, DomainError
from chengxin.core.quarters import quarter_days
from chengxin.draws.services import cast_draw, freeze_draw
from chengxin.findings import rules as findings_rules
from chengxin.findings import selectors as findings
from chengxin.supervision.models import LookBackTask, Reminder
from chengxin.supervision.selectors import desk

if TYPE_CHECKING:
    from chengxin.draws.models import Draw


@transaction.atomic
def remind_overdue(actor: Actor, numbers: Collection[int]) -> tuple[int, int]:
    """Remind of open findings in bulk: (reminded now, reminded today already). Whose finding it is sees it among what waits.

    Raises DomainError when none was chosen, or when one is not open or not within the actor's scope; then nobody is reminded.
    """
    require(actor, "supervision.remind")
    if not numbers:
        raise DomainError("nothing", "请先勾选要催办的问题。")
    reach = actor.units_for("supervision.remind")
    found = findings.all_findings().filter(pk__in=numbers, state=findings_rules.OPEN)
    found = found if reach is None else found.filter(unit_id__in=reach)
    wanted = sorted(found.values_list("pk", flat=True))
    if len(wanted) != len(set(numbers)):
        raise Conflict("not_open", "所选问题中有的已经整改、撤销或不在您的范围内，请刷新后重选。")
    before = set(Reminder.objects.filter(day=clock.today(), finding_id__in=wanted).values_list("finding_id", flat=True))
    Reminder.objects.bulk_create(
        [
            Reminder(finding_id=pk, day=clock.today(), by_id=actor.named_user, by_label=actor.label, at=clock.now())
            for pk in wanted
            if pk not in before
        ],
        ignore_conflicts=True,
    )
    if len(wanted) > len(before):
        record(actor, "supervision.reminded", "findings:open", details={"findings": [pk for pk in wanted if pk not in before]})
    return len(wanted) - len(before), len(before)


@transaction.atomic
def freeze_look_backs(actor: Actor, *, year: int, quarter: int) -> Draw:
    """Fix which closed findings of a quarter may be looked at again. Raises DomainError while it runs, Conflict for a second freeze."""
    require(actor, "supervision.look_back")
    if quarter_days(year, quarter)[1] >= clock.today():
        raise DomainError("running", "这个季度还没有结束，季末之后再抽取。", field="quarter")
    frame = desk.look_backs_frame(year, quarter)
    if not frame.entries:
        raise DomainError("empty_frame", "这个季度没有已销号的问题，不需要回头看。")
    return freeze_draw(
        actor, key=desk.look_backs_key(year, quarter), title=f"{year} 年第 {quarter} 季度回头看", entries=frame.entries,
        quotas=frame.quotas, rule_version=desk.desk_policy(clock.today()).version,
    )  # fmt: skip


@transaction.atomic
def cast_look_backs(actor: Actor, *, year: int, quarter: int, public: str) -> Draw:
    """Draw them. Raises Conflict before the freeze and for a second cast. The look itself is the finding's own step."""
    require(actor, "supervision.look_back")
    draw = desk.look_backs_draw(year, quarter)
    if draw is None:
        raise Conflict("not_frozen", "须先冻结范围，再产生种子抽取。")
    draw = cast_draw(actor, draw, public=public)
    LookBackTask.objects.bulk_create(
        LookBackTask(draw=draw, finding_id=int(name.rpartition("〕")[2]), year=year, quarter=quarter) for name in draw.drawn
    )
    return draw
