"""城心 as an app on the phone: what it is called, its icons, and what opens when the network is gone."""

from __future__ import annotations

from django.http import Http404, HttpResponse, JsonResponse
from django.templatetags.static import static
from django.urls import reverse

from chengxin.ui.doors import ActorRequest, page
from chengxin.ui.mark import mark_png
from chengxin.ui.offline import shell_worker
from chengxin.ui.pages import render

SIZES = (180, 192, 512)
WHOLE = 513  # the largest once more, filled to the corners, for systems that cut icons to their own shape
THEME, GROUND = "#0f4850", "#f4f7f8"
FILES = ("vendor/@tabler/core/css/tabler.min.css", "ui/styles.css", "ui/mark.svg", "ui/offline_page.js")


@page("public")
def manifest(request: ActorRequest) -> HttpResponse:  # noqa: ARG001
    icons = [{"src": reverse("portal:icon", args=[size]), "sizes": f"{size}x{size}", "type": "image/png"} for size in SIZES[1:]]
    icons.append({"src": reverse("portal:icon", args=[WHOLE]), "sizes": "512x512", "type": "image/png", "purpose": "maskable"})
    told = {
        "id": "/", "start_url": "/", "scope": "/", "lang": "zh-CN", "dir": "ltr", "display": "standalone",
        "name": "城心：城管执法队伍素质提升", "short_name": "城心", "description": "城心向党，为民管家",
        "theme_color": THEME, "background_color": GROUND, "icons": icons,
    }  # fmt: skip
    return JsonResponse(told, json_dumps_params={"ensure_ascii": False}, content_type="application/manifest+json; charset=utf-8")


@page("public")
def icon(request: ActorRequest, size: int) -> HttpResponse:  # noqa: ARG001
    if size not in (*SIZES, WHOLE):
        raise Http404
    response = HttpResponse(mark_png(min(size, SIZES[-1]), whole=size == WHOLE), content_type="image/png")
    response["Cache-Control"] = "public, max-age=604800"
    return response


@page("public")
def worker(request: ActorRequest) -> HttpResponse:  # noqa: ARG001
    """The service worker of the whole site. It keeps one page and its files, nothing of anybody."""
    return shell_worker(reverse("portal:offline"), [static(name) for name in FILES])


@page("public")
def offline(request: ActorRequest) -> HttpResponse:
    """What opens without network: the sheets this device has kept. The page itself says nothing about anybody."""
    return render(request, "portal/offline.html")
