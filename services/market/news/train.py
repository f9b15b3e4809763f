"""Train the model of headlines anew: `python -m services.market.news.train FOLDER [--write]`.

FOLDER holds `news_sentfin_train.csv.gz` (SEntFiN, MIT). Needs scikit-learn and vaderSentiment, which only the test
environment has. Prints the figures of the held-back part as JSON; `--write` also stores weights and card.json.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import hashlib
import json
import random
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.market.news.sentiment import BUCKETS, LABELS, MODEL, WEIGHTS, Sentiment, features

FILE = "news_sentfin_train.csv.gz"
CARD = WEIGHTS.with_name("card.json")
SEED = 20_260_921
HELD_BACK = 0.2
STRENGTHS = (0.1, 0.3, 1.0)
"""Inverse strengths of regularisation to choose from, on a part of the training headlines."""
RESAMPLES = 2_000
VADER_NEUTRAL = 0.05
"""Its authors' border: a compound score nearer to nought is neutral."""

Weights = NDArray[np.float16]
Codes = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Labelled:
    headline: str
    code: int


def read(folder: Path) -> tuple[list[Labelled], int]:
    """Read the headlines whose entities all have one label. Returns them and how many had several."""
    kept, mixed = [], 0
    with gzip.open(folder / FILE, "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            labels = set(json.loads(row["entity_sentiments"]).values())
            if len(labels) == 1:
                kept.append(Labelled(row["headline"], LABELS.index(Sentiment(labels.pop()))))
            else:
                mixed += 1
    return kept, mixed


def split(rows: Sequence[Labelled], part: float, seed: int) -> tuple[list[Labelled], list[Labelled]]:
    """Hold a part back; the same headline is never on both sides."""
    texts = sorted({row.headline for row in rows})
    random.Random(seed).shuffle(texts)
    held = set(texts[: round(len(texts) * part)])
    return [row for row in rows if row.headline not in held], [row for row in rows if row.headline in held]


def fit(rows: Sequence[Labelled], strength: float) -> Weights:
    """Fit a logistic regression. Gives (BUCKETS + 1, 3): a row per bucket, then the intercepts."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=strength, max_iter=500)
    model.fit(_matrix(rows), _codes(rows))
    return np.vstack([model.coef_.T, model.intercept_]).astype(np.float16)


def predict(weights: Weights, rows: Sequence[Labelled]) -> Codes:
    """Judge as `sentiment.judge` does, with these weights."""
    wide = weights.astype(np.float32)
    return np.array([int((wide[features(row.headline)].sum(axis=0) + wide[-1]).argmax()) for row in rows])


def vader(rows: Sequence[Labelled]) -> Codes:
    """Judge by VADER's word list, the baseline."""
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    analyser = SentimentIntensityAnalyzer()
    scores = np.array([analyser.polarity_scores(row.headline)["compound"] for row in rows])
    return np.where(scores >= VADER_NEUTRAL, 2, np.where(scores <= -VADER_NEUTRAL, 0, 1))


def measure(truth: Codes, said: Codes) -> Mapping[str, Any]:
    """Accuracy and macro F1, each with the 95 % interval of a seeded bootstrap, and F1 of each class."""
    random_ = np.random.default_rng(SEED)
    draws = random_.integers(0, len(truth), (RESAMPLES, len(truth)))
    accuracies = (truth == said)[draws].mean(axis=1)
    f1s = [float(np.mean(_f1(truth[draw], said[draw]))) for draw in draws]
    return {
        "accuracy": round(float((truth == said).mean()), 4),
        "accuracy_95": _interval(accuracies),
        "macro_f1": round(float(np.mean(_f1(truth, said))), 4),
        "macro_f1_95": _interval(np.array(f1s)),
        "f1": {label: round(value, 4) for label, value in zip(LABELS, _f1(truth, said), strict=True)},
    }


def train(folder: Path) -> tuple[Weights, Mapping[str, Any]]:
    """Choose the strength, fit, measure on the held-back part. Gives the weights and what the card says of them."""
    rows, mixed = read(folder)
    training, held = split(rows, HELD_BACK, SEED)
    part, validation = split(training, HELD_BACK, SEED + 1)
    right = {one: (predict(fit(part, one), validation) == _codes(validation)).mean() for one in STRENGTHS}
    strength = max(STRENGTHS, key=lambda one: right[one])
    weights = fit(training, strength)
    truth = _codes(held)
    majority = Counter(row.code for row in training).most_common(1)[0][0]
    return weights, {
        "model": MODEL,
        "data_sha256": hashlib.sha256((folder / FILE).read_bytes()).hexdigest(),
        "headlines": {"trained": len(training), "held_back": len(held), "left_out_mixed": mixed},
        "strength": strength,
        "held_back": {
            "model": measure(truth, predict(weights, held)),
            "vader": measure(truth, vader(held)),
            "majority": measure(truth, np.full(len(held), majority)),
        },
    }


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m services.market.news.train")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--write", action="store_true", help="store the weights and their card")
    given = parser.parse_args(arguments)
    weights, card = train(given.folder)
    if given.write:
        WEIGHTS.parent.mkdir(exist_ok=True)
        np.save(WEIGHTS, weights)
        card = {**card, "weights_sha256": hashlib.sha256(WEIGHTS.read_bytes()).hexdigest()}
        CARD.write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
    sys.stdout.write(json.dumps(card, indent=2) + "\n")
    return 0


def _matrix(rows: Sequence[Labelled]) -> Any:
    from scipy.sparse import csr_matrix

    buckets = [features(row.headline) for row in rows]
    ends = np.cumsum([0, *map(len, buckets)])
    flat = np.concatenate([np.array(one, dtype=np.int64) for one in buckets])
    return csr_matrix((np.ones(len(flat)), flat, ends), shape=(len(rows), BUCKETS))


def _codes(rows: Sequence[Labelled]) -> Codes:
    return np.array([row.code for row in rows])


def _f1(truth: Codes, said: Codes) -> list[float]:
    pairs = np.bincount(truth * 3 + said, minlength=9).reshape(3, 3)
    both = pairs.sum(axis=0) + pairs.sum(axis=1)
    return [float(2 * pairs[code, code] / both[code]) if both[code] else 0.0 for code in range(3)]


def _interval(values: NDArray[np.float64]) -> list[float]:
    low, high = np.quantile(values, (0.025, 0.975))
    return [round(float(low), 4), round(float(high), 4)]


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
