"""A draw that anybody can repeat: the frame is frozen and hashed, then comes the seed, then everybody's ticket is computed.

A ticket is SHA-256 of the seed, the frame's digest and the entry's name; within each stratum the smallest tickets are drawn, as
many as its quota says. Who may not be drawn stands in the frame with the reason. A replacement is the next ticket of the stratum.
"""

from __future__ import annotations

import hashlib
import heapq
import itertools
import json
from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

import orjson

VERSION = 1


class Entry(NamedTuple):
    """Something that may be drawn; ``excluded`` says why it may not (a conflict), empty when it may.

    A plain tuple, since a frame may have a hundred thousand of them and is sorted, hashed and drawn while people look on.
    """

    name: str
    stratum: str
    excluded: str = ""


class Misfit(ValueError):
    """What in a draw does not follow from its frame and seed."""


def frame_of(entries: Iterable[Entry]) -> list[Entry]:
    """The frame in its one order. Raises Misfit for a name that stands twice."""
    frame = sorted(entries, key=itemgetter(0))  # names alone: each stands once
    if len(set(map(itemgetter(0), frame))) < len(frame):
        twice = next(later.name for earlier, later in itertools.pairwise(frame) if earlier.name == later.name)
        raise Misfit(f"“{twice}”在抽取范围里出现了两次")
    return frame


def frame_digest(frame: Sequence[Entry], quotas: Mapping[str, int]) -> str:
    """SHA-256 over the frame and the quotas: both are fixed before there is a seed."""
    return digest_of(text_of(frame), quotas)


def text_of(frame: Sequence[Entry]) -> str:
    """The frame as it is hashed and kept: the canonical text of [[name, stratum, excluded], …]."""
    return orjson.dumps(list(map(tuple, frame))).decode()


def rows_in(text: str) -> list[list[str]]:
    """The rows of a kept frame."""
    rows: list[list[str]] = orjson.loads(text)
    return rows


def digest_of(text: str, quotas: Mapping[str, int]) -> str:
    """The digest of a frame in its kept text: that of the canonical {"frame": …, "quotas": …, "version": …}."""
    whole = hashlib.sha256(b'{"frame":')
    whole.update(text.encode())
    whole.update(b',"quotas":' + canonical(dict(quotas)) + b',"version":' + canonical(VERSION) + b"}")
    return whole.hexdigest()


def canonical(content: Any) -> bytes:
    """The one text of a JSON value."""
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def seed_of(secret: str, public: str) -> str:
    """The seed of a secret that was unknown when the frame was frozen and a text somebody else spoke aloud."""
    return hashlib.sha256(f"{secret}|{public}".encode()).hexdigest()


def ticket(seed: str, digest: str, name: str) -> str:
    return hashlib.sha256(f"{seed}:{digest}:{name}".encode()).hexdigest()


def tickets_of(frame: Iterable[Sequence[str]], seed: str, digest: str) -> dict[str, list[tuple[str, str]]]:
    """(ticket, name) of everybody who may be drawn, by stratum."""
    strata: dict[str, list[tuple[str, str]]] = {}
    begun = hashlib.sha256(f"{seed}:{digest}:".encode())  # what all tickets begin with is hashed once
    for name, stratum, excluded in frame:
        if not excluded:
            whole = begun.copy()
            whole.update(name.encode())
            strata.setdefault(stratum, []).append((whole.hexdigest(), name))
    return dict(sorted(strata.items()))


def order_of(frame: Sequence[Entry], seed: str, digest: str) -> dict[str, list[str]]:
    """Every stratum's names in the order of their tickets, without those excluded."""
    return {stratum: [name for _, name in sorted(tickets)] for stratum, tickets in tickets_of(frame, seed, digest).items()}


def drawn(frame: Sequence[Entry], quotas: Mapping[str, int], seed: str) -> list[str]:
    """Who is drawn: the first of each stratum, as many as its quota, all of one that has fewer."""
    return first_of(tickets_of(frame, seed, frame_digest(frame, quotas)), quotas)


def first_of(strata: Mapping[str, Sequence[tuple[str, str]]], quotas: Mapping[str, int]) -> list[str]:
    """The names with the smallest tickets of each stratum."""
    return [name for stratum, tickets in strata.items() for _, name in heapq.nsmallest(quotas.get(stratum, 0), tickets)]


def after_replacements(
    frame: Sequence[Entry], quotas: Mapping[str, int], seed: str, replaced: Sequence[str]
) -> tuple[list[str], list[str | None]]:  # fmt: skip
    """Who stands after some of the drawn were replaced one after another, and who came for each (None: the stratum is empty).

    Raises Misfit for a replacement of somebody who was not standing.
    """
    order = order_of(frame, seed, frame_digest(frame, quotas))
    stratum_of = {entry.name: entry.stratum for entry in frame}
    standing = drawn(frame, quotas, seed)
    waiting = {stratum: names[quotas.get(stratum, 0) :] for stratum, names in order.items()}
    came: list[str | None] = []
    for name in replaced:
        if name not in standing:
            raise Misfit(f"“{name}”没有被抽中，不能替换")
        left = waiting[stratum_of[name]]
        standing.remove(name)
        came.append(left.pop(0) if left else None)
        if came[-1] is not None:
            standing.append(came[-1])
    return standing, came


def verify(told: Mapping[str, Any]) -> list[str]:
    """Everything in a draw's file that does not follow from its frame and seed; empty when all does."""
    wrong = []
    try:
        frame = frame_of(Entry(*row) for row in told["frame"])
        quotas = {str(stratum): int(count) for stratum, count in told["quotas"].items()}
        if [[entry.name, entry.stratum, entry.excluded] for entry in frame] != [list(row) for row in told["frame"]]:
            wrong.append("抽取范围没有按规定次序排列")
        if frame_digest(frame, quotas) != told["frame_sha256"]:
            wrong.append("抽取范围或名额与冻结时的摘要不符")
        if seed_of(told["secret"], told["public"]) != told["seed"]:
            wrong.append("种子不是由所记的随机数和公开内容算出的")
        if not told["frozen_at"] <= told["cast_at"]:
            wrong.append("先有种子后冻结范围")
        if drawn(frame, quotas, told["seed"]) != told["drawn"]:
            wrong.append("抽取结果不是由范围和种子算出的")
        standing, came = after_replacements(frame, quotas, told["seed"], [each["out"] for each in told["replacements"]])
        if came != [each["in"] for each in told["replacements"]] or sorted(standing) != sorted(told["standing"]):
            wrong.append("替换结果不是由范围和种子算出的")
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        wrong.append(f"文件不完整或无法理解：{error}")
    return wrong
