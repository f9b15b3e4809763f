"""`python -m deploy.licences`: check the licence of every package of the locks, Python's and the SPA's (decisions 34).

AGPL, GPL and Commons-Clause never stand in the product's or the tests' lock; tools with such licences run in an
environment of their own (`deploy/checks`). A licence that is not on the list fails, so that a person looks at it once.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]

ALLOWED = frozenset(
    {
        "0BSD",
        "Apache-2.0",
        "Apache-2.0 WITH LLVM-exception",
        "BlueOak-1.0.0",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "CC-BY-4.0",  # data, such as browser tables, with credit
        "CC0-1.0",
        "ISC",
        "MIT",
        "MIT-0",
        "MIT-CMU",
        "MPL-2.0",  # its files stay open, ours need not
        "OFL-1.1",  # fonts
        "PSF-2.0",
        "Python-2.0",
        "Unlicense",
        "Zlib",
        "ZPL-2.1",
    }
)

# What packages without an SPDX expression say, in trove classifiers or in words of their own.
_SAID = {
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "DFSG approved": "MIT",  # Debian's word beside a licence, not one
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "Simplified BSD": "BSD-2-Clause",
    "The Unlicense (Unlicense)": "Unlicense",
}

# Packages whose metadata names no licence, each looked up in its LICENSE file.
_LOOKED_UP = {"axe-playwright-python": "MIT AND MPL-2.0", "ta-lib": "BSD-2-Clause"}


class Package(NamedTuple):
    name: str
    licence: str


def is_allowed(licence: str) -> bool:
    """Say whether an SPDX expression (AND, OR, brackets) or a list of classifiers (`;`) leaves us an allowed choice."""
    text = licence.strip()
    if text in _SAID:
        return True
    if text.startswith("(") and text.endswith(")") and _closes_at_end(text):
        return is_allowed(text[1:-1])
    for word, combine in ((";", all), (" OR ", any), (" AND ", all)):
        parts = _split(text, word)
        if len(parts) > 1:
            return combine(is_allowed(part) for part in parts)
    return text in ALLOWED


def python_packages(lock: Path) -> Iterator[Package]:
    """Read the installed packages that the lock names. Raises LookupError for one that is not installed."""
    wanted = {_canonical(name) for name in re.findall(r"^([A-Za-z0-9._-]+)==", lock.read_text(), re.MULTILINE)}
    listing = subprocess.run(
        [sys.executable, "-m", "piplicenses", "--format=json", "--with-system"],
        check=True,
        capture_output=True,
        text=True,
    )
    licences = {_canonical(row["Name"]): row["License"] for row in json.loads(listing.stdout)}
    missing = wanted - licences.keys()
    if missing:
        raise LookupError(f"Not installed, so not checked: {', '.join(sorted(missing))}. Run `make setup-dev`.")
    for name in sorted(wanted & licences.keys()):
        yield Package(name, _LOOKED_UP.get(name, licences[name]))


def web_packages(lock: Path) -> Iterator[Package]:
    """Read the packages of an npm lock; those without a licence there are named as such."""
    for path, about in json.loads(lock.read_text())["packages"].items():
        if path:
            yield Package(path.rpartition("node_modules/")[2], about.get("license", "none named"))


def main() -> int:
    packages = [
        *python_packages(ROOT / "requirements-dev.lock"),
        *web_packages(ROOT / "web" / "package-lock.json"),
    ]
    refused = [package for package in packages if not is_allowed(package.licence)]
    for package in refused:
        print(f"{package.name}: {package.licence!r} is not on the list of deploy/licences.py")
    print(f"{len(packages)} packages looked at, {len(refused)} refused")
    return 1 if refused else 0


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _closes_at_end(text: str) -> bool:
    depth = 0
    for position, letter in enumerate(text):
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if depth == 0:
            return position == len(text) - 1
    return False


def _split(text: str, word: str) -> list[str]:
    """Split at a word that stands outside all brackets."""
    parts, depth, begin, at = [], 0, 0, 0
    while at < len(text):
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        if depth == 0 and text.startswith(word, at):
            parts.append(text[begin:at])
            begin = at = at + len(word)
        else:
            at += 1
    return [*parts, text[begin:]]


if __name__ == "__main__":
    raise SystemExit(main())
