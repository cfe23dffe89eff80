"""Raw rows: values as scaled integers without loss, one row per version, and the version that counts.

A row is ``code, us, v, places, authority, seq, batch, row, gen, late``. Its value is ``v / 10^places``, or the double
whose bits are ``v`` where ``places`` is -1. What makes two rows the same reading is ``code, us, value, authority,
seq``; of the same reading the earliest arrival (``batch, row``) is kept. Of several readings of one point and time
the highest ``(authority, seq, batch, row)`` counts, a blank ``seq`` below any.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
import pyarrow as pa

PLACES = 6
IRREGULAR = -1
LIMIT = 2**53
POWERS = pl.Series("power", [10.0**place for place in range(PLACES + 1)], dtype=pl.Float64)
SAME = ["code", "us", "value", "authority", "seq"]
ORDER = ("code", "us", "authority", "seq", "batch", "row")
ROW_BITS = 32


def encode(frame: pl.DataFrame, decimals: pl.DataFrame | None = None) -> pl.DataFrame:
    """Replace ``value`` (Float64) by ``v`` and ``places``.

    ``places`` is the least at which every value of a point in the frame is exact, at least that of ``decimals``
    (``code, places``), so that one reading is written in one way wherever it can. A value that no more than six
    decimals write exactly keeps its bits.
    """
    known = frame.with_columns(least=_least(frame.get_column("value")))
    most = known.group_by("code").agg(most=pl.col("least").max())
    if decimals is not None:
        most = pl.concat([most, decimals.select("code", most=pl.col("places").cast(pl.Int8))])
        most = most.group_by("code").agg(pl.col("most").max())
    wide = known.join(most, on="code", how="left", maintain_order="left")
    fits = _fits(wide.get_column("value"), POWERS.gather(wide.get_column("most").clip(0, PLACES)))
    chosen = pl.when((pl.col("least") < 0) | ~pl.col("fits")).then(pl.col("least")).otherwise(pl.col("most"))
    placed = wide.with_columns(fits=fits).with_columns(places=chosen)
    scaled = pl.col("value") * POWERS.gather(placed.get_column("places").clip(0, PLACES))
    whole = placed.select(pl.when(pl.col("places") >= 0).then(scaled.round()).cast(pl.Int64).alias("v")).to_series()
    if placed.get_column("places").min() == IRREGULAR:
        whole = placed.select(pl.when(pl.col("places") >= 0).then(whole).otherwise(_bits(placed["value"]))).to_series()
    return placed.with_columns(v=whole).drop("value", "least", "most", "fits")


def decoded(frame: pl.DataFrame) -> pl.Series:
    """Values of raw rows, bit for bit what was sent."""
    places = frame.get_column("places")
    size = POWERS.gather(places.clip(0, PLACES))
    value = frame.get_column("v").cast(pl.Float64) / size
    if places.min() == IRREGULAR:
        bits = pl.Series(frame.get_column("v").to_arrow().view(pa.float64()))
        value = frame.select(pl.when(pl.col("places") >= 0).then(value).otherwise(bits)).to_series()
    return value.alias("value")


def fresh(frame: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Sorted rows of ``frame`` that say something new: not the same reading as an earlier row here or in ``known``.

    A row that repeats a known reading but was delivered before it stays, so that what counts does not hang on the
    order in which batches are compacted.
    """
    frame = ordered(frame)
    if not known.height and not _twin(frame).any():
        return frame
    frame = frame.with_columns(value=decoded(frame)).sort("batch", "row")
    frame = frame.unique(SAME, keep="first", maintain_order=True)
    if not known.height:
        return ordered(frame.drop("value"))
    arrival = pl.struct("batch", "row")
    first = known.with_columns(value=decoded(known)).group_by(SAME).agg(
        pl.col("batch").sort_by(arrival).first().alias("b"), pl.col("row").sort_by(arrival).first().alias("r")
    )  # fmt: skip
    joined = frame.join(first, on=SAME, how="left", nulls_equal=True, maintain_order="left")
    before = (pl.col("batch") < pl.col("b")) | ((pl.col("batch") == pl.col("b")) & (pl.col("row") < pl.col("r")))
    return ordered(joined.filter(pl.col("b").is_null() | before).drop("value", "b", "r"))


def ordered(frame: pl.DataFrame) -> pl.DataFrame:
    """Sort rows as segments hold them; a blank ``seq`` stands first."""
    return frame.sort(ORDER, nulls_last=False)


def single(frame: pl.DataFrame) -> pl.DataFrame:
    """Drop later arrivals of the same reading from sorted rows."""
    if not _twin(frame).any():
        return frame
    valued = frame.with_columns(value=decoded(frame)).sort("batch", "row")
    return ordered(valued.unique(SAME, keep="first").drop("value"))


