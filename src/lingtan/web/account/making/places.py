"""Where the readings of many points and spans stand, from one pass over the reading files.

`Book` looks a place up point by point; hundreds of explanations of one run ask for much the same months, so
their months are counted once. Spans that are not whole local months are left to the slower way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import polars as pl

from lingtan.book import Book
from lingtan.ledger import clock, folder
from lingtan.trace import ReadingFile
from lingtan.trace.context import Place

_FILE = (pl.col("order") // 2**32).alias("file")


@dataclass(frozen=True, slots=True)
class _Part:
    """Readings of a point in one file and month: first and last order, count."""

    file: int
    first: int
    last: int
    count: int


def places(book: Book, start: datetime, end: datetime, *, slow: Place) -> Place:
    """Return a look-up of reading files over [start, end), whole local months; ``slow`` answers for other spans."""
    edges = [low for low, _ in clock.months(start, end, book.park.settings.zone)] + [end]
    at = {edge.astimezone(UTC): number for number, edge in enumerate(edges)}
    inside, on_edge = _counted(book, edges)
    digests = folder.digest(book.root)
    source = book.loaded.readings

    def place(point: str, low: datetime, high: datetime) -> tuple[ReadingFile, ...]:
        first, last = at.get(low.astimezone(UTC)), at.get(high.astimezone(UTC))
        if first is None or last is None:
            return slow(point, low, high)
        parts = [part for month in range(first, last) for part in inside.get((point, month), ())]
        parts += on_edge.get((point, last), ())
        return tuple(_together(parts, source.place, digests))

    return place


def _counted(book: Book, edges: list[datetime]) -> tuple[dict[tuple[str, int], list[_Part]], ...]:
    """Return (point, month) -> parts of the months, and those of the readings that lie exactly on an edge."""
    source = book.loaded.readings
    bounds = pl.Series([edge.astimezone(UTC) for edge in edges]).cast(pl.Datetime("us", "UTC"))
    inside: dict[tuple[str, int], list[_Part]] = {}
    on_edge: dict[tuple[str, int], list[_Part]] = {}
    for frame in source.blocks(points=source.points, start=edges[0], end=edges[-1]):
        stamped = frame.select(
            pl.col("point").cast(pl.String),
            pl.col("time").cast(pl.Datetime("us", "UTC")),
            "order",
            _FILE,
        ).filter(pl.col("time").is_between(bounds[0], bounds[-1]))
        months = bounds.search_sorted(stamped["time"], side="right") - 1
        numbered = stamped.with_columns(pl.Series("month", months))
        _add(inside, numbered)
        _add(on_edge, numbered.filter(pl.col("time").is_in(bounds.implode())))
    return inside, on_edge


def _add(found: dict[tuple[str, int], list[_Part]], frame: pl.DataFrame) -> None:
    grouped = frame.group_by("point", "month", "file").agg(
        pl.col("order").min().alias("first"), pl.col("order").max().alias("last"), pl.len().alias("count")
    )
    for row in grouped.iter_rows(named=True):
        part = _Part(row["file"], row["first"], row["last"], row["count"])
        found.setdefault((row["point"], row["month"]), []).append(part)


def _together(
    parts: list[_Part], place: Callable[[int], tuple[str, int]], digests: Mapping[str, str]
) -> Iterator[ReadingFile]:
    for file in sorted({part.file for part in parts}):
        own = [part for part in parts if part.file == file]
        name, first = place(min(part.first for part in own))
        last = place(max(part.last for part in own))[1]
        yield ReadingFile(name, first, last, sum(part.count for part in own), digests.get(name, ""))
