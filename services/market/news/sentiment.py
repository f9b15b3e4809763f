"""How a headline sounds: positive, neutral or negative, by a small linear model (model/README.md).

Hashed words and pairs of words, times one float per class: no library but numpy, the same answer everywhere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

MODEL = "headlines-1"
"""Stored with each judgement, so that one knows by which model it was made."""
BUCKETS = 2**15
MAX_WORDS = 60
WEIGHTS = Path(__file__).parent / "model" / "weights.npy"

_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?|\d+(?:[.,]\d+)*|[%$₹?!]")


class Sentiment(StrEnum):
    NEGATIVE = "negative"
    NEUTRAL = "neutral"
    POSITIVE = "positive"


LABELS = tuple(Sentiment)
"""In the order of the weights' columns."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """score: the probability of positive less that of negative, from -1 to 1, to four decimals."""

    label: Sentiment
    score: float


def features(headline: str) -> list[int]:
    """Give the buckets of a headline's words and pairs of words, each once, in a fixed order.

    A number is one word, whatever it is; so the model learns "fell 0" and no prices.
    """
    words = ["0" if word[0].isdigit() else word for word in _WORD.findall(headline.lower())[:MAX_WORDS]]
    pairs = [f"{one} {two}" for one, two in zip(["^", *words], [*words, "$"], strict=True)]
    return sorted({crc32(gram.encode()) % BUCKETS for gram in (*words, *pairs)})


def judge(headline: str) -> Judgement:
    """Judge a headline. Any text has an answer; one without known words is judged by the classes' frequencies."""
    weights = _weights()
    logits = weights[features(headline)].sum(axis=0) + weights[BUCKETS]
    odds = np.exp(logits - logits.max())
    negative, _, positive = odds / odds.sum()
    return Judgement(LABELS[int(logits.argmax())], round(float(positive - negative), 4))


@cache
def _weights() -> NDArray[np.float32]:
    """Read the weights once. (BUCKETS + 1, 3): a row per bucket, then the intercepts; stored as float16."""
    stored: NDArray[np.float16] = np.load(WEIGHTS, allow_pickle=False)
    return stored.astype(np.float32)
