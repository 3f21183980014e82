"""Case reviews of a person or a unit at a glance."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from django.urls import reverse

from chengxin.casereviews import rules
from chengxin.casereviews.models import Case, Reviewed
from chengxin.casereviews.selectors import rounds
from chengxin.casereviews.selectors.results import result_of
from chengxin.core.actor import Actor
from chengxin.ui.panels import Figure, Line, Panel
from chengxin.ui.together import Inquiry

if TYPE_CHECKING:
    from chengxin.people.models import Person

MOST = 6


def person_panel(actor: Actor, person: Person) -> Inquiry[Panel | None]:
    """The cases a person handled, and in which final round they were reviewed."""
    is_own = person.pk == actor.person_id
    if not is_own and not actor.may("casereviews.see"):
        return None
    cases = Case.objects.filter(handlers__person=person) if is_own else Case.objects.all().visible_to(actor).filter(handlers__person=person)
    rows = cases.order_by("-closed_on", "-pk").values("pk", "number", "title", "closed_on")[:MOST]
    reviewed = Reviewed.objects.filter(case__handlers__person=person, round__state=rules.FINAL, replaced_at=None).select_related("round")
    yield rows, reviewed
    final = {each.case_id: each for each in reviewed}
    may_open = actor.may("casereviews.see")
    lines = [
        Line(
            f"{case['number']} {case['title']}", reverse("casereviews:case", args=[case["pk"]]) if may_open else "",
            f"{case['closed_on']} 结案", f"{final[case['pk']].round.title}已评查" if case["pk"] in final else "",
        )
        for case in rows
    ]  # fmt: skip
    return Panel("承办案卷", "2.4.1", lines=lines, empty="没有登记的承办案卷。")


def unit_panel(actor: Actor, units: Collection[int]) -> Inquiry[Panel | None]:
    """What the newest final round found in the cases of some units."""
    units = [pk for pk in units if actor.may("casereviews.see", pk)]
    if not units:
        return None
    newest = Reviewed.objects.all().visible_to(actor).filter(unit_id__in=units, round__state=rules.FINAL, replaced_at=None)
    newest = newest.select_related("round").order_by("-round__year", "-round__quarter")[:1]
    yield newest
    if not newest:
        return Panel("案卷评查", "2.4.1", empty="还没有定稿的评查。", url=reverse("casereviews:rounds"))
    found = newest[0].round
    sheet = rounds.sheet_of(found)
    cases = rounds.standing_cases(found).filter(unit_id__in=units)
    yield cases
    results = [result_of(each, sheet) for each in cases]
    counted = [each for each in results if each is not None]
    failed = sum(each.grade == rules.FAILED for each in counted)
    mean = rules.mean_of(sum(each.score for each in counted), len(counted))
    return Panel(
        "案卷评查", "2.4.1",
        [
            Figure(found.title, f"{len(counted)} 件", reverse("casereviews:round", args=[found.pk])),
            Figure("平均得分", "—" if mean is None else rules.points_text(mean)),
            Figure("不合格", f"{failed} 件", tone="bad" if failed else ""),
        ],
    )  # fmt: skip
