"""The routes of people's signals."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Query, Response
from pydantic import BaseModel, Field

from libs.common.clock import from_ms
from libs.common.errors import NotFound, StoreUnavailable
from libs.common.money import plain
from libs.common.pagination import Page
from libs.common.web import Router, of_app, problems
from libs.common.web.pagination import PageParams
from libs.contracts.base import Price
from libs.contracts.signals import SignalSide, SignalStatus
from services.signals.access import SignalsReader, StrategiesWriter
from services.signals.offers.rules import CapitalOf, Verdict
from services.signals.offers.service import Offers
from services.signals.offers.tables import OfferRow
from services.signals.signals.rules import DISCLOSURE, NOT_ADVICE, Basis, risk_reward
from services.signals.signals.tables import SignalRow

router = Router(tags=["signals"])

OffersOf = Annotated[Offers, Depends(of_app("offers"))]
Ratio = Annotated[float, Field(description="A part of 1: 0.05 is 5 %.")]


class ReasonValue(BaseModel):
    words: str
    value: float


class ReasonOut(BaseModel):
    """One condition of the strategy, in words, with the numbers that it looked at."""

    words: str
    values: list[ReasonValue]


class VoiceOut(BaseModel):
    """What else was looked at: `agrees` from -1, against the signal, to 1, for it.

    Of a pattern `known_at` is the close at which it was complete; `confidence`, from 0 to 1, says how well the corners
    of a chart pattern fit its definition. It is no chance of profit.
    """

    name: str
    words: str
    weight: float
    agrees: float
    known_at: datetime | None = None
    confidence: float | None = None

    @classmethod
    def of(cls, voice: Mapping[str, Any]) -> VoiceOut:
        known_ms = voice.get("known_ms")
        return cls(
            name=voice["name"],
            words=voice["words"],
            weight=voice["weight"],
            agrees=voice["agrees"],
            known_at=None if known_ms is None else from_ms(known_ms),
            confidence=voice.get("confidence"),
        )


class OfferOut(BaseModel):
    """What a signal means for you. `verdict` says what stands in its way; `capital_of` whose word the capital is."""

    verdict: Verdict
    units: int | None
    invested: Price | None
    at_risk: Price | None
    capital: Price | None
    capital_of: CapitalOf
    offered_at: datetime
    dismissed_at: datetime | None

    @classmethod
    def of(cls, row: OfferRow, *, locked: bool) -> OfferOut:
        return cls(
            verdict=Verdict(row.verdict),
            units=None if locked else row.units,
            invested=None if locked else _price(row.invested),
            at_risk=None if locked else _price(row.at_risk),
            capital=_price(row.capital),
            capital_of=CapitalOf(row.capital_of),
            offered_at=row.offered_at,
            dismissed_at=row.dismissed_at,
        )


class SignalOut(BaseModel):
    """A signal, as it stands now.

    `locked`: your plan tells no more signals that day, so prices and size are null until it is over. `confidence` is
    null unless it was calibrated on outcomes that were held back. `net` is what it earned after `costs`, as a part of
    the entry; `basis` says whether fills are assumed.
    """

    id: UUID
    strategy_id: UUID
    version_id: UUID
    version_number: int
    strategy: str
    instrument: str
    symbol: str
    name: str
    currency: str
    interval: str
    side: SignalSide
    status: SignalStatus
    ended_by: str | None
    locked: bool
    reference_price: Price | None
    entry_price: Price | None
    entry_at: datetime | None
    stop: Price | None
    target: Price | None
    risk_reward: Price | None
    exit_price: Price | None
    exit_at: datetime | None
    net: Ratio | None
    costs: Ratio | None
    confidence: Ratio | None
    score: Ratio
    words: str
    reasons: list[ReasonOut]
    voices: list[VoiceOut]
    fused_by: str
    is_ai_generated: bool
    model: str | None
    basis: Basis
    at: datetime
    data_as_of: datetime
    made_at: datetime
    valid_until: datetime
    disclosure_id: str
    disclosure: str
    label: str
    offer: OfferOut

    @classmethod
    def of(cls, found: tuple[OfferRow, SignalRow]) -> SignalOut:
        offer, row = found
        locked = offer.verdict == Verdict.OVER_PLAN and row.status == SignalStatus.ACTIVE
        entry = row.entry_price or row.reference_price

        def shown(price: Decimal | None) -> Decimal | None:
            return None if locked else _price(price)

        return cls(
            id=row.id,
            strategy_id=row.strategy_id,
            version_id=row.version_id,
            version_number=row.version_number,
            strategy=row.strategy,
            instrument=row.instrument,
            symbol=row.symbol,
            name=row.name,
            currency=row.currency,
            interval=row.interval,
            side=SignalSide(row.side),
            status=SignalStatus(row.status),
            ended_by=row.ended_by,
            locked=locked,
            reference_price=shown(row.reference_price),
            entry_price=shown(row.entry_price),
            entry_at=row.entry_at,
            stop=shown(row.stop),
            target=shown(row.target),
            risk_reward=shown(risk_reward(entry, row.stop, row.target)),
            exit_price=shown(row.exit_price),
            exit_at=row.exit_at,
            net=_ratio(row.net),
            costs=_ratio(row.costs),
            confidence=None if locked else _ratio(row.confidence),
            score=float(row.score),
            words=row.words,
            reasons=_reasons(row.reasons, locked=locked),
            voices=[VoiceOut.of(voice) for voice in row.voices],
            fused_by=row.fused_by,
            is_ai_generated=row.is_ai_generated,
            model=row.model,
            basis=Basis(row.basis),
            at=row.at,
            data_as_of=row.data_as_of,
            made_at=row.made_at,
            valid_until=row.enter_until,
            disclosure_id=row.disclosure_id,
            disclosure=DISCLOSURE,
            label=NOT_ADVICE,
            offer=OfferOut.of(offer, locked=locked),
        )


def _price(price: Decimal | None) -> Decimal | None:
    return None if price is None else plain(price)


def _ratio(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def _reasons(reasons: list[dict[str, Any]], *, locked: bool) -> list[ReasonOut]:
    return [ReasonOut(words=one["words"], values=[] if locked else one["values"]) for one in reasons]


@router.get("/api/signals/", responses=problems(StoreUnavailable))
async def list_signals(
    user: SignalsReader,
    offers: OffersOf,
    page: PageParams,
    active: Annotated[bool | None, Query(description="Only active ones, or only those that are over.")] = None,
    instrument: Annotated[str | None, Query(max_length=41, description="Only of this one, as `NSE:TCS`.")] = None,
    strategy_id: Annotated[UUID | None, Query(description="Only of this strategy.")] = None,
    version_id: Annotated[UUID | None, Query(description="Only of this version.")] = None,
    dismissed: Annotated[bool, Query(description="With those that you took out of your feed.")] = False,
) -> Page[SignalOut]:
    """List one's own signals, newest first."""
    found = await offers.list_for(
        user.user_id,
        page,
        active=active,
        instrument=instrument,
        version_id=version_id,
        strategy_id=strategy_id,
        dismissed=dismissed,
    )
    return found.as_page(SignalOut.of)


@router.get("/api/signals/{signal_id}/", responses=problems(NotFound, StoreUnavailable))
async def show_signal(signal_id: UUID, user: SignalsReader, offers: OffersOf) -> SignalOut:
    """Show one of one's own signals, with its reasons."""
    return SignalOut.of(await offers.get(user.user_id, signal_id))


@router.post("/api/signals/{signal_id}/dismiss/", status_code=204, responses=problems(NotFound, StoreUnavailable))
async def dismiss_signal(signal_id: UUID, user: StrategiesWriter, offers: OffersOf) -> Response:
    """Take a signal out of one's feed; doing it twice is doing it once. Its record stays."""
    await offers.dismiss(user.user_id, signal_id)
    return Response(status_code=204)
