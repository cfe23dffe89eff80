"""One block of readings through all rules: to interval statements, with quanta, findings and doubts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import pairwise
from typing import Any

import narwhals as nw

from lingtan.ledger.quality import BIT
from lingtan.series import arrival, clocks, dips, doubts, registers, rollup
from lingtan.series.calendar import fixed, offset, standard_offset
from lingtan.series.frames import Lazy, dicts, hold, spread, stack, table
from lingtan.series.plan import DAY, HOUR, MICRO, Device, Plan, point_zone
from lingtan.series.remarks import duration, runs
from lingtan.series.work import Work, device_row, device_table, find_periods, find_scales

CHANGE = BIT["device_change"]
SPANS = {"code": int, "start_us": int, "end_us": int, "flags": int}
STATED = ("code", "device", "start_us", "amount", "gap", "end_us", "flags", "order")


def run(rows: Lazy, work: Work) -> Lazy:
    """Take readings (`frames.take`) to statements: ``code, device, start_us, amount, gap, end_us, flags, order``."""
    settled = arrival.arrive(rows, work)
    find_periods(settled, work)
    find_scales(settled, work)
    parts = [part for part in _by_register(settled, work) if part is not None]
    if not parts:
        return empty()
    statements = hold(stack(parts))
    ids = rollup.cell_of(nw.col("start_us"), work.clock())
    work.cells = hold(rollup.sums(statements.filter(work.begun()), ids, work.periods()))
    statements = _spikes(statements, work.cells, work)
    statements = _stuck(statements, work.cells, work)
    _daylight(statements, work.cells, work)
    _tell(statements, work)
    return statements


def empty() -> Lazy:
    """No statements."""
    rows = table(dict.fromkeys(STATED, int) | {"gap": bool}, [])
    return rows.with_columns(flags=nw.col("flags").cast(nw.Int32))


# --- Registers --------------------------------------------------------------------------------------------------------


def _by_register(settled: Lazy, work: Work) -> Iterator[Lazy]:
    """Statements of each kind of register in the block."""
    seen = set(work.scales)
    kinds: dict[str, list[Device]] = defaultdict(list)
    for device in work.devices:
        if device.code in seen and device.period_us is not None:
            kinds[device.register].append(device)
    for kind, devices in kinds.items():
        constants = device_table(devices, work)
        rows = arrival.assign(settled, constants)
        rule = _counters if kind == "counter" else _others
        yield rule(rows, constants.drop("code", "open_us", "shut_us", "lead_us", "pow"), devices, work)
    _outside(settled, work)


def _counters(rows: Lazy, constants: Lazy, devices: Sequence[Device], work: Work) -> Lazy:
    """Statements of counters, with the registers that stand in the device rows."""
    known = _registers(devices, work)
    changes = any(device.before for device in devices)
    if known or changes:
        rows = _with_registers(hold(rows), known)
    paired = hold(registers.steps(rows, marked=bool(known) or work.shared is not None))
    odd = dips.falling(paired)
    falls = {device: kind for device, kind in odd.items() if kind.falls}
    suspects = dips.suspects(devices, falls)
    if any(suspects.values()):
        rows, own, found = _dipless(hold(rows), constants, devices, falls, suspects)
        paired = hold(registers.steps(rows))
        _tell_dips(found, devices, work)
    else:
        own = _own_power(paired, constants, devices, falls)
    _doubt(paired, constants, own, odd, work)
    if falls:
        fallen = nw.col("device").is_in(list(falls))
        parts = [
            registers.rises(paired.filter(~fallen), constants).select(*STATED),
            registers.amounts(paired.filter(fallen), constants, own).select(*STATED),
        ]
    else:
        parts = [registers.rises(paired, constants).select(*STATED)]
    if changes and (unknown := _unknown_changes(rows, devices)) is not None:
        parts.append(unknown)
    return stack(parts)


def _dipless(
    rows: Lazy,
    constants: Lazy,
    devices: Sequence[Device],
    falls: Mapping[int, dips.Falls],
    suspects: Mapping[str, list[int]],
) -> tuple[Lazy, Lazy | None, list[dict[str, int]]]:
    """Take dips out: rest of the readings, the points' own powers (the way back from a dip is no step), the dips."""
    rest, found = dips.without_dips(rows, constants, None, **suspects)
    own = _own_power(hold(registers.steps(rest)), constants, devices, falls)
    if own is not None and found:
        rest, found = dips.without_dips(rows, constants, own, **suspects)
    return rest, own, found


