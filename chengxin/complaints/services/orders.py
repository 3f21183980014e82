"""Orders of the 12345 platform: previewed with the complainant sealed, then taken over, each once by its number (3.2)."""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.db import transaction

from chengxin.audit.services import record
from chengxin.complaints import rules
from chengxin.complaints.models import Complaint, ImportProfile
from chengxin.complaints.services import keys
from chengxin.complaints.services.intake import Said, take_order
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.capabilities import require
from chengxin.files import selectors as files
from chengxin.files import services as stored

if TYPE_CHECKING:
    from chengxin.files.models import SheetImport

KIND, PROFILE = "complaints.orders", "12345"
SHOWN = {"number": "工单编号", "received_at": "收到时间", "text": "内容", "place": "地点", "contact": "联系方式"}


def kept_columns() -> dict[str, str]:
    """Meaning to heading as the last import had it, else as the platform usually calls them."""
    found = ImportProfile.objects.filter(name=PROFILE).first()
    return {**rules.MEANINGS, **(found.columns if found else {})}


def columns_given(given: Mapping[str, str]) -> dict[str, str]:
    """What was typed for each meaning, an empty one as it was kept."""
    kept = kept_columns()
    return {meaning: given.get(f"column_{meaning}", "").strip()[:60] or kept[meaning] for meaning in rules.MEANINGS}


@transaction.atomic
def preview_orders(
    actor: Actor, *, file_name: str, content: bytes, rows: Sequence[rules.Order], columns: Mapping[str, str]
) -> int:  # fmt: skip
    """Keep an understood sheet until it is applied, and its column names for the next. Its number."""
    require(actor, "complaints.import")
    ImportProfile.objects.update_or_create(
        name=PROFILE, defaults={"columns": dict(columns), "kept_label": actor.label, "kept_at": clock.now()}
    )
    return stored.keep_sheet(actor, KIND, file_name=file_name, content=content, rows=[_kept(order) for order in rows])


def _kept(order: rules.Order) -> dict[str, Any]:
    """A row as it is stored: who complained only as ciphertext, never in the clear."""
    contact = {name: value for name, value in (("name", order.name), ("phone", order.phone)) if value}
    sealed = base64.b64encode(keys.seal(contact)).decode() if contact else ""
    received = order.received_at.replace(tzinfo=clock.SHANGHAI)
    return {"number": order.number, "received_at": received.isoformat(), "text": order.text, "place": order.place, "sealed": sealed}


def sheet_for(actor: Actor, number: int) -> SheetImport:
    return files.sheet_for(actor, KIND, number)


def effects(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What each row would do, for the preview."""
    numbers = [row["number"] for row in rows]
    known = set(Complaint.objects.filter(channel=PROFILE, external_number__in=numbers).values_list("external_number", flat=True))
    return [
        {
            **row, "received_at": f"{dt.datetime.fromisoformat(row['received_at']):%Y-%m-%d %H:%M}", "text": row["text"][:80],
            "contact": "已加密" if row["sealed"] else "匿名", "effect": "无变化" if row["number"] in known else "新增",
        }
        for row in rows
    ]  # fmt: skip


@transaction.atomic
def import_orders(actor: Actor, number: int) -> int:
    """Apply a previewed sheet, all of it or nothing; how many complaints are new."""
    require(actor, "complaints.import")
    sheet = stored.take_sheet(actor, KIND, number)
    made = 0
    for row in sheet.rows:
        contact = keys.unseal(base64.b64decode(row["sealed"]), keys.VAULT_KEY) if row["sealed"] else None
        said = Said(row["text"], row["place"], None, contact)
        made += take_order(actor, said, number=row["number"], received_at=dt.datetime.fromisoformat(row["received_at"])).is_new
    record(actor, "complaints.imported", f"sheet:{sheet.pk}", details={"rows": len(sheet.rows), "new": made})
    return made
