"""One log of many processes: each line behind the coloured name of its process."""

from __future__ import annotations

import os
import re
import sys
from datetime import datetime
from typing import TextIO

_COLOURS = (36, 32, 33, 35, 34, 96, 92, 93, 95, 94)
_NAME_WIDTH = 15
SUPERVISOR = "sharewise"
_OWN_TIME = re.compile(r"^\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-][\d:]+) ")


class Console:
    """Writes whole lines. Colour only on a terminal, and never where NO_COLOR is set; FORCE_COLOR overrules."""

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out or sys.stdout
        self._coloured = bool(os.environ.get("FORCE_COLOR")) or (self._out.isatty() and not os.environ.get("NO_COLOR"))
        self._colour_of: dict[str, int] = {SUPERVISOR: 1}

    @property
    def is_coloured(self) -> bool:
        return self._coloured

    def line(self, name: str, text: str) -> None:
        """Write a line of a process; a time that it begins with is left out, since ours stands before it."""
        prefix = f"{datetime.now().astimezone():%H:%M:%S} {name:<{_NAME_WIDTH}} |"
        if self._coloured:
            colour = self._colour_of.setdefault(name, _COLOURS[len(self._colour_of) % len(_COLOURS)])
            prefix = f"\x1b[{colour}m{prefix}\x1b[0m"
        self._write(f"{prefix} {_OWN_TIME.sub('', text)}\n")

    def say(self, text: str) -> None:
        """Write a word of the supervisor itself, one line each."""
        for line in text.splitlines():
            self.line(SUPERVISOR, line)

    def block(self, text: str) -> None:
        """Write lines as they are, with room around them."""
        self._write(f"\n{text}\n\n")

    def _write(self, text: str) -> None:
        try:
            self._out.write(text)
            self._out.flush()
        except (BrokenPipeError, ValueError):
            self._out = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 (whoever read us is gone; go on without)
