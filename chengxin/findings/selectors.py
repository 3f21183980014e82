"""Questions about findings, within the reader's scope."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import Case, Count, DateTimeField, Exists, F, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.functions import Coalesce
from django.urls import reverse

from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.errors import NotFound
from chengxin.core.waiting import Waiting
from chengxin.files import selectors as files
from chengxin.findings import rules
from chengxin.findings.models import Finding, FindingQuerySet, Objection, Proposal, Rectification, Step
from chengxin.rulebook import selectors as rulebook
from chengxin.ui.database import any_of
from chengxin.ui.panels import Figure, Line, Panel
from chengxin.ui.search import Group, Hit, grouped, numbers_in, sifted
from chengxin.ui.together import Counted, Inquiry, joined

if TYPE_CHECKING:
    from chengxin.files.models import StoredFile
    from chengxin.people.models import Person

CHAPTER = "三（一）督查考核"
STAGES = {"finding": "发现", "rectification": "整改", "objection": "申辩"}


def findings_visible_to(actor: Actor) -> FindingQuerySet:
    return Finding.objects.all().visible_to(actor)


def finding_for(actor: Actor, pk: int) -> Finding:
    """A finding within the actor's scope. Raises NotFound otherwise."""
    found = findings_visible_to(actor).select_related("person", "unit", "merged_into").filter(pk=pk).first()
    if found is None:
        raise NotFound("no_finding", "没有这个问题，或不在您的范围内。")
    return found


def finding_by_number(actor: Actor, text: str) -> Finding:
    """A finding by what people type: 问〔2026〕000123 or 123. Raises NotFound."""
    digits = text.rpartition("〕")[2].strip()
    if not digits.isdecimal() or len(digits) > 12:
        raise NotFound("no_finding", "编号应形如 问〔2026〕000123。")
    return finding_for(actor, int(digits))


def repeat_count(person: Person, *, year: int, clause: str | None = None) -> int:
    """How often in a calendar year; reversed and merged findings count nothing, on-the-spot corrections do."""
    counted = Finding.objects.filter(person=person, seen_on__year=year).counting()
    return (counted.filter(clause=clause) if clause else counted).count()


def repeats_by_clause(person: Person, year: int) -> QuerySet[Finding, Any]:
    """(clause, how often) of a person's year, what counts nothing left out as in ``repeat_count``."""
    counted = Finding.objects.filter(person=person, seen_on__year=year).counting()
    return counted.order_by("clause").values_list("clause").annotate(n=Count("pk"))


def findings_citing(actor: Actor, clause: str, limit: int = 10) -> list[Finding]:
    return list(findings_visible_to(actor).filter(clause=clause).order_by("-seen_at")[:limit])


def photos_of(finding: Finding) -> list[tuple[str, StoredFile]]:
    """(stage, file) of a finding and of what was merged into it, in the order of stages."""
    merged = [finding.pk, *(each.pk for each in finding.merged.all())]
    owners = {f"{stage}:{pk}": title for stage, title in STAGES.items() for pk in merged}
    found = files.files_of(*owners)
    return [(title, file) for owner, title in owners.items() for file in found if file.owner == owner]


def photo_of(finding: Finding, pk: UUID) -> StoredFile:
    """One photo of the finding. Raises NotFound when it belongs to something else."""
    found = next((file for _, file in photos_of(finding) if file.pk == pk), None)
    if found is None:
        raise NotFound("no_file", "没有这张照片。")
    return found


def suggested_measures(finding: Finding, count: int | None) -> list[str]:
    """By how often the person was found in the year; none is known of a unit."""
    if count is None:
        return ["责令整改"]
    policy = rulebook.rule_values("findings.repeat", finding.seen_on, simulate=True)
    return rules.suggested_measures(count, policy["count"], finding.grade)


def work_waiting_for(actor: Actor) -> list[Waiting]:
    """What only this actor can move on: own rectifications and receipts, re-checks, objections and extensions to decide."""
    return joined(inquiries(actor))


def inquiries(actor: Actor) -> list[Inquiry[list[Waiting]]]:
    """The questions behind ``work_waiting_for``, to be asked with those of other rooms."""
    return [_own_work(actor), _rechecks(actor), _decisions(actor), _proposals(actor)]


def proposals_visible_to(actor: Actor) -> QuerySet[Proposal]:
    """What was proposed in the units the actor decides for, but nothing about the actor."""
    every = Proposal.objects.select_related("person", "unit", "finding").exclude(person_id=actor.person_id or 0)
    reaches = [actor.units_for("findings.raise"), actor.units_for("findings.self_check")]
    if None in reaches:
        return every
    return every.filter(unit_id__in=frozenset().union(*(reach for reach in reaches if reach)))


