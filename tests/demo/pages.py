"""Every page an account can reach by its links, with the statements each asks for."""

from __future__ import annotations

import re
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import Resolver404, resolve

from chengxin.ui import database

LINK = re.compile(rb'href="(/[^"#]*)')
LEFT_OUT = re.compile(r"^/(static|accounts|api)/|/(sign-out|logout)/|\.(webmanifest|js|ics)$")
BOUNDS = ("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT")


@dataclass(frozen=True)
class Seen:
    """A page as it was answered: its door, its status, how many statements, how many milliseconds, and what was asked."""

    door: str
    address: str
    found_on: str
    status: int
    statements: int
    milliseconds: float
    sql: tuple[str, ...]


def looked_through(client: Client, start: str = "/", *, each: int = 2) -> Iterator[Seen]:
    """Follow the links of every page; of the pages behind one door no more than ``each``."""
    waiting, known, taken = deque([(start, "")]), {start}, dict[str, int]()
    while waiting:
        address, found_on = waiting.popleft()
        try:
            door = resolve(address.partition("?")[0]).view_name
        except Resolver404:
            door = "nowhere"
        if taken.get(door, 0) >= each:
            continue
        taken[door] = taken.get(door, 0) + 1
        begun = time.perf_counter()
        database.trace = prepared = []
        with CaptureQueriesContext(connection) as captured:
            answer = client.get(address)
            body = b"" if answer.streaming else answer.content
        database.trace = None
        spent = (time.perf_counter() - begun) * 1000
        sent = (*(query["sql"] for query in captured.captured_queries), *(str(statement) for statement, _ in prepared))
        asked = tuple(each for each in sent if not each.startswith(BOUNDS))
        yield Seen(door, address, found_on, answer.status_code, len(asked), spent, asked)
        if "html" not in answer.get("Content-Type", ""):
            continue
        for link in LINK.findall(body):
            onward = unescape(link.decode())
            if onward not in known and not LEFT_OUT.search(onward.partition("?")[0]):
                known.add(onward)
                waiting.append((onward, address))
