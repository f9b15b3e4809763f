"""Subscriptions: what time does to them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from libs.contracts.billing import SubscriptionState, Tier
from services.billing.plans.rules import PlanCode
from services.billing.subscriptions import rules
from services.billing.subscriptions.rules import GRACE, TRIAL, Subscription
from services.billing.tests.factories import BOOK

USER = UUID(int=1)
VERIFIED = datetime(2026, 3, 1, 12, tzinfo=UTC)


def make_subscription(**changes: object) -> Subscription:
    values: dict[str, object] = {
        "user_id": USER,
        "tier": Tier.PRO,
        "state": SubscriptionState.ACTIVE,
        "plan_version": 1,
        "ends_at": VERIFIED,
        "version": 4,
    }
    return Subscription(**{**values, **changes})  # type: ignore[arg-type]


def test_a_verified_account_starts_with_fourteen_days_of_basic() -> None:
    trial = rules.start_trial(USER, verified_at=VERIFIED, plans=BOOK)
    assert (trial.tier, trial.state, trial.ends_at) == (Tier.BASIC, SubscriptionState.TRIAL, VERIFIED + TRIAL)
    assert timedelta(days=14) == TRIAL
    assert rules.entitlements_of(trial, now=VERIFIED, plans=BOOK).upgrade_to == Tier.PRO


def test_the_trial_counts_to_its_last_moment_and_not_after() -> None:
    trial = rules.start_trial(USER, verified_at=VERIFIED, plans=BOOK)
    assert rules.as_of(trial, VERIFIED + TRIAL - timedelta(microseconds=1), BOOK) == trial
    ended = rules.as_of(trial, VERIFIED + TRIAL, BOOK)
    assert (ended.tier, ended.state, ended.ends_at) == (Tier.BASIC, SubscriptionState.UNPAID, None)
    assert ended.plan_code is PlanCode.UNPAID
    assert ended.version == trial.version + 1


def test_what_was_paid_counts_three_days_longer_and_then_the_tier_falls_to_basic() -> None:
    paid = make_subscription()
    in_grace = rules.as_of(paid, VERIFIED, BOOK)
    assert (in_grace.tier, in_grace.state) == (Tier.PRO, SubscriptionState.GRACE)
    assert timedelta(days=3) == GRACE
    fallen = rules.as_of(in_grace, VERIFIED + GRACE, BOOK)
    assert (fallen.tier, fallen.state) == (Tier.BASIC, SubscriptionState.UNPAID)


def test_an_unpaid_account_is_offered_the_cheapest_plan() -> None:
    nobody = rules.without_subscription(USER, now=VERIFIED, plans=BOOK)
    assert rules.entitlements_of(nobody, now=VERIFIED, plans=BOOK).upgrade_to == Tier.BASIC
    assert rules.as_of(nobody, VERIFIED + timedelta(days=999), BOOK) == nobody


@given(
    state=st.sampled_from([SubscriptionState.TRIAL, SubscriptionState.ACTIVE, SubscriptionState.GRACE]),
    steps=st.lists(st.timedeltas(timedelta(), timedelta(days=5)), max_size=6),
)
def test_looking_often_and_looking_once_see_the_same(state: SubscriptionState, steps: list[timedelta]) -> None:
    at_once = often = make_subscription(state=state)
    now = VERIFIED - timedelta(days=7)
    for step in steps:
        now += step
        often = rules.as_of(often, now, BOOK)
    assert often == rules.as_of(at_once, now, BOOK)
