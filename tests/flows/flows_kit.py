"""Small parks and roll-ups by hand: a day is one period, a point gives an amount a day or nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from lingtan.flows import FlowSet, adopt
from lingtan.ledger import clock
from lingtan.ledger.finding import Finding
from lingtan.ledger.park import (
    Adoption,
    At,
    Commodity,
    Meter,
    Node,
    Park,
    Settings,
    Span,
    Statement,
    Stock,
    Stream,
    VirtualPoint,
)
from lingtan.reference.model import AdoptionRank, StatementKind
from lingtan.series.model import Series

ZONE = ZoneInfo("Asia/Shanghai")
KINDS = {
    code: StatementKind(code, rank, Decimal(sigma), "", "")
    for code, rank, sigma in (
        ("invoice", 3, "1"),
        ("statistics", 4, "2.5"),
        ("report", 5, "3"),
        ("confirmed_zero", 5, "0"),
        ("estimate", 6, "15"),
    )
}
ORDER = (
    AdoptionRank("main", 1, Decimal("0.99"), "", ""),
    AdoptionRank("virtual", 2, Decimal("0.99"), "", ""),
    *(AdoptionRank(kind.code, kind.rank, None, "", "") for kind in KINDS.values()),
)
COMMODITIES = {
    "electricity": Commodity("electricity", "electricity", "kWh", lineage=("electricity",)),
    "heat": Commodity("heat", "heat", "GJ", lineage=("heat",)),
    "coal": Commodity("coal", "fuel", "t", lineage=("coal",)),
}
FRAME = {
    "point": pl.String,
    "start": pl.Datetime("us", "UTC"),
    "end": pl.Datetime("us", "UTC"),
    "amount": pl.Int64,
    "unplaced": pl.Int64,
    "periods": pl.Int64,
    "resolved": pl.Int64,
    "time_us": pl.Int64,
    "known_us": pl.Int64,
    "flags": pl.UInt32,
}


def at(text: str, zone: ZoneInfo = ZONE) -> datetime:
    """Return a local date (or time) as an instant in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


Y25, Y26 = at("2025-01-01"), at("2026-01-01")


def month(number: int, year: int = 2025) -> tuple[datetime, datetime]:
    """Return the limits of a month."""
    return clock.month_bounds(year, number, ZONE)


def stream(name: str = "S", commodity: str = "electricity", **more: Any) -> Stream:
    """Return a stream from the grid to enterprise E1."""
    return Stream(name, commodity, more.pop("source", "grid"), more.pop("target", "E1"), **more)


def said(
    start: str, end: str, amount: float | str, kind: str = "invoice", reporter: str = "", **more: Any
) -> Statement:
    """Return a statement of stream S in kWh."""
    line = more.pop("line", 2)
    return Statement(
        more.pop("stream", "S"),
        at(start),
        at(end),
        Decimal(str(amount)),
        more.pop("unit", "kWh"),
        kind,
        reporter,
        at=At("statements/a.csv", line),
        **more,
    )


def meter(point: str, role: str = "main", **more: Any) -> Meter:
    """Return a counter in kWh of class 1."""
    more.setdefault("accuracy_pct", Decimal(1))
    return Meter(point, more.pop("stream", "S"), role, "counter", "kWh", **more)


def park(*streams: Stream, **parts: Any) -> Park:
    """Return a park with a grid, two enterprises and a workshop."""
    nodes = [
        Node("grid", "grid"),
        Node("E1", "enterprise", owner="holding"),
        Node("W1", "workshop", parent="E1"),
        Node("E2", "enterprise"),
    ]
    return Park(
        Settings("p", timezone=parts.pop("timezone", "Asia/Shanghai")),
        nodes={node.id: node for node in nodes},
        streams={one.id: one for one in (streams or (stream(),))},
        commodities=COMMODITIES,
        **{name: tuple(rows) for name, rows in parts.items()},
    )


