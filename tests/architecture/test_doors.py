"""Every address names who may use it."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import URLPattern, URLResolver, get_resolver

from chengxin.core.registry import capabilities, menu
from chengxin.people.catalog import ROLES

OPEN = {"public", "signed_in"}


def own_patterns(resolver: URLResolver, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Addresses whose view is ours; third-party addresses are listed by their prefix below."""
    for entry in resolver.url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from own_patterns(entry, route)
        elif entry.callback.__module__.startswith("chengxin."):
            yield route, entry


def foreign_routes(resolver: URLResolver, prefix: str = "") -> Iterator[str]:
    for entry in resolver.url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from foreign_routes(entry, route)
        elif not entry.callback.__module__.startswith("chengxin."):
            yield route


def test_every_view_of_ours_names_a_registered_capability() -> None:
    unnamed = [
        route
        for route, pattern in own_patterns(get_resolver())
        if getattr(pattern.callback, "capability", None) not in OPEN and getattr(pattern.callback, "capability", None) not in capabilities
    ]
    assert unnamed == []


def test_views_of_other_people_stand_under_known_prefixes_only() -> None:
    known = ("account/", "api/v1/")
    assert [route for route in foreign_routes(get_resolver()) if not route.startswith(known)] == []


def test_every_capability_belongs_to_a_known_role() -> None:
    codes = {role.code for role in ROLES}
    assert {c.code: c.roles for c in capabilities if not c.roles or not c.roles <= codes} == {}


def test_every_menu_entry_leads_somewhere_and_names_a_capability() -> None:
    from django.urls import reverse

    for item in menu:
        assert reverse(item.url)
        assert item.capability in OPEN or item.capability in capabilities


def test_administrators_hold_no_business_capability() -> None:
    administrators = {"sysadmin", "secadmin", "auditor"}
    business = {role.code for role in ROLES} - administrators
    shared = [c.code for c in capabilities if c.roles & administrators and c.roles & business]
    # what everybody holds, whatever their role, and the log of looks at footage, which is audit
    assert set(shared) <= {"rulebook.read", "portal.home", "evidence.read_log"}
