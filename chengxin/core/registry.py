"""Lists that every chapter adds to from its ``catalog.py``: frozen entries, twins refused."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar


class Coded(Protocol):
    """Anything with a system-wide code."""

    @property
    def code(self) -> str: ...


T = TypeVar("T", bound=Coded)


class Registry(Generic[T]):
    """Entries by code. Adding an equal entry again is harmless; another entry under a used code is refused."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._entries: dict[str, T] = {}

    def add(self, *entries: T) -> None:
        for entry in entries:
            if self._entries.setdefault(entry.code, entry) != entry:
                raise ValueError(f"{self.name}: the code {entry.code!r} is taken")

    def __getitem__(self, code: str) -> T:
        try:
            return self._entries[code]
        except KeyError:
            raise KeyError(f"{self.name}: no entry {code!r}") from None

    def __contains__(self, code: object) -> bool:
        return code in self._entries

    def __iter__(self) -> Iterator[T]:
        return iter(self._entries.values())

    def __len__(self) -> int:
        return len(self._entries)


@dataclass(frozen=True)
class Capability:
    """Something a role may do. ``roles`` are role codes of people/catalog.py."""

    code: str
    title: str
    roles: frozenset[str] = frozenset()


@dataclass(frozen=True)
class AuditAction:
    """A gesture as the audit names it, in the past tense."""

    code: str
    title: str


@dataclass(frozen=True)
class MenuItem:
    """A navigation entry. ``section`` is the chapter of the plan, ``capability`` who sees it, ``url`` a URL name."""

    code: str
    section: str
    title: str
    url: str
    capability: str
    icon: str = "circle"
    order: int = 100


capabilities: Registry[Capability] = Registry("capabilities")
audit_actions: Registry[AuditAction] = Registry("audit actions")
menu: Registry[MenuItem] = Registry("menu")


def capability(code: str, title: str, roles: Iterable[str] = ()) -> Capability:
    """Shorthand for catalogs."""
    return Capability(code, title, frozenset(roles))


def load_catalogs(apps: Iterable[str]) -> None:
    """Import ``catalog`` of each app and register its CAPABILITIES, AUDIT_ACTIONS and MENU."""
    for app in apps:
        name = f"{app}.catalog"
        if importlib.util.find_spec(name) is None:
            continue
        catalog = importlib.import_module(name)
        capabilities.add(*getattr(catalog, "CAPABILITIES", ()))
        audit_actions.add(*getattr(catalog, "AUDIT_ACTIONS", ()))
        menu.add(*getattr(catalog, "MENU", ()))
