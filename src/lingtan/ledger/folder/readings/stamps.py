"""Times of whole columns: texts or naive timestamps to instants in UTC, by the rules of `lingtan.ledger.clock`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

import polars as pl

from lingtan.ledger.clock import FIRST_YEAR, LAST_YEAR, TimeError, parse_clock, parse_instant
from lingtan.ledger.park import Meter, Span

__all__ = ["Clocks", "clocks_of", "read_texts", "to_utc"]

# The form of `lingtan.ledger.clock`.
FORM = (
    r"^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?"
    r"(?:Z|[+-]\d{2}(?::?\d{2})?)?)?$"
)
MICRO = 1_000_000
LONGEST_OFFSET = 15 * 3600
STAMP = pl.Datetime("us")
INSTANT = pl.Datetime("us", "UTC")


@dataclass(frozen=True, slots=True)
class Clocks:
    """What loggers without offsets run on: ``park`` zone; ``own`` clocks of points as (zone, device span)."""

    park: ZoneInfo
    own: Mapping[str, tuple[tuple[tzinfo, Span], ...]]


def clocks_of(zone: ZoneInfo, meters: Sequence[Meter]) -> Clocks:
    """Collect the clocks of the points whose logger does not run on the park's zone."""
    own: dict[str, list[tuple[tzinfo, Span]]] = {}
    for meter in meters:
        own.setdefault(meter.point, []).append((parse_clock(meter.clock, zone), meter.valid))
    differing = {point: tuple(each) for point, each in own.items() if any(clock != zone for clock, _ in each)}
    return Clocks(zone, differing)


def read_texts(frame: pl.DataFrame) -> pl.DataFrame:
    """Read a column ``text`` of times.

    Adds ``local`` (naive timestamp as written, 24:00 = next day), ``offset`` [us, null where none stands] and ``bad``
    (the text is no time of the folder).
    """
    text = pl.col("text")
    second = pl.when(text.str.slice(16, 1) == ":").then(_digits(17)).otherwise(0)
    parts = frame.with_columns(
        day=text.str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False),
        hour=_digits(11), minute=_digits(14), second=second,
        micro=text.str.extract(r"\.(\d{1,6})").str.pad_end(6, "0").cast(pl.Int64, strict=False).fill_null(0),
        sign=text.str.slice(16).str.extract(r"(Z|[+-]\d{2}(?::?\d{2})?)$"),
    )  # fmt: skip
    of_day = (pl.col("hour") * 3600 + pl.col("minute") * 60 + pl.col("second")) * MICRO + pl.col("micro")
    late = (pl.col("hour") > 23) & (of_day != 24 * 3600 * MICRO)
    wrong = (
        late
        | (pl.col("minute") > 59)
        | (pl.col("second") > 59)
        | ~pl.col("day").dt.year().is_between(FIRST_YEAR, LAST_YEAR)
    )
    offset = _offset(pl.col("sign"))
    far = (offset.abs() > LONGEST_OFFSET * MICRO).fill_null(value=False)
    bad = ~text.str.contains(FORM) | pl.col("day").is_null() | wrong | far
    return parts.select(
        *frame.columns,
        local=(pl.col("day").cast(STAMP).cast(pl.Int64) + of_day).cast(STAMP),
        offset=offset,
        bad=bad.fill_null(value=True),
    )


def _digits(start: int) -> pl.Expr:
    return pl.col("text").str.slice(start, 2).cast(pl.Int64, strict=False).fill_null(0)


def _offset(sign: pl.Expr) -> pl.Expr:
    """Offset [us] of ``Z``, ``+08``, ``+0800`` or ``+08:00``; minutes above 59 give an offset that is refused."""
    plain = sign.str.replace(":", "", literal=True)
    hours = plain.str.slice(1, 2).cast(pl.Int64, strict=False).fill_null(0)
    minutes = plain.str.slice(3, 2).cast(pl.Int64, strict=False).fill_null(0)
    size = pl.when(minutes > 59).then(LONGEST_OFFSET * 2).otherwise(hours * 3600 + minutes * 60) * MICRO
    return pl.when(sign.is_null()).then(None).when(plain.str.starts_with("-")).then(-size).otherwise(size)


def to_utc(frame: pl.DataFrame, clocks: Clocks) -> pl.DataFrame:
    """Put ``local`` times of ``point`` s on the time line.

    Takes ``point``, ``local`` and, where present, ``offset`` and ``text``, in file order. Adds ``time`` (UTC; null
    where the local hour does not exist) and ``repeated`` (the hour exists twice; row order decided).
    """
    if "offset" not in frame.columns:
        return _naive(frame, clocks)
    if frame["offset"].null_count() == 0:
        return frame.with_columns(_less(pl.col("offset")), repeated=pl.lit(value=False))
    if frame["offset"].null_count() == frame.height:
        return _naive(frame, clocks)
    marked = frame.with_row_index("_row")
    with_offset = marked.filter(pl.col("offset").is_not_null())
    parts = (to_utc(with_offset, clocks), _naive(marked.filter(pl.col("offset").is_null()), clocks))
    return pl.concat(parts).sort("_row").drop("_row")


def _less(shift: pl.Expr) -> pl.Expr:
    """UTC of ``local`` written with an offset [us]."""
    return (pl.col("local").cast(pl.Int64) - shift).cast(STAMP).dt.replace_time_zone("UTC").alias("time")