def proposal_for(actor: Actor, pk: int) -> Proposal:
    found = proposals_visible_to(actor).filter(pk=pk).first()
    if found is None:
        raise NotFound("no_proposal", "没有这项提请，或不在您的范围内。")
    return found


def _proposals(actor: Actor) -> Inquiry[list[Waiting]]:
    if not actor.may("findings.propose"):
        return []
    count = Counted(proposals_visible_to(actor).filter(state=Proposal.WAITING))
    yield count
    address = f"{reverse('findings:proposals')}?state=waiting"
    return [Waiting(f"认定系统提请 {count.n} 件", address, CHAPTER, "findings.proposal", count=count.n)] if count.n else []


def _own_work(actor: Actor) -> Inquiry[list[Waiting]]:
    if not actor.may("findings.read_own"):
        return []
    reach = actor.units_for("findings.rectify")
    answerable = [Q(person_id=actor.person_id)] if actor.person_id else []
    answerable += [Q(unit_id__in=reach)] if reach else []
    mine = Finding.objects.filter(Q() if reach is None else any_of(answerable), state=rules.OPEN).exclude(finder_id=actor.user_id)
    mine = mine.select_related("person", "unit").order_by("due_on")[:100]
    yield mine
    return [
        Waiting(
            title=f"整改：{finding.text}（{finding.person.name if finding.person else finding.unit.name}）",
            url=reverse("findings:detail", args=[finding.pk]), chapter=CHAPTER, kind="findings.rectify",
            due_on=finding.due_on, detail=finding.number,
        )
        for finding in mine
    ]  # fmt: skip


def _rechecks(actor: Actor) -> Inquiry[list[Waiting]]:
    reach = actor.units_for("findings.recheck")
    waiting = Finding.objects.filter(state=rules.SUBMITTED)
    waiting = waiting if reach is None else waiting.filter(unit_id__in=reach)
    waiting = waiting.exclude(finder_id=actor.user_id).exclude(unit_id=actor.unit_id or 0)
    waiting = waiting.exclude(rectifications__by_id=actor.user_id, rectifications__outcome="").order_by("seen_at")[:100]
    yield waiting
    return [
        Waiting(
            f"复核整改：{finding.text}",
            reverse("findings:detail", args=[finding.pk]),
            CHAPTER,
            "findings.recheck",
            detail=finding.number,
        )
        for finding in waiting
    ]


def _decisions(actor: Actor) -> Inquiry[list[Waiting]]:
    reach = actor.units_for("findings.decide")
    scope = Finding.objects.exclude(unit_id=actor.unit_id or 0)
    scope = scope if reach is None else scope.filter(unit_id__in=reach)
    objected = scope.filter(objections__outcome="").exclude(finder_id=actor.user_id)
    extending = scope.filter(extensions__granted=None, extensions__isnull=False).exclude(extensions__requested_by_id=actor.user_id)
    objected, extending = (each.distinct().order_by("seen_at")[:100] for each in (objected, extending))
    yield objected, extending
    return [
        Waiting(f"{verb}：{finding.text}", reverse("findings:detail", args=[finding.pk]), CHAPTER, kind, detail=finding.number)
        for verb, kind, query in (("决定申辩", "findings.objection", objected), ("决定延期", "findings.extension", extending))
        for finding in query
    ]


def figures(actor: Actor, as_of: dt.date | None = None) -> dict[str, int]:
    """Open, overdue and waiting findings within the actor's scope."""
    day = as_of or clock.today()
    counted: dict[str, int] = findings_visible_to(actor).aggregate(
        open=Count("pk", filter=Q(state=rules.OPEN)),
        overdue=Count("pk", filter=Q(state=rules.OPEN, due_on__lt=day)),
        submitted=Count("pk", filter=Q(state=rules.SUBMITTED)),
        this_year=Count("pk", filter=Q(seen_on__year=day.year, state__in=rules.COUNTING)),
    )
    return counted


def counting_findings() -> FindingQuerySet:
    """Findings that count, for chapters that ask whether something of theirs does; shows nobody anything by itself."""
    return Finding.objects.all().counting()


def with_rechecks(findings: FindingQuerySet) -> Any:
    """Each with who passed its last re-check (``rechecker``, ``rechecker_person``; none before that) and whether an objection still
    waits for its decision (``is_objected``): what a list of problems says beside the facts (3.1).
    """
    passed = Rectification.objects.filter(finding=OuterRef("pk"), outcome="passed").order_by("-round")
    return findings.annotate(
        rechecker=Subquery(passed.values("rechecked_by__person__name")[:1]),
        rechecker_person=Subquery(passed.values("rechecked_by__person_id")[:1]),
        is_objected=Exists(Objection.objects.filter(finding=OuterRef("pk"), outcome="")),
    )


