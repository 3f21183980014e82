"""Items by what stands on them."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import F, Q
from django.urls import reverse

from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.equipment import rules
from chengxin.equipment.models import Item
from chengxin.equipment.models.items import STANDS_ON_IT
from chengxin.rulebook import selectors as rulebook
from chengxin.ui.search import Group, Hit, grouped, sifted
from chengxin.ui.together import Inquiry


def search_items(actor: Actor, words: Sequence[str]) -> Inquiry[Group]:
    """Items of the reader's units by asset number, serial number, model or the name of their kind."""
    if not actor.may("equipment.read"):
        return Group("装备", [])
    kinds = rules.by_code(rulebook.rule_values("equipment.kinds", clock.today(), simulate=True)["kinds"])
    named = [code for code, kind in kinds.items() if all(word in kind["title"] for word in words)]
    rows = yield from sifted(
        Item.objects.all().visible_to(actor), words, document=STANDS_ON_IT, order="asset_number", columns=["kind", "service", "place"],
        indexed=True, exact=Q(kind__in=named), unit_name=F("unit__name"),
    )  # fmt: skip
    return grouped(
        "装备", rows,
        lambda row: Hit(
            f"{kinds[row['kind']]['title']} {row['asset_number']}", reverse("equipment:item", args=[row["id"]]),
            " · ".join(filter(None, [row["unit_name"], row["place"], rules.SERVICE[row["service"]]])),
        ),
        reverse("equipment:items"),
    )  # fmt: skip
