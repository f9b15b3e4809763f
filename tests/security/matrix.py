"""Reading `permission_matrix.yaml`, and saying what each of its words means for each kind of caller."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from fastapi.dependencies.models import Dependant

from libs.common.security.principal import current_user, myself, public, recent_login, require, require_service

FILE = Path(__file__).with_name("permission_matrix.yaml")
READS = frozenset({"GET", "HEAD"})
IN = "in"
"""The guard lets in; what the handler says then is not the matter here."""

NOT_SIGNED_IN = "401 not_authenticated"
DENIED = "403 permission_denied"
ACTING = "403 acting_as"
SECOND_FACTOR = "403 second_factor_required"
STEP_UP = "403 step_up_required"

EVERYBODY, SIGNED_IN, LOGIN, ONESELF, RECENT = "everybody", "signed in", "own login", "oneself", "recent"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls. Nobody when neither role nor service is set.

    acts: in another person's place, whose role it is. scopes: of a key or a service; None for a login.
    """

    role: str | None = None
    tier: str = "BASIC"
    second_factor: bool = True
    recent: bool = True
    acts: bool = False
    scopes: frozenset[str] | None = None
    service: str | None = None


@dataclass(frozen=True, slots=True)
class Matrix:
    """The reviewed file."""

    permissions: Mapping[str, Mapping[str, Any]]
    routes: Mapping[str, Mapping[str, str]]

    def expect(self, word: str, method: str, caller: Caller) -> str:
        """Say what a route of this word answers to a caller, in the order in which a guard looks."""
        if word == EVERYBODY:
            return IN
        if caller.role is None and caller.service is None:
            return NOT_SIGNED_IN
        if word.startswith("services:"):
            names, _, scope = word.removeprefix("services:").partition(",")
            holds = not scope or scope.strip() in (caller.scopes or ())
            return IN if caller.service in names.split() and holds else DENIED
        if caller.service is not None:
            return NOT_SIGNED_IN
        if caller.acts and method not in READS:
            return ACTING
        if word == SIGNED_IN:
            return IN
        what, *more = [part.strip() for part in word.split(",")]
        refusal = self._own(what, caller) if what in (LOGIN, ONESELF) else self._permitted(what, caller)
        if refusal == IN and RECENT in more:
            refusal = self._own(ONESELF, caller)
            if refusal == IN and not caller.recent:
                return STEP_UP
        return refusal

    def _own(self, what: str, caller: Caller) -> str:
        if caller.scopes is not None:
            return DENIED
        return ACTING if what == ONESELF and caller.acts else IN

    def _permitted(self, permission: str, caller: Caller) -> str:
        rules = self.permissions[permission]
        if caller.role not in rules["roles"]:
            return DENIED
        if caller.scopes is not None and permission not in caller.scopes:
            return DENIED
        if caller.acts and rules.get("acting", True) is False:
            return ACTING
        if rules.get("staff", False):
            if caller.scopes is not None:
                return DENIED
            if not caller.second_factor:
                return SECOND_FACTOR
        return IN


@cache
def read() -> Matrix:
    document = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return Matrix(document["permissions"], document["routes"])


def word_of(dependant: Dependant) -> str:
    """Say the word that a route's code seems to mean: what a missing row probably wants to be."""
    calls = set(_calls(dependant))
    for call in calls:
        if isinstance(call, require):
            return f"{call.permission}, {RECENT}" if call.recent else str(call.permission)
        if isinstance(call, require_service):
            names = f"services: {' '.join(sorted(call.names))}"
            return names if call.scope is None else f"{names}, {call.scope}"
    words = {recent_login: f"{ONESELF}, {RECENT}", myself: ONESELF, current_user: LOGIN, public: EVERYBODY}
    return next((word for call, word in words.items() if call in calls), "?")


def _calls(dependant: Dependant) -> Iterable[Any]:
    for dependency in dependant.dependencies:
        yield dependency.call
        yield from _calls(dependency)
