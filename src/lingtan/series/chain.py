"""One block of readings through all rules, to interval statements with quanta and findings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from math import gcd
from typing import Any
from zoneinfo import ZoneInfo

import narwhals as nw

from lingtan.ledger.finding import Finding
from lingtan.ledger.quality import BIT
from lingtan.series import arrival, clocks, counters, doubts, registers, scale
from lingtan.series.calendar import fixed, offset, standard_offset
from lingtan.series.frames import Lazy, dicts, hold, stack, table
from lingtan.series.plan import DAY, FAR, HOUR, MICRO, Device, Plan, point_zone
from lingtan.series.remarks import MOST_LINES, Place, Writer, duration, runs

CHANGE = BIT["device_change"]
SPANS = {"code": int, "start_us": int, "end_us": int, "flags": int}
STATED = ("code", "device", "start_us", "amount", "gap", "end_us", "flags", "order")


def run(rows: Lazy, work: Work) -> Lazy:
    """Take readings (`frames.take`) to statements: ``code, device, start_us, amount, gap, end_us, flags, order``."""
    settled = hold(_settled(rows, work))
    _periods(settled, work)
    _scales(settled, work)
    parts = [part for part in _by_register(settled, work) if part is not None]
    if not parts:
        return table(dict.fromkeys(STATED, int) | {"gap": bool}, [])
    statements = hold(stack(parts))
    statements = _spikes(statements, work)
    statements = _stuck(statements, work)
    _daylight(statements, work)
    _tell(statements, work)
    return statements


# --- Arrival ----------------------------------------------------------------------------------------------------------


def _settled(rows: Lazy, work: Work) -> Lazy:
    """One reading per point and time."""
    dirty = arrival.disordered(rows)
    if not dirty:
        return arrival.plain(rows)
    codes = list(dirty)
    parts = [arrival.plain(rows.filter(~nw.col("code").is_in(codes)))]
    upset = hold(_midnight(rows.filter(nw.col("code").is_in(codes)), codes, work))
    marked = hold(arrival.ranked(upset))
    shared = hold(arrival.twins(marked))
    work.shared = shared
    return stack([*parts, arrival.settle(marked, shared)])


def _midnight(rows: Lazy, codes: list[int], work: Work) -> Lazy:
    """Find 24:00 written as 00:00; set aside or, where switched on, repair."""
    plan, reach = work.plan, (work.window[0] - 60 * DAY, work.window[1] + 60 * DAY)
    by_clock: dict[ZoneInfo | timedelta, list[int]] = defaultdict(list)
    for code in codes:
        by_clock[point_zone(plan.park, plan.clocks[code])].append(code)
    marked = [
        clocks.midnight_rows(rows.filter(nw.col("code").is_in(members)), offset(nw.col("us"), zone, *reach))
        for zone, members in by_clock.items()
    ]
    found = hold(stack(marked))
    hits = dicts(found.filter(nw.col("midnight")).select("code", "us", "order").sort("code", "order"))
    wanted = plan.park.settings.repairs.get("midnight_same_date", ())
    switched = [code for code in codes if plan.points[code] in wanted]
    for code in codes:
        own = [hit for hit in hits if hit["code"] == code]
        if own:
            kind = "midnight_repaired" if code in switched else "midnight_same_date"
            span = (own[0]["us"], own[-1]["us"] + DAY)
            orders = [hit["order"] for hit in own[:MOST_LINES]]
            work.findings.append(work.writer.write(kind, code, span=span, orders=orders, count=len(own)))
    return clocks.repaired(found, switched)


# --- Registers --------------------------------------------------------------------------------------------------------


def _by_register(settled: Lazy, work: Work) -> Iterator[Lazy]:
    """Statements of each kind of register in the block."""
    seen = set(work.scales)
    kinds: dict[str, list[Device]] = defaultdict(list)
    for device in work.devices:
        if device.code in seen and device.period_us is not None:
            kinds[device.register].append(device)
    placed: dict[int, int] = defaultdict(int)
    for kind, devices in kinds.items():
        rows = hold(arrival.assign(settled, _table(devices, work)))
        for row in dicts(rows.group_by("code").agg(n=nw.len())):
            placed[row["code"]] += row["n"]
        yield hold(_counters(rows, devices, work) if kind == "counter" else _others(kind, rows, work))
    lost = [code for code, found in work.scales.items() if placed[code] < found.rows]
    _outside(settled, lost, work)


def _counters(rows: Lazy, devices: Sequence[Device], work: Work) -> Lazy:
    """Statements of counters, with the registers that stand in the device rows."""
    known = _registers(devices, work)
    if known:
        rows = _with_registers(rows, known, devices, work)
    marked = bool(known) or work.shared is not None
    paired = hold(counters.steps(rows, marked=marked))
    falls = counters.falling(paired)
    own = None
    if falls:
        own = hold(counters.own_power(paired))
        deep = [device for device, low in falls if low]
        if deep:
            rows, found = counters.without_dips(rows, own, deep)
            _tell_dips(found, devices, work)
            paired = counters.steps(rows)
    stated = counters.amounts(counters.with_limit(paired, own)).select(*STATED)
    unknown = _unknown_changes(rows, devices)
    return stack([stated, unknown]) if unknown is not None else stated


def _registers(devices: Sequence[Device], work: Work) -> list[tuple[int, int, int, int, int]]:
    """Opening and closing registers as readings: ``device, code, us, v, marks``."""
    found = []
    for device in devices:
        size = 10 ** work.scales[device.code].power
        for value, at, changes in (
            (device.first, device.from_us, device.before),
            (device.last, device.to_us, device.after),
        ):
            if value is not None:
                found.append((device.device, device.code, at, round(value * size), CHANGE if changes else 0))
    return found


def _with_registers(
    rows: Lazy, known: list[tuple[int, int, int, int, int]], devices: Sequence[Device], work: Work
) -> Lazy:
    """Add registers to the readings, except where a reading of the device stands at that instant."""
    constants = _table(devices, work).drop("code", "pow", "lead_us", "open_us", "shut_us")
    extra = table({"device": int, "code": int, "us": int, "v": int, "marks": int}, known).join(
        rows.select("device", "us"), on=["device", "us"], how="anti"
    )
    extra = extra.join(constants, on="device").with_columns(
        order=nw.lit(None, nw.Int64), marks=nw.col("marks").cast(nw.Int32)
    )
    return hold(stack([rows, extra.select(rows.collect_schema().names())]))


def _unknown_changes(rows: Lazy, devices: Sequence[Device]) -> Lazy | None:
    """Statements without an amount across device changes whose registers are unknown on either side."""
    if not any(device.before for device in devices):
        return None
    spans = {
        row["device"]: (row["first"], row["last"])
        for row in dicts(rows.group_by("device").agg(first=nw.col("us").min(), last=nw.col("us").max()))
    }
    found = []
    for old, new in zip(devices, devices[1:], strict=False):
        if new.before and old.device in spans and new.device in spans and new.code == old.code:
            low, high = spans[old.device][1], spans[new.device][0]
            if low < high:
                found.append((new.code, new.device, low, None, True, high, CHANGE, None))
    columns = dict.fromkeys(STATED, int) | {"gap": bool}
    return table(columns, found).with_columns(flags=nw.col("flags").cast(nw.Int32)) if found else None


def _others(kind: str, rows: Lazy, work: Work) -> Lazy:
    """Statements of interval, rate and rate-point registers; disallowed amounts set aside and told."""
    zone = work.plan.park.settings.zone
    reach = (work.window[0] - 60 * DAY, work.window[1] + 60 * DAY)

    def shift(us: nw.Expr) -> nw.Expr:
        return offset(us, zone, *reach)

    if kind == "rate_point":
        stated = registers.rate_point(rows, marked=work.shared is not None)
    else:
        rule = registers.interval if kind == "interval" else registers.rate
        stated = rule(rows, shift=None if fixed(zone, *reach) else shift)
    stated = hold(stated.select(*STATED))
    wrong = runs(registers.negatives(stated).filter(work.in_window()))
    if not wrong:
        return stated
    work.findings += work.writer.runs("negative", wrong)
    return registers.aside(stated)


def _outside(settled: Lazy, codes: list[int], work: Work) -> None:
    """Tell of readings in the window that belong to no device period."""
    for code in codes:
        inside = nw.lit(False)
        for device in work.plan.of(code):
            row = dict(zip(("open", "shut", "lead"), _row(replace(device, period_us=_period(device, work)), work)[2:5], strict=True))
            begin = nw.col("us") - row["lead"]
            inside = inside | ((begin >= row["open"]) & (begin <= row["shut"]))
        lost = settled.filter(
            nw.col("code") == code, ~inside, nw.col("us") >= work.window[0], nw.col("us") < work.window[1]
        )
        for row in dicts(
            lost.group_by("code").agg(
                first=nw.col("us").min(), last=nw.col("us").max(), n=nw.len(), order=nw.col("order").min()
            )
        ):
            span = (row["first"], row["last"] + 1)
            work.findings.append(
                work.writer.write("outside_device", code, span=span, orders=[row["order"]], count=row["n"])
            )


def _period(device: Device, work: Work) -> int | None:
    """Period of a device as found."""
    return next(item.period_us for item in work.devices if item.device == device.device)


