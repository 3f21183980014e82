"""Questions about exemplary titles (3.2)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import TYPE_CHECKING
from uuid import UUID

from django.urls import reverse

from chengxin.appraisal.models.titles import ExemplaryTitle, TitleQuerySet
from chengxin.appraisal.rules import titles as rules
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.errors import NotFound
from chengxin.files import selectors as files
from chengxin.measures import selectors as measures
from chengxin.ui.panels import Line, Panel
from chengxin.ui.together import Inquiry

if TYPE_CHECKING:
    from chengxin.files.models import StoredFile


def titles_on(day: dt.date) -> TitleQuerySet:
    """The exemplary titles in force on a day, with their units."""
    return ExemplaryTitle.objects.all().in_force(day).select_related("unit").order_by("kind", "unit__sequence", "pk")


def published_titles() -> list[ExemplaryTitle]:
    """Those in their publicity period or waiting for the decision after it."""
    return list(ExemplaryTitle.objects.filter(state=rules.PUBLICITY).select_related("unit").order_by("pk"))


def works_on_titles(actor: Actor) -> bool:
    return any(actor.may(each) for each in ("appraisal.nominate_title", "appraisal.run", "appraisal.grant_title"))


def titles_visible_to(actor: Actor) -> TitleQuerySet:
    """Titles in force, ended and published are for everybody; nominations are for who works on them, of the own units."""
    found = ExemplaryTitle.objects.select_related("unit")
    if actor.may("appraisal.run") or actor.may("appraisal.grant_title"):
        return found
    public = found.filter(state__in=[rules.PUBLICITY, rules.GRANTED, rules.REVOKED])
    reach = actor.units_for("appraisal.nominate_title")
    return public | (found if reach is None else found.filter(unit_id__in=reach))


def title_for(actor: Actor, pk: int) -> ExemplaryTitle:
    """A title within the actor's sight. Raises NotFound."""
    found = titles_visible_to(actor).filter(pk=pk).first()
    if found is None:
        raise NotFound("no_title", "没有这项称号，或不在您的范围内。")
    return found


def evidence_of(title: ExemplaryTitle) -> list[StoredFile]:
    return list(files.files_of(f"title:{title.pk}"))


def evidence_for(title: ExemplaryTitle, pk: UUID) -> StoredFile:
    """One file of the nomination. Raises NotFound."""
    return files.file_of(f"title:{title.pk}", pk)


def label_of(title: ExemplaryTitle, day: dt.date | None = None) -> str:
    """Where a title stands on a day: its term ends by date alone."""
    on = day or clock.today()
    if title.state == rules.GRANTED and not title.is_in_force(on):
        return "已到期"
    return "有效" if title.state == rules.GRANTED else rules.STATES[title.state]


def unit_panel(actor: Actor, units: Collection[int]) -> Inquiry[Panel | None]:
    """Exemplary titles of some units that stand today, and measures that stand against the units themselves."""
    today = clock.today()
    titles = titles_on(today).filter(unit_id__in=units)
    answered_for = [pk for pk in units if actor.may("measures.read", pk)]
    against = measures.standing_measures(today.year).filter(unit_id__in=answered_for, person=None).order_by("pk")
    yield titles, against
    lines = [
        *(Line(each.name, reverse("appraisal:title", args=[each.pk]), f"至 {each.ends_on}", "示范称号", "ok") for each in titles),
        *(Line(each.text, reverse("measures:detail", args=[each.pk]), each.number, each.get_kind_display(), "warn") for each in against),
    ]
    return Panel("示范称号与对单位的措施", "3.2", lines=lines, empty="没有在有效期内的称号，也没有对单位的措施。")
