"""Questions about measures and commendations, within the reader's scope."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.db.models.lookups import GreaterThanOrEqual
from django.urls import reverse

from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.errors import NotFound
from chengxin.core.waiting import Waiting
from chengxin.findings import rules as finding_rules
from chengxin.findings import selectors as findings
from chengxin.measures import rules
from chengxin.measures.catalog import SECTION
from chengxin.measures.models import Commendation, Measure, MeasureReversal
from chengxin.rulebook import selectors as rulebook
from chengxin.rulebook.rules import RuleValues
from chengxin.ui.database import any_of, once
from chengxin.ui.together import Counted, Inquiry, joined

if TYPE_CHECKING:
    from chengxin.findings.models import Finding

# the rules in which a chapter lists its measures, by its handling clause
LISTS = {"2.1.5": "attire.measures", "2.2.5": "equipment.measures"}
MOST_IN_FILE = 100


ValuesOn = Callable[[str, dt.date], RuleValues]


def in_force(code: str, on: dt.date) -> RuleValues:
    return rulebook.rule_values(code, on, simulate=True)


def ladder_policy(on: dt.date, values_on: ValuesOn = in_force) -> dict[str, Any]:
    """The ladder of a day with the number that makes repetition (findings.repeat) and the measures that a chapter lists (2.1.5, 2.2.5);
    ``version`` names the first two. ``values_on`` gives other values than those in force, for simulation only (3.3).
    """
    ladder, repeat = values_on("measures.ladder", on), values_on("findings.repeat", on)
    return {
        "rungs": ladder["rungs"], "refused_days": ladder["refused_days"], "refused_returns": ladder["refused_returns"],
        "damage_entries": ladder["damage_entries"], "repeat_count": repeat["count"], "version": f"{ladder.version} {repeat.version}",
        "listed": {clause: _listed(values_on(code, on)) for clause, code in LISTS.items()},
    }  # fmt: skip


def _listed(policy: RuleValues) -> frozenset[str]:
    titles = policy["ladder"]
    return frozenset(kind for kind, title in rules.KINDS.items() if title in titles)


def ladder_policies(values_on: ValuesOn = in_force) -> rules.PolicyAt:
    """The ladder in force on the day of a fact, each day asked once; None where there was none."""

    @lru_cache(maxsize=1024)
    def policy_at(day: dt.date) -> dict[str, Any] | None:
        return ladder_policy(day, values_on) if rulebook.rule_in_force("measures.ladder", day) is not None else None

    return policy_at


def facts_by_person(day: dt.date, *, year: int | None = None, person_id: int | None = None) -> dict[int, list[rules.Fact]]:
    """The counting findings of a calendar year (that of the day), by person, as they stand on a day; of one person alone where named."""
    whose = Q(person__isnull=False) if person_id is None else Q(person_id=person_id)
    counting = findings.counting_findings().filter(whose, seen_on__year=year or day.year, seen_on__lte=day)
    returned = Count("rectifications", filter=Q(rectifications__outcome="returned"))
    facts: dict[int, list[rules.Fact]] = {}
    for row in counting.annotate(returned=returned).values(
        "pk", "person_id", "kind", "clause", "entry", "grade", "seen_on", "text", "state", "due_on", "returned"
    ):
        late = (day - row["due_on"]).days if row["state"] == finding_rules.OPEN and row["due_on"] else 0
        number = f"问〔{row['seen_on'].year}〕{row['pk']:06d}"
        facts.setdefault(row["person_id"], []).append(
            rules.Fact(
                row["pk"], number, row["kind"], row["clause"], row["entry"], row["grade"], row["seen_on"], row["text"],
                max(0, late), row["returned"],
            )
        )  # fmt: skip
    return facts


def suggestion_for(finding: Finding) -> rules.Suggestion | None:
    """What the ladder says of one fact today, by the rules of its day."""
    if finding.person_id is None:
        return None
    facts = facts_by_person(clock.today(), year=finding.seen_on.year, person_id=finding.person_id).get(finding.person_id, [])
    return next((each for each in rules.ladder(facts, ladder_policies()) if each.finding == finding.pk), None)


def has_lost_ground(measure: Measure, now: rules.Suggestion | None) -> bool:
    """Whether the facts bear a proposal out no more: the ladder proposes nothing (new) any longer, or it is no repetition."""
    if measure.finding is None:
        return False
    if measure.by_ladder:
        judged = grounds_of(measure.replaces) if measure.replaces is not None else frozenset()
        return now is None or now.grounds <= judged  # what it would replace has judged all that is left
    return measure.ground == rules.REPEATED and (now is None or rules.REPEATED not in now.grounds)


def grounds_of(measure: Measure) -> frozenset[str]:
    """The ground of a measure and those of its named parts."""
    return frozenset({measure.ground, *(part["ground"] for part in measure.aggravations)})


@dataclass
class History:
    """What became of a fact so far: the grounds somebody judged, the measure that was taken, the proposal that waits."""

    judged: frozenset[str] = frozenset()
    decided: Measure | None = None
    proposal: Measure | None = None


def histories_of(numbers: Collection[int]) -> dict[int, History]:
    """The measures on these findings. One taken back because its fact had fallen was no judgement of the grounds that remain."""
    found: dict[int, History] = {}
    fallen = Exists(MeasureReversal.objects.filter(measure=OuterRef("pk"), had_fallen=True))
    for each in Measure.objects.filter(finding__in=numbers).annotate(had_fallen=fallen).order_by("pk"):
        history = found.setdefault(each.finding_id, History())
        if each.state == rules.PROPOSED:
            history.proposal = each
            continue
        if each.state == rules.DECIDED:
            history.decided = each
        if not each.had_fallen:
            history.judged |= grounds_of(each)
    return found


# --- what stands ---


def supported(as_of: dt.datetime | None = None) -> Q:
    """That the facts of a measure still count (as known at a moment): its primary one, and enough of the year's for 多次违规."""
    counting = findings.counting_findings()
    if as_of is not None:
        counting = findings.with_ends(findings.all_findings().filter(notified_at__lte=as_of))
        counting = counting.filter(Q(ended_at=None) | Q(ended_at__gt=as_of))
    upto = Q(seen_on__lt=OuterRef("finding__seen_on")) | Q(seen_on=OuterRef("finding__seen_on"), pk__lte=OuterRef("finding_id"))
    repeated = counting.filter(upto, person=OuterRef("person"), seen_on__year=OuterRef("year"))
    times = Subquery(repeated.order_by().values("person").annotate(times=Count("pk")).values("times"))
    enough = Q(repeat_needed=0) | Q(GreaterThanOrEqual(Coalesce(times, 0), F("repeat_needed")))
    return Q(finding=None) | (Q(Exists(counting.filter(pk=OuterRef("finding_id")))) & enough)


