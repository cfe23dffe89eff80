"""From choices to flows: one piece per metered month, per statement, per run of missing months, per year-level gap."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import groupby, pairwise

from lingtan.flows.gaps import Total
from lingtan.flows.grid import Grid, cut
from lingtan.flows.meters import Reading
from lingtan.flows.model import Flow, Source
from lingtan.flows.order import Option, Rules, months_of
from lingtan.flows.statements import Chain, Told
from lingtan.ledger import quality
from lingtan.ledger.park import Stream

ZERO_KIND = "confirmed_zero"
"""The kind of statement that says nought, of its span and of every part of it."""
_ZERO, _ONE = Decimal(0), Decimal(1)
_TICK = timedelta(microseconds=1)
_ESTIMATED = quality.BIT["estimated"] | quality.BIT["interpolated"]
Edges = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Run:
    """Months in a row, within one local year, that adopt the same option (None = nobody)."""

    option: Option | None
    months: tuple[int, ...]
    start: datetime
    end: datetime


def runs(stream: Stream, chosen: Mapping[int, Option], grid: Grid) -> list[Run]:
    """Cut the months of a stream into runs, clipped to its validity."""
    found = []
    for _, group in groupby(months_of(stream, grid), key=lambda index: (id(chosen.get(index)), grid.years[index])):
        months = tuple(group)
        start, end = grid.edges[months[0]], grid.edges[months[-1] + 1]
        start = start if stream.valid.start is None else max(start, stream.valid.start)
        end = end if stream.valid.end is None else min(end, stream.valid.end)
        found.append(Run(chosen.get(months[0]), months, start, end))
    return found


def build(
    stream: Stream, ordered: Sequence[Run], totals: Sequence[Total], grid: Grid, rules: Rules
) -> tuple[Flow, ...]:
    """Return the pieces of a stream in order of time; each has its own start, so that (stream, start) names it."""
    spans = [(total.start, total.end) for total in totals]
    pieces: list[Flow] = []
    for run in ordered:
        if run.option is None:
            pieces.append(missing(stream.id, run.start, run.end))
        elif run.option.chain is not None:
            pieces += _stated(stream.id, run, run.option.chain, grid, rules)
        else:
            pieces += _metered(stream, run, run.option, spans, grid, rules)
    pieces = list(_merged(pieces, _year_edges(grid)))
    pieces += _year_level(stream.id, totals, {piece.start for piece in pieces})
    return tuple(sorted(pieces, key=lambda piece: (piece.start, piece.end)))


def missing(stream: str, start: datetime, end: datetime, unplaced: Decimal | None = None) -> Flow:
    """Return a span of which nothing is known: not estimated, and never zero."""
    return Flow(stream, start, end, None, "missing", _ZERO, _ZERO, unplaced, notation="NE")


def is_year_level(piece: Flow, grid: Grid) -> bool:
    """Tell whether a piece is the total of a gap across a month's edge, known for the year only."""
    return "gap_total" in piece.flags and grid.index(piece.start) != grid.index(piece.end - _TICK)


def is_whole(told: Told, run: Run, grid: Grid) -> bool:
    """Tell whether a statement lies in a run and keeps to month limits (or the limits of its stream).

    A confirmed zero always does: every part of it is nought, so nothing is divided.
    """
    if told.statement.kind == ZERO_KIND:
        return True
    edges = {run.start, run.end}
    start_on = told.start in edges or grid.edges[max(grid.index(told.start), 0)] == told.start
    end_on = told.end in edges or grid.edges[max(grid.index(told.end), 0)] == told.end
    return run.start <= told.start and told.end <= run.end and start_on and end_on


def cut_sigma_pct(sigma_pct: Decimal, rules: Rules) -> Decimal:
    """Uncertainty of an amount cut by days [% of it]: at least the default of an estimate."""
    return max(sigma_pct, rules.kinds["estimate"].sigma_pct)


def sigma_of(told: Told, rules: Rules) -> Decimal:
    """Uncertainty that a statement gives of itself, else the default of its kind [% of value]."""
    own = told.statement.sigma_pct
    return rules.kinds[told.statement.kind].sigma_pct if own is None else own


def _stated(stream: str, run: Run, chain: Chain, grid: Grid, rules: Rules) -> Iterator[Flow]:
    """Return a piece for each statement that keeps to months, and one per month of what the others give to it.

    A confirmed zero is laid out by month, so that each month is known to be nought.
    """
    met = [told for told in chain.told if told.start < run.end and told.end > run.start]
    loose = met if chain.kind == ZERO_KIND else []
    for told in () if loose else met:
        if is_whole(told, run, grid):
            yield _statement(stream, (told.start, told.end), [told], chain, grid, rules)
        else:
            loose.append(told)
    for index in run.months if loose else ():
        edges = (max(grid.edges[index], run.start), min(grid.edges[index + 1], run.end))
        parts = [told for told in loose if told.start < edges[1] and told.end > edges[0]]
        if parts:
            span = (max(edges[0], parts[0].start), min(edges[1], parts[-1].end))
            yield _statement(stream, span, parts, chain, grid, rules)


