"""What arrived and what of it counts."""

from __future__ import annotations

from collections.abc import Collection

from chengxin.exams.models import Answer


def responses_of(papers: Collection[int]) -> dict[int, dict[int, str]]:
    """What counts of the answers to each place: that with the highest running number."""
    found: dict[int, dict[int, str]] = {}
    rows = Answer.objects.filter(paper__in=papers).order_by("paper_id", "place", "-sequence").distinct("paper_id", "place")
    for paper, place, response in rows.values_list("paper_id", "place", "response"):
        found.setdefault(paper, {})[place] = response
    return found
