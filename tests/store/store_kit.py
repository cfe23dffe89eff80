"""Small parks, batches and the second ways that the tests of the store share."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl

from lingtan.ledger.park import Commodity, Meter, Node, Park, Settings, Span, Stream
from lingtan.store import Store, append_all, compact, connect, message, refresh, rolled, view

START = datetime(2025, 1, 30, 20, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
LONG_AGO, FAR = datetime(1995, 1, 1, tzinfo=UTC), datetime(2090, 1, 1, tzinfo=UTC)
ELECTRICITY = Commodity("electricity", "electricity", "kWh")


def meter(point: str, register: str = "counter", **more: Any) -> Meter:
    """A quarter-hour meter on a stream of its own."""
    given = {"stream": point, "role": "main", "unit": "kW" if register.startswith("rate") else "kWh", "period": 900}
    given |= more
    span = Span(given.pop("start", None), given.pop("end", None))
    return Meter(point=point, register=register, valid=span, **given)  # type: ignore[arg-type]


def park(*meters: Meter, zone: str = "Asia/Shanghai", rated: float | None = 10_000) -> Park:
    """A park with one stream for each meter's."""
    node = Node("N", "enterprise", rated_kw=None if rated is None else Decimal(str(rated)))
    streams = {one.stream: Stream(one.stream, "electricity", "G", "N") for one in meters}
    return Park(
        Settings("demo", timezone=zone), nodes={"N": node, "G": Node("G", "grid")}, streams=streams, meters=meters,
        commodities={"electricity": ELECTRICITY},
    )  # fmt: skip


def frame(rows: Sequence[tuple[Any, ...]]) -> pl.DataFrame:
    """Readings ``(point, time, value[, seq[, authority]])``; a whole number as time is quarters after START."""
    full = [
        (
            point,
            START + QUARTER * time if isinstance(time, int) else time,
            float(value),
            *(*rest, *(None, 0)[len(rest) :]),
        )
        for point, time, value, *rest in rows
    ]
    schema = {
        "point": pl.String, "time": pl.Datetime("us", "UTC"), "value": pl.Float64, "seq": pl.Int64,
        "authority": pl.Int8,
    }  # fmt: skip
    return pl.DataFrame(full, schema=schema, orient="row")


def put(store: Store, *batches: Sequence[tuple[Any, ...]], park: str = "demo") -> None:
    """Acknowledge batches."""
    with connect(store, autocommit=True) as connection:
        append_all(connection, [message(park, frame(rows), source="test") for rows in batches])


def drain(store: Store, nouns: Park) -> None:
    """Compact and roll up until nothing waits, recheck notes included."""
    while compact(store).batches:
        pass
    for _ in range(50):
        if not refresh(store, "demo", nouns, all_due=True).spans:
            return
    raise AssertionError("the notes do not come to an end")


def whole(store: Store, step: str, *, of: int | datetime | None = None) -> pl.DataFrame:
    """All roll-ups of a step, without the generation."""
    with view(store, of=of) as seen:
        return rolled(seen, "demo", step, LONG_AGO, FAR).drop("gen")
