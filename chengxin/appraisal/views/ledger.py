"""The own ledger, the verdicts of a year, one person's verdict with everything it rests on, and the simulation."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.http import HttpResponse
from django.urls import reverse

from chengxin.appraisal import forms
from chengxin.appraisal.models import Round
from chengxin.appraisal.rules import verdicts as rules
from chengxin.appraisal.selectors import frozen_row, frozen_rows
from chengxin.appraisal.selectors import ledger as ledgers
from chengxin.appraisal.selectors import policy as policies
from chengxin.appraisal.selectors.rounds import snapshot_of
from chengxin.appraisal.selectors.simulation import Simulation, simulate, versions_of
from chengxin.appraisal.selectors.verdicts import Verdict, verdicts_of
from chengxin.appraisal.views.listing import WorkedOutList
from chengxin.core import clock
from chengxin.core.errors import NotFound
from chengxin.findings import selectors as findings
from chengxin.measures import selectors as measures
from chengxin.people import selectors as people
from chengxin.people.models import PersonClass
from chengxin.rulebook import selectors as rulebook
from chengxin.ui.doors import ActorRequest, page
from chengxin.ui.pages import render
from chengxin.ui.tables import Column, Filter
from chengxin.ui.together import ask

TONES = {rules.ELIGIBLE: "ok", rules.FLAGGED: "bad", rules.PENDING: "warn", rules.NOT_ASSESSED: "muted"}
COLUMNS = (
    Column("number", "工号", "number"),
    Column("name", "姓名", "name_key"),
    Column("unit_name", "单位", "place"),
    Column("class_label", "类别", "person_class"),
    Column("label", "结论", "result"),
    Column("why", "理由"),
)
FIRST_YEAR = 2020


@page("appraisal.read_own")
def own(request: ActorRequest, year: int | None = None) -> HttpResponse:
    """我的台账: everything the year knows of oneself, and what it means."""
    if request.actor.person_id is None:
        raise NotFound("no_person", "这个账号没有关联人员，因此没有台账。请联系安全管理员核对账号。")
    return _person_page(request, request.actor.person_id, year or clock.today().year)


@page("appraisal.read_own")
def verdict(request: ActorRequest, year: int, pk: int) -> HttpResponse:
    """One person's verdict: reasons, rules, calendar, facts, and what was frozen of it."""
    return _person_page(request, pk, year)


def _person_page(request: ActorRequest, pk: int, year: int) -> HttpResponse:
    actor, as_of = request.actor, _moment(request.GET.get("as_of", ""))
    try:
        found = ledgers.verdict_for(actor, pk, year, as_of)
    except NotFound:
        if pk != actor.person_id:
            raise
        return render(request, "appraisal/no_verdict.html", {"year": year})
    day = policies.judging_day(year, as_of or clock.now())
    rounds, rows = (
        Round.objects.filter(year=year).select_related("snapshot").defer("snapshot__content"),
        ledgers.entries_of(found.person, year, as_of),
    )
    assignments, years = ledgers.assignments_in(found.person, year), ledgers.years_with_entries(found.person)
    ask(rounds, rows, assignments, years)
    round_, lines = next(iter(rounds), None), ledgers.lines_in(rows)
    seen = _seen(request, lines)
    context = {
        "verdict": found, "year": year, "is_own": pk == actor.person_id, "lines": lines, "points": ledgers.net_points(lines),
        "tones": TONES, "policy": policies.policy_on(day), "day": day, "calendar": rulebook.work_calendar().year(year),
        "assignments": assignments, "years": sorted({*years, clock.today().year}, reverse=True),
        "as_of": request.GET.get("as_of", ""),
        "frozen": frozen_row(round_, pk) if round_ is not None else None, "snapshot": snapshot_of(round_) if round_ else None,
        "results": rules.RESULTS, "grounds": rules.GROUNDS, "addresses": seen, "round": round_,
    }  # fmt: skip
    return render(request, "appraisal/person.html", context)


def _seen(request: ActorRequest, lines: list[ledgers.Line]) -> dict[str, str]:
    """Where the reader may read each fact; what the reader may not open has no address."""
    every = [line for root in lines for line in (root, *root.resting)]
    numbers = {
        kind: {int(each.entry.source.partition(":")[2]) for each in every if each.entry.source.startswith(f"{kind}:")} for kind in _VIEWS
    }
    seen = {
        kind: visible(request.actor).filter(pk__in=numbers[kind]).values_list("pk", flat=True)
        for kind, (visible, _) in _VIEWS.items()
        if numbers[kind]
    }
    ask(*seen.values())
    return {f"{kind}:{pk}": reverse(_VIEWS[kind][1], args=[pk]) for kind, found in seen.items() for pk in found}


_VIEWS = {
    "finding": (findings.findings_visible_to, "findings:detail"),
    "measure": (measures.measures_visible_to, "measures:detail"),
    "commendation": (measures.commendations_visible_to, "measures:commendation"),
}