def standing_measures(year: int, as_of: dt.datetime | None = None) -> QuerySet[Measure]:
    """Measures of a year decided by a moment and not taken back by then, whose facts counted at that moment."""
    moment = as_of or clock.now()
    taken_back = MeasureReversal.objects.filter(measure=OuterRef("pk"), at__lte=moment)
    decided = Measure.objects.filter(year=year, state__in=[rules.DECIDED, rules.REVERSED], decided_at__lte=moment)
    return decided.filter(~Exists(taken_back)).filter(supported(as_of))


def measures_between(since: dt.date, until: dt.date) -> QuerySet[Measure]:
    """Measures decided within a span of days that stand."""
    span = (clock.at(since), clock.at(until + dt.timedelta(days=1)))
    decided = Measure.objects.filter(state=rules.DECIDED, decided_at__gte=span[0], decided_at__lt=span[1])
    return decided.filter(supported()).select_related("person", "unit", "finding")


def commendations_between(since: dt.date, until: dt.date) -> QuerySet[Commendation]:
    """Commendations given within a span of days that stand."""
    span = (clock.at(since), clock.at(until + dt.timedelta(days=1)))
    given = Commendation.objects.filter(state=rules.GIVEN, given_at__gte=span[0], given_at__lt=span[1])
    return given.select_related("person", "unit")


