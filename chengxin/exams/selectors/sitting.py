"""A person's own exams: what is to be sat, the sheet without any trace of what is right, and what has arrived."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import QuerySet

from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.errors import NotFound
from chengxin.exams import rules
from chengxin.exams.models import Answer, Exam, ItemVersion, Paper
from chengxin.exams.selectors.results import marks_of, on_leave_throughout


@dataclass(frozen=True)
class Standing:
    """How an exam stands for a person: its papers (first attempt first) and what may be done now ("start", "continue", "wait", "done",
    "result", "excused", "missed")."""

    exam: Exam
    papers: list[Paper]
    step: str

    @property
    def paper(self) -> Paper:
        return self.papers[-1]


@dataclass(frozen=True)
class Asked:
    """One place of a sheet as its person sees it: options in the own order, what was answered and under which number."""

    place: int
    kind: str
    stem: str
    options: tuple[tuple[str, str], ...]
    points: int
    response: str
    sequence: int


def own_paper_for(actor: Actor, pk: int) -> Paper:
    """A paper of the actor's own. Raises NotFound."""
    found = Paper.objects.own(actor).select_related("exam", "person").filter(pk=pk).first()
    if found is None:
        raise NotFound("no_paper", "没有这份试卷。")
    return found


def standing_for(actor: Actor, exam_pk: int) -> Standing:
    """An exam the actor is due in. Raises NotFound."""
    found = next((each for each in standings_of(actor) if each.exam.pk == exam_pk), None)
    if found is None:
        raise NotFound("no_exam", "没有这场考试，或您不在应考人员之列。")
    return found


def standings_of(actor: Actor) -> list[Standing]:
    """The actor's exams, newest first."""
    return standings_in(papers_of(actor))


def papers_of(actor: Actor) -> QuerySet[Paper]:
    """The actor's papers of published exams, those of the newest exam first."""
    return Paper.objects.own(actor).filter(exam__state=rules.PUBLISHED).select_related("exam").order_by("-exam__opens_at", "attempt")


def standings_in(papers: Iterable[Paper]) -> list[Standing]:
    """How somebody's papers stand, exam by exam."""
    by_exam: dict[int, list[Paper]] = {}
    for each in papers:
        by_exam.setdefault(each.exam_id, []).append(each)
    return [Standing(own[0].exam, own, _step(own)) for own in by_exam.values()]


def _step(papers: list[Paper]) -> str:
    now, exam, last = clock.now(), papers[0].exam, papers[-1]
    if last.is_running(now):
        return "continue"
    window = exam.window(now)
    if window == "before" or (window == "main" and last.started_at is None):
        return "wait" if window == "before" else "start"
    if window in {"between", "make_up"} and last.attempt == 1 and not has_passed(last):
        return "start" if window == "make_up" else "wait"
    if exam.is_over(now):
        if any(each.started_at for each in papers):
            return "result"
        return "excused" if on_leave_throughout(exam, [last.person_id]) else "missed"
    return "done"


def has_passed(paper: Paper) -> bool:
    """Whether a paper that is over reaches the mark; one that was never begun does not."""
    return paper.started_at is not None and marks_of([paper])[paper.pk].passed


def sheet_of(paper: Paper) -> list[Asked]:
    """The sheet of a paper. Answers and explanations of the bank are not even read."""
    asked = paper.drawn
    told = ItemVersion.objects.only("kind", "stem", "options").in_bulk([each.version for each in asked])
    rows = Answer.objects.filter(paper=paper).order_by("place", "-sequence").distinct("place")
    answered = {place: (response, sequence) for place, response, sequence in rows.values_list("place", "response", "sequence")}
    return [_asked(place, each, told[each.version], *answered.get(place, ("", 0))) for place, each in enumerate(asked, start=1)]


def _asked(place: int, question: rules.Question, version: ItemVersion, response: str, sequence: int) -> Asked:
    shown = tuple((rules.LETTERS[at], version.options[rules.LETTERS.index(own)]) for at, own in enumerate(question.order))
    return Asked(place, version.kind, version.stem, shown, question.points, response, sequence)


def next_sequence(paper: Paper) -> int:
    """The running number a device goes on with: above everything that has arrived."""
    last = Answer.objects.filter(paper=paper).order_by("-sequence").values_list("sequence", flat=True).first()
    return (last or 0) + 1
