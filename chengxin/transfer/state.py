"""What an installation is in: its migrations, its counts, and whether it is sound."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from chengxin import __version__
from chengxin.audit import services as audit
from chengxin.audit.selectors import entry_count
from chengxin.core import clock
from chengxin.files import services as files
from chengxin.files.selectors import file_count
from chengxin.people.models import Person, User
from chengxin.transfer import parcel


def description() -> dict[str, Any]:
    """When and by which version; which migrations of ours are applied."""
    return {
        "chengxin": __version__,
        "made_at": clock.now().isoformat(timespec="seconds"),
        "migrations": applied_migrations(),
    }


def applied_migrations() -> dict[str, list[str]]:
    """The names of our applied migrations by app, those of parts we use left out: they come with our own version."""
    ours: dict[str, list[str]] = {}
    for app, name in sorted(MigrationRecorder(connection).applied_migrations()):
        if (parcel.HERE / app).is_dir():
            ours.setdefault(app, []).append(name)
    return ours


def counts() -> dict[str, int]:
    return {"users": User.objects.count(), "persons": Person.objects.count(), "files": file_count(), "audit_entries": entry_count()}


def examination() -> dict[str, Any]:
    """Whether the audit verifies and every stored file is there and whole."""
    verdict, damaged = audit.verify(), files.damaged_files()
    return {"ok": verdict.misfit is None and not damaged, "audit": verdict.as_json(), "damaged_files": damaged, "counts": counts()}
