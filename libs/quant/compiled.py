"""Compiles the numeric loops once and keeps the machine code on disk.

The code lies in the first folder that can be written: `NUMBA_CACHE_DIR`, `__pycache__` beside this file, the user's
cache folder. Where none can be (a read-only install without a home), each process compiles anew. The folder bears a
digest of the sources: numba itself looks only at the file of the outermost function, and would run old code after a
change in another.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
from numba.core import config as numba_config

from libs.quant import bars
from libs.quant.charges import table
from libs.quant.strategy import levels

F = TypeVar("F", bound=Callable[..., Any])
_HERE = Path(__file__).parent
_config: Any = numba_config  # its names are made when it is loaded


@cache
def folder() -> str | None:
    """Return where the machine code is kept; None where no folder can be written."""
    folders = [path for name in ("backtest", "panel") for path in sorted((_HERE / name).glob("*.py"))]
    sources = [
        Path(__file__),
        _HERE / "expr" / "long.py",
        *folders,
        *(Path(cast(str, of.__file__)) for of in (bars, levels, table)),
    ]
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:16]
    asked = os.environ.get("NUMBA_CACHE_DIR")
    homes = [Path(asked)] if asked else [_HERE / "__pycache__", Path("~/.cache/sharewise").expanduser()]
    for home in homes:
        place = home / f"quant-{digest}"
        try:
            place.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(place, os.W_OK):
            return str(place)
    return None


def compiled(inside: bool = False, contracts: bool = False) -> Callable[[F], F]:
    """Compile a function at its first call, to code that holds no lock of Python's.

    With `inside` its code becomes part of its callers': a call that hands over many arrays counts a use of each. With
    `contracts` a product and the sum it goes into may be rounded once, as TA-Lib's are.
    """

    def decorate(function: F) -> F:
        kept, before = folder(), _config.CACHE_DIR
        _config.CACHE_DIR = kept or ""
        try:
            compiler = numba.njit(
                cache=kept is not None, nogil=True, error_model="numpy", forceinline=inside,
                fastmath={"contract"} if contracts else False,
            )  # fmt: skip
            return cast(F, compiler(function))
        finally:
            _config.CACHE_DIR = before

    return decorate