def _doubt(paired: Lazy, constants: Lazy, own: Lazy | None, odd: Mapping[int, dips.Falls], work: Work) -> None:
    """Note the points whose falls and dips other years may put in another light."""
    if not odd:
        return
    fallen = paired.filter(nw.col("device").is_in([device for device, kind in odd.items() if kind.falls]))
    work.unsure.update(registers.unsure(fallen, constants, own))
    # Whether a point without rating came back from a deep dip within reach, its own steps tell.
    reaching = {device for device, kind in odd.items() if kind.ends or kind.deep}
    work.unsure.update(
        item.code for item in work.devices if item.device in reaching and (odd[item.device].ends or item.power is None)
    )


def _own_power(paired: Lazy, constants: Lazy, devices: Sequence[Device], falls: Collection[int]) -> Lazy | None:
    """Tail of the own steps of the points that fall and have no rating; None where there are none."""
    codes = sorted({device.code for device in devices if device.device in falls and device.power is None})
    if not codes:
        return None
    return hold(registers.own_power(paired.filter(nw.col("code").is_in(codes)), constants))


def _registers(devices: Sequence[Device], work: Work) -> list[tuple[int, int, int, int, int]]:
    """List opening and closing registers as readings: ``device, code, us, v, marks``."""
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


def _with_registers(rows: Lazy, known: list[tuple[int, int, int, int, int]]) -> Lazy:
    """Add registers to the readings, except where a reading of the device stands at that instant."""
    if not known:
        return rows
    extra = table({"device": int, "code": int, "us": int, "v": int, "marks": int}, known).join(
        rows.select("device", "us"), on=["device", "us"], how="anti"
    )
    extra = extra.with_columns(order=nw.lit(None, nw.Int64), marks=nw.col("marks").cast(nw.Int32))
    return hold(stack([rows, extra.select(rows.collect_schema().names())]))


def _unknown_changes(rows: Lazy, devices: Sequence[Device]) -> Lazy | None:
    """Statements without an amount across device changes whose registers are unknown on either side."""
    spans = {
        row["device"]: (row["first"], row["last"])
        for row in dicts(rows.group_by("device").agg(first=nw.col("us").min(), last=nw.col("us").max()))
    }
    found = []
    for old, new in pairwise(devices):
        if new.before and old.device in spans and new.device in spans and new.code == old.code:
            low, high = spans[old.device][1], spans[new.device][0]
            if low < high:
                found.append((new.code, new.device, low, None, True, high, CHANGE, None))
    columns = dict.fromkeys(STATED, int) | {"gap": bool}
    return table(columns, found).with_columns(flags=nw.col("flags").cast(nw.Int32)) if found else None


def _others(rows: Lazy, constants: Lazy, devices: Sequence[Device], work: Work) -> Lazy:
    """Statements of interval, rate and rate-point registers; disallowed amounts set aside and told."""
    kind, zone = devices[0].register, work.plan.park.settings.zone
    reach = work.reach()

    def shift(us: nw.Expr) -> nw.Expr:
        return offset(us, zone, *reach)

    if kind == "rate_point":
        stated = registers.rate_point(rows, constants, marked=work.shared is not None)
    else:
        rule = registers.interval if kind == "interval" else registers.rate
        stated = rule(rows, constants, shift=None if fixed(zone, *reach) else shift)
    stated = hold(stated.select(*STATED))
    wrong = runs(registers.negatives(stated).filter(work.in_window()))
    if not wrong:
        return stated
    work.findings += work.writer.runs("negative", wrong)
    return registers.aside(stated)


