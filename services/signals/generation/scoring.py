"""Score signals by the bars up to theirs; what several strategies ask of one instrument's bar is looked at once."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeAlias

from libs.common.clock import from_ms
from libs.quant.expr import Bars
from services.signals.generation.fusion import WINDOW, Model, NoModel, Score, Seen, fuse, look
from services.signals.generation.rules import validated
from services.signals.history import History

KEPT = 1_000
"""So many bars' answers are kept: what several strategies make signals of at one close."""
Key: TypeAlias = tuple[str, str, int]
Said: TypeAlias = tuple[Seen, float | None]
"""What was seen, and what the model says."""


class Ask(NamedTuple):
    """A bar at whose close there is a signal, by its beginning, and which way it points."""

    instrument: str
    interval: str
    at_ms: int
    long: bool


class Scoring:
    """Reads the newest bars up to each signal's and weighs what they say."""

    def __init__(self, history: History, model: Model | None = None) -> None:
        self._history = history
        self._model = model or NoModel()
        self._seen: dict[Key, Said] = {}

    async def scores(self, asks: Sequence[Ask]) -> Mapping[Ask, Score]:
        """Score signals. Raises UpstreamUnavailable."""
        keys = {ask: (ask.instrument, ask.interval, ask.at_ms) for ask in asks}
        said = {key: self._seen[key] for key in keys.values() if key in self._seen}
        groups: dict[tuple[str, int], list[str]] = {}
        for name, interval, at_ms in dict.fromkeys(key for key in keys.values() if key not in said):
            groups.setdefault((interval, at_ms), []).append(name)
        for (interval, at_ms), names in groups.items():
            bars = await self._history.newest(names, interval, end=from_ms(at_ms + 1), limit=WINDOW)
            told = await asyncio.to_thread(self._look, interval, bars)
            said |= {(name, interval, at_ms): one for name, one in told.items()}
        self._seen |= said
        while len(self._seen) > KEPT:
            del self._seen[next(iter(self._seen))]
        return {ask: self._weigh(said[key], ask.long) for ask, key in keys.items()}

    def _look(self, interval: str, bars: Mapping[str, Bars]) -> dict[str, Said]:
        good = {name: validated(one)[0] for name, one in bars.items()}
        return {name: (look(one), self._model.rises(name, interval, one)) for name, one in good.items()}

    def _weigh(self, said: Said, long: bool) -> Score:
        seen, rises = said
        return fuse(seen, long=long, rises=rises, model=self._model.name)
