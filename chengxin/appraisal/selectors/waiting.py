"""What of the annual assessment waits for a person."""

from __future__ import annotations

from django.urls import reverse

from chengxin.appraisal.catalog import SECTION, TITLES
from chengxin.appraisal.models import ExemplaryTitle, Round
from chengxin.appraisal.rules import rounds as rules
from chengxin.appraisal.rules import titles as title_rules
from chengxin.appraisal.selectors.rounds import is_free_to_decide, undecided_objections
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.waiting import Waiting
from chengxin.ui.together import Inquiry, joined


def work_waiting_for(actor: Actor) -> list[Waiting]:
    """Rounds to freeze, publish or issue; nominations to make; objections to decide; titles to publish or grant."""
    return joined(inquiries(actor))


def inquiries(actor: Actor) -> list[Inquiry[list[Waiting]]]:
    """The questions behind ``work_waiting_for``, to be asked with those of other rooms."""
    return [_rounds(actor), _objections(actor), _titles(actor)]


def _rounds(actor: Actor) -> Inquiry[list[Waiting]]:
    if not any(actor.may(each) for each in ("appraisal.run", "appraisal.decide", "appraisal.nominate")):
        return []
    found, running = [], Round.objects.exclude(state=rules.ISSUED)
    yield running
    for each in running:
        what, address = _next_step(actor, each), reverse("appraisal:round", args=[each.year])
        if what == "推荐评优":
            address = reverse("appraisal:nominations")
        if what:
            found.append(Waiting(f"{each.year} 年度考核：{what}", address, SECTION, "appraisal.round"))
    return found


def _next_step(actor: Actor, round_: Round) -> str:
    today = clock.today()
    if round_.state == rules.OPEN:
        return "定稿" if actor.may("appraisal.run") and today.year > round_.year else ""
    if round_.state == rules.FROZEN:
        return "公示名单" if actor.may("appraisal.run") else "推荐评优" if actor.may("appraisal.nominate") else ""
    over = round_.publicity_until is not None and today > round_.publicity_until
    return "公布结果" if over and actor.may("appraisal.decide") else ""


def _objections(actor: Actor) -> Inquiry[list[Waiting]]:
    if not actor.may("appraisal.decide"):
        return []
    undecided = undecided_objections(actor)
    yield undecided
    count = sum(is_free_to_decide(actor, each) for each in undecided)
    return (
        [Waiting(f"决定公示异议 {count} 件", reverse("appraisal:publicity"), SECTION, "appraisal.objection", count=count)] if count else []
    )


def _titles(actor: Actor) -> Inquiry[list[Waiting]]:
    nominated = ExemplaryTitle.objects.filter(state=title_rules.NOMINATED).select_related("unit")
    over = ExemplaryTitle.objects.filter(state=title_rules.PUBLICITY, publicity_until__lt=clock.today()).select_related("unit")
    nominated = nominated if actor.may("appraisal.run") else nominated.none()
    over = over.exclude(nominated_by=actor.user_id or 0) if actor.may("appraisal.grant_title") else over.none()
    yield nominated, over
    wanted = [*(("公示示范称号", each) for each in nominated), *(("决定示范称号", each) for each in over)]
    return [
        Waiting(f"{what}：{each.name}", reverse("appraisal:title", args=[each.pk]), TITLES, "appraisal.title", detail=each.number)
        for what, each in wanted
    ]
