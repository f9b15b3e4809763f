"""How states are stored: short texts of whole numbers, and small lists that are checked as they are read.

Readers answer with the value, or raise TypeError or ValueError when it does not fit.
"""

from __future__ import annotations

import binascii
import zlib
from base64 import b64decode, b64encode

import numpy as np

from libs.quant.bars import Longs


def packed(rows: Longs) -> str:
    """Return a text of rows of whole numbers: neighbours that are near each other take one or two bytes."""
    steps = np.diff(rows, axis=1, prepend=0)
    # All first bytes, then all second ones ...: those of the high ones are nearly all alike.
    planes = np.ascontiguousarray(steps, "<i8").view(np.uint8).reshape(-1, 8).T.tobytes()
    return b64encode(zlib.compress(planes, 6)).decode()


def unpacked(text: object, height: int, most: int) -> Longs:
    """Read what `packed` wrote: so many rows of at most so many numbers."""
    if not isinstance(text, str):
        raise TypeError(f"{text!r:.40} is not a text")
    inflate = zlib.decompressobj()
    try:
        planes = inflate.decompress(b64decode(text, validate=True), 8 * height * most + 1)
    except (binascii.Error, zlib.error) as error:
        raise ValueError(f"it cannot be unpacked: {error}") from error
    if not inflate.eof or inflate.unused_data or len(planes) % (8 * height) or len(planes) > 8 * height * most:
        raise ValueError(f"it is not {height} rows of at most {most}")
    steps = np.frombuffer(planes, np.uint8).reshape(8, -1).T.copy().view("<i8").reshape(height, -1)
    return np.cumsum(steps, axis=1, dtype=np.int64)


def whole(value: object) -> int:
    """Read a whole number."""
    if type(value) is not int:
        raise TypeError(f"{value!r:.40} is not a whole number")
    return value


def number(value: object) -> float:
    """Read a number."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"{value!r:.40} is not a number")
    return float(value)


def many(value: object, most: int) -> list[object]:
    """Read a list of at most so many."""
    if not isinstance(value, list):
        raise TypeError(f"{value!r:.40} is not a list")
    if len(value) > most:
        raise ValueError(f"there are more than {most}")
    return value
