"""Questions about footage."""

from __future__ import annotations

from django.db.models import Count, QuerySet, Sum
from django.urls import reverse

from chengxin.core.actor import Actor
from chengxin.core.errors import NotFound
from chengxin.core.waiting import Waiting
from chengxin.evidence.models import (
    Damage,
    Downgrade,
    ExpiryList,
    Gap,
    Matter,
    Recording,
    RecordingQuerySet,
    RecordingStep,
    StoreCheck,
    Viewing,
)
from chengxin.evidence.selectors import coverage, expiry, releases, sources

CHAPTER = "二（二）装备"


def recordings_visible_to(actor: Actor) -> RecordingQuerySet:
    return Recording.objects.all().visible_to(actor)


def recording_for(actor: Actor, pk: int) -> Recording:
    """A recording the actor may see: of the actor's units, or the own; of no unit, for who says whose it is. Raises NotFound."""
    every = Recording.objects.select_related("person", "unit", "device", "shift", "custody")
    found = every.visible_to(actor).filter(pk=pk).first()
    if found is None and actor.may("evidence.attribute"):
        found = every.filter(pk=pk, unit=None).first()
    if found is None:
        raise NotFound("no_recording", "没有这段影像，或不在您的范围内。")
    return found


def steps_of(recording: Recording) -> list[RecordingStep]:
    return list(recording.steps.order_by("-pk"))


def viewings_of(recording: Recording) -> list[Viewing]:
    return list(recording.viewings.all()[:50])


def viewings_visible_to(actor: Actor) -> QuerySet[Viewing]:
    """Looks at recordings of the units whose log the actor reads."""
    reach = actor.units_for("evidence.read_log")
    return Viewing.objects.all() if reach is None else Viewing.objects.filter(recording__unit_id__in=reach)


def open_downgrade(recording: Recording) -> Downgrade | None:
    return recording.downgrades.filter(granted=None).first()


def downgrade_for(actor: Actor, recording: Recording) -> Downgrade:
    """The request that waits on a recording the actor may see. Raises NotFound."""
    found = open_downgrade(recording_for(actor, recording.pk))
    if found is None:
        raise NotFound("no_downgrade", "这段影像没有等待审批的降级申请。")
    return found


def matters() -> list[Matter]:
    return list(Matter.objects.prefetch_related("holds")[:200])


def matter_for(pk: int) -> Matter:
    found = Matter.objects.filter(pk=pk).first()
    if found is None:
        raise NotFound("no_matter", "没有这个保全事项。")
    return found


def work_waiting_for(actor: Actor) -> list[Waiting]:
    """Gaps to explain and to decide, footage of nobody, downgrades to decide, expired footage to review and to approve."""
    return [
        *_damages(actor), *_open_stores(actor), *_own_gaps(actor), *_gaps_to_decide(actor), *_unattributed(actor),
        *_downgrades(actor), *_expiry(actor), *releases.work_waiting_for(actor),
    ]  # fmt: skip


def _damages(actor: Actor) -> list[Waiting]:
    """What no good side could repair: an alarm for who answers for the store."""
    if not actor.may("evidence.unmark"):
        return []
    return [
        Waiting(
            f"{each.recording.number} {each.what}，没有完好的一份可以修复",
            reverse("evidence:recording", args=[each.recording_id]), CHAPTER, "evidence.damage",
        )
        for each in open_damages(20)
    ]  # fmt: skip


def _open_stores(actor: Actor) -> list[Waiting]:
    """A store that did not stand its last test: an alarm as well."""
    if not actor.may("evidence.unmark"):
        return []
    last = StoreCheck.objects.order_by("place", "-pk").distinct("place")
    return [
        Waiting(
            f"{each.get_place_display()}存储自检未通过",
            reverse("evidence:store"),
            CHAPTER,
            "evidence.store_open",
            detail=f"桶 {each.bucket}",
        )
        for each in last
        if not each.passed
    ]


def store_checks(most: int = 30) -> list[StoreCheck]:
    """The last tests of the store, the newest first."""
    return list(StoreCheck.objects.all()[:most])


def kept_in_all() -> tuple[int, int]:
    """(recordings whose bytes are kept, those bytes)."""
    found = Recording.objects.all().kept().aggregate(count=Count("pk"), size=Sum("size"))
    return found["count"], found["size"] or 0


def open_damages(most: int = 50) -> list[Damage]:
    """What nothing has repaired yet."""
    return list(Damage.objects.filter(repaired_at=None, recording__deleted_at=None).select_related("recording")[:most])


def _own_gaps(actor: Actor) -> list[Waiting]:
    open_ = Gap.objects.filter(person_id=actor.person_id or 0, state=Gap.OPEN).select_related("shift")
    return [
        Waiting(
            f"说明 {gap.shift.day:%m-%d} {gap.shift.title} 的影像缺失", reverse("evidence:gaps"), CHAPTER, "evidence.explain_gap",
            due_on=coverage.explain_by(gap), detail=f"{gap.minutes} 分钟没有影像",
        )
        for gap in open_[:20]
    ]  # fmt: skip


def _gaps_to_decide(actor: Actor) -> list[Waiting]:
    if not actor.may("evidence.decide_gap"):
        return []
    reach = actor.units_for("evidence.decide_gap")
    waiting = Gap.objects.filter(state=Gap.EXPLAINED).exclude(person_id=actor.person_id or 0)
    count = (waiting if reach is None else waiting.filter(unit_id__in=reach)).count()
    return [Waiting(f"认可 {count} 条影像缺失说明", reverse("evidence:gaps"), CHAPTER, "evidence.decide_gap", count=count)] if count else []


def _unattributed(actor: Actor) -> list[Waiting]:
    if not actor.may("evidence.attribute"):
        return []
    count = sources.unattributed_visible_to(actor.units_for("evidence.attribute")).count()
    address = reverse("evidence:unattributed")
    return [Waiting(f"认定 {count} 段影像的归属", address, CHAPTER, "evidence.attribute", count=count)] if count else []


def _downgrades(actor: Actor) -> list[Waiting]:
    if not actor.may("evidence.unmark"):
        return []
    waiting = Downgrade.objects.filter(granted=None).exclude(asked_by=actor.user_id or 0).select_related("recording")
    reach = actor.units_for("evidence.unmark")
    waiting = waiting if reach is None else waiting.filter(recording__unit_id__in=reach)
    return [
        Waiting(
            f"审批 {each.recording.number} 的降级申请", reverse("evidence:recording", args=[each.recording_id]), CHAPTER, "evidence.unmark",
            detail=f"{each.asked_label}：{each.reason}",
        )
        for each in waiting[:50]
    ]  # fmt: skip


def _expiry(actor: Actor) -> list[Waiting]:
    address, found = reverse("evidence:expiry"), []
    if actor.may("evidence.review_expiry") and (count := len(expiry.candidates(actor))):
        found.append(Waiting(f"审查 {count} 段到期影像", address, CHAPTER, "evidence.review_expiry", count=count))
    if actor.may("evidence.approve_expiry"):
        found += [
            Waiting(f"批准 {each.number}", reverse("evidence:expiry_list", args=[each.pk]), CHAPTER, "evidence.approve_expiry")
            for each in ExpiryList.objects.filter(state=ExpiryList.REVIEWED).exclude(reviewed_by=actor.user_id or 0)
        ]
    return found
