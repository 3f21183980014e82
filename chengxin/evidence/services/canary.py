"""A canary in the store: an object that nobody, with the application's own rights or past the gateway, may be able to delete (2.2.3).

Object Lock is a promise of the store. It is put to the test each night and when the store is set up; a store that lets the canary
go, or answers at a door that should be shut, is an alarm.
"""

from __future__ import annotations

import datetime as dt
import urllib.error
import urllib.request
from collections.abc import Callable
from uuid import uuid4

from django.conf import settings
from django.db import transaction

from chengxin.audit.services import record
from chengxin.core import clock
from chengxin.core.actor import system_actor
from chengxin.evidence.models import StoreCheck
from chengxin.evidence.services import store
from chengxin.files.bucket import Bucket, path_of

SYSTEM = system_actor("存储自检")
CONTENT = b"canary"
PREFIX = "canary-"


def check_store() -> list[StoreCheck]:
    """Test every bucket in use; nothing to test in directories. Each result is kept, a failure is recorded as an alarm."""
    places = [("originals", store.originals()), ("copies", store.copies())]
    return [_check(name, place) for name, place in places if isinstance(place, Bucket)]


@transaction.atomic
def _check(name: str, place: Bucket) -> StoreCheck:
    try:
        lines = try_to_destroy(place)
    except OSError as error:
        lines = [{"what": "存储可用", "passed": False, "found": str(error)}]
    passed = all(line["passed"] for line in lines)
    made = StoreCheck.objects.create(at=clock.now(), place=name, bucket=place.name, passed=passed, lines=lines)
    if not passed:
        failed = [line["what"] for line in lines if not line["passed"]]
        record(SYSTEM, "evidence.store_open", f"store:{name}", details={"bucket": place.name, "failed": failed})
    return made


def try_to_destroy(place: Bucket) -> list[dict[str, str | bool]]:
    """What was tried and how the store answered. Raises StoreUnreachable."""
    if not place.locks():
        return [{"what": "桶启用对象锁定", "passed": False, "found": "没有启用，保存期内可以被删除"}]
    key = f"{PREFIX}{uuid4().hex}"
    place.write(CONTENT, key)
    until = dt.datetime.now(dt.UTC) + dt.timedelta(days=1)  # the store's own clock counts, not a frozen one
    place.lock(key, until)
    lines: list[dict[str, str | bool]] = [
        _refused("用本系统的凭据删除", lambda: place.remove(key)),
        _refused("绕过治理模式删除", lambda: place.remove(key, bypass=True)),
        _refused("缩短锁定时间", lambda: place.lock(key, until - dt.timedelta(hours=12))),
        *(_shut(f"绕过网关删除 {url}", "DELETE", f"{url}/buckets/{place.name}/{path_of(key)}") for url in settings.STORE_FILERS),
        *(_shut(f"主控的管理接口 {url}", "GET", f"{url}/dir/status") for url in settings.STORE_MASTERS),
        {"what": "试过之后内容完好", "passed": _is_whole(place, key), "found": ""},
    ]
    _sweep(place, key)
    return lines


def _refused(what: str, attempt: Callable[[], None]) -> dict[str, str | bool]:
    try:
        attempt()
    except PermissionError:
        return {"what": what, "passed": True, "found": "被拒绝"}
    return {"what": what, "passed": False, "found": "没有被拒绝"}


def _shut(what: str, method: str, url: str) -> dict[str, str | bool]:
    """A door past the gateway: shut when it refuses, knows nothing of such a request, or does not answer at all."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, method=method), timeout=5) as answer:
            return {"what": what, "passed": False, "found": f"应答 {answer.status}，没有被拒绝"}
    except urllib.error.HTTPError as error:
        return {"what": what, "passed": error.code in {401, 403, 404, 405}, "found": f"应答 {error.code}"}
    except OSError:
        return {"what": what, "passed": True, "found": "不应答"}


def _is_whole(place: Bucket, key: str) -> bool:
    try:
        with place.open(key) as file:
            return file.read() == CONTENT
    except FileNotFoundError:
        return False


def _sweep(place: Bucket, but: str) -> None:
    """Remove the canaries whose lock is over."""
    for key in place.keys(PREFIX):
        if key != but:
            try:
                place.remove(key)
            except PermissionError:
                continue
