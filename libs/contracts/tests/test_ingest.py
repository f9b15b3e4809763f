"""The form of the stream of brokers' frames."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.contracts.ingest import MAX_FRAME_BYTES, BadFrame, FeedFrame, FeedVendor, decode_frame, encode_frame

frames = st.builds(
    FeedFrame,
    vendor=st.sampled_from(FeedVendor),
    connection=st.uuids(),
    owner=st.none() | st.uuids(),
    received_ms=st.integers(1, 2**45),
    frame=st.binary(max_size=50),
)


@given(frames)
def test_frames_survive_the_stream(frame: FeedFrame) -> None:
    assert decode_frame(encode_frame(frame)) == frame


@pytest.mark.parametrize(
    "change",
    [
        {b"v": b"2"},
        {b"vendor": b"other"},
        {b"vendor": b"\xff"},
        {b"connection": b"short"},
        {b"owner": b"short"},
        {b"received_ms": b"soon"},
        {b"received_ms": b"0"},
        {b"received_ms": b"9" * 30},
        {b"frame": bytes(MAX_FRAME_BYTES + 1)},
    ],
)
def test_what_was_never_a_frame_is_refused(change: dict[bytes, bytes]) -> None:
    good = encode_frame(FeedFrame(FeedVendor.KITE, uuid4(), UUID(int=1), 1, b"x"))
    with pytest.raises(BadFrame):
        decode_frame({**good, **change})
    for name in change:
        with pytest.raises(BadFrame):
            decode_frame({key: value for key, value in good.items() if key != name})


def test_a_frame_that_is_too_long_is_not_sent() -> None:
    with pytest.raises(BadFrame):
        encode_frame(FeedFrame(FeedVendor.KITE, uuid4(), None, 1, bytes(MAX_FRAME_BYTES + 1)))
