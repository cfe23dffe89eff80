"""The inbox: the one place where an acknowledgement is earned. A batch is one row of one transaction."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import isfinite

import polars as pl

from lingtan.store import fail
from lingtan.store.base import Connection, told
from lingtan.store.model import FIRST, LAST, Damaged, Receipt, StoreError, micros

_TYPES: dict[str, pl.DataType | type[pl.DataType]] = {
    "point": pl.String, "time": pl.Datetime("us", "UTC"), "value": pl.Float64, "seq": pl.Int64, "authority": pl.Int8,
}  # fmt: skip
FIRST_US, LAST_US = micros(FIRST), micros(LAST)
_INSERT = """insert into store_inbox (park, source, key, digest, readings, content)
values (%s, %s, %s, %b, %s, %b) on conflict do nothing returning batch"""
_KNOWN = "select batch from store_inbox where park = %s and source = %s and key = %s and digest = %s"
NO_AUTHORITY, MOST_AUTHORITY = 0, 100


@dataclass(frozen=True, slots=True)
class Message:
    """One batch of readings as a source delivered it, checked and packed.

    ``key`` is the source's own message number, a short cut for the recognition of redelivery; None = it has none.
    """

    park: str
    source: str
    key: str | None
    readings: int
    digest: bytes
    content: bytes


def message(park: str, readings: pl.DataFrame, *, source: str, key: str | None = None) -> Message:
    """Check and pack a batch.

    ``readings``: ``point`` String or Categorical, ``time`` Datetime with zone, ``value`` finite number, and where the
    source has them ``seq`` (whole number, the higher one corrects) and ``authority`` (0 to 100; 0 = the device, above
    = who may overrule it). Row order is kept.

    Raises
    ------
    StoreError : a column is missing or a row cannot be a reading; nothing of the batch is taken.
    """
    frame = _checked(readings)
    buffer = io.BytesIO()
    frame.write_ipc_stream(buffer, compression="zstd", compat_level=pl.CompatLevel.oldest())
    content = buffer.getvalue()
    return Message(park, source, key, frame.height, hashlib.sha256(content).digest(), content)


def append(connection: Connection, batch: Message) -> Receipt:
    """Store one batch; it is durable when this returns. ``connection`` is in autocommit mode.

    Raises
    ------
    Unavailable : nothing was acknowledged; send the batch again.
    """
    with told():
        receipt = _insert(connection, batch)
    fail.hit("inbox.after_commit")
    return receipt


def append_all(connection: Connection, batches: Sequence[Message]) -> tuple[Receipt, ...]:
    """Store several batches in one transaction: all are durable when this returns, or none.

    Raises
    ------
    Unavailable : nothing was acknowledged; send the batches again.
    """
    with told(), connection.transaction(), connection.pipeline():
        cursors = [connection.execute(_INSERT, _row(batch), prepare=True) for batch in batches]
        rows = [cursor.fetchone() for cursor in cursors]
        receipts = tuple(
            Receipt(int(row[0]), batch.readings) if row else _known(connection, batch)
            for row, batch in zip(rows, batches, strict=True)
        )
        fail.hit("inbox.before_commit")
    fail.hit("inbox.after_commit")
    return receipts


def unpack(content: bytes, digest: bytes) -> pl.DataFrame:
    """Unpack a batch: ``point, time, value, seq, authority``, rows in order.

    Raises
    ------
    Damaged : the content is not what was stored.
    """
    if hashlib.sha256(content).digest() != digest:
        raise Damaged("The batch's content does not match its digest.")
    try:
        frame = pl.read_ipc_stream(io.BytesIO(content))
    except (pl.exceptions.PolarsError, OSError) as fault:
        raise Damaged(f"The batch cannot be unpacked: {fault}") from fault
    blank = {"seq": pl.lit(None, pl.Int64), "authority": pl.lit(NO_AUTHORITY, pl.Int8)}
    return frame.with_columns(**{name: how for name, how in blank.items() if name not in frame.columns}).select(*_TYPES)


def undone(connection: Connection, most: int) -> tuple[int, ...]:
    """Batches that are not compacted yet, up to about ``most`` readings, at least one; each waits for nobody."""
    rows = connection.execute(
        "select batch, readings from store_inbox where generation is null and fault is null "
        "order by batch limit 20000 for update skip locked"
    )
    taken: list[int] = []
    total = 0
    for batch, readings in rows:
        if taken and total + readings > most:
            break
        taken.append(batch)
        total += readings
    return tuple(taken)


def contents(connection: Connection, batches: Sequence[int]) -> Iterable[tuple[int, str, bytes, bytes]]:
    """Yield batch, park, digest and content."""
    with connection.cursor(binary=True) as cursor:
        cursor.execute(
            "select batch, park, digest, content from store_inbox where batch = any(%s) order by batch",
            (list(batches),),
        )
        yield from cursor


def _row(batch: Message) -> tuple[object, ...]:
    return batch.park, batch.source, batch.key, batch.digest, batch.readings, batch.content


def _insert(connection: Connection, batch: Message) -> Receipt:
    row = connection.execute(_INSERT, _row(batch), prepare=True).fetchone()
    return Receipt(int(row[0]), batch.readings) if row else _known(connection, batch)


def _known(connection: Connection, batch: Message) -> Receipt:
    row = connection.execute(_KNOWN, (batch.park, batch.source, batch.key, batch.digest)).fetchone()
    if row is None:  # compacted and swept between the two statements: its readings are in the segments
        return Receipt(0, batch.readings, known=True)
    return Receipt(int(row[0]), batch.readings, known=True)


def _checked(readings: pl.DataFrame) -> pl.DataFrame:
    missing = [name for name in ("point", "time", "value") if name not in readings.columns]
    if missing:
        raise StoreError(f"Expected the columns point, time and value; there is no {missing[0]}.")
    kind = readings.schema["time"]
    if not isinstance(kind, pl.Datetime) or kind.time_zone is None:
        raise StoreError(f"Expected times with a zone, came {kind}; place local times before they are stored.")
    if not readings.height:
        raise StoreError("Expected at least one reading.")
    frame = readings.select([name for name in _TYPES if name in readings.columns])
    wrong = {name: kind for name, kind in _TYPES.items() if name in frame.columns and frame.schema[name] != kind}
    try:
        frame = frame.cast(wrong) if wrong else frame  # type: ignore[arg-type]
    except pl.exceptions.PolarsError as fault:
        raise StoreError(f"Expected numbers as value, seq and authority: {fault}") from fault
    if not _sound(frame):
        _refuse(frame)
    return frame


def _sound(frame: pl.DataFrame) -> bool:
    """Tell by a few sums and bounds whether all rows are readings; False where a closer look is needed."""
    point, time, value = frame["point"], frame["time"].to_physical(), frame["value"]
    if point.null_count() or time.null_count() or value.null_count() or not isfinite(value.sum()):
        return False
    if not point.min() or not (int(time.min() or 0) >= FIRST_US and int(time.max() or 0) < LAST_US):  # type: ignore[arg-type]
        return False
    return "authority" not in frame.columns


def _refuse(frame: pl.DataFrame) -> None:
    """Name the first row that is no reading, if there is one."""
    good = (
        (pl.col("point").str.len_bytes() > 0)
        & pl.col("time").is_between(pl.lit(FIRST), pl.lit(LAST), closed="left")
        & pl.col("value").is_finite()
    )
    if "authority" in frame.columns:
        good &= pl.col("authority").is_between(NO_AUTHORITY, MOST_AUTHORITY)
    bad = frame.select(at=good.fill_null(value=False).arg_min(), good=good.fill_null(value=False).all()).row(0)
    if not bad[1]:
        row = frame.row(bad[0], named=True)
        raise StoreError(
            f"Row {bad[0] + 1} is no reading: point {row['point']!r}, time {row['time']}, value {row['value']}."
        )
