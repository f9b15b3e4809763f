"""The house style where a machine can see it (docs/house-style.md)."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("gateway", "services", "libs", "deploy", "bench", "sdk", "tests")
MAX_LINES = 400


def sources() -> Iterator[Path]:
    for folder in FOLDERS:
        for path in (ROOT / folder).rglob("*.py"):
            if "node_modules" not in path.parts:
                yield path.relative_to(ROOT)


def is_test(path: Path) -> bool:
    return "tests" in path.parts or path.parts[:3] == ("libs", "common", "testing")


def imports_of(path: Path) -> set[str]:
    """Name the top-level packages that a file imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add(node.module.partition(".")[0])
    return found


@pytest.mark.parametrize(
    ("package", "home"),
    [
        ("jose", "libs/common/security/tokens.py"),
        ("httpx", "libs/common/http"),
        ("bcrypt", "libs/common/security/passwords.py"),
        ("arq", "libs/common"),
    ],
)
def test_each_heavy_tool_has_one_importer(package: str, home: str) -> None:
    strangers = [
        str(path)
        for path in sources()
        if not is_test(path) and path.parts[0] != "bench" and package in imports_of(path)
    ]
    assert [path for path in strangers if not path.startswith(home)] == []


def test_no_file_is_called_unsorted() -> None:
    assert [str(path) for path in sources() if path.stem in {"utils", "util", "helpers", "helper", "misc"}] == []


def test_no_file_has_grown_into_two_rooms() -> None:
    lengths = {str(path): len((ROOT / path).read_text(encoding="utf-8").splitlines()) for path in sources()}
    assert {path: length for path, length in lengths.items() if length > MAX_LINES} == {}


def test_nothing_is_left_to_do_in_the_code() -> None:
    unfinished = re.compile(r"#\s*(TODO|FIXME|XXX|HACK)\b|raise NotImplementedError")
    found = [
        f"{path}:{number}"
        for path in sources()
        if path.name != "test_style.py"
        for number, line in enumerate((ROOT / path).read_text(encoding="utf-8").splitlines(), start=1)
        if unfinished.search(line)
    ]
    assert found == []


def test_no_test_is_silently_left_out() -> None:
    """A test may skip itself at run time with its reason; a mark that always skips says nothing new each day."""
    always = re.compile(r"@pytest\.mark\.(skip|xfail)\b(?!if)")
    found = [str(path) for path in sources() if always.search((ROOT / path).read_text(encoding="utf-8"))]
    assert [path for path in found if not path.endswith("test_style.py")] == []


def test_every_folder_that_runs_has_a_readme() -> None:
    folders = [path.parent for path in ROOT.glob("services/*/__main__.py")] + [ROOT / "gateway", ROOT / "deploy"]
    assert [str(folder.relative_to(ROOT)) for folder in folders if not (folder / "README.md").is_file()] == []


def test_both_locks_pin_the_same_product() -> None:
    def pins(name: str) -> dict[str, str]:
        return dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", (ROOT / name).read_text(), re.MULTILINE))

    product, tests = pins("requirements.lock"), pins("requirements-dev.lock")
    assert {name: (version, tests.get(name)) for name, version in product.items() if tests.get(name) != version} == {}


def test_pytest_treats_warnings_as_errors() -> None:
    options = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["pytest"]["ini_options"]
    assert options["filterwarnings"][0] == "error"
