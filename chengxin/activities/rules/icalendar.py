"""iCalendar (RFC 5545) as far as a feed of activities needs it: UTC moments, CRLF, lines folded at 75 octets."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

MOST_OCTETS = 75
PRODUCT = "-//chengxin//activities//ZH"


@dataclass(frozen=True)
class Event:
    """One entry: aware moments, plain texts. ``sequence`` grows with each change, ``stamp`` is when it was last changed."""

    uid: str
    stamp: dt.datetime
    starts_at: dt.datetime
    ends_at: dt.datetime
    title: str
    place: str = ""
    text: str = ""
    url: str = ""
    sequence: int = 0
    is_cancelled: bool = False


def escaped(text: str) -> str:
    """A TEXT value (3.3.11): backslash, semicolon and comma escaped, line ends as \\n, other control characters left out."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    plain = "".join(char for char in plain if char in "\n\t" or (ord(char) >= 32 and ord(char) != 127))
    return plain.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def folded(line: str) -> str:
    """A content line (3.1): no piece beyond 75 octets, no character cut in two, every further piece after one space."""
    pieces, piece, room = [], "", MOST_OCTETS
    for char in line:
        size = len(char.encode())
        if size > room:
            pieces.append(piece)
            piece, room = "", MOST_OCTETS - 1
        piece, room = piece + char, room - size
    return "\r\n ".join([*pieces, piece])


def moment(value: dt.datetime) -> str:
    """Form #2 of 3.3.5: a moment in UTC."""
    return f"{value.astimezone(dt.UTC):%Y%m%dT%H%M%SZ}"


def calendar(name: str, events: Iterable[Event]) -> bytes:
    """A whole calendar object as its octets."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:{PRODUCT}", "CALSCALE:GREGORIAN", "METHOD:PUBLISH"]
    lines += [f"X-WR-CALNAME:{escaped(name)}", "X-WR-TIMEZONE:Asia/Shanghai", "REFRESH-INTERVAL;VALUE=DURATION:PT4H"]
    for event in events:
        lines += _lines(event)
    lines.append("END:VCALENDAR")
    return "".join(f"{folded(line)}\r\n" for line in lines).encode()


def _lines(event: Event) -> list[str]:
    found = [
        "BEGIN:VEVENT", f"UID:{escaped(event.uid)}", f"DTSTAMP:{moment(event.stamp)}", f"DTSTART:{moment(event.starts_at)}",
        f"DTEND:{moment(event.ends_at)}", f"SEQUENCE:{event.sequence}", f"SUMMARY:{escaped(event.title)}",
        f"STATUS:{'CANCELLED' if event.is_cancelled else 'CONFIRMED'}",
    ]  # fmt: skip
    found += [f"LOCATION:{escaped(event.place)}"] if event.place else []
    found += [f"DESCRIPTION:{escaped(event.text)}"] if event.text else []
    found += [f"URL:{event.url}"] if event.url else []
    return [*found, "END:VEVENT"]
