"""The flow: the amount that counts on a stream over a span, and what stands behind and beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from lingtan.ledger.finding import Finding


@dataclass(frozen=True, slots=True)
class Source:
    """One input of a flow: a metering point over a span, or a statement row.

    ``kind`` is meter, virtual, invoice, statistics, report, estimate or confirmed_zero; ``ref`` is the point id
    or the statement's ``file:line``; ``amount`` is its share of the flow in the stream's canonical unit.
    """

    kind: str
    ref: str
    start: datetime
    end: datetime
    amount: Decimal | None
    reporter: str = ""
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Flow:
    """One adopted piece: pieces of a stream never overlap, except year-level gap totals (flag ``gap_total``).

    ``amount`` is in the commodity's canonical unit, None when nothing is known. ``origin`` is meter, virtual,
    invoice, statistics, report, estimate, confirmed_zero or missing. ``resolved`` and ``known`` are shares 0..1 of
    the piece's time. ``unplaced`` is a known total of gaps that overlap the piece but do not fit in it.
    ``notation`` is blank, or NO, NE, NA, IE, C where no amount is given.
    ``estimated`` tells that the amount was cut (calendarised) or comes from an estimate.
    ``sigma_pct`` is one standard deviation in per cent.
    """

    stream: str
    start: datetime
    end: datetime
    amount: Decimal | None
    origin: str
    resolved: Decimal = Decimal(1)
    known: Decimal = Decimal(1)
    unplaced: Decimal | None = None
    flags: tuple[str, ...] = ()
    estimated: bool = False
    notation: str = ""
    sigma_pct: Decimal | None = None
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True, slots=True)
class CrossCheck:
    """A statement or meter that was not adopted, beside what was, over the same span, both in the canonical unit."""

    stream: str
    start: datetime
    end: datetime
    adopted: Decimal
    other: Decimal
    source: Source
    sigma: Decimal
    deviates: bool


@dataclass(frozen=True, slots=True)
class FlowSet:
    """Adopted pieces per stream over a window, sorted by start, with cross-checks and findings."""

    start: datetime
    end: datetime
    pieces: Mapping[str, tuple[Flow, ...]] = field(default_factory=dict)
    checks: tuple[CrossCheck, ...] = ()
    findings: tuple[Finding, ...] = ()
