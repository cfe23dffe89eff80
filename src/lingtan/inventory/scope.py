"""Which part of each stream lies in the boundary: flows x shares, on four sides and between units.

Notes
-----
A stream from a to b with amount A (``docs/develop/contracts.md``): received A x max(s(b) - s(a), 0), sent
A x max(s(a) - s(b), 0), used A x s(b), made A x s(a); between two nodes that are both inside: A x min(s(a), s(b)).
Where a share changes inside a piece, the piece's time-weighted share is taken and the piece is marked as cut.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from lingtan.flows.model import Flow, FlowSet
from lingtan.inventory.shapes import SIDES
from lingtan.ledger import boundary as boundaries
from lingtan.ledger.clock import month_label, months, year_bounds
from lingtan.ledger.park import Park, Stream
from lingtan.reference.model import Commodity

ZERO, ONE = Decimal(0), Decimal(1)
Shares = Mapping[str, Decimal]
Segment = tuple[datetime, datetime, Shares]


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a flow on one side of a stream, inside the year.

    ``share`` is the part of the flow that counts (boundary and, where the piece reaches beyond the year, time);
    ``amount`` [canonical unit] is None where the flow's is; ``month`` is blank where the piece spans several;
    ``span_us`` is its time inside the year and the boundary; ``cut`` tells that time was the measure of a division.
    """

    flow: Flow
    share: Decimal
    amount: Decimal | None
    month: str
    span_us: int
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Scope:
    """A park in a boundary and a year; ``parts`` answers which parts of a stream count on a side."""

    park: Park
    flow_set: FlowSet
    boundary: str
    year: int
    start: datetime
    end: datetime
    segments: tuple[Segment, ...]
    units: Mapping[str, str]
    shared: frozenset[str]
    memo: dict[tuple[str, str], tuple[Part, ...]] = field(default_factory=dict, compare=False)
    known: dict[str, tuple[str, ...]] = field(default_factory=dict, compare=False)
    labels: dict[tuple[datetime, datetime], str] = field(default_factory=dict, compare=False)

    def commodity(self, stream: Stream) -> Commodity:
        """Return the commodity of a stream."""
        return self.park.commodities[stream.commodity]

    def unit_of(self, node: str) -> str:
        """Return the accounting unit a node belongs to; blank outside the boundary."""
        return self.units.get(node, "")

    def parts(self, stream: Stream, side: str) -> tuple[Part, ...]:
        """Return the parts of a stream that count on a side: received, sent, made, used, traded (both ends inside)."""
        if stream.source not in self.shared and stream.target not in self.shared:
            return ()
        key = (stream.id, side)
        if key not in self.memo:
            pieces = self.flow_set.pieces.get(stream.id, ())
            self.memo[key] = tuple(part for piece in pieces if (part := self._part(stream, side, piece)) is not None)
        return self.memo[key]

    def sides(self, stream: Stream) -> tuple[str, ...]:
        """Return the sides on which a stream has a share at any time of the year, whether or not it has flows."""
        if stream.id not in self.known:
            self.known[stream.id] = tuple(
                side for side in SIDES if any(_SIDE[side](stream, shares) for _, _, shares in self.segments)
            )
        return self.known[stream.id]

    def time_us(self, stream: Stream, side: str) -> int:
        """Return the stream's own time [us] inside the year during which it counts on a side."""
        low, high = stream.valid.start or self.start, stream.valid.end or self.end
        return sum(
            _overlap(low, high, first, last)
            for first, last, shares in self.segments
            if _SIDE[side](stream, shares) and first < high and low < last
        )

    def _part(self, stream: Stream, side: str, piece: Flow) -> Part | None:
        if piece.end <= self.start or piece.start >= self.end:
            return None
        weight, span, counted = ZERO, 0, 0
        shares_met = set()
        for first, last, shares in self.segments:
            time = _overlap(piece.start, piece.end, first, last)
            if not time:
                continue
            share = _SIDE[side](stream, shares)
            shares_met.add(share)
            weight += share * time
            span += time
            counted += time if share else 0
        if not weight:
            return None
        whole = _microseconds(piece.start, piece.end)
        cut = span != whole or len(shares_met) > 1
        share = weight / whole if cut else shares_met.pop()
        amount = None if piece.amount is None else piece.amount * share
        return Part(piece, share, amount, self._month(piece), counted, cut)

    def _month(self, piece: Flow) -> str:
        key = (piece.start, piece.end)
        if key not in self.labels:
            zone = self.park.settings.zone
            first = max(piece.start, self.start)
            one = len(months(first, min(piece.end, self.end), zone)) == 1
            self.labels[key] = month_label(first, zone) if one else ""
        return self.labels[key]


def _received(stream: Stream, shares: Shares) -> Decimal:
    target, source = shares.get(stream.target, ZERO), shares.get(stream.source, ZERO)
    return target - source if target > source else ZERO


def _sent(stream: Stream, shares: Shares) -> Decimal:
    target, source = shares.get(stream.target, ZERO), shares.get(stream.source, ZERO)
    return source - target if source > target else ZERO


def _made(stream: Stream, shares: Shares) -> Decimal:
    return shares.get(stream.source, ZERO)


def _used(stream: Stream, shares: Shares) -> Decimal:
    return shares.get(stream.target, ZERO)


def _traded(stream: Stream, shares: Shares) -> Decimal:
    return min(shares.get(stream.source, ZERO), shares.get(stream.target, ZERO))


_SIDE: Mapping[str, Callable[[Stream, Shares], Decimal]] = {
    "received": _received,
    "sent": _sent,
    "made": _made,
    "used": _used,
    "traded": _traded,
}


def of(park: Park, flow_set: FlowSet, *, boundary: str, year: int) -> Scope:
    """Return the scope of a boundary (blank: the park's default) and a calendar year in the park's zone."""
    start, end = year_bounds(year, park.settings.zone)
    name = boundary or boundaries.default_boundary(park)
    segments = tuple(boundaries.segments(park, name, start, end))
    units: dict[str, str] = {}
    for _, _, shares in segments:
        for node, share in shares.items():
            if share and node not in units:
                units[node] = boundaries.accounting_unit(park, node, shares)
    return Scope(park, flow_set, name, year, start, end, segments, units, frozenset(units))


def total(parts: Iterable[Part]) -> Decimal | None:
    """Return the sum of the known amounts; None where nothing is known."""
    known = [part.amount for part in parts if part.amount is not None]
    return sum(known, ZERO) if known else None


def coverage(parts: Iterable[Part]) -> Decimal:
    """Return the share of the parts' time whose amount is known at least as a total."""
    time, known = 0, ZERO
    for part in parts:
        if is_gap(part):
            known += part.span_us if part.amount is not None else 0
            continue
        time += part.span_us
        known += part.flow.known * part.span_us if part.amount is not None else 0
    return min(known / time, ONE) if time else ONE


def is_gap(part: Part) -> bool:
    """Tell the total of a gap across months, which stands beside the monthly pieces, from a piece of its own time."""
    return not part.month and "gap_total" in part.flow.flags


@lru_cache(maxsize=65_536)
def _microseconds(start: datetime, end: datetime) -> int:
    span = end - start
    return (span.days * 86_400 + span.seconds) * 1_000_000 + span.microseconds


def _overlap(start: datetime, end: datetime, first: datetime, last: datetime) -> int:
    low, high = max(start, first), min(end, last)
    return _microseconds(low, high) if low < high else 0
