"""Sweeps: one run for each combination of parameters, as a table and as heat maps."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from libs.quant.bars import NAN, Floats


class SweepError(ValueError):
    """These axes or scores make no sweep."""


@dataclass(frozen=True, slots=True)
class Axis:
    """One parameter and the values that are tried, rising."""

    name: str
    values: tuple[float, ...]

    def __post_init__(self) -> None:
        if not self.values or any(b <= a for a, b in itertools.pairwise(self.values)):
            raise SweepError(f"The values of {self.name} must rise, and there must be at least one.")


@dataclass(frozen=True, slots=True)
class HeatMap:
    """Cells of a metric over two parameters: `cells[row][column]` for `y.values[row]`, `x.values[column]`."""

    x: Axis
    y: Axis
    cells: tuple[tuple[float | None, ...], ...]


@dataclass(frozen=True, slots=True)
class Point:
    """One combination: its place in the table, its parameters and its score."""

    index: int
    parameters: Mapping[str, float]
    value: float


@dataclass(frozen=True, slots=True, eq=False)
class Sweep:
    """The table of a sweep. `scores`: per metric one number for each combination, in the order of `combinations`; NaN
    where a run had none."""

    axes: tuple[Axis, ...]
    scores: Mapping[str, Floats]

    def __post_init__(self) -> None:
        if len({axis.name for axis in self.axes}) != len(self.axes):
            raise SweepError("Two axes have the same name.")
        for name, column in self.scores.items():
            if column.shape != (self.size,):
                raise SweepError(f"{name} has the shape {column.shape}, not ({self.size},).")

    @property
    def size(self) -> int:
        return math.prod(len(axis.values) for axis in self.axes)

    def combinations(self) -> list[dict[str, float]]:
        """List the parameters of each row; the last axis turns fastest."""
        return combinations(self.axes)

    def best(self, metric: str) -> Point | None:
        """Give the combination with the highest score, the first of equals; None where none has a score."""
        column = self.scores[metric]
        if np.isnan(column).all():
            return None
        index = int(np.nanargmax(column))
        return Point(index, self.combinations()[index], float(column[index]))

    def heat(self, metric: str, x: str, y: str) -> HeatMap:
        """Lay a metric over two parameters; of several others' values the median counts, which no lucky cell lifts.

        Raises SweepError for a parameter that was not swept, or one parameter twice.
        """
        names = [axis.name for axis in self.axes]
        if x == y or x not in names or y not in names:
            raise SweepError(f"A heat map takes two of the parameters {', '.join(names)}.")
        cube = self.scores[metric].reshape([len(axis.values) for axis in self.axes])
        flat = np.moveaxis(cube, (names.index(y), names.index(x)), (0, 1))
        rows = flat.reshape(flat.shape[0], flat.shape[1], -1)
        cells = tuple(tuple(_median(cell) for cell in row) for row in rows)
        return HeatMap(self.axes[names.index(x)], self.axes[names.index(y)], cells)

    def around(self, metric: str, index: int) -> float:
        """Give the mean score of a combination's direct neighbours; NaN where none has one.

        A best cell far above its neighbours was met by chance: a small change of the market is a small change of the
        parameters.
        """
        shape = [len(axis.values) for axis in self.axes]
        cube, place = self.scores[metric].reshape(shape), np.unravel_index(index, shape)
        found = []
        for dimension, position in enumerate(place):
            for step in (-1, 1):
                if 0 <= position + step < shape[dimension]:
                    other = (*place[:dimension], position + step, *place[dimension + 1 :])
                    found.append(float(cube[other]))
        known = [value for value in found if value == value]
        return sum(known) / len(known) if known else NAN


def combinations(axes: Sequence[Axis]) -> list[dict[str, float]]:
    """List every combination of the axes' values; the last axis turns fastest."""
    names = [axis.name for axis in axes]
    return [dict(zip(names, values, strict=True)) for values in itertools.product(*(axis.values for axis in axes))]


def sweep(
    axes: Sequence[Axis], run: Callable[[Mapping[str, float]], Mapping[str, float | None] | None], *, most: int = 10_000
) -> Sweep:
    """Run every combination and collect its scores.

    run: gives the metrics of one combination, None for a metric without a value, or None for a combination that makes
    no sense (a fast average slower than the slow one). Raises SweepError for more than `most` combinations.
    """
    size = math.prod(len(axis.values) for axis in axes)
    if size > most:
        raise SweepError(f"{size} combinations are more than the {most} that one sweep may have.")
    rows = [run(parameters) or {} for parameters in combinations(axes)]
    names = list(dict.fromkeys(name for row in rows for name in row))
    scores = {name: np.array([_number(row.get(name)) for row in rows], np.float64) for name in names}
    return Sweep(tuple(axes), scores)


def _number(value: float | None) -> float:
    return NAN if value is None else value


def _median(cell: Floats) -> float | None:
    known = cell[~np.isnan(cell)]
    return float(np.median(known)) if len(known) else None
