"""Signals as notices: who is told, in which words, once."""

from __future__ import annotations

from typing import Any

from libs.common.ids import uuid7
from libs.contracts.signals import SignalClosed, SignalCreated
from services.alerts.signals.rules import ended, made
from services.alerts.signals.service import SignalNotices
from services.alerts.tests.support import rows_of

WARNING = (
    "Investment in securities market are subject to market risks. Read all the related documents carefully before "
    "investing."
)


def told(clock: Any, user_id: Any, **more: Any) -> dict[str, Any]:
    signal = {
        "signal_id": uuid7(), "strategy_id": uuid7(), "version_id": uuid7(), "version_number": 2,
        "strategy": "Golden cross", "instrument": "NASDAQ:AAPL", "symbol": "AAPL", "currency": "USD", "interval": "1d",
        "side": "long", "status": "active", "reference_price": "230.00", "entry_price": None, "stop": "218.50",
        "target": "250.00", "confidence": None, "summary": "Buy AAPL", "at": clock.now(), "data_as_of": clock.now(),
        "valid_until": clock.now(), "is_ai_generated": False, **more,
    }  # fmt: skip
    return {"user_id": user_id, "signal": signal, "tells": True, "disclosure": WARNING}


def test_the_words_hold_the_prices_the_source_and_the_warning(clock):
    new = made(SignalCreated.model_validate(told(clock, uuid7())))
    assert new.title == "AAPL: buy signal of Golden cross"
    assert new.text.startswith(
        "Entry near $230.00, stop $218.50, target $250.00. By your strategy Golden cross, version"
    )
    assert new.text.endswith(f"For information, not investment advice. {WARNING}")
    over = ended(SignalClosed.model_validate(told(clock, uuid7(), status="stopped", exit_price="218.10")))
    assert over.title == "AAPL: the signal of Golden cross was stopped"
    assert over.text.startswith("At $218.10. ")
    assert WARNING in over.text
    by_model = made(SignalCreated.model_validate(told(clock, uuid7(), is_ai_generated=True, side="short")))
    assert "Made with a trained model." in by_model.text
    assert by_model.title.startswith("AAPL: sell short")


async def test_a_signal_is_told_once_and_only_within_the_plan(client, db, notices, user_id, clock):
    room = SignalNotices(notices)
    event = SignalCreated.model_validate(told(clock, user_id))
    over = SignalClosed(
        user_id=user_id, signal=event.signal.model_copy(update={"status": "stopped"}), tells=True, disclosure=WARNING
    )
    kept = SignalCreated.model_validate({**told(clock, user_id), "tells": False})
    for each in (event, event, over, kept):
        async with db.transaction() as tx:
            await room.hear(tx, each)
    titles = [row["title"] for row in await rows_of(db, "SELECT title FROM notices ORDER BY title")]
    assert titles == ["AAPL: buy signal of Golden cross", "AAPL: the signal of Golden cross was stopped"]
    purposes = await rows_of(db, "SELECT purpose, status FROM deliveries WHERE channel = 'mail'")
    assert [(row["purpose"], row["status"]) for row in purposes] == [("signal", "queued")] * 2
    off = await client.patch("/api/notification-preferences/", json={"wishes": {"signal": {"mail": "off"}}})
    assert off.status_code == 200, off.text
    async with db.transaction() as tx:
        await room.hear(tx, SignalCreated.model_validate(told(clock, user_id)))
    rows = await rows_of(db, "SELECT status FROM deliveries WHERE channel = 'mail' ORDER BY created_at, id")
    assert [row["status"] for row in rows][-1] == "suppressed"