# --- within the reader's scope ---


def measures_visible_to(actor: Actor) -> Any:
    """What the actor may read. What is only proposed is nobody's file yet: its person does not see it before it is decided."""
    visible = Measure.objects.all().visible_to(actor)
    if actor.units_for("measures.read") is None:
        return visible
    undecided = Q(state__in=[rules.PROPOSED, rules.DISMISSED])
    return visible.exclude(undecided & Q(person_id=actor.person_id or 0))


def commendations_visible_to(actor: Actor) -> Any:
    return Commendation.objects.all().visible_to(actor)


def measure_for(actor: Actor, pk: int) -> Measure:
    """A measure within the actor's scope. Raises NotFound otherwise."""
    found = measures_visible_to(actor).select_related("person", "unit", "finding").filter(pk=pk).first()
    if found is None:
        raise NotFound("no_measure", "没有这项措施，或不在您的范围内。")
    return found  # type: ignore[no-any-return]


def commendation_for(actor: Actor, pk: int) -> Commendation:
    found = commendations_visible_to(actor).select_related("person", "unit").filter(pk=pk).first()
    if found is None:
        raise NotFound("no_commendation", "没有这项表扬，或不在您的范围内。")
    return found  # type: ignore[no-any-return]


def is_standing(measure: Measure) -> bool:
    """Whether it counts: decided, not taken back, its facts not reversed."""
    found = Measure.objects.filter(supported(), pk=measure.pk)
    return measure.state == rules.DECIDED and once(("measures.standing", measure.pk), found.exists)


def standing_of(measures: Iterable[Measure]) -> set[int]:
    """Those that count, by their key."""
    decided = [each.pk for each in measures if each.state == rules.DECIDED]
    return set(Measure.objects.filter(supported(), pk__in=decided).values_list("pk", flat=True)) if decided else set()


def replacement_of(actor: Actor, measure: Measure) -> Measure | None:
    """The measure of the same fact that takes, or is proposed to take, the place of this one."""
    found: Measure | None = measures_visible_to(actor).filter(replaces=measure).order_by("-pk").first()
    return found


def finder_of(measure: Measure) -> int | None:
    """The user who found the primary fact."""
    return measure.finding.finder_id if measure.finding is not None else None


def proposer(actor: Actor, measure: Measure) -> str:
    """Who proposed it, as this reader may know: the person concerned learns the office, as with findings."""
    own = measure.person_id is not None and measure.person_id == actor.person_id
    if measure.by_ladder:
        return "措施阶梯（系统提出）"
    return measure.proposed_label if actor.may("measures.read", measure.unit_id) and not own else "局督察人员"


def file_of(actor: Actor, person_id: int) -> tuple[QuerySet[Measure], QuerySet[Commendation]]:
    """The newest measures and commendations of one person, as the actor may see them."""
    if not actor.may("measures.read_own"):
        return Measure.objects.none(), Commendation.objects.none()
    taken = measures_visible_to(actor).filter(person_id=person_id).select_related("finding")[:MOST_IN_FILE]
    praised = commendations_visible_to(actor).filter(person_id=person_id).order_by("-pk")[:MOST_IN_FILE]
    return taken, praised


def work_waiting_for(actor: Actor) -> list[Waiting]:
    """Measures and commendations to decide, objections to decide, and measures whose fact has fallen."""
    return joined(inquiries(actor))


def inquiries(actor: Actor) -> list[Inquiry[list[Waiting]]]:
    """The questions behind ``work_waiting_for``, to be asked with those of other rooms."""
    return [_own(actor), _to_decide(actor), _fallen(actor), _objected(actor), _to_give(actor)]


