"""The public's doors: read a draft, say something about a clause, look the answer up by receipt code. No account, no name (3.3)."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import reverse

from chengxin.complaints.services import keys
from chengxin.consultations import forms, selectors, services
from chengxin.consultations.models import Consultation, Opinion
from chengxin.consultations.selectors import drafts, summaries
from chengxin.consultations.services import papers
from chengxin.consultations.views.page import OUTCOME_TONES, TONES
from chengxin.core import clock
from chengxin.core.errors import DomainError, NotFound
from chengxin.ui.address import address_of
from chengxin.ui.doors import ActorRequest, page
from chengxin.ui.forms import Form
from chengxin.ui.pages import render, see_other
from chengxin.ui.sendings import TRAP, Sendings

SENDINGS = Sendings("opinion")
FOLLOW_MINUTES = 30
MOST_SHOWN = 200


@page("public")
def listing(request: ActorRequest) -> HttpResponse:
    """制度征求意见: what is open now, and what came of the earlier ones."""
    today = clock.today()
    every = selectors.public_consultations()
    context = {
        "open": [each for each in every if each.takes_opinions(today)],
        "others": [each for each in every if not each.takes_opinions(today)],
        "tones": TONES, "is_ready": summaries.is_ready, "today": today,
    }  # fmt: skip
    return render(request, "consultations/public_list.html", context)


@page("public", methods=("GET", "HEAD", "POST"))
def detail(request: ActorRequest, pk: int) -> HttpResponse:
    """A draft as it was put to opinions, what others of the public said, and the form."""
    found = selectors.public_consultation_for(pk)
    clauses = summaries.clause_choices(found)
    if request.method == "POST":
        return _send(request, found, clauses)
    form = forms.OpinionForm(clauses=clauses, initial={"clause": request.GET.get("clause", clauses[0][0])})
    return _detail(request, found, form, SENDINGS.token())


def _detail(request: ActorRequest, found: Consultation, form: Form, token: str, status: int = 200) -> HttpResponse:
    shown = selectors.public_opinions(found)
    context = {
        "found": found, "form": form, "token": token, "trap": TRAP, "tone": TONES[found.state],
        "diffs": drafts.diffs_of(drafts.changes_in(found.opened_content)), "takes_opinions": found.takes_opinions(clock.today()),
        "opinions": [(each, selectors.answer_of(each)) for each in shown.order_by("-pk")[:MOST_SHOWN]], "tones": OUTCOME_TONES,
        "has_summary": summaries.is_ready(found), "today": clock.today(),
    }  # fmt: skip
    return render(request, "consultations/public.html", context, status=status)


def _send(request: ActorRequest, found: Consultation, clauses: list[tuple[str, str]]) -> HttpResponse:
    form, token, status = forms.OpinionForm(request.POST, clauses=clauses), SENDINGS.again(request), 422
    if form.is_valid():
        try:
            key = SENDINGS.key(request)
            services.send_opinion(found, form_key=key, who=address_of(request), **form.cleaned_data)
            return see_other(reverse("consultations:receipt", args=[SENDINGS.receipt(key)]))
        except DomainError as error:
            form.add_domain_error(error)
            status = error.status if error.status == 429 else 422
    return _detail(request, found, form, token, status)


@page("public")
def receipt(request: ActorRequest, token: str) -> HttpResponse:
    """The receipt with its code, for half an hour at this address; the code itself is kept nowhere."""
    key = SENDINGS.key_of_receipt(token)
    found = Opinion.objects.select_related("consultation").filter(form_key=key, channel=Opinion.PUBLIC).first()
    if found is None:
        raise NotFound("no_receipt", "没有这份回执。")
    return _private(render(request, "consultations/receipt.html", {"opinion": found, "code": keys.code_for(key)}))


def _private(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store"
    return response


@page("public", methods=("GET", "HEAD", "POST"))
def follow(request: ActorRequest) -> HttpResponse:
    """查询意见答复: the code by post, never in an address."""
    form = forms.CodeForm(request.POST or None)
    found: list[Opinion] = []
    if form.carry_out(lambda given: found.append(services.find_by_code(given["code"], who=address_of(request)))):
        request.session["opinion"] = [found[0].pk, int(clock.now().timestamp())]
        return see_other(reverse("consultations:mine"))
    return _private(render(request, "consultations/follow.html", {"form": form}, status=422 if form.errors else 200))


@page("public")
def mine(request: ActorRequest) -> HttpResponse:
    """The opinion whose code was given in this session not long ago, with its answer."""
    pk, since = request.session.get("opinion", (0, 0))
    if clock.now().timestamp() - since > FOLLOW_MINUTES * 60:
        request.session.pop("opinion", None)
        pk = 0
    found = Opinion.objects.select_related("consultation").filter(pk=pk, channel=Opinion.PUBLIC).first()
    if found is None:
        return see_other(reverse("consultations:follow"))
    context = {"opinion": found, "answer": selectors.answer_of(found), "tones": OUTCOME_TONES}
    return _private(render(request, "consultations/mine.html", context))


def _closed(pk: int) -> Consultation:
    found = selectors.public_consultation_for(pk)
    if not summaries.is_ready(found):
        raise NotFound("no_summary", "意见办结后才有意见汇总。")
    return found


@page("public")
def summary(request: ActorRequest, pk: int) -> HttpResponse:
    """意见汇总 for the public: the public's opinions, each with its answer and the reason."""
    found = _closed(pk)
    context = {"found": found, "summary": summaries.summary_of(found, for_public=True), "tones": OUTCOME_TONES, "is_public": True}
    return render(request, "consultations/summary.html", context)


@page("public")
def paper(request: ActorRequest, pk: int) -> HttpResponse:  # noqa: ARG001
    found = _closed(pk)
    return papers.answer_with(found, papers.summary_paper(found, summaries.summary_of(found, for_public=True), for_public=True))
