"""What the public may read: no account, no name."""

from __future__ import annotations

from django.http import HttpResponse

from chengxin.bulletins import rules, selectors
from chengxin.bulletins.services import templates
from chengxin.bulletins.views.desk import word_response
from chengxin.ui.doors import ActorRequest, page
from chengxin.ui.pages import render

READER = rules.Reader(rules.PUBLIC)


@page("public")
def bulletins(request: ActorRequest) -> HttpResponse:
    return render(request, "bulletins/public.html", {"bulletins": list(selectors.public_bulletins()[:60])})


@page("public")
def detail(request: ActorRequest, month: str) -> HttpResponse:
    bulletin = selectors.public_bulletin(month)
    context = {
        "bulletin": bulletin, "told": selectors.content_of(bulletin, READER), "chart": rules.chart(selectors.frozen_figures(bulletin)),
        "errata": selectors.errata_of(bulletin), "shown": 200,
    }  # fmt: skip
    return render(request, "bulletins/public_detail.html", context)


@page("public")
def word(request: ActorRequest, month: str) -> HttpResponse:  # noqa: ARG001
    bulletin = selectors.public_bulletin(month)
    return word_response(templates.word_file(bulletin, READER), templates.file_name(bulletin, READER))
