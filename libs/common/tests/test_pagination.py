"""Pages: nothing twice, nothing missing, and no cursor but ours."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from sqlalchemy import select

from libs.common.db import Database
from libs.common.errors import InvalidCursor
from libs.common.pagination import Cursors, PageRequest, paginate
from libs.common.tests.sample import Thing

CURSORS = Cursors(SecretStr("a secret of the tests"))
KINDS = {str: st.text(), int: st.integers(), UUID: st.uuids(), Decimal: st.decimals(allow_nan=False)}


@given(data=st.data(), kinds=st.lists(st.sampled_from(list(KINDS)), min_size=1, max_size=3), scope=st.text())
def test_a_cursor_gives_back_what_was_written(data: st.DataObject, kinds: list[type], scope: str) -> None:
    values = [data.draw(KINDS[kind].filter(_fits)) for kind in kinds]
    assert CURSORS.read(scope, CURSORS.write(scope, values), kinds) == values


def _fits(value: object) -> bool:
    # Lone surrogates are no text that a database could hold; the length is bounded by what a URL carries.
    return len(str(value)) < 150 and str(value).encode(errors="ignore").decode() == str(value)


@given(st.text(max_size=200))
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(InvalidCursor):
        CURSORS.read("things", text, [str])


def test_a_cursor_of_another_list_another_secret_or_with_a_changed_byte_is_refused() -> None:
    cursor = CURSORS.write("things of a", ["x"])
    raw = bytearray(base64.urlsafe_b64decode(cursor + "=="))
    raw[-2] ^= 1
    for scope, text, cursors in (
        ("things of b", cursor, CURSORS),
        ("things of a", cursor, Cursors(SecretStr("another secret"))),
        ("things of a", base64.urlsafe_b64encode(raw).decode().rstrip("="), CURSORS),
    ):
        with pytest.raises(InvalidCursor):
            cursors.read(scope, text, [str])


@pytest.mark.parametrize("descending", [True, False])
async def test_pages_together_are_the_list_also_where_the_first_key_is_the_same(db: Database, descending: bool) -> None:
    ids = [uuid4() for _ in range(25)]
    async with db.transaction() as tx:
        tx.session.add_all(Thing(id=each, name=f"name {number % 3}") for number, each in enumerate(ids))
    expected = sorted(((f"name {number % 3}", each) for number, each in enumerate(ids)), reverse=descending)
    page, seen = PageRequest(CURSORS, limit=7), []
    async with db.read() as session:
        while True:
            found = await paginate(
                session, select(Thing), page, key=(Thing.name, Thing.id), scope="things", descending=descending
            )
            seen += [(thing.name, thing.id) for thing in found.items]
            if found.next_cursor is None:
                break
            page = PageRequest(CURSORS, limit=7, cursor=found.next_cursor)
    assert seen == expected


async def test_a_full_last_page_has_no_next_cursor(db: Database) -> None:
    async with db.transaction() as tx:
        tx.session.add_all(Thing(id=uuid4(), name="x") for _ in range(4))
    async with db.read() as session:
        found = await paginate(session, select(Thing), PageRequest(CURSORS, limit=4), key=(Thing.id,), scope="things")
    assert (len(found.items), found.next_cursor) == (4, None)


def test_an_instant_survives_to_the_microsecond() -> None:
    at = datetime(2026, 1, 15, 20, 0, 0, 123456, tzinfo=UTC) + timedelta(microseconds=1)
    assert CURSORS.read("s", CURSORS.write("s", [at]), [datetime]) == [at]
