"""Pure market mathematics: no I/O, no database, no web."""

import importlib
import sys


def _import_alone(name: str, *without: str) -> None:
    """Import a package as if others that it looks for, and can do without, were not installed."""
    hidden = [other for other in without if other not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]  # None is how Python is told: there is none
    try:
        importlib.import_module(name)
    finally:
        for other in hidden:
            del sys.modules[other]


# It would also take Series, and for that imports pandas with pyarrow: half a second and a thread of each process.
_import_alone("talib", "pandas", "polars")
