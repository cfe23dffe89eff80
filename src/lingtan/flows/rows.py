"""Rows of a table of flows: one stream, point or node over one bucket of the calendar."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal
from functools import lru_cache
from typing import Any

from lingtan.flows.buckets import Bucket
from lingtan.flows.grid import Grid, cut, overlap_us
from lingtan.flows.meters import Meters, Reading, combine, within
from lingtan.flows.model import Flow
from lingtan.flows.pieces import ZERO_KIND, Edges, is_year_level
from lingtan.flows.virtual import Formula, evaluate
from lingtan.ledger import boundary, clock, quality
from lingtan.ledger.finding import plain
from lingtan.ledger.park import Park, Stream

_ZERO, _ONE = Decimal(0), Decimal(1)
_HOUR, _LONGEST_DAY = timedelta(hours=1), timedelta(hours=27)


@lru_cache(maxsize=65_536)
def _written(instant: datetime, zone: tzinfo) -> str:
    """Write an instant in a zone."""
    return clock.written(instant, zone)


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table; amounts in ``unit``, shares 0..1, ``time_us`` the weight of the row's coverage [us]."""

    id: str
    commodity: str
    start: datetime
    end: datetime
    amount: Decimal | None
    unit: str
    flags: tuple[str, ...]
    resolved: Decimal
    known: Decimal
    unplaced: Decimal | None
    origin: str
    time_us: int

    def as_json(self, zone: tzinfo) -> dict[str, Any]:
        """Return the row as plain JSON values, times in the park's zone."""
        return {
            "id": self.id,
            "commodity": self.commodity,
            "start": _written(self.start, zone),
            "end": _written(self.end, zone),
            "amount": plain(self.amount),
            "unit": self.unit,
            "flags": list(self.flags),
            "resolved": float(self.resolved),
            "known": float(self.known),
            "unplaced": plain(self.unplaced),
            "origin": self.origin,
        }


@dataclass(frozen=True, slots=True)
class Table:
    """What rows are made from: ``steps`` are the buckets of the calendar, ``points`` the roll-ups of that step."""

    park: Park
    meters: Meters
    formulas: Mapping[str, Formula]
    steps: tuple[Edges, ...]
    starts: tuple[datetime, ...]
    points: Mapping[str, Mapping[Edges, Bucket]]

    @property
    def grid(self) -> Grid:
        """The months of the window."""
        return self.meters.grid


def calendar(step: str, start: datetime, end: datetime, zone: tzinfo) -> tuple[Edges, ...]:
    """Return the local buckets of a step that share an instant with [start, end), whole; none for ``interval``."""
    if step == "interval":
        return ()
    if step == "hour":
        days = clock.days(start, end, zone)
        hours = (hour for low, high in days for hour in _hours(low, high))
        return tuple(hour for hour in hours if hour[0] < end and hour[1] > start)
    return {"year": clock.years, "month": clock.months, "day": clock.days}[step](start, end, zone)


def from_pieces(table: Table, stream: Stream, pieces: Sequence[Flow], window: Edges) -> Iterator[Row]:
    """Return the rows of a stream by month or year, from its pieces; buckets are cut to ``window``."""
    for bucket in table.steps:
        span = (max(bucket[0], window[0]), min(bucket[1], window[1]))
        valid = _valid(stream, span)
        if not valid:
            continue
        met = [piece for piece in pieces if piece.start < span[1] and piece.end > span[0]]
        parts = [piece for piece in met if not _is_apart(piece, span, table.grid)]
        length = overlap_us(*valid, *valid)
        yield Row(
            stream.id,
            stream.commodity,
            *span,
            _sum(_given(piece, span, table.grid.zone) for piece in parts),
            table.park.commodities[stream.commodity].unit,
            _flags(parts, span),
            _share(((piece.resolved, piece) for piece in parts), span, length),
            _share(((piece.known, piece) for piece in parts), span, length),
            _unplaced(table, stream, met, bucket),
            _origins(piece.origin for piece in parts or met),
            length,
        )


def from_buckets(table: Table, stream: Stream, pieces: Sequence[Flow], window: Edges) -> Iterator[Row]:
    """Return the rows of a stream by day, hour or interval, from the roll-ups of the points it adopts.

    Where a statement is adopted, its amount is known but has no place in a shorter bucket: the row's amount is None
    and the statement's amount stands in ``unplaced``, unless the statement lies wholly in the bucket.
    """
    main = [piece for piece in pieces if not is_year_level(piece, table.grid)]
    apart = [piece for piece in pieces if is_year_level(piece, table.grid)]
    for piece in sorted([*main, *_alone(apart, main)], key=lambda one: one.start):
        points = tuple(source.ref for source in piece.sources if source.kind in ("meter", "virtual"))
        if piece.origin not in ("meter", "virtual"):
            points = ()
        for bucket in _buckets(table, stream, points, piece, window):
            valid = _valid(stream, bucket)
            if valid:
                yield _read(table, stream, piece, points, bucket, valid)