def settled(frame: pl.DataFrame) -> pl.DataFrame:
    """One row per point and time from sorted rows: the one that counts, with ``corrected`` where values differ."""
    twin = _twin(frame)
    if not twin.any():
        return frame.with_columns(corrected=pl.lit(value=False))
    rows = single(frame)
    value = decoded(rows)
    own = pl.struct("code", "us")
    rows = rows.with_columns(value=value).with_columns(corrected=pl.col("value").n_unique().over("code", "us") > 1)
    return rows.filter((own != own.shift(-1)).fill_null(value=True)).drop("value")


def versions(frame: pl.DataFrame) -> pl.DataFrame:
    """Give all versions as ``code, us, value, seq, order``, so that ``seq`` alone ranks them as the store does.

    ``order`` is ``batch x 2^32 + row``. Where an authority speaks, ``seq`` becomes the rank among the versions of one
    point and time; elsewhere it is the source's own.
    """
    rows = single(frame)
    seq = pl.col("seq")
    if rows.height and rows.get_column("authority").max() != 0:
        ranked = pl.int_range(pl.len(), dtype=pl.Int64).over("code", "us")
        spoken = (pl.col("authority") > 0).any().over("code", "us")
        seq = pl.when(spoken).then(ranked).otherwise(seq)
    order = pl.col("batch") * 2**ROW_BITS + pl.col("row")
    return rows.with_columns(value=decoded(rows)).select("code", "us", "value", seq=seq, order=order)


def stretches(frame: pl.DataFrame, apart_us: int) -> pl.DataFrame:
    """Gather the times of sorted rows into spans ``code, low_us, high_us``; more than ``apart_us`` begins another."""
    begins = ((pl.col("us") - pl.col("us").shift(1)) > apart_us) | (pl.col("code") != pl.col("code").shift(1))
    last = pl.col("us").shift(1)
    edges = frame.select("code", "us", last=last, begins=begins.fill_null(value=True))
    first = edges.filter("begins")
    if not first.height:
        return pl.DataFrame(schema={"code": pl.Int32, "low_us": pl.Int64, "high_us": pl.Int64})
    high = pl.concat([first["last"].slice(1), frame["us"].tail(1)])
    return first.select("code", low_us="us", high_us=high)


def extent(frame: pl.DataFrame, low: str = "us", high: str = "us") -> tuple[int, int]:
    """Least value of one column and greatest of another, of a frame with rows."""
    least, greatest = frame.select(pl.min(low).alias("low"), pl.max(high).alias("high")).row(0)
    return int(least), int(greatest)


def late(frame: pl.DataFrame, newest: Sequence[int | None], codes: Sequence[int]) -> pl.DataFrame:
    """Mark (``late``) the rows older than one of their point that had arrived before; rows come in order of arrival."""
    known = pl.DataFrame({"code": codes, "newest": newest}, schema={"code": pl.Int32, "newest": pl.Int64})
    joined = frame.join(known, on="code", how="left", maintain_order="left")
    before = pl.col("us").cum_max().shift(1).over("code")
    top = pl.max_horizontal(before, pl.col("newest"))
    return joined.with_columns(late=(pl.col("us") < top).fill_null(value=False)).drop("newest")


def _least(value: pl.Series) -> pl.Series:
    """Least number of decimals at which each value is exact, -1 where there is none."""
    least = pl.repeat(IRREGULAR, value.len(), dtype=pl.Int8, eager=True)
    for place in range(PLACES + 1):
        size = pl.repeat(10.0**place, value.len(), dtype=pl.Float64, eager=True)
        least = least.zip_with(
            (least >= 0) | ~_fits(value, size), pl.repeat(place, value.len(), dtype=pl.Int8, eager=True)
        )
        if least.min() != IRREGULAR:
            break
    return least


def _fits(value: pl.Series, size: pl.Series) -> pl.Series:
    """Tell where value x size is whole and gives the value back; ``size`` is a column of its own.

    Polars divides by a single number by multiplying with its inverse, which is not the division that is meant.
    """
    scaled = (value * size).round()
    return (scaled / size == value) & (scaled.abs() < LIMIT)


def _bits(values: pl.Series) -> pl.Series:
    return pl.Series(values.rechunk().to_arrow().view(pa.int64()))


def _twin(frame: pl.DataFrame) -> pl.Series:
    """Tell which of the sorted rows share point and time with the one before."""
    same = (pl.col("code") == pl.col("code").shift(1)) & (pl.col("us") == pl.col("us").shift(1))
    return frame.select(same.fill_null(value=False)).to_series()
