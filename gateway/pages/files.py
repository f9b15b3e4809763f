"""The built files of the SPA, kept in memory with their compressed forms."""

from __future__ import annotations

import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import Path

ENCODINGS = (("br", ".br"), ("gzip", ".gz"))
"""In the order of preference. The build writes them beside each file."""

_TYPES = {".js": "text/javascript", ".mjs": "text/javascript", ".webmanifest": "application/manifest+json"}
_HIDDEN = (".vite", ".map")


@dataclass(frozen=True, slots=True)
class BuiltFile:
    """One file. `is_hashed`: its name changes with its content, so it may be kept for ever."""

    content_type: str
    body: bytes
    encoded: dict[str, bytes]
    etag: bytes
    is_hashed: bool

    def pick(self, accept_encoding: bytes) -> tuple[bytes, str | None]:
        """Choose the form that the client takes: its bytes, and the name of the encoding, None for the plain one."""
        accepted = {
            word.partition(b";")[0].strip().decode("latin-1")
            for word in accept_encoding.lower().split(b",")
            if not word.replace(b" ", b"").endswith((b";q=0", b";q=0.0"))
        }
        for name, _ in ENCODINGS:
            if name in accepted and name in self.encoded:
                return self.encoded[name], name
        return self.body, None


class BuiltFiles:
    """The build folder as it was when it was last seen to change. A missing folder is an empty one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen: tuple[int, int] | None = None
        self._files: dict[str, BuiltFile] = {}

    def find(self, path: str) -> BuiltFile | None:
        """Give the file at a path such as `/assets/index-x1y2.js`. Nothing outside the folder can be named: paths are
        looked up among those that were found in it."""
        return self._files.get(path)

    def look(self) -> None:
        """Read the folder again if a build has replaced it. Cheap when nothing changed."""
        try:
            about = (self._folder / "index.html").stat()
        except OSError:
            self._seen, self._files = None, {}
            return
        seen = (about.st_mtime_ns, about.st_size)
        if seen != self._seen:
            self._files = {f"/{name}": file for name, file in _read(self._folder)}
            self._seen = seen


def _read(folder: Path) -> list[tuple[str, BuiltFile]]:
    found: list[tuple[str, BuiltFile]] = []
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if not path.is_file() or path.suffix in (".gz", ".br") or name.startswith(_HIDDEN) or name.endswith(_HIDDEN):
            continue
        body = path.read_bytes()
        encoded = {
            encoding: packed.read_bytes()
            for encoding, suffix in ENCODINGS
            if (packed := path.with_name(path.name + suffix)).is_file()
        }
        etag = b'"' + hashlib.sha256(body).hexdigest()[:20].encode() + b'"'
        found.append((name, BuiltFile(_type_of(path), body, encoded, etag, name.startswith("assets/"))))
    return found


def _type_of(path: Path) -> str:
    kind = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    is_text = kind.startswith("text/") or kind in ("application/json", "application/manifest+json", "image/svg+xml")
    return f"{kind}; charset=utf-8" if is_text else kind