def daily(amounts: Mapping[date, int | None], first: date, last: date, amount: int | None) -> dict[date, int | None]:
    """Return ``amounts`` with every day of [first, last) set."""
    days = ((first + timedelta(days=step)) for step in range((last - first).days))
    return {**amounts, **dict.fromkeys(days, amount)}


def series(
    points: Mapping[str, Mapping[date, int | None]],
    gaps: Sequence[tuple[str, datetime, datetime, int]] = (),
    *,
    start: datetime = Y25,
    end: datetime = Y26,
    quantum: str = "1",
    flags: Mapping[tuple[str, date], int] | None = None,
) -> Series:
    """Roll days up to months and years; a day given as None is device time of which nothing is known."""
    steps = {"day": clock.days, "month": clock.months, "year": clock.years}
    buckets = {}
    for step, spans_of in steps.items():
        rows = [
            row
            for point, days in points.items()
            for span in spans_of(start, end, ZONE)
            if (row := _bucket(point, days, span, gaps, flags or {})) is not None
        ]
        buckets[step] = pl.DataFrame(rows, schema=FRAME, orient="row")
    schema = {"point": pl.String, "start": FRAME["start"], "end": FRAME["end"], "amount": pl.Int64}
    frame = pl.DataFrame(list(gaps), schema=schema, orient="row")
    return Series(start, end, buckets, frame, dict.fromkeys(points, Decimal(quantum)))


def _bucket(
    point: str,
    days: Mapping[date, int | None],
    span: tuple[datetime, datetime],
    gaps: Iterable[tuple[str, datetime, datetime, int]],
    flags: Mapping[tuple[str, date], int],
) -> tuple[Any, ...] | None:
    micro = timedelta(microseconds=1)
    held = {day: n for day, n in days.items() if span[0] <= clock.local_midnight(day, ZONE) < span[1]}
    if not held:
        return None
    length = {
        day: (clock.local_midnight(day + timedelta(days=1), ZONE) - clock.local_midnight(day, ZONE)) // micro
        for day in held
    }
    inside = [gap for gap in gaps if gap[0] == point and span[0] <= gap[1] and gap[2] <= span[1]]
    apart = [gap for gap in gaps if gap[0] == point and gap not in inside and gap[1] < span[1] and gap[2] > span[0]]
    known = [n for n in held.values() if n is not None]
    amount = sum(known) + sum(gap[3] for gap in inside) if known or inside else None
    known_us = sum(length[day] for day, n in held.items() if n is not None) + sum(
        (gap[2] - gap[1]) // micro for gap in inside
    )
    bits = 0
    for day in held:
        bits |= flags.get((point, day), 0)
    unplaced = sum(gap[3] for gap in apart) if apart else None
    return (point, *span, amount, unplaced, len(held), len(known), sum(length.values()), known_us, bits)


def every_day(
    amount: int | None, first: date = date(2025, 1, 1), last: date = date(2026, 1, 1)
) -> dict[date, int | None]:
    """Return the same amount for every day of [first, last)."""
    return daily({}, first, last, amount)


def flows(made: Park, read: Series | None = None, start: datetime = Y25, end: datetime = Y26) -> FlowSet:
    """Adopt with the tables of this module."""
    return adopt(made, read or Series(start, end), start, end, kinds=KINDS, order=ORDER)


def codes(flow_set: FlowSet) -> list[str]:
    """Return the codes of the findings."""
    return [finding.code for finding in flow_set.findings]


def only(flow_set: FlowSet, code: str) -> Finding:
    """Return the one finding of a code."""
    found = [finding for finding in flow_set.findings if finding.code == code]
    assert len(found) == 1, codes(flow_set)
    return found[0]


__all__ = [
    "COMMODITIES",
    "KINDS",
    "ORDER",
    "Y25",
    "Y26",
    "ZONE",
    "Adoption",
    "At",
    "Decimal",
    "Span",
    "Stock",
    "VirtualPoint",
    "at",
    "codes",
    "daily",
    "date",
    "every_day",
    "flows",
    "meter",
    "month",
    "only",
    "park",
    "said",
    "series",
    "stream",
]
