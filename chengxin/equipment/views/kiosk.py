"""The kiosk of the equipment room: a shell without data; everything it shows it asks the API with its device token."""

from __future__ import annotations

from django.http import HttpResponse

from chengxin.equipment import selectors
from chengxin.ui.doors import ActorRequest, page
from chengxin.ui.offline import sheet_worker
from chengxin.ui.pages import render


@page("public")
def kiosk(request: ActorRequest) -> HttpResponse:
    titles = dict(selectors.kind_choices())
    kits = [{"code": code, "title": kit["title"], "kinds": kit["kinds"]} for code, kit in selectors.kits().items()]
    return render(request, "equipment/kiosk.html", {"kits": kits, "kinds": titles})


@page("public")
def worker(request: ActorRequest) -> HttpResponse:  # noqa: ARG001
    """The service worker that opens the kiosk again when the network is gone; its scope is the kiosk alone."""
    return sheet_worker("kiosk-shell", "^/equipment/kiosk/$")
