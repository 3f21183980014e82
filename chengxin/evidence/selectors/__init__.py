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
from chengxin.ui.together import Counted, Inquiry, joined

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


def downgrade_for(actor: Actor, recording: Recording) -> Downgrade:
    """The request that waits on a recording the actor may see. Raises NotFound."""
    found = expiry.open_downgrade(recording_for(actor, recording.pk))
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
    return joined(inquiries(actor))


def inquiries(actor: Actor) -> list[Inquiry[list[Waiting]]]:
    """The questions behind ``work_waiting_for``, to be asked with those of other rooms."""
    return [
        _damages(actor), _open_stores(actor), _own_gaps(actor), _gaps_to_decide(actor), _unattributed(actor), _downgrades(actor),
        _expiry_to_review(actor), _expiry_to_approve(actor), releases.waiting_to_decide(actor), releases.waiting_to_fetch(actor),
    ]  # fmt: skip


def _damages(actor: Actor) -> Inquiry[list[Waiting]]:
    """What no good side could repair: an alarm for who answers for the store."""
    if not actor.may("evidence.unmark"):
        return []
    found = _unrepaired()[:20]
    yield found
    return [
        Waiting(
            f"{each.recording.number} {each.what}，没有完好的一份可以修复",
            reverse("evidence:recording", args=[each.recording_id]), CHAPTER, "evidence.damage",
        )
        for each in found
    ]  # fmt: skip


def _open_stores(actor: Actor) -> Inquiry[list[Waiting]]:
    """A store that did not stand its last test: an alarm as well."""
    if not actor.may("evidence.unmark"):
        return []
    last = StoreCheck.objects.order_by("place", "-pk").distinct("place")
    yield last
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
    return list(_unrepaired()[:most])


def _unrepaired() -> QuerySet[Damage]:
    return Damage.objects.filter(repaired_at=None, recording__deleted_at=None).select_related("recording")


def _own_gaps(actor: Actor) -> Inquiry[list[Waiting]]:
    open_ = Gap.objects.filter(person_id=actor.person_id or 0, state=Gap.OPEN).select_related("shift")[:20]
    yield open_
    return [
        Waiting(
            f"说明 {gap.shift.day:%m-%d} {gap.shift.title} 的影像缺失", reverse("evidence:gaps"), CHAPTER, "evidence.explain_gap",
            due_on=coverage.explain_by(gap), detail=f"{gap.minutes} 分钟没有影像",
        )
        for gap in open_
    ]  # fmt: skip


def _gaps_to_decide(actor: Actor) -> Inquiry[list[Waiting]]:
    if not actor.may("evidence.decide_gap"):
        return []
    reach = actor.units_for("evidence.decide_gap")
    waiting = Gap.objects.filter(state=Gap.EXPLAINED).exclude(person_id=actor.person_id or 0)
    count, address = Counted(waiting if reach is None else waiting.filter(unit_id__in=reach)), reverse("evidence:gaps")
    yield count
    return [Waiting(f"认可 {count.n} 条影像缺失说明", address, CHAPTER, "evidence.decide_gap", count=count.n)] if count.n else []


def _unattributed(actor: Actor) -> Inquiry[list[Waiting]]:
    if not actor.may("evidence.attribute"):
        return []
    count = Counted(sources.unattributed_visible_to(actor.units_for("evidence.attribute")))
    yield count
    address = reverse("evidence:unattributed")
    return [Waiting(f"认定 {count.n} 段影像的归属", address, CHAPTER, "evidence.attribute", count=count.n)] if count.n else []


def _downgrades(actor: Actor) -> Inquiry[list[Waiting]]:
    if not actor.may("evidence.unmark"):
        return []
    waiting = Downgrade.objects.filter(granted=None).exclude(asked_by=actor.user_id or 0).select_related("recording")
    reach = actor.units_for("evidence.unmark")
    waiting = (waiting if reach is None else waiting.filter(recording__unit_id__in=reach))[:50]
    yield waiting
    return [
        Waiting(
            f"审批 {each.recording.number} 的降级申请", reverse("evidence:recording", args=[each.recording_id]), CHAPTER, "evidence.unmark",
            detail=f"{each.asked_label}：{each.reason}",
        )
        for each in waiting
    ]  # fmt: skip


def _expiry_to_review(actor: Actor) -> Inquiry[list[Waiting]]:
    if not actor.may("evidence.review_expiry"):
        return []
    count, address = Counted(expiry.candidates(actor)), reverse("evidence:expiry")
    yield count
    return [Waiting(f"审查 {count.n} 段到期影像", address, CHAPTER, "evidence.review_expiry", count=count.n)] if count.n else []


def _expiry_to_approve(actor: Actor) -> Inquiry[list[Waiting]]:
    if not actor.may("evidence.approve_expiry"):
        return []
    lists = ExpiryList.objects.filter(state=ExpiryList.REVIEWED).exclude(reviewed_by=actor.user_id or 0)
    yield lists
    return [
        Waiting(f"批准 {each.number}", reverse("evidence:expiry_list", args=[each.pk]), CHAPTER, "evidence.approve_expiry")
        for each in lists
    ]
