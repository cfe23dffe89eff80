"""Flows as tables: by stream, node or point and any step (``lingtan flows``), and pieces laid on months."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo
from decimal import Decimal
from typing import Any

from lingtan.flows.buckets import by_span
from lingtan.flows.grid import FlowError, Grid, cut, grid_over, whole_months
from lingtan.flows.meters import meters_of
from lingtan.flows.model import Flow, FlowSet
from lingtan.flows.pieces import is_year_level
from lingtan.flows.rows import Row, Table, calendar, from_buckets, from_pieces, of_nodes, of_point
from lingtan.flows.virtual import formulas
from lingtan.ledger import clock
from lingtan.ledger.park import Park, Stream
from lingtan.series.model import Series

BY = ("stream", "node", "point")
STEPS = ("year", "month", "day", "hour", "interval")


@dataclass(frozen=True, slots=True)
class MonthAmount:
    """The amount of one local month, canonical unit.

    ``label`` is ``YYYY-MM``. ``amount`` is None where nothing is known. ``estimated``: a part was cut by days for
    this view, or was an estimate before. ``unplaced`` is the known total of gaps that touch the month and are not
    in it.
    """

    label: str
    start: datetime
    end: datetime
    amount: Decimal | None
    estimated: bool = False
    unplaced: Decimal | None = None


def month_view(
    pieces: Iterable[Flow], zone: tzinfo, start: datetime | None = None, end: datetime | None = None
) -> tuple[MonthAmount, ...]:
    """Lay the pieces of one stream on local months.

    Pieces over several months are cut by days, and the months are marked as estimated. Totals of gaps across a
    month's edge are not spread: they stand beside each month they touch, in ``unplaced``.

    Parameters
    ----------
    pieces : pieces of one stream; zone : the park's zone.
    start, end : span to be shown; None = the span of the pieces. Months at its ends are cut to it.
    """
    held = sorted(pieces, key=lambda piece: piece.start)
    if not held:
        return ()
    start = held[0].start if start is None else start
    end = max(piece.end for piece in held) if end is None else end
    grid = grid_over(start, end, zone)
    spans = ((max(low, start), min(high, end)) for low, high in zip(grid.edges, grid.edges[1:], strict=False))
    return tuple(_month(held, span, grid) for span in spans)


def tabulate(
    park: Park,
    flow_set: FlowSet,
    series: Series,
    *,
    by: str,
    step: str,
    start: datetime,
    end: datetime,
    ids: Collection[str] = (),
) -> list[dict[str, Any]]:
    """Return the rows ``{id, commodity, start, end, amount, unit, flags, resolved, known, unplaced, origin}``.

    Parameters
    ----------
    by : ``stream``, ``point`` (straight from the roll-ups) or ``node`` (per commodity: what enters the node and its
        children less what leaves them).
    step : ``year``, ``month``, ``day``, ``hour`` or ``interval``; the shorter three need ``series.buckets[step]``.
    start, end : window inside the flow set's. Rows by year and month cover the whole months that touch it.
    ids : streams, nodes or points to show; empty = all.

    Returns
    -------
    list of dict
        In order of id (as the park lists them) and time. ``amount`` and ``unplaced`` are numbers in the canonical
        unit or None, never 0 for missing; ``start`` and ``end`` ISO 8601 in the park's zone; ``resolved`` and
        ``known`` 0..1; ``origin`` words joined by ``+`` where a bucket has several.

    Raises
    ------
    FlowError
        for an unknown ``by`` or ``step``, a window outside the flow set's, or a step that the series has not.
    """
    _check(by, step, flow_set, series, park, (start, end))
    zone = park.settings.zone
    window = whole_months(start, end, zone) if step in ("year", "month") else (start, end)
    meters, _ = meters_of(park, series, grid_over(flow_set.start, flow_set.end, zone))
    ready, _ = formulas(park, park.virtual)
    steps = calendar(step, *window, zone)
    table = Table(park, meters, ready, steps, tuple(span[0] for span in steps), by_span(series, step))
    if by == "point":
        rows = _by_point(table, window, ids)
    else:
        streams = {name: park.streams[name] for name in flow_set.pieces if by == "node" or not ids or name in ids}
        rows = _by_stream(table, streams.values(), flow_set, step, window)
        if by == "node":
            rows = (row for row in of_nodes(table, rows, streams) if not ids or row.id in ids)
    return [row.as_json(zone) for row in rows]


def _by_stream(
    table: Table, streams: Iterable[Stream], flow_set: FlowSet, step: str, window: tuple[datetime, datetime]
) -> Iterator[Row]:
    """Return the rows of streams."""
    make = from_pieces if step in ("year", "month") else from_buckets
    for stream in streams:
        yield from make(table, stream, flow_set.pieces[stream.id], window)


def _by_point(table: Table, window: tuple[datetime, datetime], ids: Collection[str]) -> Iterator[Row]:
    """Return the rows of all metering points, then of the virtual points."""
    owners = [(meter.point, meter.stream) for meter in table.park.meters]
    owners += [(point.point, point.stream) for point in table.park.virtual if point.point in table.formulas]
    for point, stream in dict.fromkeys(owners):
        if not ids or point in ids:
            rows = of_point(table, point, table.park.streams[stream])
            yield from (row for row in rows if row.start < window[1] and row.end > window[0])


def _check(
    by: str, step: str, flow_set: FlowSet, series: Series, park: Park, window: tuple[datetime, datetime]
) -> None:
    """Refuse what cannot be tabulated."""
    if by not in BY or step not in STEPS:
        raise FlowError(f"expected by in {', '.join(BY)} and step in {', '.join(STEPS)}; came {by} and {step}")
    if window[0] < flow_set.start or window[1] > flow_set.end or window[0] >= window[1]:
        raise FlowError(
            f"expected a window inside {flow_set.start} to {flow_set.end}; came {window[0]} to {window[1]}: "
            "adopt flows over the window first"
        )
    if step not in ("year", "month") and park.meters and step not in series.buckets:
        raise FlowError(f"expected a series summarised by {step}; came {', '.join(series.buckets) or 'none'}")


def _month(pieces: Iterable[Flow], span: tuple[datetime, datetime], grid: Grid) -> MonthAmount:
    """Sum what the pieces give to one month."""
    amount = unplaced = None
    estimated = False
    for piece in pieces:
        if piece.start >= span[1] or piece.end <= span[0]:
            continue
        if is_year_level(piece, grid):
            unplaced = (unplaced or Decimal(0)) + (piece.amount or Decimal(0))
        elif piece.amount is not None:
            amount = (amount or Decimal(0)) + cut(piece.amount, (piece.start, piece.end), span, grid.zone)
            estimated |= piece.estimated or piece.start < span[0] or piece.end > span[1]
    return MonthAmount(clock.month_label(span[0], grid.zone), *span, amount, estimated, unplaced)
