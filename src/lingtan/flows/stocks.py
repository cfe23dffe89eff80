"""Changes of stock between two instants, from levels read near them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from lingtan.flows.grid import local_text
from lingtan.flows.model import Source
from lingtan.ledger import boundary, units
from lingtan.ledger.finding import Finding, Where
from lingtan.ledger.park import Park, Stock

NEAR = timedelta(hours=24)
"""How far a level may be read from the instant it stands for; our own reading of a year-end count."""


class StockChange(NamedTuple):
    """Level at the end less level at the start, canonical unit; None where it is not known."""

    amount: Decimal | None
    sources: tuple[Source, ...]
    findings: tuple[Finding, ...]


def stock_change(park: Park, node: str, commodity: str, start: datetime, end: datetime) -> StockChange:
    """Return how much more of a commodity lies at a node and its children at ``end`` than at ``start``.

    Each place with levels of the commodity counts with the level nearest to each instant, at most 24 hours away (the
    earlier of two equally near). A place without one makes the change unknown, with a finding; no place with levels at
    all gives None without a finding. Sources are the level at the start (negative) and at the end.

    Raises
    ------
    lingtan.ledger.boundary.BoundaryError
        for an unknown node.
    """
    inside = boundary.subtree(park, node)
    places: dict[str, list[Stock]] = defaultdict(list)
    for row in park.stocks:
        if row.commodity == commodity and row.node in inside:
            places[row.node].append(row)
    sources: list[Source] = []
    findings: list[Finding] = []
    for place, rows in sorted(places.items()):
        for instant, sign in ((start, -1), (end, 1)):
            got = _level(park, rows, instant, sign)
            if isinstance(got, Source):
                sources.append(got)
            else:
                findings.append(got or _no_level(park, place, commodity, instant))
    if findings or not sources:
        return StockChange(None, tuple(sources), tuple(findings))
    amount = sum((source.amount for source in sources if source.amount is not None), Decimal(0))
    return StockChange(amount, tuple(sources), ())


def _level(park: Park, rows: Sequence[Stock], instant: datetime, sign: int) -> Source | Finding | None:
    """Return the level nearest to an instant as a signed source; None where none is near."""
    near = [row for row in rows if abs(row.time - instant) <= NEAR]
    if not near:
        return None
    row = min(near, key=lambda one: (abs(one.time - instant), one.time, -(one.at.line or 0)))
    canonical = park.commodities[row.commodity]
    try:
        amount = units.convert(row.amount, row.unit, canonical.unit, canonical)
    except units.UnitError as fault:
        where = Where(row.at.file, row.at.line, node=row.node)
        return Finding("stock_unit", "error", f"The level is left out: {fault}", where, row.time)
    ref = f"{row.at.file}:{row.at.line}"
    return Source("stock", ref, row.time, row.time, sign * amount, row.node, row.evidence)


def _no_level(park: Park, node: str, commodity: str, instant: datetime) -> Finding:
    """Say that no level stands near an instant."""
    when = local_text(instant, park.settings.zone)
    message = (
        f"No level of {commodity} at {node} within 24 hours of {when}: the change of stock is unknown. "
        "Add the level of that day to stocks.csv"
    )
    params = {"commodity": commodity}
    return Finding("stock_missing", "finding", message, Where(node=node), instant, instant, params=params)
