"""Names of one's own in an expression: each is put in as it was defined, so that what is stored needs no names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter
from typing import NamedTuple

from libs.quant.expr.catalogue import FUNCTIONS, SERIES, Kind
from libs.quant.expr.errors import DEFAULT, ExprError, Limits
from libs.quant.expr.expression import Expr, parse

LONGEST_NAME = 30
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_RESERVED = frozenset({"and", "or", "not", "at", *SERIES, *FUNCTIONS})
# What a name may not be read in: quoted text, and numbers such as 1e5.
_TOKEN = re.compile(r"""(?P<other>"[^"\n]*"|'[^'\n]*'|[0-9.][0-9.A-Za-z_]*)|(?P<name>[A-Za-z_][A-Za-z0-9_]*)""")


class _Place(NamedTuple):
    """Something was put in: from `begin` to `end`, where the text had a name from `from_` to `to`."""

    begin: int
    end: int
    from_: int
    to: int


def check_name(name: str) -> None:
    """Refuse what cannot be a name of one's own. Raises ExprError `bad_name`."""
    if len(name) > LONGEST_NAME or not _NAME.fullmatch(name):
        message = f"A name has small letters, digits and _, begins with a letter and has at most {LONGEST_NAME}."
        raise ExprError("bad_name", message, 1)
    if name in _RESERVED:
        raise ExprError("bad_name", f"`{name}` means something already.", 1)


def names_in(text: str, defined: Mapping[str, object]) -> tuple[str, ...]:
    """List the defined names that a text uses, each once, in its order."""
    found = (match["name"] for match in _TOKEN.finditer(text) if match["name"] is not None)
    return tuple(dict.fromkeys(name.lower() for name in found if name.lower() in defined))


def parse_with(text: str, defined: Mapping[str, str], limits: Limits = DEFAULT) -> Expr:
    """Read an expression that may use defined names, each of which stands for the expression written for it.

    defined: texts by name, which may use other names. The limits hold for the whole as it is written out. Raises
    ExprError: its column is that of `text`, of a mistake inside a name where the name stands. Code `cycle`: a name that
    in the end means itself.
    """
    used = _reached(names_in(text, defined), defined)
    _refuse_cycles(used)
    whole: dict[str, str] = {}
    for name in TopologicalSorter(used).static_order():
        whole[name] = _put_in(defined[name], whole, limits)[0]
    written, places = _put_in(text, whole, limits)
    try:
        return parse(written, limits)
    except ExprError as error:
        raise ExprError(error.code, error.message, _column(error.column, places)) from error


def kinds_of(text: str, defined: Mapping[str, str], limits: Limits = DEFAULT) -> dict[str, Kind]:
    """Tell of each defined name that a text uses whether it is a number or a condition. Raises ExprError."""
    return {name: parse_with(defined[name], defined, limits).kind for name in names_in(text, defined)}


def _reached(names: tuple[str, ...], defined: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Give the names that are used, also by others, with the names that each of them uses."""
    reached: dict[str, tuple[str, ...]] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached[name] = names_in(defined[name], defined)
            waiting += reached[name]
    return reached


def _refuse_cycles(used: Mapping[str, tuple[str, ...]]) -> None:
    try:
        TopologicalSorter(used).prepare()
    except CycleError as error:
        circle = " uses ".join(f"`{name}`" for name in reversed(error.args[1]))
        raise ExprError("cycle", f"A name cannot mean itself: {circle}.", 1) from error


def _put_in(text: str, whole: Mapping[str, str], limits: Limits) -> tuple[str, list[_Place]]:
    """Put texts in for names. Returns the new text, and what was put where."""
    parts: list[str] = []
    places: list[_Place] = []
    length = last = 0
    for match in _TOKEN.finditer(text):
        name = (match["name"] or "").lower()
        if name not in whole:
            continue
        before, put = text[last : match.start()], f"({whole[name]})"
        parts += (before, put)
        length += len(before)
        places.append(_Place(length, length + len(put), match.start(), match.end()))
        length += len(put)
        last = match.end()
        # Names of names grow as powers do: stop before the text is long.
        if length > limits.characters:
            message = f"Written out it has more than {limits.characters:,} characters."
            raise ExprError("too_long", message, match.start() + 1)
    return "".join((*parts, text[last:])), places


def _column(column: int, places: list[_Place]) -> int:
    """Say where in the text as it was written a column of the text with everything put in lies."""
    at, shift = column - 1, 0
    for place in places:
        if at < place.begin:
            break
        if at < place.end:
            return place.from_ + 1
        shift = place.end - place.to
    return at - shift + 1
