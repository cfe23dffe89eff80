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
from lingtan.series.frames import (
    History,
    Lazy,
    dicts,
    hold,
    instants,
    named,
    rows_of,
    split,
    stack,
    table,
    take,
    take_all,
)
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
    or unknown), ``gap`` (longer than 1.5 periods: only the total is known) and ``flags`` UInt32 (`ledger.quality`
    bits); the canonical units per quantum by point; findings. ``start``/``end`` bound the statements that are returned
    (those that share time with the window) and told of; None = open. ``place`` tells file and line from ``order``.
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
    history: History | None = None,
) -> Series:
    """Roll readings up over [start, end): `series.model.Series`, one row per metering point and local bucket.

    ``blocks`` are reading frames; all readings of a point stand in one of them. Only one block and the small roll-ups
    are held. ``history`` gives all readings of points, of any time, for those few of which the window alone cannot
    tell (a blank period, a counter that falls); without it ``blocks`` are all there is. ``steps``: ``hour``, ``day``,
    ``month``, ``year``; ``interval`` hands on the statements themselves, with ``periods``, ``resolved`` and times of
    each. Buckets have the calendar's limits; coverage counts the window only.

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
    total = Work(whole, [], (days.start_us, days.end_us), place, limits)
    total.findings += whole.findings
    pile: Pile = defaultdict(list)
    for block in blocks:
        for rows in _pieces(block, whole):
            for work, statements in _run(rows, whole, days, place=place, limits=limits, history=history):
                _keep(statements, work, days, steps, to=pile)
                _add(work, to=total)
    _rest(total)
    _levels(pile, total, days)
    buckets = {step: _outer(frame, whole, BUCKET) for step, frame in _roll(pile, total, days, steps)}
    gaps = _outer(_all(pile, "gaps"), whole, GAP)
    quantum = {point: total.quantum.get(code, Decimal(1)) for code, point in enumerate(whole.points)}
    return Series(start, end, buckets, gaps, quantum, tuple(total.findings))


# --- Blocks -----------------------------------------------------------------------------------------------------------

_INSTANT = pl.Datetime("us", "UTC")
_STATEMENTS: dict[str, Any] = {
    "point": pl.String, "start": _INSTANT, "end": _INSTANT, "amount": pl.Int64, "gap": pl.Boolean, "flags": pl.UInt32,
}  # fmt: skip


def _points(frame: pl.DataFrame) -> list[str]:
    """Points of a frame."""
    return sorted(frame.get_column("point").unique().cast(pl.String).to_list())


def _pieces(block: pl.DataFrame, whole: Plan) -> Iterator[Lazy]:
    """Cut the readings of a block into pieces of bounded size, whole points each."""
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


def _run(
    rows: Lazy,
    whole: Plan,
    days: Calendar,
    *,
    place: Place | None,
    limits: doubts.Thresholds,
    history: History | None,
) -> Iterator[tuple[Work, Lazy]]:
    """Take a piece to statements; points of which its readings alone cannot tell come with their whole history."""
    work = _work(rows, whole, days, place=place, limits=limits)
    if history is None:
        yield work, chain.run(rows, work)
        return
    blank = {device.code for device in work.devices if device.period_us is None}
    if blank:
        rows = _with_history(rows, blank, work, history)
    statements = chain.run(rows, work)
    unsure = sorted(work.unsure - blank)
    if not unsure:
        yield work, statements
        return
    yield _leave_out(work, unsure), statements.filter(~nw.col("code").is_in(unsure))
    own = hold(rows.filter(nw.col("code").is_in(unsure)))
    again = _work(own, whole, days, place=place, limits=limits)
    yield again, chain.run(_with_history(own, set(unsure), again, history), again)


def _leave_out(work: Work, codes: Sequence[int]) -> Work:
    """Take out of a piece's findings and results what concerns some points, which are judged anew."""
    names = {work.plan.points[code] for code in codes}
    work.devices = [device for device in work.devices if device.code not in codes]
    work.findings = [finding for finding in work.findings if finding.where.point not in names]
    work.spans = [span for span in work.spans if span[0] not in codes]
    work.cells = None if work.cells is None else work.cells.filter(~nw.col("code").is_in(codes))
    work.extents = {code: extent for code, extent in work.extents.items() if code not in codes}
    work.quantum = {code: quantum for code, quantum in work.quantum.items() if code not in codes}
    return work