def _statement(stream: str, span: Edges, parts: list[Told], chain: Chain, grid: Grid, rules: Rules) -> Flow:
    """Return what statements give to a span: marked as estimated where one reaches beyond it and is cut by days."""
    sources = []
    for told in parts:
        start, end = max(told.start, span[0]), min(told.end, span[1])
        sources.append(told.source(cut(told.amount, (told.start, told.end), (start, end), grid.zone), start, end))
    was_cut = any(told.start < span[0] or told.end > span[1] for told in parts)
    estimated = chain.kind == "estimate" or (was_cut and chain.kind != ZERO_KIND)
    return Flow(
        stream,
        *span,
        sum((source.amount for source in sources if source.amount is not None), _ZERO),
        chain.kind,
        flags=("estimated",) if estimated else (),
        estimated=estimated,
        notation="NO" if chain.kind == ZERO_KIND else "",
        sigma_pct=max(sigma_of(told, rules) for told in parts),
        sources=tuple(sources),
    )


def _metered(
    stream: Stream, run: Run, option: Option, spans: Sequence[Edges], grid: Grid, rules: Rules
) -> Iterator[Flow]:
    """Return a piece per month; of a month without an amount of its own, what no year-level gap total covers."""
    for index in run.months:
        edges = (max(grid.edges[index], run.start), min(grid.edges[index + 1], run.end))
        reading = option.readings[index]
        if reading.amount is not None:
            yield _month(stream.id, edges, option, reading, whole=index in option.whole)
        else:
            unplaced = None if spans else reading.unplaced
            yield from (missing(stream.id, *rest, unplaced) for rest in _remainder(edges, spans))


def _month(stream: str, edges: Edges, option: Option, reading: Reading, *, whole: bool) -> Flow:
    """Return one metered month; a month not known whole is marked incomplete and never topped up."""
    flags = reading.flags if whole else reading.flags | quality.BIT["incomplete"]
    return Flow(
        stream,
        *edges,
        reading.amount,
        option.origin,
        reading.resolved,
        reading.known,
        reading.unplaced,
        quality.names(flags),
        estimated=bool(flags & _ESTIMATED),
        sigma_pct=reading.sigma_pct,
        sources=reading.sources,
    )


def _remainder(edges: Edges, spans: Sequence[Edges]) -> Iterator[Edges]:
    """Return the parts of a span that none of ``spans`` covers."""
    start = edges[0]
    for begin, end in sorted(spans):
        if begin > start and begin < edges[1]:
            yield start, begin
        start = max(start, min(end, edges[1])) if begin < edges[1] else start
    if start < edges[1]:
        yield start, edges[1]


def _year_edges(grid: Grid) -> set[datetime]:
    """Return the limits of the local years in the window: no piece crosses them."""
    return {
        edge for edge, (before, after) in zip(grid.edges[1:], pairwise(grid.years), strict=False) if before != after
    }


def _merged(pieces: Sequence[Flow], limits: set[datetime]) -> Iterator[Flow]:
    """Join missing pieces that follow each other within a year to one piece."""
    held: Flow | None = None
    for piece in pieces:
        open_end = held is not None and held.end == piece.start and held.end not in limits
        if held is not None and open_end and piece.origin == "missing" and held.unplaced is piece.unplaced is None:
            held = missing(piece.stream, held.start, piece.end)
            continue
        if held is not None:
            yield held
        held = piece if piece.origin == "missing" else None
        if held is None:
            yield piece
    if held is not None:
        yield held


def _year_level(stream: str, totals: Sequence[Total], taken: set[datetime]) -> Iterator[Flow]:
    """Return the gap totals that count in the year only, several over one span as one piece."""
    for start, group in groupby(sorted(totals, key=lambda total: (total.start, total.end)), key=lambda one: one.start):
        same = list(group)
        begin, end = start, max(total.end for total in same)
        while begin in taken:
            begin += _TICK  # a piece is named by its start: the span of the total moves aside by a microsecond
        taken.add(begin)
        amount = sum((total.amount for total in same), _ZERO)
        sources = tuple(Source("meter", total.point, total.start, total.end, total.amount) for total in same)
        yield Flow(stream, begin, end, amount, "meter", _ZERO, _ONE, flags=("gap_total",), sources=sources)
