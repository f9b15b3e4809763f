"""The secrets of one local installation: made once, kept in its data folder, readable by its owner only."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path


class DevSecrets:
    """Named secrets in a file of mode 0600. A name asked for the first time gets a value, and keeps it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._values: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}

    def get(self, name: str) -> str:
        """Give 43 characters that only this installation knows."""
        if name not in self._values:
            self._values[name] = secrets.token_urlsafe(32)
            self._save()
        return self._values[name]

    def _save(self) -> None:
        partial = self._path.with_suffix(".part")
        partial.unlink(missing_ok=True)
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(self._values, file, indent=1, sort_keys=True)
        partial.rename(self._path)