def _with_history(rows: Lazy, codes: set[int], work: Work, history: History) -> Lazy:
    """Put all readings of some points in the place of those of the window."""
    past = hold(take_all(history([work.plan.points[code] for code in sorted(codes)]), work.plan.points))
    extent = dicts(past.select(first=nw.col("us").min(), last=nw.col("us").max()))[0]
    if extent["first"] is None:
        return rows
    low, high = work.reached or (extent["first"], extent["last"])
    work.reached = (min(low, extent["first"]), max(high, extent["last"]))
    return hold(stack([rows.filter(~nw.col("code").is_in(sorted(codes))), past]))


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


# --- Roll-ups ---------------------------------------------------------------------------------------------------------

Pile = defaultdict[str, list[Lazy]]
_EMPTY: dict[str, dict[str, type]] = {
    "sums": {"code": int, "id": int, "amount": int, "resolved_us": int, "parts": int},
    "flags": {"code": int, "id": int, "flags": int},
    "wide": {"code": int, "start_us": int, "end_us": int, "flags": int},
    "gaps": {"code": int, "start_us": int, "end_us": int, "amount": int},
}


def _keep(statements: Lazy, work: Work, days: Calendar, steps: Sequence[str], *, to: Pile) -> None:
    """Keep of a piece what the roll-ups need: sums, flags, gaps; of the statements only where asked."""
    inside = statements.filter(work.in_window())
    if work.cells is not None:
        sums = hold(rollup.days_of(work.cells, days))
        to["day sums"].append(sums.select(*_EMPTY["sums"]))
    flagged = hold(inside.filter(nw.col("flags") > 0))
    wide = nw.col("gap") | nw.col("amount").is_null()
    own = flagged.filter(~wide, work.begun())
    to["wide"].append(hold(flagged.filter(wide).select("code", "start_us", "end_us", "flags")))
    known = flagged.filter(nw.col("gap"), ~nw.col("amount").is_null())
    to["gaps"].append(hold(known.select("code", "start_us", "end_us", "amount")))
    for step in ("hour", "day") if "hour" in steps else ("day",):
        ids = days.id_of(nw.col("start_us"), step)
        to[f"{step} flags"].append(hold(own.select("code", "flags", id=ids).unique().select("code", "id", "flags")))
    if "hour" in steps:
        sums = rollup.sums(inside.filter(work.begun()), days.id_of(nw.col("start_us"), "hour"), work.periods())
        to["hour sums"].append(hold(rollup.by_point(sums).select(*_EMPTY["sums"])))
    if "interval" in steps:
        to["interval"].append(hold(_own_rows(inside, work)))


def _add(work: Work, *, to: Work) -> None:
    """Add what a piece found to the whole."""
    to.devices += work.devices
    to.quantum |= work.quantum
    to.findings += work.findings
    to.spans += work.spans
    to.extents |= work.extents


def _rest(total: Work) -> None:
    """Add the devices that brought no reading, and tell of those that should have."""
    seen = {device.code for device in total.devices}
    rest = [device for device in total.plan.devices if device.code not in seen]
    low, high = total.window
    for code in sorted({item.code for item in rest if item.from_us < high and item.to_us > low}):
        total.findings.append(total.writer.write("no_readings", code, span=total.window))
    total.devices += rest
    _tell_silence(total)


