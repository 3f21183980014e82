"""Questions about monthly bulletins, within the reader's scope and never more than the reader's version tells."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Q, QuerySet

from chengxin.bulletins import rules
from chengxin.bulletins.models import Acknowledgement, Bulletin, BulletinQuerySet, Erratum, Task, Template
from chengxin.bulletins.selectors.waiting import inquiries, work_waiting_for
from chengxin.core.actor import Actor
from chengxin.core.errors import DomainError, NotFound
from chengxin.files import selectors as files
from chengxin.findings import selectors as findings

if TYPE_CHECKING:
    from chengxin.files.models import StoredFile

__all__ = ["inquiries", "work_waiting_for"]


def bulletins_of(year: int) -> QuerySet[Bulletin]:
    """The issued bulletins of a year, in the order of their months; for chapters above, shows nobody anything by itself."""
    return Bulletin.objects.filter(month__startswith=f"{year}-", state=rules.ISSUED).select_related("snapshot").order_by("month")


def bulletins_visible_to(actor: Actor) -> BulletinQuerySet:
    return Bulletin.objects.all().visible_to(actor)


def bulletin_for(actor: Actor, pk: int) -> Bulletin:
    """A bulletin the actor may see. Raises NotFound: what is not out yet is nothing to who receives it."""
    found = bulletins_visible_to(actor).select_related("snapshot", "template").filter(pk=pk).first()
    if found is None:
        raise NotFound("no_bulletin", "没有这期通报，或还没有印发。")
    return found


def bulletin_of(month: rules.Month) -> Bulletin:
    """The month's bulletin, whatever its state. Raises NotFound."""
    found = Bulletin.objects.select_related("snapshot", "template").filter(month=month.code).first()
    if found is None:
        raise NotFound("no_bulletin", f"{month.label}的通报还没有编制。")
    return found


def public_bulletins() -> QuerySet[Bulletin]:
    """Those given to the public, newest first."""
    return Bulletin.objects.filter(state=rules.ISSUED, audiences__contains=[rules.PUBLIC])


def public_bulletin(text: str) -> Bulletin:
    """One of them by its month. Raises NotFound."""
    found = public_bulletins().select_related("snapshot", "template").filter(month=text).first()
    if found is None:
        raise NotFound("no_bulletin", "没有这期公开的通报。")
    return found


def before(month: rules.Month) -> Bulletin | None:
    return Bulletin.objects.filter(month=month.before.code).first()


# --- what a reader sees ---


def reader_for(actor: Actor) -> rules.Reader:
    """The version of a reader: in full for who works on it, else naming the people of the own units alone."""
    if actor.may("bulletins.full"):
        return rules.Reader(rules.INTERNAL, None)
    return rules.Reader(rules.SQUADRONS, actor.units_for("bulletins.read") or frozenset())


def signed_digest(bulletin: Bulletin) -> str:
    """What the signature stands under: figures, words and template together."""
    assert bulletin.snapshot is not None, "figures are frozen before the signature"
    return rules.digest({"figures": bulletin.snapshot.sha256, "wording": bulletin.wording, "template": bulletin.template_label})


def wording_of(bulletin: Bulletin) -> rules.Wording:
    """What was signed, word for word; before the signature what is written so far."""
    check = bulletin.snapshot.sha256[:16] if bulletin.snapshot else ""
    kept = bulletin.wording
    if kept is not None:
        return rules.Wording(
            kept["practice"], kept["outlook"], kept["tasks"], bulletin.document_number, dt.date.fromisoformat(kept["signed_on"]),
            is_draft=False, check=check,
        )  # fmt: skip
    tasks = [
        {"text": each.text, "unit": each.unit.name, "due_on": each.due_on.isoformat()} for each in bulletin.tasks.select_related("unit")
    ]
    return rules.Wording(bulletin.practice, bulletin.outlook, tasks, bulletin.document_number, check=check)


def content_of(bulletin: Bulletin, reader: rules.Reader) -> dict[str, Any]:
    """What a reader sees of a bulletin whose figures are frozen. Raises DomainError before that."""
    return rules.content(frozen_figures(bulletin), wording_of(bulletin), reader)


