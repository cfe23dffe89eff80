"""The face's two functions: statements of one block, and roll-ups of all blocks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import narwhals as nw
import polars as pl

from lingtan.ledger.finding import Finding
from lingtan.ledger.park import Park
from lingtan.ledger.quality import BIT
from lingtan.series import chain, doubts, rollup
from lingtan.series.calendar import STEPS, Calendar, calendar
from lingtan.series.frames import Lazy, dicts, hold, instants, named, rows_of, split, table, take
from lingtan.series.model import Series
from lingtan.series.plan import DAY, FAR, Plan, SeriesError, micros, plan
from lingtan.series.remarks import Place
from lingtan.series.work import Work

ROWS_AT_ONCE = 2_200_000
UNIT = BIT["unit_suspect"]
BUCKET = ("point", "start", "end", "amount", "unplaced", "periods", "resolved", "time_us", "known_us", "flags")
GAP = ("point", "start", "end", "amount")


def intervals(
    frame: pl.DataFrame,
    park: Park,
    *,
    start: datetime | None = None,
    end: datetime | None = None,
    place: Place | None = None,
    limits: doubts.Thresholds = doubts.LIMITS,
) -> tuple[pl.DataFrame, dict[str, Decimal], tuple[Finding, ...]]:
    """Turn one block of readings (docs/develop/contracts.md) into interval statements.

    Returns a frame with ``point``, ``start``, ``end`` (Datetime[us, UTC]), ``amount`` Int64 [quanta] (null = set aside
    or unknown), ``gap`` (longer than 1.5 periods: only the total is known), ``flags`` UInt32 (`ledger.quality` bits); the
    canonical units per quantum by point; findings. ``start``/``end`` bound the statements that are returned (those that
    share time with the window) and told of; None = open. ``place`` tells file and line from ``order``.
    """
    found = plan(park, _points(frame))
    window = (micros(start) if start else FAR[0], micros(end) if end else FAR[1])
    window = _within(frame, window)
    findings = list(found.findings)
    parts: list[pl.DataFrame] = []
    quanta: dict[str, Decimal] = {}
    for rows in _pieces(frame, found):
        work = Work(found, list(found.devices), window, place, limits)
        statements = chain.run(rows, work)
        if work.spans:
            spans = table(chain.SPANS, work.spans)
            for bit in sorted({span[3] for span in work.spans}):
                statements = chain.flag_spans(statements, spans.filter(nw.col("flags") == bit), bit)
        kept = statements.filter(work.in_window()).sort("code", "start_us")
        parts.append(_bare(rows_of(kept), found))
        quanta |= {found.points[code]: quantum for code, quantum in work.quantum.items() if code in work.scales}
        findings += work.findings
    empty = pl.DataFrame(schema=_STATEMENTS)
    return pl.concat([empty, *parts]), quanta, tuple(findings)


def summarise(
    blocks: Iterable[pl.DataFrame],
    park: Park,
    start: datetime,
    end: datetime,
    *,
    steps: Sequence[str] = ("day", "month", "year"),
    place: Place | None = None,
    limits: doubts.Thresholds = doubts.LIMITS,
) -> Series:
    """Roll readings up over [start, end): `series.model.Series`, one row per metering point and local bucket.

    ``blocks`` are reading frames; all readings of a point stand in one of them. Only one block and the small roll-ups
    are held. ``steps``: ``hour``, ``day``, ``month``, ``year``; ``interval`` hands on the statements themselves, with
    ``periods``, ``resolved`` and times of each. Buckets have the calendar's limits; coverage counts the window only.

    Raises
    ------
    SeriesError
        for an unknown step or an empty window.
    """
    unknown = sorted(set(steps) - {*STEPS, "interval"})
    if unknown:
        raise SeriesError(f"expected steps among {', '.join((*STEPS, 'interval'))}; came {', '.join(unknown)}")
    days = calendar(park.settings.zone, start, end, hours="hour" in steps)
    whole = plan(park)
    parts: dict[str, list[pl.DataFrame]] = defaultdict(list)
    findings = list(whole.findings)
    quantum: dict[str, Decimal] = {}
    seen: set[int] = set()
    for block in blocks:
        for rows in _pieces(block, whole):
            work = _work(rows, whole, days, place=place, limits=limits)
            statements = chain.run(rows, work)
            for step, frame in _roll(statements, work, days, steps):
                parts[step].append(frame)
            quantum |= {whole.points[code]: value for code, value in work.quantum.items()}
            findings += work.findings
            seen |= {device.code for device in work.devices}
    rest = [device for device in whole.devices if device.code not in seen]
    if rest:
        work = Work(whole, rest, (days.start_us, days.end_us), place, limits)
        for step, frame in _roll(chain.empty(), work, days, steps):
            parts[step].append(frame)
        findings += _silent(work)
        quantum |= {device.point: Decimal(1) for device in rest}
    buckets = {step: _joined(parts[step], _SERIES).select(BUCKET) for step in steps}
    gaps = _joined(parts["gaps"], _GAPS).select(GAP)
    return Series(start, end, buckets, gaps, quantum, tuple(findings))


# --- Blocks -----------------------------------------------------------------------------------------------------------

_INSTANT = pl.Datetime("us", "UTC")
_STATEMENTS: dict[str, Any] = {
    "point": pl.String, "start": _INSTANT, "end": _INSTANT, "amount": pl.Int64, "gap": pl.Boolean, "flags": pl.UInt32,
}  # fmt: skip
_SERIES: dict[str, Any] = dict.fromkeys(BUCKET, pl.Int64) | {"point": pl.String, "start": _INSTANT, "end": _INSTANT, "flags": pl.UInt32}
_GAPS: dict[str, Any] = {"point": pl.String, "start": _INSTANT, "end": _INSTANT, "amount": pl.Int64}


def _points(frame: pl.DataFrame) -> list[str]:
    """Points of a frame."""
    return sorted(frame.get_column("point").unique().cast(pl.String).to_list())


def _pieces(block: pl.DataFrame, whole: Plan) -> Iterator[Lazy]:
    """Readings of a block in pieces of bounded size, whole points each."""
    if block.height:
        yield from split(take(block, whole.points), ROWS_AT_ONCE)


def _within(frame: pl.DataFrame, window: tuple[int, int]) -> tuple[int, int]:
    """Window cut to the readings, so that clocks are laid out no longer than needed."""
    if not frame.height:
        return window
    times = frame.get_column("time")
    low, high = times.min(), times.max()
    assert isinstance(low, datetime) and isinstance(high, datetime)  # noqa: S101, PT018 - for the type checker
    return max(window[0], micros(low) - DAY), min(window[1], micros(high) + DAY)


def _work(rows: Lazy, whole: Plan, days: Calendar, *, place: Place | None, limits: doubts.Thresholds) -> Work:
    """Start the work on a piece with the devices of its points."""
    codes = {row["code"] for row in dicts(rows.select("code").unique())}
    devices = [device for device in whole.devices if device.code in codes]
    return Work(whole, devices, (days.start_us, days.end_us), place, limits)


def _bare(frame: pl.DataFrame, whole: Plan) -> pl.DataFrame:
    """Statements under their outer names."""
    placed = named(frame, whole.points).rename({"start_us": "start", "end_us": "end"})
    cast = instants(placed, ("start", "end")).with_columns(pl.col("flags").cast(pl.UInt32))
    return cast.select(list(_STATEMENTS))


def _joined(parts: list[pl.DataFrame], schema: dict[str, Any]) -> pl.DataFrame:
    """All parts under each other, by point and time."""
    if not parts:
        return pl.DataFrame(schema=schema)
    return pl.concat(parts).sort("point", "start", "end")


def _silent(work: Work) -> list[Finding]:
    """Tell of points whose devices should have read in the window and brought nothing."""
    inside = {d.code for d in work.devices if d.from_us < work.window[1] and d.to_us > work.window[0]}
    return [work.writer.write("no_readings", code, span=work.window) for code in sorted(inside)]


# --- Roll-ups ---------------------------------------------------------------------------------------------------------


def _roll(statements: Lazy, work: Work, days: Calendar, steps: Sequence[str]) -> Iterator[tuple[str, pl.DataFrame]]:
    """Roll-ups of a piece by step, and its gaps under ``gaps``."""
    periods = table({"device": int, "period_us": int}, [(item.device, item.period_us or 1) for item in work.devices])
    inside = hold(statements.filter(work.in_window()))
    begun = inside.filter(nw.col("start_us") >= days.start_us, nw.col("start_us") < days.end_us)
    day_sums = hold(rollup.sums(begun, days.id_of(nw.col("start_us"), "day"), periods))
    _levels(day_sums, work, days)
    gaps = hold(inside.filter(nw.col("gap"), ~nw.col("amount").is_null()))
    spans = table(chain.SPANS, work.spans).with_columns(flags=nw.col("flags").cast(nw.Int32)) if work.spans else None
    devices = table(
        {"code": int, "from_us": int, "to_us": int, "period_us": int},
        [(item.code, item.from_us, item.to_us, item.period_us) for item in work.devices],
    )
    yield "gaps", _outer(gaps.select("code", "start_us", "end_us", "amount"), work.plan)
    for step in steps:
        if step == "interval":
            yield step, _own_rows(inside, spans, periods, work)
            continue
        own = rollup.widen(day_sums, days, step) if step != "hour" else _hours(begun, days, periods)
        grid = rollup.device_time(devices, days, step)
        flags = rollup.bucket_flags(inside, spans, days, step)
        yield step, _outer(rollup.assemble(grid, own, rollup.gap_sums(gaps, days, step), flags), work.plan)


def _hours(begun: Lazy, days: Calendar, periods: Lazy) -> Lazy:
    """Sums by local hour."""
    return rollup.sums(begun, days.id_of(nw.col("start_us"), "hour"), periods)


def _own_rows(inside: Lazy, spans: Lazy | None, periods: Lazy, work: Work) -> pl.DataFrame:
    """The statements as buckets of their own."""
    if spans is not None:
        for bit in sorted({span[3] for span in work.spans}):
            inside = chain.flag_spans(inside, spans.filter(nw.col("flags") == bit), bit)
    length = nw.col("end_us") - nw.col("start_us")
    known = ~nw.col("amount").is_null()
    count = (length * 2 + nw.col("period_us")) // (nw.col("period_us") * 2)
    rows = inside.join(periods, on="device").select(
        "code",
        "start_us",
        "end_us",
        "amount",
        unplaced=nw.lit(None, nw.Int64),
        periods=nw.max_horizontal(count, nw.lit(1)),
        resolved=nw.when(known & ~nw.col("gap")).then(nw.max_horizontal(count, nw.lit(1))).otherwise(nw.lit(0)),
        time_us=length,
        known_us=nw.when(known).then(length).otherwise(nw.lit(0)),
        flags=nw.col("flags").cast(nw.UInt32),
    )
    return _outer(rows, work.plan)


def _outer(rows: Lazy, whole: Plan) -> pl.DataFrame:
    """Rows under their outer names."""
    frame = named(rows_of(rows), whole.points).rename({"start_us": "start", "end_us": "end"})
    order = [name for name in BUCKET if name in frame.columns]
    return instants(frame, ("start", "end")).select(order)


def _levels(day_sums: Lazy, work: Work, days: Calendar) -> None:
    """Find jumps of level by a unit factor in the day sums; tell them and keep the stretches for the flags."""
    found: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for row in dicts(doubts.jumps(day_sums.select("code", "id", "amount"), work.limits).sort("code", "id")):
        factor = doubts.unit_factor(row["mean"], row["low"], row["high"], work.limits)
        known = found[row["code"]]
        if factor and (not known or row["id"] - known[-1][0] >= work.limits.jump_days):
            known.append((row["id"], factor))
    for code, jumps in found.items():
        own = {row["id"]: row["amount"] for row in dicts(day_sums.filter(nw.col("code") == code))}
        for position in range(0, len(jumps), 2):
            first, factor = jumps[position]
            last = jumps[position + 1][0] if position + 1 < len(jumps) else len(days.spans["day"])
            span = (days.spans["day"][first][0], days.spans["day"][last - 1][1])
            stake = sum(amount for day, amount in own.items() if first <= day < last)
            work.findings.append(work.writer.write("unit_suspect", code, span=span, quanta=stake, factor=factor))
            work.spans.append((code, *span, UNIT))
