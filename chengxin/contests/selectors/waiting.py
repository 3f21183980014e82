"""What waits for judges and for who confirms."""

from __future__ import annotations

from django.urls import reverse

from chengxin.contests import rules
from chengxin.contests.models import Contest, Judge
from chengxin.contests.selectors.judges import why_not_chief
from chengxin.contests.selectors.sheets import missing_sheets, too_few_sheets
from chengxin.core.actor import Actor
from chengxin.core.waiting import Waiting
from chengxin.ui.together import Inquiry, joined

CHAPTER = "二（四）主题活动"


def work_waiting_for(actor: Actor) -> list[Waiting]:
    """Sheets that only this judge can fill, and results whose sheets are all there."""
    return joined(inquiries(actor))


def inquiries(actor: Actor) -> list[Inquiry[list[Waiting]]]:
    """The questions behind ``work_waiting_for``, to be asked with those of other rooms."""
    return [_sheets_waiting(actor), _results_waiting(actor)]


def _sheets_waiting(actor: Actor) -> Inquiry[list[Waiting]]:
    if not actor.may("contests.judge") or actor.person_id is None:
        return []
    mine = Judge.objects.filter(person_id=actor.person_id, released_at=None, is_late=False, contest__state=rules.RUNNING)
    mine, found = mine.select_related("contest"), []
    yield mine
    for judge in mine:
        waits = [each for each in missing_sheets(judge.contest) if each.judge.judge == judge.pk]
        if waits:
            address = reverse("contests:judging", args=[judge.contest_id, waits[0].round.code])
            detail = f"{judge.contest.number} {judge.contest.place}".strip()
            found.append(
                Waiting(
                    f"评分：{judge.contest.title}，{len(waits)} 份", address, CHAPTER, "contests.judge", due_on=judge.contest.held_on,
                    detail=detail, count=len(waits),
                )
            )  # fmt: skip
    return found


def _results_waiting(actor: Actor) -> Inquiry[list[Waiting]]:
    if not actor.may("contests.confirm"):
        return []
    running = Contest.objects.filter(state=rules.RUNNING).exclude(judges__person_id=actor.person_id or 0)
    yield running
    return [
        Waiting(
            f"确认成绩：{contest.title}", reverse("contests:detail", args=[contest.pk]), CHAPTER, "contests.confirm", detail=contest.number
        )
        for contest in running
        if not missing_sheets(contest) and not too_few_sheets(contest) and not why_not_chief(actor, contest)
    ]  # fmt: skip
