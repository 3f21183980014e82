"""Service workers: one text for every page that must open without network, each with its own scope, and the shell around them.

A worker's scope is the folder of its address, so each chapter serves its own from its own address. A cache whose name ends in
``-shell`` holds nothing private; all others are forgotten when somebody signs out (``static/ui/offline.js``).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from django.contrib.staticfiles import finders
from django.http import HttpResponse

SHELL = "offline-shell"


def sheet_worker(name: str, pages: str) -> HttpResponse:
    """The worker that keeps the newest of each page whose path fits ``pages`` (a regular expression), under the cache ``name``."""
    return _script("ui/sheet_worker.js", {"KEPT": name, "PAGES": pages})


def shell_worker(page: str, files: Sequence[str]) -> HttpResponse:
    """The worker of the whole site: keeps nothing but ``page`` and its ``files``, and shows it when the network is gone."""
    return _script("ui/shell_worker.js", {"SHELL": SHELL, "PAGE": page, "FILES": list(files)})


def _script(name: str, constants: dict[str, object]) -> HttpResponse:
    told = "".join(f"const {key} = {json.dumps(value)};\n" for key, value in constants.items())
    response = HttpResponse(told + _text(name), content_type="text/javascript; charset=utf-8")
    response["Cache-Control"] = "no-cache"
    return response


@cache
def _text(name: str) -> str:
    return Path(finders.find(name) or name).read_text(encoding="utf-8")