def of_point(table: Table, point: str, stream: Stream) -> Iterator[Row]:
    """Return the rows of a metering point or virtual point, straight from the roll-ups."""
    formula = table.formulas.get(point)
    spans = table.points.get(point, {})
    if formula is not None:
        spans = {span: bucket for term in formula.terms for span, bucket in table.points.get(term, {}).items()}
    for span in sorted(spans):
        reading = _reading(table, stream, (point,), span)
        valid = _valid(stream, span)
        if reading is None or not valid:
            continue
        length = overlap_us(*valid, *valid)
        origin = "meter" if formula is None else "virtual"
        if formula is None:
            reading = _own_coverage(reading, spans[span])
        yield _row(table, stream, span, reading, origin, length, name=point)


def of_nodes(table: Table, rows: Iterable[Row], streams: Mapping[str, Stream]) -> Iterator[Row]:
    """Sum rows of streams to nodes: into a node and its children less out of them, per commodity and bucket."""
    sides = {name: _sides(table.park, stream) for name, stream in streams.items()}
    gathered: dict[tuple[str, str, datetime, datetime], list[tuple[Row, int]]] = {}
    for row in rows:
        for node, sign in sides[row.id]:
            gathered.setdefault((node, row.commodity, row.start, row.end), []).append((row, sign))
    position = {node: place for place, node in enumerate(table.park.nodes)}
    for key in sorted(gathered, key=lambda one: (position[one[0]], one[1], one[2])):
        yield _net(key, gathered[key])


def _net(key: tuple[str, str, datetime, datetime], signed: Sequence[tuple[Row, int]]) -> Row:
    """Sum one node, commodity and bucket."""
    node, commodity, start, end = key
    time = sum(row.time_us for row, _ in signed)
    return Row(
        node,
        commodity,
        start,
        end,
        _sum(None if row.amount is None else sign * row.amount for row, sign in signed),
        signed[0][0].unit,
        _in_order(flag for row, _ in signed for flag in row.flags),
        sum((row.resolved * row.time_us for row, _ in signed), _ZERO) / time,
        sum((row.known * row.time_us for row, _ in signed), _ZERO) / time,
        _sum(None if row.unplaced is None else sign * row.unplaced for row, sign in signed),
        _origins(word for row, _ in signed for word in row.origin.split("+")),
        time,
    )


def _sides(park: Park, stream: Stream) -> list[tuple[str, int]]:
    """Return the nodes whose subtree a stream enters (+1) or leaves (-1)."""
    above = [list(boundary.ancestors(park, node)) for node in (stream.source, stream.target)]
    out = [(node, -1) for node in above[0] if node not in above[1]]
    return [(node, 1) for node in above[1] if node not in above[0]] + out


def _is_apart(piece: Flow, span: Edges, grid: Grid) -> bool:
    """Tell whether a piece is a gap's total that does not fit in a span."""
    return is_year_level(piece, grid) and (piece.start < span[0] or piece.end > span[1])


def _given(piece: Flow, span: Edges, zone: tzinfo) -> Decimal | None:
    """Return what a piece gives to a span."""
    return None if piece.amount is None else cut(piece.amount, (piece.start, piece.end), span, zone)


def _share(parts: Iterable[tuple[Decimal, Flow]], span: Edges, length: int) -> Decimal:
    """Return a coverage of a span by pieces, weighted by time; a gap's total adds its own time."""
    covered = sum((share * overlap_us(piece.start, piece.end, *span) for share, piece in parts), _ZERO)
    return min(covered / length, _ONE)


def _flags(parts: Sequence[Flow], span: Edges) -> tuple[str, ...]:
    """Return all flags of pieces, and ``estimated`` where one was cut to the span."""
    found = {flag for piece in parts for flag in piece.flags}
    cut_up = (p for p in parts if p.amount is not None and p.origin != ZERO_KIND)
    if any(p.estimated or p.start < span[0] or p.end > span[1] for p in cut_up):
        found.add("estimated")
    return _in_order(found)


def _in_order(flags: Iterable[str]) -> tuple[str, ...]:
    """Return flags once each, in the order of the table."""
    found = set(flags)
    return tuple(flag for flag in quality.FLAGS if flag in found)


def _origins(words: Iterable[str]) -> str:
    """Write origins once each, joined by ``+``."""
    return "+".join(dict.fromkeys(words))


def _unplaced(table: Table, stream: Stream, met: Sequence[Flow], bucket: Edges) -> Decimal | None:
    """Return the known totals of gaps of adopted points that overlap a bucket without fitting in it."""
    refs = dict.fromkeys(
        source.ref for piece in met for source in piece.sources if piece.origin in ("meter", "virtual")
    )
    readings = [_reading(table, stream, (ref,), bucket) for ref in refs]
    return _sum(reading.unplaced for reading in readings if reading is not None)