@dataclass(frozen=True)
class Standing:
    """Where a finding stands: its state, what became of its objection (None: there is none, "": undecided) and when that was decided."""

    state: str
    objection: str | None
    decided_at: dt.datetime | None

    @property
    def counts(self) -> bool:
        return self.state in rules.COUNTING


def standing_of(numbers: Collection[int]) -> dict[int, Standing]:
    """Findings by now, reversed and merged ones as well – for chapters that told of them earlier."""
    objection = Objection.objects.filter(finding=OuterRef("pk")).order_by("-filed_at")
    rows = Finding.objects.filter(pk__in=numbers).annotate(
        outcome=Subquery(objection.values("outcome")[:1]), decided_at=Subquery(objection.values("decided_at")[:1])
    )
    return {pk: Standing(*rest) for pk, *rest in rows.values_list("pk", "state", "outcome", "decided_at")}


def all_findings() -> FindingQuerySet:
    """Every finding, whatever became of it; shows nobody anything by itself."""
    return Finding.objects.all()


def with_ends(findings: FindingQuerySet) -> Any:
    """Each with the moment since which it counts no more (``ended_at``; none while it counts): reversed, or merged into another – for
    ledgers, which say since when.
    """
    merging = Step.objects.filter(finding=OuterRef("pk"), title__startswith="并入 ").order_by("-at", "-pk")
    return findings.annotate(
        ended_at=Case(
            When(state=rules.WITHDRAWN, then=F("reversal__at")), When(state=rules.MERGED, then=Subquery(merging.values("at")[:1])),
            default=None, output_field=DateTimeField(),
        )
    )  # fmt: skip


def objections_against(numbers: Collection[int] | None = None) -> QuerySet[Objection]:
    """Objections with their findings: against these, or all there are. Shows nobody anything by itself."""
    found = Objection.objects.select_related("finding").order_by("pk")
    return found if numbers is None else found.filter(finding__in=numbers)


def proposals_open_at(as_of: dt.datetime, since: dt.date, until: dt.date) -> QuerySet[Proposal]:
    """What detectors had proposed by a moment about facts of some days (both ends included) and nobody had decided by then."""
    begins, ends = clock.at(since), clock.at(until + dt.timedelta(days=1))
    undecided = Q(decided_at=None) | Q(decided_at__gt=as_of)
    return Proposal.objects.filter(undecided, proposed_at__lte=as_of, seen_at__gte=begins, seen_at__lt=ends).order_by("pk")


@dataclass(frozen=True)
class Offer:
    """A step of a finding's life as this reader meets it: possible, or why not."""

    name: str
    title: str
    why_not: str = ""


def offers(actor: Actor, finding: Finding) -> list[Offer]:
    """The steps that the state admits, each with whether this actor may take it. The commands decide in the end."""
    as_of = clock.today()
    wanted: list[tuple[str, str, str]] = []
    if finding.state in rules.COUNTING and finding.acknowledged_at is None:
        wanted.append(("acknowledge", "签收告知", _why_not_answer(actor, finding)))
    if finding.state == rules.OPEN:
        wanted.append(("submit", "提交整改", _why_not_answer(actor, finding)))
        if not finding.is_overdue(as_of) and not finding.extensions.all():
            wanted.append(("extend", "申请延期", _why_not_answer(actor, finding)))
    if finding.state in rules.COUNTING and as_of <= finding.object_by and not finding.objections.all():
        wanted.append(("object", "提出申辩", _why_not_object(actor, finding)))
    wanted += [(name, title, _why_not_judge(actor, finding, capability, apart)) for name, title, capability, apart in _judgements(finding)]
    return [Offer(*each) for each in wanted]


def _judgements(finding: Finding) -> Iterator[tuple[str, str, str, dict[str, rules.Party]]]:
    finder = rules.Party(finding.finder_id, finding.finder_person_id)
    if finding.state == rules.SUBMITTED:
        waiting = next((each for each in finding.rectifications.all() if not each.outcome), None)
        rectifier = rules.Party(waiting.by_id, waiting.by_person_id) if waiting else rules.Party(None)
        yield "recheck", "复核整改", "findings.recheck", {"发现人": finder, "整改人": rectifier}
    if (pending := next((each for each in finding.extensions.all() if each.granted is None), None)) is not None:
        yield "decide_extension", "决定延期", "findings.decide", {"申请人": rules.Party(pending.requested_by_id)}
    if (objection := next((each for each in finding.objections.all() if not each.outcome), None)) is not None:
        last = next((each for each in reversed(finding.rectifications.all()) if each.rechecked_by_id is not None), None)
        others = {"申辩人": rules.Party(objection.filed_by_id), "发现人": finder}
        yield "decide_objection", "决定申辩", "findings.decide", others | ({"复核人": rules.Party(last.rechecked_by_id)} if last else {})
    if finding.state == rules.CLOSED:
        yield "look_back", "回头看", "findings.recheck", {}
    if finding.state in rules.COUNTING:
        yield "merge", "并案", "findings.decide", {}
        yield "withdraw", "撤销", "findings.decide", {}


