"""The routes by which a builder knows the language: its names, and an expression in parts."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Depends
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from libs.common.errors import PlanFeature, StoreUnavailable, UpstreamUnavailable
from libs.common.web import Router, of_app, problems
from libs.quant.expr import FUNCTIONS, SERIES, SPANS_MS, Parameter, Part, signature
from services.signals.access import StrategiesReader
from services.signals.indicators.service import Indicators

router = Router(tags=["indicators"])

IndicatorsOf = Annotated[Indicators, Depends(of_app("indicators"))]
Kind = Literal["number", "boolean"]


class ParameterOut(BaseModel):
    """One argument. `default`: what stands for it when it is left out. `least`: the smallest number of bars."""

    name: str
    kind: Literal["number", "boolean", "period", "factor"]
    default: str | None
    least: int

    @classmethod
    def of(cls, parameter: Parameter) -> ParameterOut:
        default = None if parameter.default is None else str(parameter.default)
        return cls(name=parameter.name, kind=parameter.kind, default=default, least=parameter.least)


class FunctionOut(BaseModel):
    """A function. `words` says it, with its arguments' names in braces."""

    name: str
    kind: Kind
    words: str
    signature: str
    parameters: list[ParameterOut]


class SeriesOut(BaseModel):
    name: str
    words: str


class LanguageOut(BaseModel):
    """All names of the language. `intervals`: what `at` takes."""

    series: list[SeriesOut]
    functions: list[FunctionOut]
    intervals: list[str]


class ExpressionIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    expression: Annotated[str, StringConstraints(min_length=1, max_length=2000)] = Field(examples=["rsi(14) < 30"])


class PartOut(BaseModel):
    """One part and what it is made of.

    `name`: the number as it was typed, or the name of the series, the function or one's own indicator, or the operator.
    `instrument` and `interval`: what `at` reads. A call has all its arguments, defaults filled in.
    """

    type: Literal["number", "series", "name", "call", "operation", "at"]
    name: str
    kind: Kind
    parts: list[PartOut]
    instrument: str | None = None
    interval: str | None = None

    @classmethod
    def of(cls, part: Part) -> PartOut:
        return cls(
            type=part.type,
            name=part.name,
            kind=part.kind,
            parts=[cls.of(one) for one in part.parts],
            instrument=part.source.instrument,
            interval=part.source.interval,
        )


class OutlineOut(BaseModel):
    """An expression in parts. `canonical` is its meaning written out in full, `words` says it."""

    kind: Kind
    canonical: str
    words: str
    root: PartOut


LANGUAGE = LanguageOut(
    series=[SeriesOut(name=name, words=words) for name, words in SERIES.items()],
    functions=[
        FunctionOut(
            name=name,
            kind=function.kind,
            words=function.words,
            signature=signature(name) if function.parameters else name,
            parameters=[ParameterOut.of(parameter) for parameter in function.parameters],
        )
        for name, function in FUNCTIONS.items()
    ],
    intervals=list(SPANS_MS),
)


@router.get("/api/indicators/language/")
async def show_language(user: StrategiesReader) -> LanguageOut:
    """Name everything that an expression may be made of."""
    return LANGUAGE


@router.post("/api/indicators/read/", responses=problems(PlanFeature, StoreUnavailable, UpstreamUnavailable))
async def read_expression(body: ExpressionIn, user: StrategiesReader, indicators: IndicatorsOf) -> OutlineOut:
    """Read an expression into its parts. One that cannot be read is 422, with the `column` where it goes wrong."""
    outlined = await indicators.outline(user.user_id, body.expression)
    meaning = outlined.meaning
    return OutlineOut(kind=meaning.kind, canonical=str(meaning), words=meaning.words(), root=PartOut.of(outlined.root))
