"""schemathesis over the merged OpenAPI document: nothing is a 5xx, every answer is one that the document names.

`SHAREWISE_FUZZ_EXAMPLES` calls for each operation (12; `make fuzz` takes 200). A failure prints the call and its seed.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.person import People
from tests.support.platform import Platform, own_platform

EXAMPLES = int(os.environ.get("SHAREWISE_FUZZ_EXAMPLES", "12"))
SEED = os.environ.get("SHAREWISE_FUZZ_SEED", "20261121")
"""The same calls each time; `make fuzz` draws others."""

TIMEOUT_S = 240 + 12 * EXAMPLES

pytestmark = [pytest.mark.journey, pytest.mark.timeout(TIMEOUT_S + 60)]

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "missing_required_header",
    "ignored_auth",
    "use_after_free",
)
"""Not among them: that whatever fits the schema is accepted, since our rules say more than a schema can; and that what
was created is there, since an Idempotency-Key gives the first answer again also after the alert was deleted."""

ENDS_THE_SESSION = ("/api/auth/logout/", "/api/auth/sessions/", "/api/auth/sessions/{session_id}/")
"""Fuzzed on their own, with a session that may end."""


@pytest.fixture(scope="module")
def platform() -> Iterator[Platform]:
    """A platform of this module's own, whose limits do not stand in the way."""
    limits = {"GATEWAY_LIMIT_FACTOR": "10000", "AUTH_CALLS_PER_ADDRESS_A_MINUTE": "100000"}
    quiet = {"SHAREWISE_LOG_LEVEL": "WARNING"}  # two lines for each of thousands of calls
    with own_platform(port_offset=18_000, settings=limits | quiet) as running:
        yield running


@pytest.fixture
def token(platform: Platform) -> Iterator[str]:
    with People(platform) as people:
        yield people.ready().access_token


def fuzz(platform: Platform, token: str, tmp_path: Path, *selection: str) -> str:
    """Run schemathesis on some operations and return what it says. Fails with its report."""
    command = [
        str(Path(sys.executable).with_name("st")),
        "run",
        f"{platform.url}/api/openapi.json",
        f"--header=Authorization: Bearer {token}",
        f"--checks={','.join(CHECKS)}",
        f"--max-examples={EXAMPLES}",
        f"--seed={SEED}",
        "--continue-on-failure",
        "--generation-database=none",
        "--request-timeout=20",
        "--warnings=off",
        "--no-color",
        *selection,
    ]
    # Its folder holds this alone, so that no configuration of somebody else's is found. A query beyond the head's
    # limit is refused with 431, which schemathesis does not count as a refusal by itself.
    statuses = "[400, 401, 403, 404, 405, 406, 409, 413, 415, 422, 428, 429, 431]"
    (tmp_path / "schemathesis.toml").write_text(f"[checks]\nnegative_data_rejection.expected-statuses = {statuses}\n")
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    # Lines are cut: a generated value may be longer than all the rest of the report.
    report = "\n".join(line[:400] for line in ended.stdout.splitlines())
    assert ended.returncode == 0, report[-12_000:] + ended.stderr[-2_000:]
    counts = re.search(r"(\d+) generated, (\d+) passed", ended.stdout)
    assert counts is not None, ended.stdout[-2_000:]
    print(f"{counts[0]}: {' '.join(selection)}")
    return ended.stdout


@pytest.fixture(autouse=True)
def nothing_fails(platform: Platform) -> Iterator[None]:
    """No process logs a failed request, which is how a 500 is logged."""
    yield
    failed = [line for line in platform.log().splitlines() if "request_failed" in line]
    assert failed == []


def test_no_call_is_answered_otherwise_than_the_document_says(platform: Platform, token: str, tmp_path: Path) -> None:
    excluded = [f"--exclude-path={path}" for path in ENDS_THE_SESSION]
    fuzz(platform, token, tmp_path, *excluded)


@pytest.mark.parametrize("path", ENDS_THE_SESSION)
def test_nor_are_those_that_end_a_session(platform: Platform, token: str, tmp_path: Path, path: str) -> None:
    fuzz(platform, token, tmp_path, f"--include-path={path}")
