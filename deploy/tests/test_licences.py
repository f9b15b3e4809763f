"""Which licences pass the check."""

from __future__ import annotations

import pytest

from deploy.licences import is_allowed


@pytest.mark.parametrize(
    "licence",
    [
        "MIT",
        "Apache-2.0 OR GPL-3.0-only",
        "(MIT OR CC0-1.0)",
        "MPL-2.0 AND (Apache-2.0 OR MIT)",
        "BSD-3-Clause AND 0BSD AND MIT AND Zlib AND CC0-1.0",
        "Apache Software License; MIT License",
    ],
)
def test_a_choice_that_is_allowed_passes(licence: str) -> None:
    assert is_allowed(licence)


@pytest.mark.parametrize(
    "licence",
    [
        "GPL-3.0-or-later",
        "AGPL-3.0",
        "MIT AND GPL-2.0-only",
        "(MIT OR Apache-2.0) AND AGPL-3.0",
        "Apache-2.0 WITH Commons-Clause",
        "GNU General Public License v3 (GPLv3); MIT License",
        "UNKNOWN",
        "",
    ],
)
def test_what_binds_us_or_is_not_known_does_not_pass(licence: str) -> None:
    assert not is_allowed(licence)
