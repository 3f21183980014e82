"""String foreign keys are invisible to the import contracts; this walks them."""

from __future__ import annotations

import configparser
from pathlib import Path

from django.apps import apps

ROOT = Path(__file__).resolve().parents[2]


def room_ranks() -> dict[str, int]:
    """Each room's height, read from the import contract itself (0 is the top)."""
    parser = configparser.ConfigParser()
    parser.read(ROOT / ".importlinter", encoding="utf-8")
    lines = parser["importlinter:contract:rooms"]["layers"].split("\n")
    layers = [line.strip() for line in lines if line.strip()]
    return {name.strip(): rank for rank, line in enumerate(layers) for name in line.split("|")}


def test_no_foreign_key_points_upwards() -> None:
    ranks = room_ranks()
    upward = [
        f"{model._meta.label}.{field.name} -> {field.related_model._meta.label}"
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if field.is_relation
        and field.concrete
        and model._meta.app_label in ranks
        and getattr(field.related_model, "_meta", None) is not None
        and field.related_model._meta.app_label in ranks
        and field.related_model is not model
        and model._meta.app_label != field.related_model._meta.app_label
        and ranks[field.related_model._meta.app_label] <= ranks[model._meta.app_label]
    ]
    assert upward == []
