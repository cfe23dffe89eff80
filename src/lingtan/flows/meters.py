"""What the metering points of a stream know of a span: amount, coverage, uncertainty."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from lingtan.flows.buckets import Bucket, by_month, in_units
from lingtan.flows.grid import Grid, overlap_us
from lingtan.flows.model import Source
from lingtan.ledger.finding import Finding, Where
from lingtan.ledger.park import Meter, Park, Span, Stream
from lingtan.series.model import Series

_ROOT_3 = Decimal(3).sqrt()
_ZERO, _ONE = Decimal(0), Decimal(1)


class Reading(NamedTuple):
    """What points know together over a span; ``amount`` and ``unplaced`` in the canonical unit, shares 0..1.

    ``sigma_pct`` is None where a device has no accuracy class.
    """

    amount: Decimal | None
    known: Decimal
    resolved: Decimal
    unplaced: Decimal | None
    flags: int
    sigma_pct: Decimal | None
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Meters:
    """The roll-ups of a window beside the devices they come from.

    ``devices`` maps stream -> point -> device rows; ``months`` point -> month -> roll-up; ``moved`` are the
    (point, month) in which a point serves two streams, so that its month belongs to neither.
    """

    series: Series
    grid: Grid
    months: Mapping[str, Mapping[int, Bucket]]
    devices: Mapping[str, Mapping[str, tuple[Meter, ...]]]
    moved: frozenset[tuple[str, int]]

    def month(self, stream: Stream, points: tuple[str, ...], index: int) -> Reading | None:
        """Return what ``points`` of a stream know together of a month; None where none of them was installed."""
        span = (self.grid.edges[index], self.grid.edges[index + 1])
        found = {
            point: bucket
            for point in points
            if (point, index) not in self.moved and (bucket := self.months.get(point, {}).get(index)) is not None
        }
        return combine(stream, span, found, {point: self.devices[stream.id][point] for point in points}, self.series)


def meters_of(park: Park, series: Series, grid: Grid) -> tuple[Meters, list[Finding]]:
    """Read the roll-ups of the window; a month in which a point changes streams becomes a finding."""
    devices: dict[str, dict[str, tuple[Meter, ...]]] = defaultdict(dict)
    streams: dict[str, set[str]] = defaultdict(set)
    for meter in park.meters:
        rows = devices[meter.stream]
        rows[meter.point] = (*rows.get(meter.point, ()), meter)
        streams[meter.point].add(meter.stream)
    months = by_month(series, grid)
    moved, findings = set(), []
    for point in sorted(point for point, served in streams.items() if len(served) > 1):
        for index, bucket in months.get(point, {}).items():
            span = Span(grid.edges[index], grid.edges[index + 1])
            served = {s for s in streams[point] if any(row.valid.overlaps(span) for row in devices[s][point])}
            if len(served) > 1:
                moved.add((point, index))
                findings.append(_moved(point, sorted(served), span, in_units(bucket.amount, point, series)))
    return Meters(series, grid, months, dict(devices), frozenset(moved)), findings


def combine(
    stream: Stream,
    span: tuple[datetime, datetime],
    buckets: Mapping[str, Bucket],
    devices: Mapping[str, tuple[Meter, ...]],
    series: Series,
    *,
    brief: bool = False,
) -> Reading | None:
    """Add up parallel points of a stream over ``span``.

    Coverage is the share of the stream's own validity in the span in which a device was installed, times the share of
    device time that is known (or resolved), several points weighted by their device time. A point that has devices
    but no roll-up counts as device time of which nothing is known. None where no device was installed. ``brief``
    leaves out uncertainty and sources.
    """
    valid = within(stream, span)
    length = overlap_us(*valid, *valid)
    if length <= 0:
        return None
    points: Collection[str]
    alone = next(iter(buckets.values())) if len(devices) == len(buckets) == 1 else None
    if alone is not None and alone.time_us and _all_along(next(iter(devices.values())), valid):
        points = buckets.keys()
        known, resolved = _alone(alone, length)
    else:
        installed = {point: spans for point, rows in devices.items() if (spans := _installed(rows, valid))}
        if not installed:
            return None
        points = installed.keys()
        known, resolved = _together(installed, buckets, length)
    amounts, unplaced, flags = _amounts(points, buckets, series)
    return Reading(
        sum(amounts.values(), _ZERO) if amounts else None,
        known,
        resolved,
        unplaced,
        flags,
        None if brief else _sigma_pct(amounts, devices, valid),
        () if brief else tuple(Source("meter", point, *valid, amounts.get(point)) for point in points),
    )


def within(stream: Stream, span: tuple[datetime, datetime]) -> tuple[datetime, datetime]:
    """Cut a span to the validity of a stream."""
    start, end = stream.valid.start, stream.valid.end
    if start is None and end is None:
        return span
    return (span[0] if start is None else max(span[0], start), span[1] if end is None else min(span[1], end))


def _alone(bucket: Bucket, length: int) -> tuple[Decimal, Decimal]:
    """Known and resolved shares of a single point over ``length`` [us]."""
    known = _ONE if bucket.known_us >= length else Decimal(bucket.known_us) / length
    if bucket.resolved == bucket.periods and bucket.time_us >= length:
        return known, _ONE
    share = Decimal(bucket.time_us * bucket.resolved) / (bucket.periods * length) if bucket.periods else _ZERO
    return known, min(share, _ONE)


def _all_along(rows: tuple[Meter, ...], span: tuple[datetime, datetime]) -> bool:
    """Tell whether one device was installed over the whole span."""
    return any(
        (row.valid.start is None or row.valid.start <= span[0]) and (row.valid.end is None or span[1] <= row.valid.end)
        for row in rows
    )


def _together(
    installed: Mapping[str, list[tuple[datetime, datetime]]], buckets: Mapping[str, Bucket], length: int
) -> tuple[Decimal, Decimal]:
    """Known and resolved shares of several points over ``length`` [us], weighted by their device time."""
    covered = Decimal(_union_us([span for spans in installed.values() for span in spans])) / length
    time = known = resolved = _ZERO
    for point, spans in installed.items():
        bucket = buckets.get(point)
        device_us = bucket.time_us if bucket is not None and bucket.time_us else _union_us(spans)
        time += device_us
        if bucket is not None:
            known += bucket.known_us
            resolved += Decimal(device_us * bucket.resolved) / bucket.periods if bucket.periods else _ZERO
    return min(covered * known / time, _ONE), min(covered * resolved / time, _ONE)


def class_sigma_pct(rows: tuple[Meter, ...], span: tuple[datetime, datetime]) -> Decimal | None:
    """One standard deviation [% of value] of the devices of a point over a span.

    The class limit over the square root of three (a rectangular distribution, JCGM 100:2008, 4.3.7); the widest
    of several devices; None where a device has no class.
    """
    limits = [row.accuracy_pct for row in rows if row.valid.overlaps(Span(*span))]
    known = [limit for limit in limits if limit is not None]
    return max(known) / _ROOT_3 if known and len(known) == len(limits) else None


def _amounts(
    points: Iterable[str], buckets: Mapping[str, Bucket], series: Series
) -> tuple[dict[str, Decimal], Decimal | None, int]:
    """Return the known amounts by point, the sum of what is known but not placed, and all flags."""
    amounts: dict[str, Decimal] = {}
    unplaced: Decimal | None = None
    flags = 0
    for point in points:
        bucket = buckets.get(point)
        if bucket is None:
            continue
        flags |= bucket.flags
        amount = in_units(bucket.amount, point, series)
        if amount is not None:
            amounts[point] = amount
        apart = in_units(bucket.unplaced, point, series)
        if apart is not None:
            unplaced = apart if unplaced is None else unplaced + apart
    return amounts, unplaced, flags


def _sigma_pct(
    amounts: Mapping[str, Decimal], devices: Mapping[str, tuple[Meter, ...]], span: tuple[datetime, datetime]
) -> Decimal | None:
    """Uncertainty of a sum of independent devices [% of the sum]."""
    sigmas = {point: class_sigma_pct(devices[point], span) for point in amounts}
    known = {point: sigma for point, sigma in sigmas.items() if sigma is not None}
    if not known or len(known) < len(sigmas):
        return None
    if len(known) == 1:
        return next(iter(known.values()))
    return quadratic_pct([(amounts[point], sigma) for point, sigma in known.items()])


def quadratic_pct(parts: list[tuple[Decimal, Decimal]]) -> Decimal | None:
    """Uncertainty of a sum of independent (amount, sigma [%]) [% of the sum]; None where the sum is 0."""
    total = abs(sum((amount for amount, _ in parts), Decimal(0)))
    return sum(((amount * sigma) ** 2 for amount, sigma in parts), Decimal(0)).sqrt() / total if total else None


def _installed(rows: tuple[Meter, ...], span: tuple[datetime, datetime]) -> list[tuple[datetime, datetime]]:
    """Return the device periods that lie in the span, cut to it."""
    cut = [(max(span[0], row.valid.start or span[0]), min(span[1], row.valid.end or span[1])) for row in rows]
    return [(start, end) for start, end in cut if end > start]


def _union_us(spans: list[tuple[datetime, datetime]]) -> int:
    """Time covered by at least one of the spans [us]."""
    covered, latest = 0, None
    for start, end in sorted(spans):
        begin = start if latest is None else max(start, latest)
        if end > begin:
            covered += overlap_us(begin, end, begin, end)
            latest = end
    return covered


def _moved(point: str, streams: list[str], span: Span, amount: Decimal | None) -> Finding:
    """Say that a point served two streams within one month."""
    message = (
        f"Point {point} serves {' and '.join(streams)} within one month: its monthly amount belongs to neither. "
        "Give the point a new id where it moves"
    )
    where = Where(point=point)
    return Finding("point_moved", "finding", message, where, span.start, span.end, amount, params={"streams": streams})