def _tell_silence(total: Work) -> None:
    """Tell of points that fell silent a day or more before the park's last reading, or began that late."""
    horizon = min(max((last for _, last in total.extents.values()), default=FAR[0]), total.window[1])
    for code, (first, last) in sorted(total.extents.items()):
        own = [device for device in total.devices if device.code == code]
        if not own:
            continue
        patience = max(DAY, *(2 * (device.period_us or 0) for device in own))
        begin = max(min(device.from_us for device in own), total.window[0])
        end = min(max(device.to_us for device in own), horizon)
        # An open `from` says nothing of the day on which a meter was put in.
        known_from = min(device.from_us for device in own) > FAR[0]
        spans = [(begin, first)] if known_from and first - begin >= patience else []
        spans += [(last, end)] if end - last >= patience else []
        for span in spans:
            if span[1] > total.window[0] and span[0] < total.window[1]:
                total.findings.append(total.writer.write("silent", code, span=span, days=(span[1] - span[0]) // DAY))


def _all(pile: Pile, name: str) -> Lazy:
    """All frames of a name under each other."""
    kind = name.split()[-1]
    empty = table(_EMPTY[kind], [])
    parts = [
        part.with_columns(flags=nw.col("flags").cast(nw.Int64)) if "flags" in _EMPTY[kind] else part
        for part in pile[name]
    ]
    return stack([empty, *parts])


def _roll(pile: Pile, total: Work, days: Calendar, steps: Sequence[str]) -> Iterator[tuple[str, Lazy]]:
    """Roll-ups by step."""
    spans = table(chain.SPANS, total.spans)
    wide, gaps = hold(stack([_all(pile, "wide"), spans])), hold(_all(pile, "gaps"))
    devices = table(
        {"code": int, "from_us": int, "to_us": int, "period_us": int},
        [(item.code, item.from_us, item.to_us, item.period_us) for item in total.devices],
    )
    for step in steps:
        if step == "interval":
            yield step, _with_spans(pile, total)
            continue
        fine = "hour" if step == "hour" else "day"
        own = rollup.widen(_all(pile, f"{fine} sums"), days, step)
        flags = rollup.bucket_flags(_all(pile, f"{fine} flags"), wide, days, step)
        grid = rollup.device_time(devices, days, step)
        yield step, rollup.assemble(grid, own, rollup.gap_sums(gaps, days, step), flags)


def _with_spans(pile: Pile, total: Work) -> Lazy:
    """Hand on the statements themselves, with the flags of spans under a doubt."""
    rows = stack(pile["interval"]) if pile["interval"] else _own_rows(chain.empty(), total)
    for bit in sorted({span[3] for span in total.spans}):
        rows = chain.flag_spans(rows, table(chain.SPANS, [span for span in total.spans if span[3] == bit]), bit)
    return rows


def _own_rows(inside: Lazy, work: Work) -> Lazy:
    """Statements as buckets of their own."""
    length = nw.col("end_us") - nw.col("start_us")
    known = ~nw.col("amount").is_null()
    count = nw.max_horizontal((length * 2 + nw.col("period_us")) // (nw.col("period_us") * 2), nw.lit(1))
    return inside.join(work.periods().drop("code"), on="device").select(
        "code",
        "device",
        "start_us",
        "end_us",
        "amount",
        "flags",
        unplaced=nw.lit(None, nw.Int64),
        periods=count,
        resolved=nw.when(known & ~nw.col("gap")).then(count).otherwise(nw.lit(0)),
        time_us=length,
        known_us=nw.when(known).then(length).otherwise(nw.lit(0)),
    )


def _outer(rows: Lazy, whole: Plan, columns: Sequence[str]) -> pl.DataFrame:
    """Rows under their outer names, by point and time."""
    frame = instants(
        named(rows_of(rows), whole.points).rename({"start_us": "start", "end_us": "end"}), ("start", "end")
    )
    if "flags" in frame.columns:
        frame = frame.with_columns(pl.col("flags").cast(pl.UInt32))
    return frame.select(columns).sort("point", "start", "end")


def _levels(pile: Pile, total: Work, days: Calendar) -> None:
    """Find jumps of level by a unit factor in the day sums; tell them and keep the stretches for the flags."""
    sums = hold(_all(pile, "day sums"))
    rows = dicts(doubts.jumps(sums.select("code", "id", "amount"), total.limits).sort("code", "id"))
    found: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for row in rows:
        factor = doubts.unit_factor(row["mean"], row["low"], row["high"], total.limits)
        known = found[row["code"]]
        fresh = not known or row["id"] - known[-1][0] >= total.limits.jump_days
        if factor and fresh and not doubts.shared_jump(row, rows):
            known.append((row["id"], factor))
    for code, jumps in found.items():
        own = {row["id"]: row["amount"] for row in dicts(sums.filter(nw.col("code") == code))}
        for position in range(0, len(jumps), 2):
            first, factor = jumps[position]
            last = jumps[position + 1][0] if position + 1 < len(jumps) else len(days.spans["day"])
            span = (days.spans["day"][first][0], days.spans["day"][last - 1][1])
            stake = sum(amount for day, amount in own.items() if first <= day < last)
            total.findings.append(total.writer.write("unit_suspect", code, span=span, quanta=stake, factor=factor))
            total.spans.append((code, *span, UNIT))