def _party(actor: Actor) -> rules.Party:
    return rules.Party(actor.user_id, actor.person_id, actor.unit_id)


def _why_not_answer(actor: Actor, finding: Finding) -> str:
    own = finding.person_id is not None and actor.person_id == finding.person_id
    if _party(actor).is_same(rules.Party(finding.finder_id, finding.finder_person_id)):
        return "发现人不办理整改。"
    return "" if own or actor.may("findings.rectify", finding.unit_id) else "由责任人或其单位负责人办理。"


def _why_not_object(actor: Actor, finding: Finding) -> str:
    return _why_not_answer(actor, finding) and "由责任人本人或其单位负责人提出，发现人除外。"


def _why_not_judge(actor: Actor, finding: Finding, capability: str, apart: dict[str, rules.Party]) -> str:
    if not actor.may(capability, finding.unit_id):
        return "由有权限的其他人员办理。"
    return rules.conflict(_party(actor), apart_from=apart, unit_id=finding.unit_id, person_id=finding.person_id) or ""


def may_know_finder(actor: Actor, finding: Finding) -> bool:
    """The person concerned learns the office that found it, not the name; a squadron's own roll-call is no secret."""
    return finding.self_check or actor.may("findings.read", finding.unit_id)


def possible_twins(finding: Finding) -> QuerySet[Finding]:
    """Other findings against the same person on the same day: perhaps one fact seen twice."""
    if finding.person_id is None:
        return Finding.objects.none()
    others = Finding.objects.filter(person_id=finding.person_id, seen_on=finding.seen_on).exclude(pk=finding.pk)
    return others.counting()[:5]


def search_findings(actor: Actor, words: Sequence[str]) -> Inquiry[Group]:
    """Findings within the reader's scope by what they say or by their number."""
    if not actor.may("findings.read_own"):
        return Group("问题", [])
    rows = yield from sifted(
        findings_visible_to(actor), words, document=F("text"), order="-seen_at", columns=["seen_on", "state", "clause"], indexed=True,
        exact=Q(pk__in=numbers_in(words, "问")), subject=Coalesce("person__name", "unit__name"),
    )  # fmt: skip
    return grouped("问题", rows, _hit, reverse("findings:list"))


def _hit(row: Mapping[str, Any]) -> Hit:
    number = Finding(pk=row["id"], seen_on=row["seen_on"]).number
    told = f"{number} · {row['subject']} · 条款 {row['clause']} · {rules.STATES[row['state']]}"
    return Hit(row["searched"], reverse("findings:detail", args=[row["id"]]), told)


def unit_panel(actor: Actor, units: Collection[int]) -> Inquiry[Panel | None]:
    """Findings of some units at a glance: what is open, what is late, what waits for a re-check."""
    if not actor.may("findings.read"):
        return None
    base, today = findings_visible_to(actor).filter(unit_id__in=units), clock.today()
    counting = base.counting().filter(seen_on__year=today.year)
    counts = [Counted(each) for each in (base.filter(state=rules.OPEN), base.overdue(today), base.filter(state=rules.SUBMITTED), counting)]
    first = base.filter(state=rules.OPEN).select_related("person", "unit").order_by("due_on", "pk")[:8]
    yield *counts, first
    open_, late, submitted, year = (each.n for each in counts)
    address = reverse("findings:list")
    return Panel(
        "问题与整改", "3.1",
        [
            Figure("待整改", f"{open_} 件", f"{address}?state=open"),
            Figure("逾期未整改", f"{late} 件", f"{address}?late=True", "bad" if late else ""),
            Figure("待复核", f"{submitted} 件", f"{address}?state=submitted"),
            Figure("本年问题", f"{year} 件", address),
        ],
        [_line(each, today) for each in first],
        empty="没有待整改的问题。",
    )  # fmt: skip


def _line(finding: Finding, today: dt.date) -> Line:
    subject = finding.person.name if finding.person else finding.unit.name
    term, tone = f"期限 {finding.due_on}" if finding.due_on else "", "bad" if finding.is_overdue(today) else "muted"
    return Line(finding.text, reverse("findings:detail", args=[finding.pk]), f"{subject} · {finding.number}", term, tone)
