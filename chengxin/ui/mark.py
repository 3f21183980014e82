"""The house's mark as a picture, drawn from the same figures as ``static/ui/mark.svg``: installed apps ask for PNG."""

from __future__ import annotations

import io
import math
from functools import lru_cache

from PIL import Image, ImageDraw

BRAND, WHITE = "#17616b", "#ffffff"
FINER = 4  # drawn larger and made small again: smooth edges
Point = tuple[float, float]


@lru_cache(maxsize=8)
def mark_png(size: int, *, whole: bool = False) -> bytes:
    """The mark as PNG, ``size`` pixels wide; ``whole`` fills the square to its corners, for icons that are cut to a shape later."""
    wide = size * FINER
    unit = wide / 32 * (0.72 if whole else 1)
    shift = wide * (0.14 if whole else 0)
    picture = Image.new("RGBA", (wide, wide), (0, 0, 0, 0))
    draw = ImageDraw.Draw(picture)
    draw.rounded_rectangle((0, 0, wide - 1, wide - 1), radius=0 if whole else 7 * wide / 32, fill=BRAND)
    for line, width in ((_heart(), 2.2), (_house(), 1.8)):
        points = [(shift + x * unit, shift + y * unit) for x, y in line]
        draw.line(points, fill=WHITE, width=round(width * unit))
        for x, y in points:  # a round brush: no notches where pieces of a bend meet
            reach = width * unit / 2
            draw.ellipse((x - reach, y - reach, x + reach, y + reach), fill=WHITE)
    content = io.BytesIO()
    picture.resize((size, size), Image.Resampling.LANCZOS).save(content, "PNG", optimize=True)
    return content.getvalue()


def _heart() -> list[Point]:
    """M16 25C8 19.5 5.5 15.8 5.5 12.2A5 5 0 0 1 16 9.8a5 5 0 0 1 10.5 2.4C26.5 15.8 24 19.5 16 25z, the right half mirrored."""
    left = _curve((16, 25), (8, 19.5), (5.5, 15.8), (5.5, 12.2)) + _arc((5.5, 12.2), (16, 9.8))
    return left + [(32 - x, y) for x, y in reversed(left)]


def _house() -> list[Point]:
    """M11 17v-4h3v-2.5h4V13h3v4"""
    return [(11, 17), (11, 13), (14, 13), (14, 10.5), (18, 10.5), (18, 13), (21, 13), (21, 17)]


def _curve(start: Point, one: Point, two: Point, end: Point) -> list[Point]:
    """A cubic Bézier curve."""
    return [
        (
            (1 - t) ** 3 * start[0] + 3 * (1 - t) ** 2 * t * one[0] + 3 * (1 - t) * t**2 * two[0] + t**3 * end[0],
            (1 - t) ** 3 * start[1] + 3 * (1 - t) ** 2 * t * one[1] + 3 * (1 - t) * t**2 * two[1] + t**3 * end[1],
        )
        for t in (step / 40 for step in range(41))
    ]


def _arc(start: Point, end: Point) -> list[Point]:
    """The upper half circle over both points: their distance is more than twice the given radius, which SVG then enlarges to fit."""
    middle = ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
    radius = math.dist(start, end) / 2
    first = math.atan2(start[1] - middle[1], start[0] - middle[0])
    return [
        (middle[0] + radius * math.cos(first + math.pi * step / 40), middle[1] + radius * math.sin(first + math.pi * step / 40))
        for step in range(41)
    ]
