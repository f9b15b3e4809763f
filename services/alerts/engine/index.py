"""The threshold index: which alerts does a price reach? Pure, in memory, a million alerts in some 18 MB.

Per instrument (a *slot*) and side the thresholds lie sorted so that the next alert to fire is last; one numpy *edge*
per slot and side holds that last key. A batch of ticks is then two vector compares, a firing is a pop, and adding or
removing is a bisect. Two things keep the hot symbols cheap:

- A side of a slot is cut into chunks of at most `CHUNK` entries, because inserting into one array of 200,000 entries
  moves megabytes. The last chunk (the *tail*) is all that matching touches.
- Entries are ordered by (key, ref), so that one alert among thousands at the same threshold is found by bisection too.

The key is the negated threshold for "above" and the threshold for "below"; a price fires every key >= -high or >= low.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from sys import getsizeof

import numpy as np
import numpy.typing as npt

Int64s = npt.NDArray[np.int64]

CHUNK = 1024
"""Most entries of one chunk: 8 KiB of keys, which moves in well under a microsecond."""

_NONE = -(2**63)
"""The edge of an empty side: below every key, so that no price reaches it."""

_BULK = 16
"""From so many firings of one tick on, cutting a slice beats popping one by one."""


Hit = tuple[int, bool, list[int]]
"""What one tick reached on one side: its place in the batch, whether the side is "above", and the refs taken out.

