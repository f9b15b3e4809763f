"""Passwords that were stolen elsewhere, in a file that an operator gives.

Two forms. Lines `<SHA-1 in upper-case hex>:<count>` sorted by their hash, as Have I Been Pwned gives them: some 40 GB,
so a password is looked up by halving the file, some 35 reads, and nothing of it is kept. Or one password a line: such
lists are short and are held as a set.
"""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

_HASH_LINE = re.compile(rb"[0-9A-Fa-f]{40}(:\d+)?\r?\n?")
_HASH_CHARS = 40
_LINE_BYTES = 128
"""More than any line of hashes is long."""

MAX_LIST_BYTES = 64 * 1024 * 1024


class BreachedPasswords:
    """Looks passwords up. Raises ValueError at the start for a file that is neither form, OSError for none at all."""

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            first = file.readline(_LINE_BYTES)
        self._path = path
        self._size = path.stat().st_size
        self._listed: frozenset[bytes] | None = None
        if not _HASH_LINE.fullmatch(first):
            if self._size > MAX_LIST_BYTES:
                raise ValueError(f"{path} is neither sorted SHA-1 lines nor a list of passwords of at most 64 MiB.")
            self._listed = frozenset(path.read_bytes().splitlines())

    def holds(self, password: str) -> bool:
        """Say whether the password is in the file. Reads the disk, so keep it off the event loop."""
        raw = password.encode()
        if self._listed is not None:
            return raw in self._listed
        # The file's own form; nothing is kept by this hash.
        wanted = hashlib.sha1(raw, usedforsecurity=False).hexdigest().upper().encode()
        file = os.open(self._path, os.O_RDONLY)
        try:
            return self._search(file, wanted)
        finally:
            os.close(file)

    def _search(self, file: int, wanted: bytes) -> bool:
        """Halve until the line that could hold it begins at `low`; `low` is always the beginning of a line."""
        low, high = 0, self._size
        while low < high:
            begin = self._line_after(file, (low + high) // 2, low)
            if begin >= high:
                # The middle lies in the last line of this part: only the line at `low` and those before it are left.
                begin = low
            line = os.pread(file, _LINE_BYTES, begin)
            found, length = line[:_HASH_CHARS].upper(), line.find(b"\n") + 1 or len(line)
            if found == wanted:
                return True
            if found < wanted:
                low = begin + length
            elif begin == low:
                return False
            else:
                high = begin
        return False

    def _line_after(self, file: int, middle: int, low: int) -> int:
        """Give the beginning of the first line that begins at or after the middle; `low` begins one."""
        if middle == low:
            return low
        ahead = os.pread(file, _LINE_BYTES, middle - 1)
        break_at = ahead.find(b"\n")
        return self._size if break_at < 0 else middle + break_at
