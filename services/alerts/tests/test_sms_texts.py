"""Staff keep the texts of short messages as they are registered; messages are written by them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common.ids import uuid7
from services.alerts.sms_texts import rules
from services.alerts.sms_texts.rules import BUILT_IN, SLOTS, SmsKind
from services.alerts.sms_texts.service import SmsTexts

PATH = "/api/sms-texts/"
BODY = {
    "text": "{title} at ShareWise.",
    "template_id": "1107160000000012345",
    "sender": "SHRWSE",
    "version": 0,
    "reason": "Registered today.",
}


@pytest.fixture
async def staff(app, client_for, tokens) -> AsyncIterator[httpx.AsyncClient]:
    async with client_for(app, user=tokens.user(uuid7(), role="SUPER_ADMIN", amr=["pwd", "otp"])) as staff:
        yield staff


async def change(staff: httpx.AsyncClient, **members: Any) -> httpx.Response:
    return await staff.put(f"{PATH}notice/", json={**BODY, **members})


async def test_a_text_is_sent_by_from_the_next_message_on_and_audited(staff, db, published) -> None:
    texts = SmsTexts(db)
    before = await texts.written(SmsKind.NOTICE, "+919876543210", {"title": "Hi"}, delivery_id="d")
    assert (before.text, before.template_id) == (BUILT_IN[SmsKind.NOTICE].text.replace("{title}", "Hi"), "")

    changed = (await change(staff)).json()
    assert (changed["version"], changed["registered"]) == (1, "{#var#} at ShareWise.")
    assert (changed["example"], changed["parts"]) == ("RELIANCE is now Rs 2,990.00 at ShareWise.", 1)
    after = await texts.written(SmsKind.NOTICE, "+919876543210", {"title": "Hi"}, delivery_id="d")
    assert (after.text, after.template_id, after.sender) == ("Hi at ShareWise.", "1107160000000012345", "SHRWSE")

    listed = {one["kind"]: one for one in (await staff.get(PATH)).json()["items"]}
    assert listed["notice"] == changed
    assert (listed["phone_code"]["version"], listed["phone_code"]["slots"]) == (0, ["code", "minutes"])
    [event] = await published(db)
    record = event.data["record"]
    assert (record["action"], record["object_id"]) == ("sms_text.changed", "notice")
    assert record["reason"] == "Registered today."
    assert record["details"]["from"] == BUILT_IN[SmsKind.NOTICE].text
    assert record["details"]["to"] == BODY["text"]


async def test_who_looked_at_an_older_text_changes_nothing(staff, db, published) -> None:
    assert (await change(staff)).status_code == 200
    answer = await change(staff, text="{title} twice")
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert (await change(staff, version=1, text="{title} twice")).json()["version"] == 2
    assert len(await published(db)) == 2


@pytest.mark.parametrize(
    ("members", "field", "code"),
    [
        ({"text": "No slot."}, "/text", "slot_missing"),
        ({"text": "{title} {code}"}, "/text", "unknown_slot"),
        ({"text": "{title} {#var#}"}, "/text", "odd_brace"),
        ({"text": "{title}" + "a" * 470}, "/text", "too_long"),
        ({"text": "{title}\x00"}, "/text", None),
        ({"text": "a" * 501}, "/text", None),
        ({"template_id": "11x"}, "/template_id", None),
        ({"sender": "A B"}, "/sender", None),
        ({"version": -1}, "/version", None),
        ({"reason": " "}, "/reason", None),
        ({"who": "me"}, "/who", None),
    ],
)
async def test_what_cannot_be_sent_is_a_bad_field(staff, members, field, code) -> None:
    answer = await change(staff, **members)
    [error] = answer.json()["errors"]
    assert (answer.status_code, error["field"]) == (422, field)
    assert code in (None, error["code"])


async def test_others_see_and_change_nothing(app, client, client_for, tokens) -> None:
    assert (await client.get(PATH)).status_code == 403
    async with client_for(app, user=tokens.user(uuid7(), role="SUPPORT", amr=["pwd", "otp"])) as support:
        assert (await change(support)).status_code == 403


@pytest.mark.parametrize("kind", SmsKind)
def test_the_built_in_texts_can_be_sent_as_one_message(kind: SmsKind) -> None:
    assert rules.faults(kind, BUILT_IN[kind].text) == []
    assert "?" not in rules.example(BUILT_IN[kind].text)


@given(kind=st.sampled_from(SmsKind), text=st.text(max_size=200))
def test_a_text_without_fault_keeps_its_letters_outside_the_slots(kind: SmsKind, text: str) -> None:
    text += f"{{{SLOTS[kind].needed}}}"
    if rules.faults(kind, text) == []:
        between = rules.as_registered(text).split("{#var#}")
        assert all(piece in rules.example(text) for piece in between)