def _sum(amounts: Iterable[Decimal | None]) -> Decimal | None:
    """Return the sum of what is known; None where nothing is."""
    known = [amount for amount in amounts if amount is not None]
    return sum(known, _ZERO) if known else None


def _valid(stream: Stream, span: Edges) -> Edges | None:
    """Return the part of a span in which a stream exists; None where there is none."""
    valid = within(stream, span)
    return valid if valid[1] > valid[0] else None


def _hours(low: datetime, high: datetime) -> Iterator[Edges]:
    """Return the hours of a local day; the last may be shorter where the clocks move by less than an hour."""
    while low < high:
        yield low, min(low + _HOUR, high)
        low += _HOUR


def _alone(apart: Sequence[Flow], main: Sequence[Flow]) -> Iterator[Flow]:
    """Return the stretches of year-level gap totals that no other piece stands beside."""
    for piece in apart:
        start = piece.start
        for other in sorted(main, key=lambda one: one.start):
            if other.start < piece.end and other.end > start:
                if other.start > start:
                    yield _stretch(piece, start, other.start)
                start = max(start, other.end)
        if start < piece.end:
            yield _stretch(piece, start, piece.end)


def _stretch(piece: Flow, start: datetime, end: datetime) -> Flow:
    """Return a stretch inside a gap: nothing is known of it for itself, but its points are."""
    return Flow(piece.stream, start, end, None, piece.origin, _ZERO, _ZERO, piece.amount, sources=piece.sources)


def _buckets(table: Table, stream: Stream, points: tuple[str, ...], piece: Flow, window: Edges) -> Iterable[Edges]:
    """Return the buckets that begin in a piece and in the window, and the one in which the stream begins."""
    low, high = max(piece.start, window[0]), min(piece.end, window[1])
    spans: Sequence[Edges] = table.steps
    if not table.steps:
        terms = [term for point in points for term in _terms(table, point)]
        spans = sorted({span for term in terms for span in table.points.get(term, ())}) or [(low, high)]
    starts = table.starts if spans is table.steps else [span[0] for span in spans]
    first, last = bisect_left(starts, low), bisect_left(starts, high)
    if first and stream.valid.start == low and spans[first - 1][1] > low:
        first -= 1
    return spans[first:last]


def _terms(table: Table, point: str) -> tuple[str, ...]:
    """Return the measured points behind a point."""
    return table.formulas[point].terms if point in table.formulas else (point,)


def _read(table: Table, stream: Stream, piece: Flow, points: tuple[str, ...], bucket: Edges, valid: Edges) -> Row:
    """Return one row of a stream from its adopted points, or from the statement that covers it."""
    length = overlap_us(*valid, *valid)
    reading = _reading(table, stream, points, bucket) if points else None
    if reading is None:
        fits = piece.origin == ZERO_KIND or (valid[0] <= piece.start and piece.end <= valid[1])
        known = _ONE if fits and piece.amount is not None else _ZERO
        amount, apart = (
            (piece.amount, None) if fits else (None, piece.unplaced if piece.amount is None else piece.amount)
        )
        reading = Reading(amount, known, known, apart, 0, None, ())
    return _row(table, stream, bucket, reading, piece.origin, length, flags=piece.flags if not points else ())


def _row(
    table: Table,
    stream: Stream,
    span: Edges,
    reading: Reading,
    origin: str,
    length: int,
    *,
    name: str = "",
    flags: tuple[str, ...] = (),
) -> Row:
    """Lay a reading out as a row."""
    unit = table.park.commodities[stream.commodity].unit
    flags = _in_order((*quality.names(reading.flags), *flags))
    return Row(
        name or stream.id,
        stream.commodity,
        *span,
        reading.amount,
        unit,
        flags,
        reading.resolved,
        reading.known,
        reading.unplaced,
        origin,
        length,
    )


def _reading(table: Table, stream: Stream, points: tuple[str, ...], span: Edges) -> Reading | None:
    """Return what points of a stream, or one virtual point, know of a bucket."""
    series = table.meters.series
    if len(points) == 1 and points[0] in table.formulas:
        formula = table.formulas[points[0]]
        buckets = {t: bucket for t in formula.terms if (bucket := table.points.get(t, {}).get(span)) is not None}
        return evaluate(formula, stream, span, buckets, series, by_day=span[1] - span[0] > _LONGEST_DAY)
    devices = {point: table.meters.devices[stream.id][point] for point in points}
    found = {point: bucket for point in points if (bucket := table.points.get(point, {}).get(span)) is not None}
    return combine(stream, span, found, devices, series, brief=True)


def _own_coverage(reading: Reading, bucket: Bucket) -> Reading:
    """Return a point's reading with the coverage of its own device time, not of its stream's."""
    known = Decimal(bucket.known_us) / bucket.time_us if bucket.time_us else _ZERO
    resolved = Decimal(bucket.resolved) / bucket.periods if bucket.periods else _ZERO
    return reading._replace(known=min(known, _ONE), resolved=min(resolved, _ONE))
