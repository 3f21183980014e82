"""Doors of the desk: one page with tabs, reminders in bulk, look-backs, alerts; and the coverage."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib import messages
from django.db.models import F
from django.http import HttpResponse
from django.urls import reverse

from chengxin.core import clock
from chengxin.core.capabilities import require
from chengxin.core.errors import DomainError, NotFound
from chengxin.draws import selectors as draws
from chengxin.people import selectors as people
from chengxin.rulebook import selectors as rulebook
from chengxin.supervision import forms, rules
from chengxin.supervision.models import RepeatAlert
from chengxin.supervision.selectors import desk as questions
from chengxin.supervision.selectors import plans as plan_questions
from chengxin.supervision.selectors import reach as coverage_questions
from chengxin.supervision.services import alerts as alert_commands
from chengxin.supervision.services import desk as commands
from chengxin.supervision.views.plans import file_answer
from chengxin.ui.doors import ActorRequest, page
from chengxin.ui.pages import render, see_other
from chengxin.ui.tables import Column, Filter, ListPage

FINDING_COLUMNS = (
    Column("pk", "编号", "pk"), Column("clause", "条款", "clause"), Column("text", "事实"), Column("subject", "责任人"),
    Column("unit_name", "单位", "unit__sequence"), Column("due_on", "整改期限", "due_on"), Column("reminded_on", "最近催办", "reminded_on"),
)  # fmt: skip
LOOK_BACK_COLUMNS = (
    Column("finding_id", "编号", "finding_id"), Column("clause", "条款", "finding__clause"), Column("text", "事实"),
    Column("subject", "责任人"), Column("unit_name", "单位", "finding__unit__sequence"), Column("quarter", "季度", "quarter"),
    Column("looked_at", "回头看", "looked_at"),
)  # fmt: skip
ALERT_COLUMNS = (
    Column("subject", "对象"), Column("unit_name", "单位", "unit__sequence"), Column("clause", "条款", "clause"),
    Column("raised_at", "提示时间", "raised_at"), Column("disposition", "处置", "disposition"),
)  # fmt: skip


@page("supervision.desk")
def desk(request: ActorRequest) -> HttpResponse:
    """整改督办: what is due, overdue, waiting for another, drawn, or coming back – each a tab with its number."""
    tab = request.GET.get("tab", "overdue")
    tab = tab if tab in questions.TABS else "overdue"
    listing = _listing(request, tab)
    context = {
        "listing": listing, "tab": tab, "tabs": questions.TABS, "counts": questions.counts(request.actor), "day": clock.today(),
        "may_remind": request.actor.may("supervision.remind") and tab in {"overdue", "soon"}, "dispositions": rules.DISPOSITIONS,
        "may_draw": request.actor.may("supervision.look_back"), "is_findings": tab in questions.FINDING_TABS,
    }  # fmt: skip
    return listing.export() or render(request, "supervision/desk.html", context)


def _listing(request: ActorRequest, tab: str) -> ListPage:
    prefix = "finding__" if tab == "look_backs" else ""
    filters = (
        Filter("tab", "清单", "", kind="hidden"),
        Filter("unit", "单位", f"{prefix}unit_id", people.unit_choices(request.actor)),
        Filter("clause", "条款", f"{prefix}clause", tuple((each.code, f"{each.code} {each.title}") for each in rulebook.clauses())),
    )
    if tab in questions.FINDING_TABS:
        rows = questions.findings_on(request.actor, tab).values(*(column.key for column in FINDING_COLUMNS), "seen_on", "for_another")
        return ListPage(request, rows, FINDING_COLUMNS, filters, default_sort="due_on")
    if tab == "look_backs":
        rows = questions.look_backs_on(request.actor).filter(is_void=False).values(
            "pk", "finding_id", "subject", "unit_name", "year", "quarter", "looked_at", clause=F("finding__clause"),
            text=F("finding__text"), seen_on=F("finding__seen_on"),
        )  # fmt: skip
        return ListPage(request, rows, LOOK_BACK_COLUMNS, filters)
    rows = (
        questions.alerts_visible_to(request.actor)
        .filter(lifted_at=None)
        .values("pk", "clause", "raised_at", "disposition", "disposed_label", subject=F("person__name"), unit_name=F("unit__name"))
    )
    state = Filter("open", "状态", "disposed_at__isnull", (("True", "待处置"), ("False", "已处置")))
    return ListPage(request, rows, ALERT_COLUMNS, (*filters, state))


@page("supervision.remind", methods=("POST",))
def remind(request: ActorRequest) -> HttpResponse:
    """催办 the ticked ones."""
    tab = "soon" if request.POST.get("tab") == "soon" else "overdue"
    address = f"{reverse('supervision:desk')}?tab={tab}"
    chosen = [int(text) for text in request.POST.getlist("finding") if text.isdecimal() and len(text) < 15]
    try:
        now, before = commands.remind_overdue(request.actor, chosen)
    except DomainError as error:
        messages.warning(request, error.message)
        return see_other(address)
    text = f"已催办 {now} 件。" if now else "所选问题今天都已催办过。"
    messages.success(request, f"{text}{before} 件今天已催办过，没有重复。" if now and before else text)
    return see_other(address)


@page("supervision.look_back")
def look_backs(request: ActorRequest) -> HttpResponse:
    """The last quarters, each with its draw or none."""
    rows = [(year, quarter, questions.look_backs_draw(year, quarter)) for year, quarter in questions.last_quarters(clock.today())]
    return render(request, "supervision/look_backs.html", {"rows": rows})


@page("supervision.look_back", methods=("GET", "HEAD", "POST"))
def look_back_draw(request: ActorRequest, year: int, quarter: int) -> HttpResponse:
    """A quarter: freeze, cast, the list to print."""
    _check_quarter(year, quarter)
    found, problem = questions.look_backs_draw(year, quarter), ""
    if request.method == "POST":
        try:
            if found is None:
                commands.freeze_look_backs(request.actor, year=year, quarter=quarter)
                messages.success(request, "范围已冻结。请在场的另一人报出公开内容，然后抽取。")
            else:
                commands.cast_look_backs(request.actor, year=year, quarter=quarter, public=request.POST.get("text", "")[:120])
                messages.success(request, "已抽取，列入整改督办的“回头看”。")
            return see_other(reverse("supervision:look_back_draw", args=[year, quarter]))
        except DomainError as error:
            problem, found = error.message, questions.look_backs_draw(year, quarter)
    context: dict[str, Any] = {"year": year, "quarter": quarter, "draw": found, "problem": problem}
    if found is not None:
        context |= {
            "lines": plan_questions.lines_of(found), "strata": plan_questions.strata_of(found), "shares": [],
            "replacements": list(found.replacements.all()), "standing": draws.standing(found), "back": reverse("supervision:look_backs"),
            "file": reverse("supervision:look_back_file", args=[year, quarter]),
        }  # fmt: skip
    return render(request, "supervision/look_back_draw.html", context, status=422 if problem else 200)


@page("supervision.look_back")
def look_back_file(request: ActorRequest, year: int, quarter: int) -> HttpResponse:  # noqa: ARG001
    _check_quarter(year, quarter)
    found = questions.look_backs_draw(year, quarter)
    if found is None:
        raise NotFound("no_draw", "这个季度还没有抽取。")
    return file_answer(found, f"look-backs-{year}Q{quarter}")


def _check_quarter(year: int, quarter: int) -> None:
    if not (2000 <= year <= 2100 and 1 <= quarter <= 4):
        raise NotFound("no_quarter", "没有这个季度。")


@page("supervision.desk", methods=("GET", "HEAD", "POST"))
def alert(request: ActorRequest, pk: int) -> HttpResponse:
    """One alert: what came again, and what follows, said by a named person."""
    found: RepeatAlert = questions.alert_for(request.actor, pk)
    if request.method == "POST":
        require(request.actor, "supervision.dispose", unit_id=found.unit_id)
    form = forms.AlertForm(request.POST or None)
    if form.carry_out(lambda given: alert_commands.dispose_alert(request.actor, found, **given)):
        messages.success(request, "已记录处置。")
        return see_other(f"{reverse('supervision:desk')}?tab=alerts")
    is_open = found.disposed_at is None and found.lifted_at is None
    may = request.actor.may("supervision.dispose", found.unit_id) and is_open and request.actor.unit_id != found.unit_id
    context = {
        "alert": found, "findings": list(questions.findings_behind(found)), "form": form if may or form.errors else None,
        "clause": rulebook.clause_named(found.clause),
    }  # fmt: skip
    return render(request, "supervision/alert.html", context, status=422 if form.errors else 200)


@page("supervision.results")
def coverage(request: ActorRequest) -> HttpResponse:
    """督查覆盖: whom the inspections of a time reached, per squadron, class and mode, with n."""
    today = clock.today()
    since = _day(request.GET.get("from"), dt.date(today.year, 1, 1))
    until = _day(request.GET.get("until"), today)
    since, until = min(since, until), max(since, until)
    found = coverage_questions.coverage_page(request.actor, since, until)
    context = {"found": found, "since": since, "until": until, "classes": rules.CLASSES, "modes": rules.MODES}
    return render(request, "supervision/coverage.html", context)


def _day(text: str | None, default: dt.date) -> dt.date:
    try:
        found = dt.date.fromisoformat(text or "")
    except ValueError:
        return default
    return found if 2000 <= found.year <= 2100 else default
