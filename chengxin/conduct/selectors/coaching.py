"""Coaching after a finding, and the later recordings that show whether it helped (2.3.2)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django.db.models import QuerySet
from django.urls import reverse

from chengxin.conduct import rules
from chengxin.conduct.catalog import SECTION
from chengxin.conduct.models import Coaching, FollowUp
from chengxin.conduct.selectors.reviews import counting_recordings, in_reach
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.errors import NotFound
from chengxin.core.waiting import Waiting
from chengxin.draws import selectors as draws
from chengxin.evidence import rules as footage
from chengxin.evidence.models import Recording, Review
from chengxin.findings import selectors as findings
from chengxin.rulekit.draws import Entry
from chengxin.ui.database import once
from chengxin.ui.together import Counted, Inquiry

if TYPE_CHECKING:
    from chengxin.findings.models import Finding, FindingQuerySet

KIND = "findings.conduct"
STRATUM = "本人"


def coachings_visible_to(actor: Actor) -> QuerySet[Coaching]:
    """Coaching in the units the actor answers for."""
    return Coaching.objects.filter(in_reach(actor, "conduct.read"))


def own_coachings(actor: Actor) -> list[Coaching]:
    """The actor's own, as the one who was coached."""
    return list(Coaching.objects.filter(person_id=actor.person_id or 0).select_related("finding")[:50])


def coaching_for(actor: Actor, pk: int) -> Coaching:
    """A coaching within the actor's scope. Raises NotFound."""
    found = coachings_visible_to(actor).select_related("person", "unit", "finding").filter(pk=pk).first()
    if found is None:
        raise NotFound("no_coaching", "没有这项辅导，或不在您的范围内。")
    return found


def findings_to_coach(actor: Actor) -> FindingQuerySet:
    """Counting findings about the conduct of persons, confirmed (no objection waits), that nobody coached yet; not the actor's own."""
    coached = Coaching.objects.values("finding")
    open_ = findings.findings_visible_to(actor).counting().filter(in_reach(actor, "conduct.coach"), kind=KIND, person__isnull=False)
    return open_.exclude(pk__in=coached).exclude(person_id=actor.person_id or 0).exclude(objections__outcome="", objections__isnull=False)


def coaching_of(finding: Finding) -> Coaching | None:
    return Coaching.objects.filter(finding=finding).first()


def frame_of(coaching: Coaching) -> list[Entry]:
    """The person's recordings after the day of the coaching; what nobody can judge is excluded with the reason."""
    after = clock.at(coaching.held_on + dt.timedelta(days=1))
    rows = Recording.objects.filter(
        person=coaching.person, started_at__gte=after, is_time_known=True, medium__in=[footage.VIDEO, footage.AUDIO],
        attribution=footage.ATTRIBUTED,
    ).values_list("pk", "deleted_at", "trouble")  # fmt: skip
    drawn = {name for each in coaching.follow_ups.select_related("draw") for name in each.draw.drawn}
    return [Entry(f"影{pk:07d}", STRATUM, _why_not(f"影{pk:07d}" in drawn, deleted_at, trouble)) for pk, deleted_at, trouble in rows]


def _why_not(was_drawn: bool, deleted_at: dt.datetime | None, trouble: str) -> str:
    return "上一轮已抽过" if was_drawn else "已到期删除" if deleted_at else "读取有问题" if trouble else ""


def last_follow_up(coaching: Coaching) -> FollowUp | None:
    found = coaching.follow_ups.select_related("draw").order_by("-round")
    return once(("conduct.follow_up", coaching.pk), found.first)


def reviews_of(follow_up: FollowUp) -> list[Review]:
    """The reviews of what stands drawn."""
    return once(("conduct.follow_up.reviews", follow_up.pk), lambda: _reviews_of(follow_up))


def _reviews_of(follow_up: FollowUp) -> list[Review]:
    standing = {int(name.removeprefix("影")) for name in draws.standing(follow_up.draw)}
    rows = Review.objects.filter(draw=follow_up.draw, recording__in=standing).select_related("recording")
    return list(rows.order_by("recording__started_at"))


def follow_up_of(review: Review) -> FollowUp | None:
    """The follow-up a review belongs to; None for one of the monthly draw."""
    return FollowUp.objects.filter(draw=review.draw_id).select_related("coaching").first()


def results_of(reviews: list[Review]) -> list[bool | None] | None:
    """Of each recording whether it shows a finding that counts (None: nobody could judge it); None while one waits."""
    if not reviews or any(not each.outcome for each in reviews):
        return None
    bad = counting_recordings([each.recording_id for each in reviews])
    return [None if each.outcome == Review.UNUSABLE else each.recording_id in bad for each in reviews]


def may_draw(coaching: Coaching) -> bool:
    """Whether a draw is due: none yet, or nothing of the last could be judged."""
    last = last_follow_up(coaching)
    if coaching.outcome or last is None:
        return not coaching.outcome
    results = results_of(reviews_of(last))
    return results is not None and rules.outcome_of(results) == ""


def waiting_to_coach(actor: Actor) -> Inquiry[list[Waiting]]:
    """Confirmed findings about conduct whose person nobody has talked with."""
    if not actor.may("conduct.coach"):
        return []
    found = findings_to_coach(actor).select_related("person").order_by("seen_at")[:100]
    yield found
    return [
        Waiting(
            f"言行辅导：{finding.text}（{finding.person.name if finding.person else ''}）",
            f"{reverse('conduct:coach')}?finding={finding.pk}", SECTION, "conduct.coach", detail=finding.number,
        )
        for finding in found
    ]  # fmt: skip


def waiting_to_draw(actor: Actor) -> Inquiry[list[Waiting]]:
    """Coached persons whose later recordings nobody has drawn from."""
    if not actor.may("conduct.review"):
        return []
    due = Coaching.objects.filter(in_reach(actor, "conduct.review"), outcome="", follow_ups=None, held_on__lt=clock.today())
    count = Counted(due.exclude(unit_id=actor.unit_id or 0).exclude(person_id=actor.person_id or 0))
    yield count
    address = f"{reverse('conduct:coachings')}?state=open"
    return [Waiting(f"辅导后再抽影像 {count.n} 人", address, SECTION, "conduct.follow_up", count=count.n)] if count.n else []
