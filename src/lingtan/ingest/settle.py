"""Raw rows to readings: numbers, instants, points. What cannot be read is refused row by row with its reason."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import polars as pl

from lingtan.ingest.config import ARRIVAL, Template
from lingtan.ingest.model import READY, STRAY, Fault
from lingtan.ingest.tags import TagTable, factors
from lingtan.ledger.folder.readings.stamps import Clocks, read_texts, to_utc
from lingtan.ledger.units import UnitError

FIRST, LAST = datetime(1990, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
LIMIT = 1e15
_EPOCHS = {"epoch_s": 1_000_000, "epoch_ms": 1_000, "epoch_us": 1}
_NUMBER = r"^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?$"
_LATE = r"\b24:00(?::00(?:\.0+)?)?\b"
_INSTANT = pl.Datetime("us", "UTC")
_SHOWN = 20
_OWN = pl.Schema(
    {"tag": pl.String(), "unit": pl.String(), "a_": pl.Float64(), "b_": pl.Float64(), "expected": pl.String()}
)


@dataclass(slots=True)
class Settled:
    """What became of raw rows: ``ready`` readings, ``stray`` rows of unknown tags, refused rows and their faults."""

    ready: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=READY))
    stray: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=STRAY))
    blank: int = 0
    refused: int = 0
    faults: list[Fault] = field(default_factory=list)


def settle(raw: pl.DataFrame, template: Template, tags: TagTable, *, arrived: datetime) -> Settled:
    """Turn raw rows into readings of points.

    ``arrived`` is the time of rows whose template stamps them on arrival; rows further ahead of it than the template
    allows are refused.
    """
    done = Settled()
    rows = _numbers(raw, template, done)
    rows = _times(rows, template, arrived, done)
    if rows.height == 0:
        return done
    joined = rows.join(tags.frame, on="tag", how="left", maintain_order="left")
    unknown = joined["point"].is_null()
    if unknown.any():
        done.stray = joined.filter(unknown).select(STRAY.names())
        joined = joined.filter(~unknown)
    joined = _own_units(joined, tags, done)
    done.ready = joined.select("point", "time", _converted(), "seq")
    return done


def place(stray: pl.DataFrame, tags: TagTable) -> Settled:
    """Turn rows that waited (`STRAY`) into readings as far as the mapping now knows them; the others stay ``stray``."""
    done = Settled()
    rows = stray.with_columns(row=pl.int_range(1, pl.len() + 1, dtype=pl.UInt32))
    joined = rows.join(tags.frame, on="tag", how="left", maintain_order="left")
    done.stray = joined.filter(pl.col("point").is_null()).select(STRAY.names())
    joined = _own_units(joined.filter(pl.col("point").is_not_null()), tags, done)
    done.ready = joined.select("point", "time", _converted(), "seq")
    return done


def _converted() -> pl.Expr:
    """Value in the point's unit; fifteen digits, which is what a double carries through a conversion."""
    changed = (pl.col("value") * pl.col("a") + pl.col("b")).round_sig_figs(15)
    return pl.when((pl.col("a") == 1) & (pl.col("b") == 0)).then("value").otherwise(changed).alias("value")


def _own_units(rows: pl.DataFrame, tags: TagTable, done: Settled) -> pl.DataFrame:
    """Convert rows that carry their own unit by it; refuse them where it does not convert."""
    if rows["unit"].null_count() == rows.height:
        return rows
    pairs = rows.filter(pl.col("unit").is_not_null()).select("tag", "unit").unique(maintain_order=True)
    made: list[tuple[str, str, float | None, float | None, str | None]] = []
    for tag, unit in pairs.iter_rows():
        try:
            made.append((tag, unit, *factors(tags.rows[tag], unit), None))
        except UnitError as fault:
            made.append((tag, unit, None, None, fault.expected))
    table = pl.DataFrame(made, schema=_OWN, orient="row")
    joined = rows.join(table, on=["tag", "unit"], how="left", maintain_order="left")
    bad = joined["expected"].is_not_null()
    if bad.any():
        lost = joined.filter(bad)
        _refuse(done, lost, "unit_mismatch", f"a unit of {lost['expected'][0]}", "unit", "mend the unit or the mapping")
    return joined.filter(~bad).with_columns(a=pl.coalesce("a_", "a"), b=pl.coalesce("b_", "b"))


def _numbers(raw: pl.DataFrame, template: Template, done: Settled) -> pl.DataFrame:
    """Read values; rows without a value are blank, rows without a tag or with no number are refused."""
    kind = raw.schema["value"]
    if kind == pl.String:
        text = pl.col("value").str.strip_chars()
        text = text.str.replace(",", ".", literal=True) if template.decimal == "," else text
        blank = pl.col("value").is_null() | (text == "")
        read = pl.when(text.str.contains(_NUMBER)).then(text).otherwise(None).cast(pl.Float64, strict=False)
    elif kind.is_numeric():
        blank, read = pl.col("value").is_null(), pl.col("value").cast(pl.Float64, strict=False)
    else:
        blank, read = pl.col("value").is_null(), pl.lit(None, pl.Float64)
    rows = raw.with_columns(came=pl.col("value").cast(pl.String), value=read, blank=blank)
    done.blank += int(rows["blank"].sum())
    rows = rows.filter(~pl.col("blank")).drop("blank")
    usable = pl.col("value").is_finite() & (pl.col("value").abs() < LIMIT)
    expected = f"a finite number below 1e15 with decimal {template.decimal!r}"
    rows = _keep(rows, usable, done, ("bad_value", expected, "came", "leave it empty where there is no reading"))
    tagged = pl.col("tag").is_not_null() & (pl.col("tag").str.len_bytes() > 0)
    return _keep(rows, tagged, done, ("no_tag", "a tag", "tag", "check the template's tag"))


