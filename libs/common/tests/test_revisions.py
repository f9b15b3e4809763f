"""Reading which revision the code is at from the migrations' text."""

from __future__ import annotations

from pathlib import Path

import pytest

from libs.common import revisions


@pytest.fixture
def versions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(revisions, "migrations_of", lambda service: tmp_path)
    folder = tmp_path / "versions"
    folder.mkdir()
    return folder


def write(versions: Path, revision: str, follows: str | None) -> None:
    (versions / f"{revision}_x.py").write_text(
        f'"""Do it."""\n\nrevision: str = "{revision}"\ndown_revision: str | None = {follows!r}\ndepends_on = None\n'
    )


def test_the_head_is_the_one_that_no_other_follows(versions: Path) -> None:
    assert revisions.head_revision("sample") is None
    for revision, follows in (("0002", "0001"), ("0001", None), ("0003", "0002")):
        write(versions, revision, follows)
    assert revisions.head_revision("sample") == "0003"


def test_two_heads_are_refused(versions: Path) -> None:
    for revision, follows in (("0001", None), ("0002", "0001"), ("0002b", "0001")):
        write(versions, revision, follows)
    with pytest.raises(LookupError, match="several heads"):
        revisions.head_revision("sample")


def test_an_unknown_service_has_no_migrations() -> None:
    with pytest.raises(LookupError, match="no service named"):
        revisions.head_revision("no_such_service")
