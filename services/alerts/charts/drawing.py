"""Draws a price and a level as a PNG, by hand: lines, a few labels. Pure.

Drawn on a light ground of its own, so that it reads the same in light and dark mails. It is shown at two thirds of its
size where there is room and at less on a phone, so its letters are large.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO

from PIL import Image, ImageDraw, ImageFont

from libs.common.money import from_e4

WIDTH, HEIGHT = 720, 300
FEWEST_POINTS = 5
"""Fewer tell nothing."""

_LEFT, _RIGHT, _TOP, _BOTTOM = 14, 126, 20, 46
_LETTERS = 23
_GROUND, _GRID, _GREY = (248, 250, 253), (226, 232, 241), (84, 96, 113)
_LINE, _FILL, _LEVEL = (31, 79, 216), (223, 232, 251), (176, 70, 9)
_DASH, _GAP = 12, 8

Ink = ImageFont.FreeTypeFont | ImageFont.ImageFont


@dataclass(frozen=True, slots=True)
class Picture:
    """What is drawn. closes_e4: oldest first, at least FEWEST_POINTS; begin, end: words under its ends."""

    closes_e4: tuple[int, ...]
    level_e4: int
    begin: str
    end: str


@lru_cache(maxsize=128)
def draw(picture: Picture) -> bytes:
    """Draw it. Returns a PNG of WIDTH x HEIGHT, some 10 kB; it takes 10 ms, so many who wait for one price share it."""
    closes, level = picture.closes_e4, picture.level_e4
    low, high = min(*closes, level), max(*closes, level)
    margin = max((high - low) // 12, 1)
    low, high = low - margin, high + margin
    right, bottom = WIDTH - _RIGHT, HEIGHT - _BOTTOM

    def across(number: int) -> float:
        return _LEFT + (right - _LEFT) * number / (len(closes) - 1)

    def down(price_e4: int) -> float:
        return bottom - (bottom - _TOP) * (price_e4 - low) / (high - low)

    image = Image.new("RGB", (WIDTH, HEIGHT), _GROUND)
    pen, ink = ImageDraw.Draw(image), _ink()
    for part in range(4):
        y = _TOP + (bottom - _TOP) * part / 3
        pen.line([(_LEFT, y), (right, y)], fill=_GRID, width=2)
    path = [(across(number), down(price_e4)) for number, price_e4 in enumerate(closes)]
    pen.polygon([(_LEFT, bottom), *path, (right, bottom)], fill=_FILL)
    pen.line(path, fill=_LINE, width=4, joint="curve")
    level_y = down(level)
    for start in range(_LEFT, right, _DASH + _GAP):
        pen.line([(start, level_y), (min(start + _DASH, right), level_y)], fill=_LEVEL, width=3)
    x, y = path[-1]
    pen.ellipse([x - 8, y - 8, x + 8, y + 8], fill=_LINE, outline=_GROUND, width=3)
    price_y, label_y = _apart(y, level_y)
    pen.text((right + 14, label_y), _said(level), fill=_LEVEL, font=ink, anchor="lm")
    if closes[-1] != level:
        pen.text((right + 14, price_y), _said(closes[-1]), fill=_LINE, font=ink, anchor="lm")
    pen.text((_LEFT, HEIGHT - 12), picture.begin, fill=_GREY, font=ink, anchor="ls")
    pen.text((right, HEIGHT - 12), picture.end, fill=_GREY, font=ink, anchor="rs")
    out = BytesIO()
    image.save(out, "PNG", compress_level=6)
    return out.getvalue()


def _apart(price_y: float, level_y: float) -> tuple[float, float]:
    """Keep two labels from lying over each other, and inside the picture."""
    room = _LETTERS + 4
    if abs(price_y - level_y) < room:
        middle, half = (price_y + level_y) / 2, room / 2
        middle = min(max(middle, _TOP + half), HEIGHT - _BOTTOM - half)
        price_y, level_y = (middle - half, middle + half) if price_y <= level_y else (middle + half, middle - half)
    return price_y, level_y


def _said(price_e4: int) -> str:
    """Write a price without its currency, which the letters here may not have; of a long one the whole part alone."""
    text = f"{from_e4(price_e4):f}"
    return text if len(text) <= 9 else text.partition(".")[0]


@lru_cache(maxsize=1)
def _ink() -> Ink:
    return ImageFont.load_default(_LETTERS)
