"""What of bulletins waits for a person: derived from the facts each time."""

from __future__ import annotations

from django.db.models import Q, QuerySet
from django.urls import reverse

from chengxin.bulletins import rules
from chengxin.bulletins.models import Bulletin, Task
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.waiting import Waiting
from chengxin.people.models import Unit, UnitKind
from chengxin.rulebook import selectors as rulebook
from chengxin.ui.together import Inquiry, joined

CHAPTER = "三（一）督查考核"


def work_waiting_for(actor: Actor) -> list[Waiting]:
    """To draft, to sign, to issue, to acknowledge, tasks to do."""
    return joined(inquiries(actor))


def inquiries(actor: Actor) -> list[Inquiry[list[Waiting]]]:
    """The questions behind ``work_waiting_for``, to be asked with those of other rooms."""
    return [_steps(actor), _acknowledgements(actor), _tasks(actor)]


def _steps(actor: Actor) -> Inquiry[list[Waiting]]:
    """What last month's bulletin and every unfinished one wait for."""
    if actor.is_system or not any(actor.may(f"bulletins.{step}") for step in ("draft", "sign", "issue")):
        return []
    running = Bulletin.objects.filter(Q(month=rules.Month.of(clock.today()).before.code) | ~Q(state=rules.ISSUED))
    yield running
    return [*_drafts(actor, list(running)), *_signatures(actor, list(running)), *_issues(actor, list(running))]


def _waiting(bulletin: Bulletin, what: str, kind: str) -> Waiting:
    return Waiting(f"{what} {bulletin.period.label}通报", reverse("bulletins:detail", args=[bulletin.pk]), CHAPTER, kind)


def _drafts(actor: Actor, running: list[Bulletin]) -> list[Waiting]:
    """Last month's bulletin, once the rules that make it hold: there is one each month, also when there was nothing."""
    if actor.is_system or not actor.may("bulletins.draft"):
        return []
    month = rules.Month.of(clock.today()).before
    there = next((each for each in running if each.month == month.code), None)
    if there is not None and there.state != rules.DRAFT:
        return []
    policy = rulebook.rule_in_force("bulletins.content", month.last)
    if policy is None:
        return []
    due = rulebook.work_calendar().nth_workday_after(month.last, policy.plain["issue_workdays"]).day
    address = reverse("bulletins:detail", args=[there.pk]) if there else reverse("bulletins:list")
    what = f"冻结 {month.label}通报数据" if there else f"编制 {month.label}通报"
    return [Waiting(what, address, CHAPTER, "bulletins.draft", due_on=due, detail=there.return_reason if there else "")]


def _signatures(actor: Actor, running: list[Bulletin]) -> list[Waiting]:
    if not actor.may("bulletins.sign"):
        return []
    waiting = (each for each in running if each.state == rules.FROZEN and each.frozen_by != actor.user_id)
    return [_waiting(each, "签发", "bulletins.sign") for each in waiting]


def _issues(actor: Actor, running: list[Bulletin]) -> list[Waiting]:
    if not actor.may("bulletins.issue"):
        return []
    return [_waiting(each, "印发", "bulletins.issue") for each in running if each.state == rules.SIGNED]


def _acknowledgements(actor: Actor) -> Inquiry[list[Waiting]]:
    reach = actor.units_for("bulletins.acknowledge")
    if not reach:
        return []
    squadrons = Unit.objects.filter(pk__in=reach, kind=UnitKind.SQUADRON)
    yield squadrons
    of_each = [(unit, _unacknowledged(unit)) for unit in squadrons]
    yield [each for _, each in of_each]
    return [
        Waiting(
            f"签收 {each.period.label}通报（{unit.name}）", reverse("bulletins:detail", args=[each.pk]), CHAPTER, "bulletins.acknowledge",
            due_on=each.acknowledge_by,
        )
        for unit, open_ones in of_each
        for each in open_ones
    ]  # fmt: skip


def _unacknowledged(unit: Unit) -> QuerySet[Bulletin]:
    return Bulletin.objects.filter(state=rules.ISSUED).exclude(acknowledgements__unit=unit).order_by("month")[:24]


def _tasks(actor: Actor) -> Inquiry[list[Waiting]]:
    """Tasks of the actor's units; who reaches the whole bureau answers for the own unit's alone."""
    reach = actor.units_for("bulletins.complete")
    if not actor.may("bulletins.complete") or actor.is_system:
        return []
    mine = Q(unit=actor.unit_id or 0) if reach is None else Q(unit__in=reach)
    open_ones = Task.objects.filter(mine, bulletin__state=rules.ISSUED, done_at=None).select_related("unit").order_by("due_on", "pk")[:100]
    yield open_ones
    return [
        Waiting(f"通报任务：{each.text}（{each.unit.name}）", reverse("bulletins:task", args=[each.pk]), CHAPTER, "bulletins.task",
                due_on=each.due_on)
        for each in open_ones
    ]  # fmt: skip