def _own(actor: Actor) -> Inquiry[list[Waiting]]:
    """A decided measure reaches its person, or who answers for its unit, while it can be objected to."""
    reach = actor.units_for("measures.object")
    concerned = [Q(person_id=actor.person_id)] if actor.person_id and actor.may("measures.read_own") else []
    if reach is None or reach:
        concerned.append(Q(person=None) if reach is None else Q(person=None, unit_id__in=reach))
    open_ = Measure.objects.filter(any_of(concerned), supported(), state=rules.DECIDED, object_by__gte=clock.today(), objections=None)
    open_ = open_.order_by("object_by")[:100]
    yield open_
    return [
        Waiting(
            f"查看措施决定，可以申辩：{each.text}", reverse("measures:detail", args=[each.pk]), SECTION, "measures.answer",
            due_on=each.object_by, detail=each.number,
        )
        for each in open_
    ]  # fmt: skip


def _decidable(actor: Actor, measures: QuerySet[Measure]) -> QuerySet[Measure]:
    """Those the actor may decide by role and unit, without those that concern or come from the actor."""
    light, grave = actor.units_for("measures.decide"), actor.units_for("measures.decide_grave")
    wanted = [
        Q(kind__in=kinds) if reach is None else Q(kind__in=kinds, unit_id__in=reach)
        for reach, kinds in ((light, [rules.CRITICISM]), (grave, sorted(rules.GRAVE)))
        if reach is None or reach
    ]
    return measures.filter(any_of(wanted)).exclude(person_id=actor.person_id or 0).exclude(unit_id=actor.unit_id or 0)


def _to_decide(actor: Actor) -> Inquiry[list[Waiting]]:
    waiting = _decidable(actor, Measure.objects.filter(state=rules.PROPOSED)).exclude(proposed_by=actor.user_id or 0)
    count = Counted(waiting.exclude(finding__finder_id=actor.user_id or 0))
    yield count
    address = f"{reverse('measures:list')}?state={rules.PROPOSED}"
    return [Waiting(f"决定措施 {count.n} 项", address, SECTION, "measures.decide", count=count.n)] if count.n else []


def _fallen(actor: Actor) -> Inquiry[list[Waiting]]:
    fallen = _decidable(actor, Measure.objects.filter(~supported(), state=rules.DECIDED)).select_related("finding")
    fallen = fallen.order_by("pk")[:100]
    yield fallen
    return [_waiting(f"{why_fallen(each)}，请撤销措施：{each.text}", each, "measures.reverse") for each in fallen]


def why_fallen(measure: Measure) -> str:
    """What is said of a decided measure that stands no more."""
    reversed_ = measure.finding is not None and measure.finding.state not in finding_rules.COUNTING
    return "主要事实已撤销" if reversed_ else "多次违规的次数已不足"


def _objected(actor: Actor) -> Inquiry[list[Waiting]]:
    reach = actor.units_for("measures.decide_grave")
    if reach is not None and not reach:
        return []
    pending = Measure.objects.filter(state=rules.DECIDED, objections__outcome="", objections__isnull=False)
    pending = pending.exclude(finding__finder_id=actor.user_id or 0)
    pending = pending.exclude(decided_by=actor.user_id or 0).exclude(person_id=actor.person_id or 0).exclude(unit_id=actor.unit_id or 0)
    pending = (pending if reach is None else pending.filter(unit_id__in=reach)).order_by("pk")[:100]
    yield pending
    return [_waiting(f"决定措施申辩：{each.text}", each, "measures.objection") for each in pending]


def _waiting(title: str, measure: Measure, kind: str) -> Waiting:
    return Waiting(title, reverse("measures:detail", args=[measure.pk]), SECTION, kind, detail=measure.number)


