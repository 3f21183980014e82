"""Exams of a person at a glance: what came of those that are over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse

from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.exams import rules
from chengxin.exams.models import Paper
from chengxin.exams.selectors.results import marks_of
from chengxin.ui.panels import Line, Panel
from chengxin.ui.together import Inquiry

if TYPE_CHECKING:
    from chengxin.people.models import Person

MOST = 8


def person_panel(actor: Actor, person: Person) -> Inquiry[Panel | None]:
    """The last papers of exams that are over: one's own, or of the units whose results the reader reads."""
    is_own = person.pk == actor.person_id
    if not is_own and not actor.may("exams.results"):
        return None
    papers = Paper.objects.all().own(actor) if is_own else Paper.objects.all().visible_to(actor)
    papers = papers.filter(person=person, exam__state=rules.PUBLISHED, exam__ends_at__lt=clock.now()).select_related("exam")
    papers = papers.order_by("-exam__opens_at", "-attempt")[:MOST]
    yield papers
    sat = [paper for paper in papers if paper.started_at is not None]
    marks = marks_of(sat) if sat else {}
    return Panel("考试", "2.4", lines=[_line(paper, marks.get(paper.pk), is_own=is_own) for paper in papers], empty="没有已结束的考试。")


def _line(paper: Paper, marks: rules.Marks | None, *, is_own: bool) -> Line:
    address = reverse("exams:result", args=[paper.pk]) if is_own else reverse("exams:exam", args=[paper.exam_id])
    attempt = "，补考" if paper.attempt > 1 else ""
    detail = f"{clock.local_day(paper.exam.opens_at)}{attempt}"
    if marks is None:
        return Line(paper.exam.title, address, detail, "未参加", "warn")
    result = f"{marks.points:g}/{marks.full} 分，{'合格' if marks.passed else '不合格'}"
    return Line(paper.exam.title, address, detail, result, "ok" if marks.passed else "warn")