def _moment(text: str) -> dt.datetime | None:
    """The end of a day in the past, as people ask "as known on that day"; None for today and for what is no day."""
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        return None
    return clock.at(day + dt.timedelta(days=1)) - dt.timedelta(microseconds=1) if day < clock.today() else None


@page("appraisal.read")
def verdicts_now(request: ActorRequest) -> HttpResponse:
    """评优资格 of the running year."""
    return _verdicts(request, clock.today().year)


@page("appraisal.read")
def verdicts(request: ActorRequest, year: int) -> HttpResponse:
    """评优资格 of a year: everybody in the reader's scope, by unit and name. No order by merit: persons are not ranked."""
    return _verdicts(request, year)


def _verdicts(request: ActorRequest, year: int) -> HttpResponse:
    if not FIRST_YEAR <= year <= clock.today().year:
        raise NotFound("no_year", f"年度应为 {FIRST_YEAR} 至 {clock.today().year} 年。")
    round_ = Round.objects.filter(year=year).first()
    frozen = bool(request.GET.get("frozen")) and round_ is not None and round_.is_frozen
    as_of = _moment(request.GET.get("as_of", ""))
    rows = _frozen(round_) if frozen and round_ is not None else [_row(each) for each in verdicts_of(year, as_of)]
    reach = request.actor.units_for("appraisal.read")
    scoped = [{**row, "place": place} for place, row in enumerate(rows) if reach is None or row["unit"] in reach]
    listing = WorkedOutList(
        request, Round.objects.none(), COLUMNS,
        (
            Filter("result", "结论", "result", list(rules.RESULTS.items())),
            Filter("ground", "情形", "grounds", list(rules.GROUNDS.items())),
            Filter("class", "类别", "person_class", PersonClass.choices),
            Filter("unit", "单位", "unit", people.unit_choices(request.actor)),
            Filter("name", "姓名", "name", kind="text"),
            Filter("as_of", "按此日所知", "", kind="date"),
        ),
        default_sort="place", given=scoped,
    )  # fmt: skip
    counts = {key: sum(row["result"] == key for row in scoped) for key in rules.RESULTS}
    context = {
        "listing": listing, "year": year, "tones": TONES, "counts": counts, "results": rules.RESULTS, "round": round_, "frozen": frozen,
        "policy": policies.policy_on(policies.judging_day(year, as_of or clock.now())),
        "years": range(clock.today().year, clock.today().year - 3, -1),
    }  # fmt: skip
    return listing.export() or render(request, "appraisal/verdicts.html", context)


def _row(each: Verdict) -> dict[str, Any]:
    return {
        "pk": each.person.pk, "number": each.person.number, "name": each.person.name, "name_key": each.person.name_key,
        "unit": each.unit.pk if each.unit else None, "unit_name": each.unit.name if each.unit else "", "person_class": each.person_class,
        "class_label": PersonClass(each.person_class).label, "result": each.result, "label": each.label,
        "why": "；".join(reason.text for reason in each.reasons), "grounds": tuple(reason.kind for reason in each.reasons),
    }  # fmt: skip


def _frozen(round_: Round) -> list[dict[str, Any]]:
    corrected = {each.person_id: each for each in round_.corrections.order_by("number")}
    found = []
    for row in frozen_rows(round_):
        correction = corrected.get(row["person"])
        result, reasons = (correction.after, correction.reasons) if correction else (row["result"], row["reasons"])
        why = "；".join(reason["text"] for reason in reasons)
        found.append({
            "pk": row["person"], "number": row["number"], "name": row["name"], "name_key": row["name"], "unit": row["unit"],
            "unit_name": row["unit_name"], "person_class": row["class"], "class_label": PersonClass(row["class"]).label, "result": result,
            "label": rules.RESULTS[result], "grounds": tuple(reason["kind"] for reason in reasons),
            "why": f"更正第 {correction.number} 号：{why}" if correction else why,
        })  # fmt: skip
    return found


@page("appraisal.simulate")
def simulation(request: ActorRequest) -> HttpResponse:
    """规则试算: whose result would be another one under another version. Plain GET; nothing is written, nothing follows from it."""
    choices = {"eligibility": list(versions_of(policies.ELIGIBILITY)), "repeat": list(versions_of(policies.REPEAT))}
    form = forms.SimulationForm(request.GET or None, **choices)
    found: Simulation | None = None
    if form.is_bound and form.is_valid():
        given = form.cleaned_data
        chosen = {policies.ELIGIBILITY: given["eligibility"], policies.REPEAT: given["repeat"]}
        found = simulate(given["year"], chosen=chosen, repeat_count=given["repeat_count"])
    context = {"form": form, "found": found, "tones": TONES}
    return render(request, "appraisal/simulation.html", context, status=422 if form.is_bound and form.errors else 200)
