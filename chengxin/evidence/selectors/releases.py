"""What was made from recordings, and what is asked for, granted and used of copying out."""

from __future__ import annotations

from django.db.models import Count
from django.urls import reverse

from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.errors import NotFound
from chengxin.core.waiting import Waiting
from chengxin.evidence.models import Derivative, Recording, Release
from chengxin.evidence.models.releases import ReleaseQuerySet
from chengxin.ui.together import Inquiry

CHAPTER = "二（二）装备"


def clips_of(recording: Recording) -> list[Derivative]:
    return list(recording.derivatives.all().clips())


def playable_of(recording: Recording) -> Derivative | None:
    """The newest try to make it playable, whatever became of it."""
    return recording.derivatives.all().playable().order_by("-pk").first()


def derivative_for(recording: Recording, pk: int) -> Derivative:
    """A made one of this recording. Raises NotFound."""
    found = recording.derivatives.filter(pk=pk, state=Derivative.MADE).first()
    if found is None:
        raise NotFound("no_derivative", "没有这个片段，或还没有制作完成。")
    return found


def releases_of(recording: Recording) -> list[Release]:
    return list(_counted(recording.releases.all()))


def own_releases(actor: Actor) -> list[Release]:
    return list(_counted(Release.objects.all().of(actor))[:100])


def to_decide(actor: Actor) -> list[Release]:
    """What waits for a decision that this actor may make: not the own request, not the own film."""
    return list(_undecided(actor)) if actor.may("evidence.approve_release") else []


def _undecided(actor: Actor) -> ReleaseQuerySet:
    reach, waiting = actor.units_for("evidence.approve_release"), Release.objects.all().undecided().exclude(asked_by=actor.user_id or 0)
    waiting = waiting if reach is None else waiting.filter(recording__unit_id__in=reach)
    return waiting.exclude(recording__person_id=actor.person_id or 0).select_related("recording__person", "recording__unit", "clip")


def release_for(actor: Actor, pk: int) -> Release:
    """A request within the reach of who decides. Raises NotFound."""
    found = Release.objects.select_related("recording").filter(pk=pk).first()
    if found is None or not actor.may("evidence.approve_release", found.recording.unit_id):
        raise NotFound("no_release", "没有这份拷出申请，或不在您的范围内。")
    return found


def _counted(releases: ReleaseQuerySet) -> ReleaseQuerySet:
    return releases.select_related("recording__person", "clip").annotate(used=Count("downloads"))


def waiting_to_decide(actor: Actor) -> Inquiry[list[Waiting]]:
    """Requests to decide."""
    if not actor.may("evidence.approve_release"):
        return []
    undecided = _undecided(actor)
    yield undecided
    return [
        Waiting(
            f"审批 {each.recording.number} 的拷出申请", reverse("evidence:releases"), CHAPTER, "evidence.approve_release",
            detail=f"{each.asked_label}：交{each.recipient}，{each.purpose}",
        )
        for each in undecided
    ]  # fmt: skip


def waiting_to_fetch(actor: Actor) -> Inquiry[list[Waiting]]:
    """Granted requests nobody has fetched yet."""
    fetched = Release.objects.all().of(actor).usable(clock.now()).annotate(used=Count("downloads")).filter(used=0)
    yield fetched
    return [
        Waiting(
            f"下载 {each.number}", reverse("evidence:releases"), CHAPTER, "evidence.download", due_on=clock.local_day(each.until),
            detail=f"交{each.recipient}",
        )
        for each in fetched if each.until is not None
    ]  # fmt: skip