def _to_give(actor: Actor) -> Inquiry[list[Waiting]]:
    reach = actor.units_for("measures.give")
    if reach is not None and not reach:
        return []
    waiting = Commendation.objects.filter(state=rules.PROPOSED).exclude(proposed_by=actor.user_id or 0)
    waiting = waiting.exclude(person_id=actor.person_id or 0)
    count = Counted(waiting if reach is None else waiting.filter(unit_id__in=reach))
    yield count
    address = f"{reverse('measures:commendations')}?state={rules.PROPOSED}"
    return [Waiting(f"决定表扬 {count.n} 项", address, SECTION, "measures.give", count=count.n)] if count.n else []


# --- what a reader may do ---


@dataclass(frozen=True)
class Offer:
    """A step as this reader meets it: possible, or why not. The commands decide in the end."""

    name: str
    title: str
    why_not: str = ""
    is_next: bool = False


def offers_of_measure(actor: Actor, measure: Measure) -> list[Offer]:
    """The steps that the state of a measure admits."""
    if measure.state == rules.PROPOSED:
        why = _why_not_decide(actor, measure)
        fallen = measure.finding is not None and has_lost_ground_now(measure)
        decide = [] if fallen else [Offer("decide", "决定措施", why, is_next=True)]
        return [*decide, Offer("dismiss", "不予采取", why, is_next=fallen)]
    if measure.state != rules.DECIDED:
        return []
    found = []
    objections = measure.objections.all()
    pending = next((each for each in objections if not each.outcome), None)
    if not objections and measure.object_by is not None and clock.today() <= measure.object_by:
        found.append(Offer("object", "提出申辩", _why_not_object(actor, measure)))
    if pending is not None:
        apart = [("决定人", measure.decided_by), ("申辩人", pending.filed_by), ("发现人", finder_of(measure))]
        found.append(Offer("decide-objection", "决定申辩", _why_not(actor, measure, "measures.decide_grave", apart), is_next=True))
    else:
        capability = "measures.decide_grave" if measure.kind in rules.GRAVE else "measures.decide"
        found.append(Offer("reverse", "撤销措施", _why_not(actor, measure, capability, []), is_next=not is_standing(measure)))
    return found


def has_lost_ground_now(measure: Measure) -> bool:
    """Whether a proposal can only be dismissed: its fact was reversed, or bears it out no more."""
    finding = measure.finding
    if finding is None:
        return False
    if finding.state not in finding_rules.COUNTING:
        return True
    return once(("measures.lost", measure.pk), lambda: has_lost_ground(measure, suggestion_for(finding)))


def _why_not_decide(actor: Actor, measure: Measure) -> str:
    apart = [("提出人", measure.proposed_by), ("发现人", finder_of(measure))]
    return _why_not(actor, measure, "measures.decide_grave" if measure.kind in rules.GRAVE else "measures.decide", apart)


def _why_not(actor: Actor, measure: Measure, capability: str, apart: list[tuple[str, int | None]]) -> str:
    if not actor.may(capability, measure.unit_id):
        return "由有权限的局领导或督察办办理。"
    standing = (actor.user_id, actor.person_id, actor.unit_id)
    return rules.why_not_decide(actor=standing, person_id=measure.person_id, unit_id=measure.unit_id, apart=apart)


def _why_not_object(actor: Actor, measure: Measure) -> str:
    if measure.person_id is not None:
        return "" if measure.person_id == actor.person_id else "由当事人本人提出。"
    return "" if actor.may("measures.object", measure.unit_id) else "由该单位负责人提出。"


def offers_of_commendation(actor: Actor, found: Commendation) -> list[Offer]:
    """The steps that the state of a commendation admits."""
    if found.state not in {rules.PROPOSED, rules.GIVEN}:
        return []
    why = "" if actor.may("measures.give", found.unit_id) else "由局领导决定。"
    if found.state == rules.GIVEN:
        return [Offer("revoke", "撤销表扬", why)]
    if not why and found.person_id is not None and found.person_id == actor.person_id:
        why = "不能决定对本人的表扬。"
    if not why and found.proposed_by is not None and found.proposed_by == actor.user_id:
        why = "提出人不能自己决定。"
    return [Offer("decide", "决定表扬", why, is_next=True)]
