"""The routes of track records."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends
from pydantic import BaseModel, Field

from libs.common.errors import NotFound, StoreUnavailable
from libs.common.web import Router, of_app, problems
from services.signals.access import SignalsReader, StrategiesReader
from services.signals.signals.rules import FEWEST_OUTCOMES, Basis
from services.signals.signals.service import Signals, TrackRecord
from services.signals.strategies.rules import Version
from services.signals.strategies.service import Strategies
from services.signals.strategies.shares_api import SharedIn

router = Router(tags=["signals"])

SignalsRoom = Annotated[Signals, Depends(of_app("signals"))]
StrategiesRoom = Annotated[Strategies, Depends(of_app("strategies"))]
Ratio = Annotated[float, Field(description="A part of 1: 0.05 is 5 %.")]


class BinOut(BaseModel):
    """Of `count` held-back signals whose confidence lay in [low, high): what was said on average, and what came."""

    low: Ratio
    high: Ratio
    count: int
    said: Ratio
    came: Ratio


class CalibrationOut(BaseModel):
    """How reliable the confidence was on outcomes that it was not made from. Only a good one is shown on signals."""

    trained: int
    held_back: int
    brier: float
    base: float
    error: Ratio
    is_good: bool
    bins: list[BinOut]


class TrackRecordOut(BaseModel):
    """What all signals ever of a version came to, each with costs.

    `basis`: `hypothetical` where fills are assumed at the prices that were there. Rates are null while nothing is
    closed; `calibration` is null below `outcomes_needed`.
    """

    version_id: UUID
    version_number: int
    strategy_id: UUID
    strategy: str
    basis: Basis
    since: datetime | None
    until: datetime | None
    signals: int
    closed: int
    won: int
    hit_rate: Ratio | None
    mean_net: Ratio | None
    best: Ratio | None
    worst: Ratio | None
    outcomes_needed: int
    calibration: CalibrationOut | None

    @classmethod
    def of(cls, found: TrackRecord, version: Version) -> TrackRecordOut:
        record, learnt = found.record, found.calibration
        return cls(
            version_id=found.version_id,
            version_number=version.number,
            strategy_id=version.strategy_id,
            strategy=version.name,
            basis=found.basis,
            since=found.since,
            until=found.until,
            signals=record.signals,
            closed=record.closed,
            won=record.won,
            hit_rate=record.hit_rate,
            mean_net=record.mean_net,
            best=record.best,
            worst=record.worst,
            outcomes_needed=FEWEST_OUTCOMES,
            calibration=None
            if learnt is None
            else CalibrationOut(
                trained=learnt.trained,
                held_back=learnt.held_back,
                brier=learnt.brier,
                base=learnt.base,
                error=learnt.error,
                is_good=learnt.is_good,
                bins=[
                    BinOut(low=one.low, high=one.high, count=one.count, said=one.said, came=one.came)
                    for one in learnt.bins
                ],
            ),
        )


@router.get("/api/signals/track-records/{version_id}/", responses=problems(NotFound, StoreUnavailable))
async def show_track_record(
    version_id: UUID,
    user: SignalsReader,
    signals: SignalsRoom,
    strategies: StrategiesRoom,
) -> TrackRecordOut:
    """Show what all signals ever of a version of one's own strategy came to."""
    version = await strategies.version(version_id, user_id=user.user_id)
    return TrackRecordOut.of(await signals.record(version.id), version)


@router.post("/api/signals/track-records/shared/", responses=problems(NotFound, StoreUnavailable))
async def show_shared_track_record(
    body: SharedIn, _user: StrategiesReader, signals: SignalsRoom, strategies: StrategiesRoom
) -> TrackRecordOut:
    """Show what all signals ever came to of the version that a link shows; none of them by itself."""
    version = (await strategies.shared(body.secret)).version
    return TrackRecordOut.of(await signals.record(version.id), version)