def frozen_figures(bulletin: Bulletin) -> dict[str, Any]:
    if bulletin.snapshot is None:
        raise DomainError("not_frozen", f"{bulletin.period.label}的通报还没有冻结数据（{rules.STATES[bulletin.state]}），不能输出。")
    content: dict[str, Any] = bulletin.snapshot.content
    return content


# --- afterwards ---


@dataclass(frozen=True)
class Changed:
    """An item of a bulletin that is out, which does not count any more, and about which nobody has decided yet."""

    finding_id: int
    number: str
    problem: str
    unit: str


def changed_items(bulletin: Bulletin) -> list[Changed]:
    """Items taken back after the issue; a person decides whether that needs an erratum."""
    if bulletin.state != rules.ISSUED or bulletin.snapshot is None:
        return []
    rows = {row["finding"]: row for row in (*bulletin.snapshot.content["unresolved"], *bulletin.snapshot.content["problems"])}
    gone = [pk for pk, standing in findings.standing_of(list(rows)).items() if not standing.counts]
    decided = set(bulletin.errata.exclude(finding_id=None).values_list("finding_id", flat=True))
    decided |= set(bulletin.without_erratum.values_list("finding_id", flat=True))
    return [Changed(pk, rows[pk]["number"], rows[pk]["problem"], rows[pk]["unit"]) for pk in sorted(gone) if pk not in decided]


def errata_of(bulletin: Bulletin) -> list[Erratum]:
    return list(bulletin.errata.all())


def tasks_visible_to(actor: Actor) -> QuerySet[Task]:
    """Tasks of issued bulletins in the units the actor answers for; all of them for who works on bulletins."""
    every = Task.objects.filter(bulletin__state=rules.ISSUED).select_related("bulletin", "unit")
    if actor.may("bulletins.full"):
        return every
    reach = actor.units_for("bulletins.complete")
    return every if reach is None else every.filter(Q(unit__in=reach) | Q(unit=actor.unit_id or 0))


def task_for(actor: Actor, pk: int) -> Task:
    found = tasks_visible_to(actor).filter(pk=pk).first()
    if found is None:
        raise NotFound("no_task", "没有这项任务，或不在您的范围内。")
    return found


def planned_task(bulletin: Bulletin, pk: int) -> Task:
    found = bulletin.tasks.filter(pk=pk).first()
    if found is None:
        raise NotFound("no_task", "没有这项任务。")
    return found


def acknowledgements(bulletin: Bulletin, squadrons: Iterable[Any]) -> list[tuple[Any, Any]]:
    """Every squadron with its acknowledgement, or None while that waits."""
    made = {each.unit_id: each for each in bulletin.acknowledgements.all()}
    return [(unit, made.get(unit.pk)) for unit in squadrons]


# --- templates ---


def template_on(day: dt.date) -> Template | None:
    """The bureau's template of a day; None: the built-in one."""
    return Template.objects.filter(in_force_from__lte=day, withdrawn_at=None).first()


def templates() -> list[Template]:
    return list(Template.objects.all())


def template_for(pk: int) -> Template:
    found = Template.objects.filter(pk=pk).first()
    if found is None:
        raise NotFound("no_template", "没有这个模板。")
    return found


def file_of_template(template: Template) -> StoredFile:
    found = files.files_of(template.owner)
    if not found:
        raise NotFound("no_file", "模板文件不见了，请联系系统管理员。")
    return found[0]


def numbers(bulletins: Collection[Bulletin]) -> dict[int, tuple[int, int]]:
    """How many acknowledgements and errata each has; two statements for a whole list."""
    keys = [each.pk for each in bulletins]
    counted = {key: [0, 0] for key in keys}
    every: tuple[QuerySet[Any], ...] = (Acknowledgement.objects.all(), Erratum.objects.all())
    for place, rows in enumerate(every):
        for pk in rows.filter(bulletin__in=keys).values_list("bulletin_id", flat=True):
            counted[pk][place] += 1
    return {key: (first, second) for key, (first, second) in counted.items()}
