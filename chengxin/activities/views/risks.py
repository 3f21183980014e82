"""岗位风险排查: the register, a risk with its entries."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import F
from django.http import HttpResponse
from django.urls import reverse

from chengxin.activities import forms, rules, services
from chengxin.activities.models import Risk, RiskEntry
from chengxin.activities.selectors import risks as asked
from chengxin.activities.selectors import sessions as session_facts
from chengxin.activities.selectors.policies import risk_policy_at
from chengxin.activities.views.sessions import person_named
from chengxin.core import clock
from chengxin.people import selectors as people
from chengxin.ui.doors import ActorRequest, page
from chengxin.ui.pages import render, see_other
from chengxin.ui.tables import Column, Filter, ListPage

TONES = {rules.RISK_OPEN: "warn", rules.RISK_CONTROLLED: "ok", rules.RISK_CLOSED: "muted"}
GRADE_TONES = {"high": "bad", "medium": "warn", "low": "info"}


@page("activities.see")
def risks(request: ActorRequest) -> HttpResponse:
    """The register within the reader's scope; ``due`` lists what is to be reviewed by a day."""
    actor, policy = request.actor, risk_policy_at(clock.today())
    query = asked.risks_visible_to(actor).annotate(unit_name=F("unit__name"), person_name=F("responsible__name"))
    grades = tuple((each.code, each.title) for each in policy.grades.values())
    years = [(str(year), str(year)) for year in range(clock.today().year, clock.today().year - 5, -1)]
    listing = ListPage(
        request,
        query.values("pk", "year", "unit_name", "post", "text", "grade", "measure", "person_name", "review_due_on", "state"),
        (
            Column("pk", "编号", "pk"), Column("unit_name", "单位", "unit__sequence"), Column("post", "岗位", "post"),
            Column("text", "风险"),
            Column("grade", "等级", "grade"), Column("measure", "防控措施"), Column("person_name", "责任人", "responsible__name_key"),
            Column("review_due_on", "下次复查", "review_due_on"), Column("state", "状态", "state"),
        ),
        (
            Filter("year", "年度", "year", years),
            Filter("unit", "单位", "unit_id", session_facts.unit_choices(actor, "activities.see")),
            Filter("grade", "等级", "grade", grades),
            Filter("state", "状态", "state", tuple(rules.RISK_STATES.items())),
            Filter("due", "复查截至", "review_due_on__lte", kind="date"),
        ),
    )  # fmt: skip
    context = {
        "listing": listing, "states": rules.RISK_STATES, "tones": TONES, "grade_tones": GRADE_TONES,
        "grades": policy.grades, "may_register": actor.may("activities.risk"), "soon": clock.today(),
    }  # fmt: skip
    return listing.export() or render(request, "activities/risks.html", context)


@page("activities.risk", methods=("GET", "HEAD", "POST"))
def register(request: ActorRequest) -> HttpResponse:
    """登记岗位风险."""
    actor = request.actor
    units, policy = session_facts.unit_choices(actor, "activities.risk"), risk_policy_at(clock.today())
    form = forms.RiskForm(request.POST or None, units=units, policy=policy, initial={"unit": actor.unit_id})
    made: list[Risk] = []

    def call(given: dict[str, Any]) -> None:
        made.append(
            services.register_risk(
                actor, form_key=given["key"], unit=people.unit_for(actor, int(given["unit"]), "activities.risk"), post=given["post"],
                text=given["text"], grade=given["grade"], measure=given["measure"],
                responsible=person_named(actor, given["responsible"], "responsible"),
            )
        )  # fmt: skip

    if form.carry_out(call):
        messages.success(request, f"已登记 {made[0].number}，首次复查在 {made[0].review_due_on}。")
        return see_other(reverse("activities:risk", args=[made[0].pk]))
    context = {"form": form, "suggestions": people.person_suggestions(actor)}
    return render(request, "activities/register_risk.html", context, status=422 if form.errors else 200)


@page("activities.see", methods=("GET", "HEAD", "POST"))
def risk(request: ActorRequest, pk: int) -> HttpResponse:
    """One risk with its entries; the responsible person and the unit's leaders review it here."""
    actor, policy = request.actor, risk_policy_at(clock.today())
    found = asked.risk_for(actor, pk)
    initial = {"state": found.state, "grade": found.grade, "measure": found.measure}
    form = forms.ReviewForm(request.POST if request.method == "POST" else None, policy=policy, initial=initial)

    def call(given: dict[str, Any]) -> None:
        services.review_risk(
            actor, found, form_key=given["key"], text=given["text"], state=given["state"], grade=given["grade"], measure=given["measure"],
            next_on=given["next_on"],
        )  # fmt: skip

    if form.carry_out(call):
        messages.success(request, "复查已记录。")
        return see_other(reverse("activities:risk", args=[pk]))
    may_review = found.state != rules.RISK_CLOSED and (
        actor.may("activities.risk", found.unit_id) or actor.person_id == found.responsible_id
    )
    entries = [
        {
            "at": each.at, "title": f"{each.title}：{rules.RISK_STATES[each.state]}", "by": each.by_label, "tone": TONES[each.state],
            "text": "\n".join(filter(None, (each.text, f"措施：{each.measure}", _next(each)))),
        }
        for each in found.entries.all()
    ]  # fmt: skip
    context = {
        "risk": found, "state": rules.RISK_STATES[found.state], "tone": TONES[found.state], "grade": policy.grades.get(found.grade),
        "grade_tone": GRADE_TONES.get(found.grade, "info"), "form": form, "may_review": may_review or form.is_bound, "entries": entries,
    }  # fmt: skip
    return render(request, "activities/risk.html", context, status=422 if form.errors else 200)


def _next(entry: RiskEntry) -> str:
    return f"下次复查：{entry.review_due_on}" if entry.review_due_on else ""
