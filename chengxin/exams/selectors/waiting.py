"""What waits for a person in exams."""

from __future__ import annotations

from django.urls import reverse

from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.waiting import Waiting
from chengxin.exams import rules
from chengxin.exams.catalog import SECTION
from chengxin.exams.models import ItemObjection, ItemVersion
from chengxin.exams.selectors.sitting import papers_of, standings_in
from chengxin.ui.together import Counted, Inquiry, joined


def work_waiting_for(actor: Actor) -> list[Waiting]:
    """Own exams that are open, items to review that somebody else wrote, objections to decide that somebody else filed."""
    return joined(inquiries(actor))


def inquiries(actor: Actor) -> list[Inquiry[list[Waiting]]]:
    """The questions behind ``work_waiting_for``, to be asked with those of other rooms."""
    return [_own(actor), _reviews(actor), _objections(actor)]


def _own(actor: Actor) -> Inquiry[list[Waiting]]:
    if actor.person_id is None or not actor.may("exams.sit"):
        return []
    now, waiting, papers = clock.now(), [], papers_of(actor)
    yield papers
    for each in standings_in(papers):
        if each.step in {"start", "continue"}:
            closes = each.exam.closes_at if now <= each.exam.closes_at else each.exam.ends_at
            verb = "继续考试" if each.step == "continue" else "参加补考" if now > each.exam.closes_at else "参加考试"
            address = reverse("exams:sit", args=[each.exam.pk])
            waiting.append(Waiting(f"{verb}：{each.exam.title}", address, SECTION, "exams.sit", clock.local_day(closes)))
    return waiting


def _reviews(actor: Actor) -> Inquiry[list[Waiting]]:
    if not actor.may("exams.review"):
        return []
    count = Counted(ItemVersion.objects.filter(state=rules.DRAFT).exclude(written_by=actor.user_id or 0))
    yield count
    n = count.n
    return [Waiting(f"审核题目 {n} 道", reverse("exams:items") + "?state=draft", SECTION, "exams.review", count=n)] if n else []


def _objections(actor: Actor) -> Inquiry[list[Waiting]]:
    if not actor.may("exams.decide"):
        return []
    count = Counted(ItemObjection.objects.filter(outcome="").exclude(filed_by=actor.user_id or 0))
    yield count
    n = count.n
    return [Waiting(f"决定题目异议 {n} 件", reverse("exams:objections"), SECTION, "exams.decide", count=n)] if n else []
