"""The limits as numbers, and the GCRA arithmetic that both limiters share. Pure.

A plain GCRA of burst b and rate q/w lets b + q requests through in one window: at ten a second with a burst of ten,
nineteen passed in a second. Ours is fitted so that no window of w, wherever it begins, ever holds more than q.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from libs.common.errors import TooManyRequests
from libs.contracts.billing import Tier


class LimitClass(StrEnum):
    """What kind of call it is. Each has a limit of its own, so that reading much does not stop a write."""

    READ = "read"
    WRITE = "write"
    LOGIN = "login"
    PUBLIC = "public"
    ORDERS = "orders"
    SOCKET = "socket"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, eq=False)
class Policy:
    """At most `quota` calls in any `window_s` seconds, of which up to `burst` may come at once.

    emission_us: what one call costs, in microseconds. In any window burst + ceil(window / emission) - 1 calls pass: the
    quota. capacity_us: what may be owed. policy_header, quoted_name: as the RateLimit headers name it
    (draft-ietf-httpapi-ratelimit-headers). Policies are made once and compared as objects, since they are looked up on
    every request.
    """

    name: str
    quota: int
    window_s: int
    burst: int
    emission_us: int = field(init=False)
    capacity_us: int = field(init=False)
    policy_header: tuple[bytes, bytes] = field(init=False)
    quoted_name: bytes = field(init=False)

    def __post_init__(self) -> None:
        if not 1 <= self.burst <= self.quota:
            raise ValueError("A burst is at least 1 and at most the quota.")
        emission = max(1, -(-self.window_s * 1_000_000 // (self.quota - self.burst + 1)))
        object.__setattr__(self, "emission_us", emission)
        object.__setattr__(self, "capacity_us", emission * self.burst)
        quoted = b'"%b"' % self.name.encode()
        object.__setattr__(self, "quoted_name", quoted)
        object.__setattr__(
            self, "policy_header", (b"ratelimit-policy", b"%b;q=%d;w=%d" % (quoted, self.quota, self.window_s))
        )

    def scaled(self, factor: float) -> Policy:
        """The same policy with more, or with a share of it. At least one call a window remains."""
        quota = max(1, int(self.quota * factor))
        return Policy(self.name, quota, self.window_s, min(quota, max(1, int(self.burst * factor))))


class Verdict(NamedTuple):
    """What the limiter says of one call. retry_after_s is 0 for a call that may pass."""

    allowed: bool
    remaining: int
    reset_s: int
    retry_after_s: int


def address_key(kind: LimitClass, address: bytes) -> bytes:
    """The limiter's name for the calls of one class from an address (see `clients.limit_key`)."""
    return b"rl:%b:a:%b" % (kind.value.encode(), address)


def too_many(policy: Policy, retry_after_s: int) -> TooManyRequests:
    """The refusal of a call that its limit does not let pass."""
    return TooManyRequests(
        f"At most {policy.quota} such calls in {policy.window_s} s. Try again in {retry_after_s} s.",
        retry_after=retry_after_s,
    )


def verdict(policy: Policy, answer_us: int) -> Verdict:
    """Read the limiter's number: from 0 up, how much of the capacity is in use; below 0, how long until a call fits."""
    if answer_us < 0:
        wait_s = -(answer_us // 1_000_000)
        return Verdict(False, 0, wait_s, max(1, wait_s))
    remaining = (policy.capacity_us - answer_us) // policy.emission_us
    return Verdict(True, remaining, -(-answer_us // 1_000_000), 0)


def spend(tat_us: int, now_us: int, policy: Policy) -> tuple[int, int]:
    """One step of GCRA: the new theoretical arrival time, and the limiter's number (see `verdict`)."""
    new = max(tat_us, now_us) + policy.emission_us
    over = new - now_us - policy.capacity_us
    if over > 0:
        return tat_us, -over
    return new, new - now_us


# Decisions 5 (login calls by address; by account is auth's) and 20 (orders). An account's read and write limits grow
# with its tier; what a plan sells as API calls a minute belongs to API keys.
_BY_CLASS: Mapping[LimitClass, Policy] = {
    LimitClass.LOGIN: Policy("login", quota=30, window_s=60, burst=10),
    LimitClass.PUBLIC: Policy("public", quota=600, window_s=60, burst=120),
    LimitClass.ORDERS: Policy("orders", quota=10, window_s=1, burst=5),
    LimitClass.SOCKET: Policy("socket", quota=60, window_s=60, burst=20),
    # Calls with a credential that is not good, by address: each costs us a signature.
    LimitClass.REFUSED: Policy("refused", quota=120, window_s=60, burst=40),
}
_READ: Mapping[str, Policy] = {
    Tier.BASIC: Policy("read", quota=600, window_s=60, burst=120),
    Tier.PRO: Policy("read", quota=1_200, window_s=60, burst=240),
    Tier.ELITE: Policy("read", quota=3_000, window_s=60, burst=600),
}
_WRITE: Mapping[str, Policy] = {
    Tier.BASIC: Policy("write", quota=120, window_s=60, burst=30),
    Tier.PRO: Policy("write", quota=240, window_s=60, burst=60),
    Tier.ELITE: Policy("write", quota=600, window_s=60, burst=120),
}


class PolicyBook:
    """All policies, scaled by the operator's factor."""

    def __init__(self, *, factor: float = 1.0) -> None:
        self._factor = factor
        self._by_calls: dict[int, Policy] = {}
        self._by_class = {kind: policy.scaled(factor) for kind, policy in _BY_CLASS.items()}
        self._by_tier = {
            LimitClass.READ: {tier: policy.scaled(factor) for tier, policy in _READ.items()},
            LimitClass.WRITE: {tier: policy.scaled(factor) for tier, policy in _WRITE.items()},
        }

    def for_key(self, calls_per_minute: int) -> Policy:
        """The policy of an API key, by what its owner's plan allows."""
        policy = self._by_calls.get(calls_per_minute)
        if policy is None:
            quota = max(1, calls_per_minute)
            policy = Policy("api", quota=quota, window_s=60, burst=max(1, quota // 5)).scaled(self._factor)
            self._by_calls[calls_per_minute] = policy
        return policy

    def find(self, kind: LimitClass, tier: str | None = None) -> Policy:
        """The policy of a class; of a signed-in caller's reads and writes, that of the tier (by default BASIC)."""
        by_tier = self._by_tier.get(kind)
        if by_tier is None:
            return self._by_class[kind]
        return by_tier.get(tier or Tier.BASIC) or by_tier[Tier.BASIC]

    def all(self) -> list[Policy]:
        return [*self._by_class.values(), *(p for tiers in self._by_tier.values() for p in tiers.values())]