A plain tuple: naming its members would cost more than the match."""


class ThresholdIndex:
    """Finds, and takes out, the alerts that prices reach. Slots are small integers that the caller gives out.

    Thresholds and prices are integers of 1/10,000 within +-2**62; a `ref` is any int64 that names an alert.
    """

    def __init__(self, slots: int = 0) -> None:
        self._above = _Side(slots)
        self._below = _Side(slots)

    def __len__(self) -> int:
        return self._above.count + self._below.count

    @property
    def slots(self) -> int:
        """Say how many slots there are room for."""
        return len(self._above.keys)

    def grow(self, slots: int) -> None:
        """Make room for slots 0..slots-1. Never shrinks."""
        self._above.grow(slots)
        self._below.grow(slots)

    def load(
        self,
        slots: npt.NDArray[np.integer],
        above: npt.NDArray[np.bool_],
        thresholds_e4: Int64s,
        refs: Int64s,
    ) -> None:
        """Replace everything by these alerts: four arrays of one length, in which no entry repeats."""
        self._above.load(slots[above], -thresholds_e4[above], refs[above])
        below = ~above
        self._below.load(slots[below], thresholds_e4[below], refs[below])

    def add(self, slot: int, above: bool, threshold_e4: int, ref: int) -> bool:
        """Put an alert in. False when exactly this one is in already, so that repeating is harmless."""
        if above:
            return self._above.add(slot, -threshold_e4, ref)
        return self._below.add(slot, threshold_e4, ref)

    def remove(self, slot: int, above: bool, threshold_e4: int, ref: int) -> bool:
        """Take an alert out. False when it is not in (it fired, or was never added)."""
        if above:
            return self._above.remove(slot, -threshold_e4, ref)
        return self._below.remove(slot, threshold_e4, ref)

    def match(self, slot: int, low_e4: int, high_e4: int) -> list[Hit]:
        """Take out what one tick reaches: the cheap way for a few ticks. Reaching counts: equal fires."""
        hits: list[Hit] = []
        refs = self._above.take(slot, -high_e4)
        if refs:
            hits.append((0, True, refs))
        refs = self._below.take(slot, low_e4)
        if refs:
            hits.append((0, False, refs))
        return hits

    def batch(self, slots: npt.NDArray[np.integer], lows_e4: Int64s, highs_e4: Int64s) -> list[Hit]:
        """Take out what a batch of ticks reaches, all slots being within `grow`. A slot may come several times.

        The hits of a side come in the order of the ticks, so that each alert goes with the first tick that reached it.
        """
        hits: list[Hit] = []
        self._above.batch(slots, np.negative(highs_e4), True, hits)
        self._below.batch(slots, lows_e4, False, hits)
        return hits

    def nbytes(self) -> int:
        """Measure the memory held: arrays with their spare room, lists and edges."""
        return self._above.nbytes() + self._below.nbytes()


class _Chunks:
    """The full chunks of a hot side, below the tail. `tops[i]` is at least every (key, ref) of chunk i."""

    __slots__ = ("keys", "refs", "tops")

    def __init__(self) -> None:
        self.keys: list[array[int]] = []
        self.refs: list[array[int]] = []
        self.tops: list[tuple[int, int]] = []

    def append(self, keys: array[int], refs: array[int]) -> None:
        self.keys.append(keys)
        self.refs.append(refs)
        self.tops.append((keys[-1], refs[-1]))

    def split(self, at: int) -> None:
        keys, refs = self.keys[at], self.refs[at]
        half = len(keys) // 2
        self.keys.insert(at, keys[:half])
        self.refs.insert(at, refs[:half])
        self.tops.insert(at, (keys[half - 1], refs[half - 1]))
        del keys[:half], refs[:half]

    def drop(self, at: int) -> None:
        del self.keys[at], self.refs[at], self.tops[at]


class _Side:
    """All slots of one side, in terms of keys: the greatest key of a slot is the next to fire."""

    def __init__(self, slots: int) -> None:
        self.count = 0
        self.keys: list[array[int]] = []
        self.refs: list[array[int]] = []
        self.more: dict[int, _Chunks] = {}
        self.edge: Int64s = np.empty(0, np.int64)
        self.grow(slots)

    def grow(self, slots: int) -> None:
        have = len(self.keys)
        if slots <= have:
            return
        self.keys.extend(array("q") for _ in range(slots - have))
        self.refs.extend(array("q") for _ in range(slots - have))
        if slots > len(self.edge):
            edge = np.full(max(slots, 2 * len(self.edge)), _NONE, np.int64)
            edge[:have] = self.edge[:have]
            self.edge = edge

    def load(self, slots: npt.NDArray[np.integer], keys: Int64s, refs: Int64s) -> None:
        room = max(len(self.keys), int(slots.max()) + 1 if len(slots) else 0)
        order = np.lexsort((refs, keys, slots))
        slots, keys, refs = slots[order], keys[order], refs[order]
        cuts = np.searchsorted(slots, np.arange(room + 1)).tolist()
        self.count = len(keys)
        self.keys, self.refs, self.more = [], [], {}
        self.edge = np.empty(0, np.int64)
        self.grow(room)
        for slot in np.unique(slots).tolist():
            start, end = cuts[slot], cuts[slot + 1]
            tail = end - (end - start - 1) % CHUNK - 1
            if tail > start:
                chunks = self.more[slot] = _Chunks()
                for at in range(start, tail, CHUNK):
                    chunks.append(_array(keys[at : at + CHUNK]), _array(refs[at : at + CHUNK]))
            self.keys[slot] = _array(keys[tail:end])
            self.refs[slot] = _array(refs[tail:end])
            self.edge[slot] = keys[end - 1]

    def add(self, slot: int, key: int, ref: int) -> bool:
        more = self.more.get(slot)
        if more is not None:
            at = bisect_left(more.tops, (key, ref))
            if at < len(more.tops):
                keys = more.keys[at]
                if not _insert(keys, more.refs[at], key, ref):
                    return False
                if len(keys) > CHUNK:
                    more.split(at)
                self.count += 1
                return True
        keys = self.keys[slot]
        if not _insert(keys, self.refs[slot], key, ref):
            return False
        if len(keys) > CHUNK:
            self._split_tail(slot)
        if key > self.edge[slot]:
            self.edge[slot] = key
        self.count += 1
        return True

    def remove(self, slot: int, key: int, ref: int) -> bool:
        more = self.more.get(slot)
        if more is not None:
            at = bisect_left(more.tops, (key, ref))
            if at < len(more.tops):
                keys = more.keys[at]
                if not _delete(keys, more.refs[at], key, ref):
                    return False
                if not keys:
                    more.drop(at)
                    if not more.tops:
                        del self.more[slot]
                self.count -= 1
                return True
        keys = self.keys[slot]
        if not _delete(keys, self.refs[slot], key, ref):
            return False
        if not keys and more is not None:
            keys = self._refill(slot, more)
        self.edge[slot] = keys[-1] if keys else _NONE
        self.count -= 1
        return True

    def batch(self, slots: npt.NDArray[np.integer], prices: Int64s, above: bool, hits: list[Hit]) -> None:
        reached = np.flatnonzero(self.edge.take(slots) >= prices)
        if not reached.size:
            return
        # The body of `take` again, less its rare cases: the calls would cost as much as the work.
        all_keys, all_refs, more, edge = self.keys, self.refs, self.more, self.edge
        for tick, slot, price in zip(
            reached.tolist(), slots.take(reached).tolist(), prices.take(reached).tolist(), strict=True
        ):
            keys = all_keys[slot]
            if not keys or keys[-1] < price:
                continue  # an earlier tick of this batch reached further
            if slot in more or (len(keys) >= _BULK and keys[-_BULK] >= price):
                hits.append((tick, above, self.take(slot, price)))
                continue
            refs = all_refs[slot]
            fired = []
            while keys and keys[-1] >= price:
                keys.pop()
                fired.append(refs.pop())
            edge[slot] = keys[-1] if keys else _NONE
            self.count -= len(fired)
            hits.append((tick, above, fired))

    def take(self, slot: int, price: int) -> list[int]:
        """Take out every entry of the slot whose key is at least `price`, the next to fire first."""
        keys = self.keys[slot]
        fired: list[int] = []
        while keys and keys[-1] >= price:
            refs = self.refs[slot]
            if len(keys) >= _BULK and keys[-_BULK] >= price:
                start = bisect_left(keys, price)
                fired.extend(refs[start:].tolist()[::-1])
                del keys[start:], refs[start:]
            else:
                while keys and keys[-1] >= price:
                    keys.pop()
                    fired.append(refs.pop())
            if not keys and slot in self.more:
                keys = self._refill(slot, self.more[slot])
        if fired:
            self.edge[slot] = keys[-1] if keys else _NONE
            self.count -= len(fired)
        return fired

    def nbytes(self) -> int:
        total = int(self.edge.nbytes) + getsizeof(self.keys) + getsizeof(self.refs) + getsizeof(self.more)
        for part in (self.keys, self.refs):
            total += sum(map(getsizeof, part))
        for chunks in self.more.values():
            total += getsizeof(chunks) + getsizeof(chunks.keys) + getsizeof(chunks.refs) + getsizeof(chunks.tops)
            total += sum(map(getsizeof, chunks.keys)) + sum(map(getsizeof, chunks.refs))
            total += sum(getsizeof(top) + 2 * getsizeof(_NONE) for top in chunks.tops)
        return total

    def _split_tail(self, slot: int) -> None:
        keys, refs = self.keys[slot], self.refs[slot]
        half = len(keys) // 2
        self.more.setdefault(slot, _Chunks()).append(keys[:half], refs[:half])
        del keys[:half], refs[:half]

    def _refill(self, slot: int, more: _Chunks) -> array[int]:
        """Make the highest full chunk the tail, now that the tail is empty."""
        keys = self.keys[slot] = more.keys.pop()
        self.refs[slot] = more.refs.pop()
        more.tops.pop()
        if not more.tops:
            del self.more[slot]
        return keys


def _insert(keys: array[int], refs: array[int], key: int, ref: int) -> bool:
    at = bisect_left(keys, key)
    if at < len(keys) and keys[at] == key:
        end = bisect_right(keys, key, at)
        at = bisect_left(refs, ref, at, end)
        if at < end and refs[at] == ref:
            return False
    keys.insert(at, key)
    refs.insert(at, ref)
    return True


def _delete(keys: array[int], refs: array[int], key: int, ref: int) -> bool:
    at = bisect_left(keys, key)
    if at == len(keys) or keys[at] != key:
        return False
    if refs[at] != ref:
        end = bisect_right(keys, key, at)
        at = bisect_left(refs, ref, at, end)
        if at == end or refs[at] != ref:
            return False
    del keys[at]
    del refs[at]
    return True


def _array(values: Sequence[int] | Int64s) -> array[int]:
    made: array[int] = array("q")
    made.frombytes(np.ascontiguousarray(values, np.int64).tobytes())
    return made
