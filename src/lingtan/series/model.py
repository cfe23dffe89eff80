"""What the series room hands on: roll-ups of metering points in scaled integers, with coverage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

import polars as pl

from lingtan.ledger.finding import Finding


@dataclass(frozen=True, slots=True)
class Series:
    """Roll-ups of all metering points over [start, end).

    Attributes
    ----------
    buckets : step (``day``, ``month``, ``year``, on request ``hour``) -> frame, one row per point and local bucket:
        ``point`` String, ``start``/``end`` Datetime[us, UTC], ``amount`` Int64 [quanta] (null = nothing known; sums
        the intervals that start in the bucket and the gaps that lie wholly inside), ``unplaced`` Int64 [quanta]
        (known totals of gaps that overlap the bucket without fitting in it; null = none), ``periods`` Int64
        (expected periods of the point's device time in the bucket), ``resolved`` Int64 (periods with an amount of
        their own), ``time_us`` Int64 (device time in the bucket), ``known_us`` Int64 (part of it whose amount is
        known, a gap counting only where it fits), ``flags`` UInt32 (or-ed ``ledger.quality`` bits).
    gaps : ``point``, ``start``, ``end``, ``amount`` Int64 [quanta] of every gap with a known total.
    quantum : point -> canonical units of the stream's commodity per quantum (exact Decimal).
    findings : faults of the readings, with place, span and amount at stake.
    """

    start: datetime
    end: datetime
    buckets: Mapping[str, pl.DataFrame] = field(default_factory=dict)
    gaps: pl.DataFrame = field(default_factory=pl.DataFrame)
    quantum: Mapping[str, Decimal] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()

    def within(self, start: datetime, end: datetime) -> Series:
        """Return what concerns [start, end), which begins and ends where buckets do; findings keep their whole span."""

        def part(frame: pl.DataFrame) -> pl.DataFrame:
            inside = (pl.col("start") < end) & (pl.col("end") > start)
            return frame.filter(inside) if frame.width else frame

        buckets = {step: part(frame) for step, frame in self.buckets.items()}
        about = tuple(
            finding
            for finding in self.findings
            if (finding.start is None or finding.start < end) and (finding.end is None or finding.end > start)
        )
        return replace(self, start=start, end=end, buckets=buckets, gaps=part(self.gaps), findings=about)