def _times(rows: pl.DataFrame, template: Template, arrived: datetime, done: Settled) -> pl.DataFrame:
    """Place rows on the time line."""
    if rows.height == 0:
        return rows
    if template.time_form == ARRIVAL:
        return rows.with_columns(time=pl.lit(arrived).cast(_INSTANT))
    shown = pl.col("time").cast(pl.String)
    rows = _instants(rows.with_columns(written=shown), template)
    expected = f"a time ({template.time_form}) that exists in {template.zone}"
    rows = _keep(
        rows, pl.col("time").is_not_null(), done, ("bad_time", expected, "written", "check time_form and zone")
    )
    inside = (pl.col("time") >= FIRST) & (pl.col("time") < LAST)
    rows = _keep(rows, inside, done, ("far_time", "a time from 1990 to 2099", "written", "check the device's clock"))
    near = pl.col("time") <= pl.lit(arrived + template.future)
    wanted = f"a time at most {template.future} ahead of {arrived:%Y-%m-%dT%H:%M:%SZ}"
    return _keep(rows, near, done, ("future_time", wanted, "written", "check clock and zone of the device"))


def _instants(rows: pl.DataFrame, template: Template) -> pl.DataFrame:
    """Read the column ``time`` of whatever type as instants; null where it is none."""
    kind = rows.schema["time"]
    if isinstance(kind, pl.Datetime):
        return _stamps(rows, kind, template)
    if template.time_form in _EPOCHS:
        ticks = pl.col("time").cast(pl.Float64, strict=False) * _EPOCHS[template.time_form]
        exact = (
            pl.col("time").cast(pl.Int64, strict=False)
            if kind.is_integer()
            else ticks.round().cast(pl.Int64, strict=False)
        )
        micro = exact * _EPOCHS[template.time_form] if kind.is_integer() else exact
        good = ticks.is_finite() & (ticks.abs() < 2e17)
        return rows.with_columns(time=pl.when(good).then(micro).otherwise(None).cast(_INSTANT))
    if kind != pl.String:
        return rows.with_columns(time=pl.lit(None, _INSTANT))
    if template.time_form == "iso":
        return _iso(rows, template)
    return _pattern(rows, template)


def _iso(rows: pl.DataFrame, template: Template) -> pl.DataFrame:
    # The folder's grammar knows six digits of a second; a `T` may be a blank there too.
    texts = rows.with_columns(text=pl.col("time").fill_null("").str.strip_chars(), point=pl.col("tag")).drop("time")
    read = read_texts(texts)
    placed = to_utc(read.with_columns(text=pl.col("text")), _clocks(template))
    time = pl.when(pl.col("bad") | pl.col("local").is_null()).then(None).otherwise(pl.col("time"))
    return placed.with_columns(time=time).drop("text", "point", "local", "offset", "bad", "repeated")


def _pattern(rows: pl.DataFrame, template: Template) -> pl.DataFrame:
    """Read texts by a pattern; 24:00 is the midnight that ends its day."""
    text = pl.col("time").str.strip_chars()
    late = text.str.contains(_LATE)
    plain = text.str.replace(r"\b24:00", "00:00")
    if "%z" in template.time_form or "%#z" in template.time_form:
        read = plain.str.strptime(_INSTANT, template.time_form, strict=False)
        return rows.with_columns(time=pl.when(late).then(read.dt.offset_by("1d")).otherwise(read))
    read = plain.str.strptime(pl.Datetime("us"), template.time_form, strict=False)
    local = pl.when(late).then(read + timedelta(days=1)).otherwise(read)
    return _local(rows.with_columns(local=local), template)


def _stamps(rows: pl.DataFrame, kind: pl.Datetime, template: Template) -> pl.DataFrame:
    if kind.time_zone is not None:
        return rows.with_columns(pl.col("time").dt.convert_time_zone("UTC").cast(_INSTANT))
    return _local(rows.with_columns(local=pl.col("time").cast(pl.Datetime("us"))), template)


def _local(rows: pl.DataFrame, template: Template) -> pl.DataFrame:
    """Place naive times of the template's zone; null where the clocks jump over them."""
    known = rows.filter(pl.col("local").is_not_null()).with_columns(point=pl.col("tag")).drop("time")
    lost = rows.filter(pl.col("local").is_null()).with_columns(time=pl.lit(None, _INSTANT)).drop("local")
    placed = to_utc(known, _clocks(template)).drop("local", "point", "repeated")
    return pl.concat([placed.select(lost.columns), lost]).sort("row", maintain_order=True)


def _clocks(template: Template) -> Clocks:
    return Clocks(template.zone, {})


def _keep(rows: pl.DataFrame, good: pl.Expr, done: Settled, why: tuple[str, str, str, str]) -> pl.DataFrame:
    """Keep good rows; refuse the others for ``why``: code, expected, column that came, what to do."""
    mask = rows.select(good.fill_null(value=False)).to_series()
    if mask.all():
        return rows
    _refuse(done, rows.filter(~mask), *why)
    return rows.filter(mask)


def _refuse(done: Settled, bad: pl.DataFrame, code: str, expected: str, column: str, todo: str) -> None:
    """Count refused rows and name the first ones."""
    done.refused += bad.height
    first = bad.head(1).row(0, named=True)
    shown = ", ".join(map(str, bad["row"].head(_SHOWN).to_list()))
    more = ", …" if bad.height > _SHOWN else ""
    tag = "" if first["tag"] is None else f", tag {first['tag'][:80]!r}"
    came = "nothing" if first[column] is None else repr(str(first[column])[:80])
    done.faults.append(Fault(code, f"row {shown}{more}{tag}", expected, came, todo, bad.height))