def _outside(settled: Lazy, work: Work) -> None:
    """Tell of readings in the window that belong to no device period."""
    extents = dicts(settled.group_by("code").agg(first=nw.col("us").min(), last=nw.col("us").max()))
    for extent in extents:
        code = extent["code"]
        work.extents[code] = (extent["first"], extent["last"])
        spans = [device_row(device, work)[2:5] for device in work.devices if device.code == code]
        if len(spans) == 1:
            opened, shut, lead = spans[0]
            if opened + lead <= extent["first"] and extent["last"] <= shut + lead:
                continue
        held = [(nw.col("us") - lead >= opened) & (nw.col("us") - lead <= shut) for opened, shut, lead in spans]
        own = settled.filter(nw.col("code") == code, nw.col("us") >= work.window[0], nw.col("us") < work.window[1])
        lost = (
            (own.filter(~nw.any_horizontal(*held, ignore_nulls=True)) if held else own)
            .group_by("code")
            .agg(first=nw.col("us").min(), last=nw.col("us").max(), n=nw.len(), order=nw.col("order").min())
        )
        for row in dicts(lost):
            span = (row["first"], row["last"] + 1)
            found = work.writer.write("outside_device", code, span=span, orders=[row["order"]], count=row["n"])
            work.findings.append(found)


# --- Doubts -----------------------------------------------------------------------------------------------------------


def _spikes(statements: Lazy, cells: Lazy, work: Work) -> Lazy:
    """Flag spikes in the points that may have any."""
    codes = doubts.spike_suspects(cells, work.limits)
    if not codes:
        return statements
    suspects = doubts.spikes(statements.filter(nw.col("code").is_in(codes)), work.limits).select(*STATED)
    return hold(stack([statements.filter(~nw.col("code").is_in(codes)).select(*STATED), suspects]))


def _stuck(statements: Lazy, cells: Lazy, work: Work) -> Lazy:
    """Flag runs of one value."""
    suspects = doubts.same_suspects(cells)
    if not suspects:
        return statements
    candidates = hold(doubts.same_runs(statements.filter(nw.col("code").is_in(suspects)), work.limits))
    codes = sorted({row["code"] for row in dicts(candidates.select("code").unique())})
    if not codes:
        return statements
    own = statements.filter(nw.col("code").is_in(codes))
    length = (nw.col("end_us") - nw.col("start_us")).sum().cast(nw.Float64)
    totals = own.filter(~nw.col("gap"), ~nw.col("amount").is_null()).group_by("code").agg(time_us=length)
    clock, columns = work.clock(), ("code", "device", "start_us", "end_us", "amount")
    steps = [(item.device, item.period_us or 1, _steps_to_quanta(item, work, power=0)) for item in work.devices]
    devices = table({"device": int, "period_us": int, "step": int}, steps)
    same = doubts.constant(candidates, devices, totals, work.limits).select(*columns)
    still = doubts.flat(candidates, doubts.moving_hours(own, clock), clock, work.limits).select(*columns)
    found = dicts(stack([same, still]).filter(work.in_window()))
    if not found:
        return statements
    spans = table(SPANS, [(row["code"], row["start_us"], row["end_us"], doubts.STUCK) for row in found])
    _tell_stuck(found, work)
    return hold(flag_spans(statements, spans, doubts.STUCK))


