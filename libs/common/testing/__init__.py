"""What tests use: real stores, a clock that stands still, announced events, waiting without sleeping."""

from libs.common.testing.waiting import eventually

__all__ = ["eventually"]
