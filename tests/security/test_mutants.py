"""The list of mutants fits the code; `make mutants` runs them."""

from __future__ import annotations

import pytest

from tests.security.mutants import MUTANTS, ROOT, Mutant


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_each_guard_stands_where_the_list_says(mutant: Mutant) -> None:
    assert (ROOT / mutant.path).read_text().count(mutant.guard) == 1
    assert (ROOT / mutant.tests[0]).is_file()