def _naive(frame: pl.DataFrame, clocks: Clocks) -> pl.DataFrame:
    """Place times without offset by the clock of each point."""
    present = (
        [point for point in clocks.own if point in set(frame["point"].unique().cast(pl.String))] if clocks.own else []
    )
    if not present:
        return _in_zone(frame, clocks.park)
    marked = frame.with_row_index("_place")
    own = pl.col("point").cast(pl.String)
    parts = [_in_zone(marked.filter(~own.is_in(present)), clocks.park)]
    groups: dict[tuple[tuple[tzinfo, Span], ...], list[str]] = {}
    for point in present:
        groups.setdefault(clocks.own[point], []).append(point)
    for devices, points in groups.items():
        parts.append(_by_device(marked.filter(own.is_in(points)), devices))
    return pl.concat(parts).sort("_place").drop("_place")


def _by_device(frame: pl.DataFrame, devices: Sequence[tuple[tzinfo, Span]]) -> pl.DataFrame:
    """Place the times of points whose devices run on clocks of their own: the clock whose device then holds."""
    first = _in_zone(frame, devices[0][0])
    if len({clock for clock, _ in devices}) == 1:
        return first
    for clock, span in sorted(devices, key=lambda one: (one[1].start is not None, one[1].start), reverse=True):
        other = _in_zone(frame, clock)
        holds = _holds(other["time"], span)
        first = first.with_columns(
            time=pl.select(pl.when(holds).then(other["time"]).otherwise(first["time"])).to_series(),
            repeated=pl.select(pl.when(holds).then(other["repeated"]).otherwise(first["repeated"])).to_series(),
        )
    return first


def _holds(time: pl.Series, span: Span) -> pl.Series:
    """Whether instants lie in a device's period, its end included (a reading at ``to`` closes the old device)."""
    inside = time.is_not_null()
    if span.start is not None:
        inside &= time >= span.start
    if span.end is not None:
        inside &= time <= span.end
    return inside


def _in_zone(frame: pl.DataFrame, zone: tzinfo) -> pl.DataFrame:
    """Place naive times of one zone, by a subtraction where its offset does not change in their range."""
    if frame.height == 0:
        return frame.with_columns(pl.lit(None, INSTANT).alias("time"), repeated=pl.lit(value=False))
    shift = _constant(zone, frame["local"].min(), frame["local"].max())
    if shift is not None:
        return frame.with_columns(_less(pl.lit(shift)), repeated=pl.lit(value=False))
    name = zone.key if isinstance(zone, ZoneInfo) else "UTC"
    local = pl.col("local")
    placed = frame.with_columns(
        time=local.dt.replace_time_zone(name, ambiguous="earliest", non_existent="null").dt.convert_time_zone("UTC"),
        _second=local.dt.replace_time_zone(name, ambiguous="latest", non_existent="null").dt.convert_time_zone("UTC"),
    ).with_columns(repeated=(pl.col("time") != pl.col("_second")).fill_null(value=False))
    if placed["repeated"].any():
        placed = _second_pass(placed)
    placed = placed.drop("_second")
    return _midnights(placed, zone) if placed["time"].null_count() else placed


def _constant(zone: tzinfo, first: object, last: object) -> int | None:
    """Offset [us] of a zone where it is the same on every day of a range of local times; None where it changes."""
    if not isinstance(first, datetime) or not isinstance(last, datetime):
        return 0
    day = timedelta(days=1)
    begin, days = first - day, (last - first) // day + 4
    offsets = {(begin + day * step).replace(tzinfo=zone).utcoffset() for step in range(days)}
    if len(offsets) != 1:
        return None
    return (offsets.pop() or timedelta()) // timedelta(microseconds=1)


def _second_pass(placed: pl.DataFrame) -> pl.DataFrame:
    """Move rows of a repeated hour to its second pass, from the first that does not lie after its predecessor on."""
    marked = placed.with_row_index("_at")
    twice = marked.filter(pl.col("repeated")).with_columns(_day=pl.col("local").dt.date())
    back = (pl.col("local") <= pl.col("local").shift(1)).fill_null(value=False)
    twice = twice.with_columns(_back=back.cum_max().over("point", "_day"))
    second = twice.filter(pl.col("_back")).select("_at", "_back")
    joined = marked.join(second, on="_at", how="left", maintain_order="left")
    time = pl.when(pl.col("_back").fill_null(value=False)).then(pl.col("_second")).otherwise(pl.col("time"))
    return joined.with_columns(time=time).drop("_at", "_back")


def _midnights(placed: pl.DataFrame, zone: tzinfo) -> pl.DataFrame:
    """Dates and 24:00 stand for the first instant of a day even where the clocks jump over midnight."""
    if "text" not in placed.columns:
        return placed
    lost = placed.filter(pl.col("time").is_null())["text"].unique().to_list()
    found = {text: instant for text in lost if (instant := _instant(text, zone)) is not None}
    if not found:
        return placed
    table = pl.DataFrame({"text": list(found), "_found": list(found.values())}, schema_overrides={"_found": INSTANT})
    joined = placed.join(table, on="text", how="left", maintain_order="left")
    return joined.with_columns(time=pl.coalesce("time", "_found")).drop("_found")


def _instant(text: str, zone: tzinfo) -> datetime | None:
    try:
        return parse_instant(text, zone).utc.astimezone(UTC)
    except TimeError:
        return None
