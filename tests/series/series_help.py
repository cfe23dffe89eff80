"""Small parks and reading frames for the tests of the room."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl

from lingtan.ledger.park import Commodity, Meter, Node, Park, Settings, Span, Stream
from lingtan.ledger.quality import names

ELECTRICITY = Commodity("electricity", "electricity", "kWh")
HEAT = Commodity("heat", "heat", "GJ")
WATER = Commodity("tap_water", "water", "m3")
QUARTER = timedelta(minutes=15)
HOUR = timedelta(hours=1)


def at(text: str) -> datetime:
    """An instant written in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def meter(point: str = "P", register: str = "counter", **more: Any) -> Meter:
    """A quarter-hour meter on stream S unless told otherwise."""
    given = {"stream": "S", "role": "main", "unit": "kWh", "period": 900} | more
    start, end = given.pop("start", None), given.pop("end", None)
    return Meter(point=point, register=register, valid=Span(start, end), **given)


def park(
    *meters: Meter,
    rated: float | None = None,
    zone: str = "UTC",
    commodity: Commodity = ELECTRICITY,
    repairs: Mapping[str, tuple[str, ...]] | None = None,
    stream: Mapping[str, Any] | None = None,
    source: str = "grid",
) -> Park:
    """A park with one stream S per distinct stream name of the meters."""
    node = Node("N", "enterprise", rated_kw=None if rated is None else Decimal(str(rated)))
    nodes = {"N": node, "G": Node("G", source)}
    streams = {m.stream: Stream(m.stream, commodity.code, "G", "N", **(stream or {})) for m in meters}
    settings = Settings("park", timezone=zone, repairs=repairs or {})
    return Park(settings, nodes=nodes, streams=streams, meters=meters, commodities={commodity.code: commodity})


def frame(
    rows: Sequence[tuple[Any, ...]] = (),
    *,
    point: str = "P",
) -> pl.DataFrame:
    """Readings ``(time text or datetime, value[, seq])`` of one point in file order."""
    full = [(point, at(t) if isinstance(t, str) else t, float(v), rest[0] if rest else None) for t, v, *rest in rows]
    schema = {"point": pl.String, "time": pl.Datetime("us", "UTC"), "value": pl.Float64, "seq": pl.Int64}
    return pl.DataFrame(full, schema=schema, orient="row").with_row_index("order", 2).cast({"order": pl.Int64})


def regular(
    values: Sequence[float], start: str = "2025-01-01", step: timedelta = QUARTER, point: str = "P"
) -> pl.DataFrame:
    """Readings at a regular step."""
    return frame([(at(start) + step * i, value) for i, value in enumerate(values)], point=point)


def stated(result: pl.DataFrame) -> list[tuple[str, str, int | None, tuple[str, ...]]]:
    """Statements as (start, end, amount, flags)."""
    return [
        (f"{r['start']:%m-%d %H:%M}", f"{r['end']:%m-%d %H:%M}", r["amount"], names(r["flags"]))
        for r in result.to_dicts()
    ]


def codes(findings: Sequence[Any]) -> list[str]:
    """Codes of findings."""
    return [finding.code for finding in findings]
