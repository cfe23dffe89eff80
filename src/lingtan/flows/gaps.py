"""Totals of gaps that cross a month's edge: they count in the year, apart, or not at all, and then it is said."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from lingtan.flows.buckets import Gap, gaps, in_units
from lingtan.flows.grid import Grid, local_text
from lingtan.flows.order import Option
from lingtan.ledger.finding import Finding, Where
from lingtan.ledger.park import Park
from lingtan.series.model import Series

_TICK = timedelta(microseconds=1)
_REASONS = {
    "year_edge": "it crosses the end of a year",
    "window_edge": "it crosses the edge of the months asked for",
    "other_source": "not all the months it touches are adopted from this meter",
}


class Total(NamedTuple):
    """The total of a gap that counts in the year of a stream, canonical unit."""

    point: str
    start: datetime
    end: datetime
    amount: Decimal


def place(
    park: Park, series: Series, grid: Grid, chosen: Mapping[str, Mapping[int, Option]]
) -> tuple[dict[str, list[Total]], list[Finding]]:
    """Place the gaps that cross a month's edge: stream -> totals that count in its year; findings for the others."""
    users = _users(chosen)
    counted: dict[str, list[Total]] = defaultdict(list)
    findings = []
    for gap in gaps(series):
        months = grid.touched(gap.start, gap.end)
        inside = gap.start >= grid.start and gap.end <= grid.end
        if len(months) < 1 + inside:
            continue
        for stream in users.get(gap.point, ()):
            weights = _weights(park, stream, chosen[stream], gap, months)
            reason = _reason(gap, grid, weights, inside=inside)
            used = [weight for weight in weights if weight]
            if not used:
                continue
            amount = (in_units(gap.amount, gap.point, series) or Decimal(0)) * used[0]
            if reason:
                findings.append(_not_counted(park, stream, gap, amount, reason))
            else:
                counted[stream].append(Total(gap.point, gap.start, gap.end, amount))
    return dict(counted), findings


def _users(chosen: Mapping[str, Mapping[int, Option]]) -> dict[str, list[str]]:
    """Return point -> streams that adopt it in some month."""
    users: dict[str, list[str]] = defaultdict(list)
    for stream, options in chosen.items():
        points = {point for option in options.values() for point in option.points}
        for point in points:
            users[point].append(stream)
    return users


def _weights(park: Park, stream: str, options: Mapping[int, Option], gap: Gap, months: range) -> list[Decimal | None]:
    """Return the weight of the gap's point in what each month that it touches adopts; None = another source."""
    weights = [options[index].points.get(gap.point) if index in options else None for index in months]
    valid = park.streams[stream].valid
    outside = (valid.start is not None and gap.start < valid.start) or (valid.end is not None and gap.end > valid.end)
    return [*weights, None] if outside else weights


def _reason(gap: Gap, grid: Grid, weights: list[Decimal | None], *, inside: bool) -> str:
    """Return why a gap does not count; blank where it does."""
    if _leaves_year(gap, grid):
        return "year_edge"
    if not inside:
        return "window_edge"
    return "" if all(weights) and len(set(weights)) == 1 else "other_source"


def _leaves_year(gap: Gap, grid: Grid) -> bool:
    """Tell whether the two ends of a gap lie in different local years."""
    return gap.start.astimezone(grid.zone).year != (gap.end - _TICK).astimezone(grid.zone).year


def _not_counted(park: Park, stream: str, gap: Gap, amount: Decimal, reason: str) -> Finding:
    """Say that a known total is not in the account."""
    zone = park.settings.zone
    unit = park.commodities[park.streams[stream].commodity].unit
    message = (
        f"The counter of {gap.point} has a gap from {local_text(gap.start, zone)} to {local_text(gap.end, zone)} with "
        f"a known total of {amount.normalize():f} {unit} that is not counted: {_REASONS[reason]}. "
        "Add the register at the edge, or a statement for the months"
    )
    where = Where(point=gap.point, stream=stream)
    params = {"reason": reason}
    return Finding("gap_not_counted", "finding", message, where, gap.start, gap.end, amount, unit, params)
