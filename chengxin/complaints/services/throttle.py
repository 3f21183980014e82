"""How often something may be tried: counted over all web workers, without keeping anybody's address."""

from __future__ import annotations

import datetime as dt

from chengxin.complaints.models import Throttle
from chengxin.complaints.services import keys
from chengxin.core import clock
from chengxin.core.errors import DomainError
from chengxin.ui.database import prepared

COUNT = """INSERT INTO complaints_throttle (key, begins_at, count) VALUES (%s, %s, 1)
 ON CONFLICT (key, begins_at) DO UPDATE SET count = complaints_throttle.count + 1 RETURNING count"""
# one source, and only while it keeps within its limit all together: what one is refused takes nothing from the others
COUNT_BOTH = """WITH own AS (INSERT INTO complaints_throttle (key, begins_at, count) VALUES (%s, %s, 1)
  ON CONFLICT (key, begins_at) DO UPDATE SET count = complaints_throttle.count + 1 RETURNING count),
 every AS (INSERT INTO complaints_throttle (key, begins_at, count) SELECT %s, %s, 1 FROM own WHERE own.count <= %s
  ON CONFLICT (key, begins_at) DO UPDATE SET count = complaints_throttle.count + 1 RETURNING count)
 SELECT own.count, coalesce((SELECT count FROM every), 0) FROM own"""


class TooMany(DomainError):
    """Too many tries within a stretch of time (429); what was typed is kept."""

    status = 429


def count(purpose: str, who: str, *, every: dt.timedelta) -> int:
    """One more of this purpose by this somebody within the running stretch of time; how many so far."""
    return int(prepared(COUNT, [_key(purpose, who), _stretch(every)])[0][0])


def count_both(purpose: str, who: str, *, every: dt.timedelta, most: int, all_every: dt.timedelta) -> tuple[int, int]:
    """One more by this somebody, and of all together unless it is beyond what one may: how many so far of both."""
    own, together = prepared(COUNT_BOTH, [_key(purpose, who), _stretch(every), _key(purpose, "all"), _stretch(all_every), most])[0]
    return int(own), int(together)


def _key(purpose: str, who: str) -> str:
    return keys.digest("throttle", f"{purpose}:{who}")


def so_far(purpose: str, who: str, *, every: dt.timedelta) -> int:
    """The same without counting."""
    found = Throttle.objects.filter(key=_key(purpose, who), begins_at=_stretch(every)).first()
    return found.count if found else 0


def _stretch(every: dt.timedelta) -> dt.datetime:
    seconds = int(every.total_seconds())
    return dt.datetime.fromtimestamp(int(clock.now().timestamp()) // seconds * seconds, tz=dt.UTC)


def sweep() -> int:
    """Forget the counts of days ago."""
    return Throttle.objects.filter(begins_at__lt=clock.now() - dt.timedelta(days=2)).delete()[0]