def flag_spans(rows: Lazy, spans: Lazy, bit: int) -> Lazy:
    """Set a bit in ``flags`` of the rows (``code, device, start_us``) that start in ``spans``."""
    codes = sorted({row["code"] for row in dicts(spans.select("code").unique())})
    columns = rows.collect_schema().names()
    # Joined by day, so that many spans of one point do not meet all its rows.
    days = spread(
        spans.select("code", low_us="start_us", high_us="end_us").with_columns(
            low=nw.col("low_us") // DAY, high=(nw.col("high_us") - 1) // DAY
        ),
        "low",
        "high",
    )
    own = rows.filter(nw.col("code").is_in(codes)).with_columns(id=nw.col("start_us") // DAY)
    hits = (
        own.select("code", "device", "start_us", "id")
        .join(days.select("code", "id", "low_us", "high_us"), on=["code", "id"])
        .filter(nw.col("start_us") >= nw.col("low_us"), nw.col("start_us") < nw.col("high_us"))
        .select("device", "start_us", hit=nw.lit(1))
        .unique()
    )
    new = nw.col("hit").fill_null(0) * (1 - nw.col("flags") // bit % 2)
    flagged = own.join(hits, on=["device", "start_us"], how="left")
    flagged = flagged.with_columns(flags=(nw.col("flags") + new * bit).cast(nw.Int32)).select(columns)
    return stack([rows.filter(~nw.col("code").is_in(codes)), flagged])


def _daylight(statements: Lazy, cells: Lazy, work: Work) -> None:
    """Find loggers that follow summer time, by the solar noon of points with a daily bell and by repeated hours."""
    plan, zone = work.plan, work.plan.park.settings.zone
    standard_us = standard_offset(zone, sum(work.window) // 2)
    codes = clocks.bell_suspects(cells)
    days: dict[int, list[tuple[int, float, float]]] = defaultdict(list)
    if codes:
        for row in dicts(clocks.centroids(statements.filter(nw.col("code").is_in(codes)), standard_us)):
            days[row["code"]].append((row["day"], row["energy"], row["centre"]))
    for code in codes:
        standard = _winter(plan, code, sum(work.window) // 2)
        found = clocks.follows(
            code, days[code], standard_us=standard_us, standard=standard, solar=_generates(plan, code)
        )
        if found is not None:
            how = "the solar noon steps by " + ", ".join(f"{size:+.1f} h" for size in found.steps)
            _accuse(work, code, found.rule, how, list(found.summers))
    accused = {finding.where.point for finding in work.findings if finding.code == "clock_follows_dst"}
    for code, times in _changed_times(work).items():
        rule = clocks.repeats(times, _winter(plan, code, sum(work.window) // 2))
        if rule is not None and plan.points[code] not in accused:
            _accuse(work, code, rule[0], "one hour comes twice with other values", [(us, us + 1) for us in rule[1]])


def _accuse(work: Work, code: int, rule: str, how: str, spans: list[tuple[int, int]]) -> None:
    """Write the finding of a clock that follows summer time and keep its spans for the flags."""
    span = (min(low for low, _ in spans), max(high for _, high in spans)) if spans else None
    work.findings.append(work.writer.write("clock_follows_dst", code, span=span, rule=rule, how=how))
    work.spans += [(code, low, high, clocks.CLOCK) for low, high in spans]


def _winter(plan: Plan, code: int, us: int) -> timedelta:
    """Winter offset of the clock that a point declares."""
    zone = point_zone(plan.park, plan.clocks[code])
    return zone if isinstance(zone, timedelta) else standard_offset(zone, us) * MICRO


def _generates(plan: Plan, code: int) -> bool:
    """Tell whether a point measures generation."""
    stream = plan.park.streams[plan.of(code)[0].stream]
    node = plan.park.nodes.get(stream.source)
    return stream.made_as == "generation" or (node is not None and node.kind == "generator")


def _changed_times(work: Work) -> dict[int, list[int]]:
    """List times that were read twice with different values, of points with few of them."""
    found: dict[int, list[int]] = defaultdict(list)
    if work.shared is None:
        return found
    changed = work.shared.filter(nw.col("changed"))
    few = changed.group_by("code").agg(n=nw.len()).filter(nw.col("n") <= 200).select("code")
    for row in dicts(changed.select("code", "us").join(few, on="code")):
        found[row["code"]].append(row["us"])
    return found


# --- Findings ---------------------------------------------------------------------------------------------------------


def _tell_dips(found: list[dict[str, int]], devices: Sequence[Device], work: Work) -> None:
    """Tell of dips, one by one."""
    code_of = {device.device: device.code for device in devices}
    rows = [
        {
            "code": code_of[row["device"]],
            "start_us": row["first_us"],
            "end_us": row["last_us"] + 1,
            "amount": None,
            "n": row["n"],
        }
        for row in found
        if row["first_us"] < work.window[1] and row["last_us"] >= work.window[0]
    ]
    work.findings += work.writer.runs("counter_dip", sorted(rows, key=lambda row: (row["code"], row["start_us"])))


def _tell_stuck(found: list[dict[str, Any]], work: Work) -> None:
    """Tell of stuck values, longest stretch named; amounts as counted."""
    period = {device.device: device.period_us or 1 for device in work.devices}
    for row in found:
        row["n"] = (row["end_us"] - row["start_us"]) // period[row["device"]]
        row["amount"] *= row["n"]
    ordered = sorted(found, key=lambda row: (row["code"], row["start_us"]))
    for code in sorted({row["code"] for row in ordered}):
        own = [row for row in ordered if row["code"] == code]
        hours = max((row["end_us"] - row["start_us"]) // HOUR for row in own)
        work.findings += work.writer.runs("stuck", own, hours=hours)


def _tell_arrival(work: Work) -> None:
    """Tell of readings that came twice, and of corrections with the size of the difference."""
    if work.shared is None:
        return
    inside = (nw.col("us") >= work.window[0]) & (nw.col("us") <= work.window[1])
    again = work.shared.filter(~nw.col("changed"), inside).group_by("code").agg(
        n=(nw.col("n") - 1).sum().cast(nw.Int64), first=nw.col("us").min(), last=nw.col("us").max(),
        order=nw.col("last_order").min(),
    )  # fmt: skip
    for row in dicts(again.sort("code")):
        span = (row["first"], row["last"] + 1)
        work.findings.append(
            work.writer.write("duplicate", row["code"], span=span, orders=[row["order"]], count=row["n"])
        )
    sizes = [
        (
            code,
            max(item.period_us or 1 for item in own),
            float(_steps_to_quanta(own[0], work, power=work.scales[code].power)),
        )
        for code in work.scales
        if (own := [item for item in work.devices if item.code == code])
    ]
    changed = (
        work.shared.filter(nw.col("changed"), inside)
        .join(table({"code": int, "period_us": int, "size": float}, sizes), on="code")
        .select(
            "code", start_us=nw.col("us"), end_us=nw.col("us") + nw.col("period_us"), order=nw.col("last_order"),
            amount=(nw.col("spread") * nw.col("size") + 0.5).floor().cast(nw.Int64),
        )
    )  # fmt: skip
    work.findings += work.writer.runs("corrected", runs(changed))


def _steps_to_quanta(device: Device, work: Work, *, power: int) -> int:
    """Quanta that 10^power register steps make over one period."""
    ticks = 1
    if device.register in {"rate", "rate_point"}:
        ticks = (device.period_us or 1) // work.ticks[device.code] * (2 if device.register == "rate_point" else 1)
    return int(10**power * work.weights[device.device] * max(1, ticks))


def _tell(statements: Lazy, work: Work) -> None:
    """Tell of what the flags of the statements in the window say, and of holes."""
    _tell_arrival(work)
    flagged = hold(statements.filter(nw.col("flags") > 0, work.in_window()))
    for kind in ("late", "rolled_over", "reset", "gap_total", "device_change", "out_of_range", "spike"):
        rows = flagged.filter(nw.col("flags") // BIT[kind] % 2 == 1)
        if kind == "gap_total":
            rows = rows.filter(~nw.col("amount").is_null())
        if kind == "spike":
            rows = rows.filter(~nw.col("gap"))
        if kind == "device_change":
            rows = rows.filter(nw.col("amount").is_null()).with_columns(amount=nw.lit(None, nw.Int64))
        found = runs(rows)
        if kind in {"late", "device_change"}:
            found = [row | {"amount": None} for row in found]
        work.findings += work.writer.runs(
            kind, found, **({"factor": work.limits.spike_factor} if kind == "spike" else {})
        )
    _tell_holes(statements, work)


def _tell_holes(statements: Lazy, work: Work) -> None:
    """Tell of holes between the statements of registers that give no total over them."""
    others = [device for device in work.devices if device.register != "counter" and device.period_us]
    if not others:
        return
    periods = {device.code: device.period_us for device in others}
    half = table({"device": int, "half": int}, [(device.device, (device.period_us or 0) // 2) for device in others])
    own = statements.filter(nw.col("device").is_in([device.device for device in others]))
    before = nw.col("end_us").shift(1).over("device", order_by="start_us")
    holes = (
        own.select("code", "device", "order", start_us=before, end_us="start_us")
        .filter(nw.col("end_us") > nw.col("start_us"))
        .join(half, on="device")
        .filter(nw.col("end_us") - nw.col("start_us") > nw.col("half"), work.in_window())
        .select("code", "start_us", "end_us", "order", amount=nw.lit(None, nw.Int64))
    )
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in dicts(holes.sort("code", "start_us")):
        found[row["code"]].append(row | {"n": 1, "orders": ()})
    for code, rows in found.items():
        work.findings += work.writer.runs("missing", rows, period=duration(periods[code]))
