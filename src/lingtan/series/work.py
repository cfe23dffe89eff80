"""A block on its way: what is known of its points, and the periods, ticks, scales and device constants found on it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from math import gcd
from typing import Any

import narwhals as nw

from lingtan.ledger.finding import Finding
from lingtan.series import scale
from lingtan.series.calendar import offset
from lingtan.series.doubts import LIMITS, Thresholds
from lingtan.series.frames import Lazy, dicts, table
from lingtan.series.plan import DAY, HOUR, Device, Plan
from lingtan.series.remarks import Place, Writer, duration


@dataclass(slots=True)
class Work:
    """What is known of a block so far; the one mutable value of the room, alive for one block.

    ``devices``: with periods found; ``window`` [us]; ``shared``: times read more than once (`arrival.twins`);
    ``cells``: sums by two hours of statements that start in the window (`rollup.sums`);
    ``extents``: first and last reading [us] by code;
    ``unsure``: codes of points whose result may hang on readings outside those at hand; ``reached``: first and last
    instant of the readings at hand [us], where they lie far outside the window;
    ``quantum``, ``scales``, ``ticks`` [us] by code; ``weights`` (quanta per step) by device; ``spans``: stretches under
    a doubt, as code, start, end [us], flags.
    """

    plan: Plan
    devices: list[Device]
    window: tuple[int, int]
    place: Place | None = None
    limits: Thresholds = LIMITS
    quantum: dict[int, Decimal] = field(default_factory=dict)
    scales: dict[int, scale.Scale] = field(default_factory=dict)
    weights: dict[int, int] = field(default_factory=dict)
    ticks: dict[int, int] = field(default_factory=dict)
    shared: Lazy | None = None
    cells: Lazy | None = None
    unsure: set[int] = field(default_factory=set)
    reached: tuple[int, int] | None = None
    extents: dict[int, tuple[int, int]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    spans: list[tuple[int, int, int, int]] = field(default_factory=list)

    @property
    def writer(self) -> Writer:
        """Writer of findings with the quanta known so far."""
        return Writer(self.plan, self.quantum, self.place)

    def begun(self) -> nw.Expr:
        """Tell whether a statement starts in the window."""
        return (nw.col("start_us") >= self.window[0]) & (nw.col("start_us") < self.window[1])

    def reach(self) -> tuple[int, int]:
        """Window with room for carried readings [us]."""
        low, high = self.reached or self.window
        return min(self.window[0], low) - 60 * DAY, max(self.window[1], high) + 60 * DAY

    def clock(self, column: str = "start_us") -> nw.Expr:
        """Offset of the park's clock at an instant [us]."""
        return offset(nw.col(column), self.plan.park.settings.zone, *self.reach())

    def periods(self) -> Lazy:
        """Periods by device: ``code, device, period_us``."""
        rows = [(item.code, item.device, item.period_us or 1) for item in self.devices]
        return table({"code": int, "device": int, "period_us": int}, rows)

    def in_window(self) -> nw.Expr:
        """Tell whether a statement (``start_us``, ``end_us``) shares time with the window."""
        return (nw.col("end_us") > self.window[0]) & (nw.col("start_us") < self.window[1])


def find_periods(settled: Lazy, work: Work) -> None:
    """Fill blank periods by the commonest distance, and find the tick in which rates count their time."""
    rates = {device.code for device in work.devices if device.register in {"rate", "rate_point"}}
    blank = {device.code for device in work.devices if device.period_us is None}
    if not rates | blank:
        return
    table_of: dict[int, list[tuple[int, int]]] = defaultdict(list)
    asked = settled.filter(nw.col("code").is_in(sorted(rates | blank)))
    for row in dicts(distances(asked)):
        table_of[row["code"]].append((row["n"], row["distance"]))
    for code in sorted(blank):
        found = max(table_of[code], key=lambda pair: (pair[0], -pair[1]), default=(0, None))[1]
        _set_period(work, code, found)
    for code in rates:
        lengths = [device.period_us for device in work.devices if device.code == code and device.period_us]
        work.ticks[code] = gcd(*lengths, *(distance for _, distance in table_of[code])) or 1


def distances(rows: Lazy) -> Lazy:
    """How often each distance between neighbouring readings occurs: ``code``, ``distance`` [us], ``n``."""
    step = nw.col("us") - nw.col("us").shift(1).over("code", order_by="us")
    return (
        rows.select("code", distance=step)
        .filter(~nw.col("distance").is_null())
        .group_by("code", "distance")
        .agg(n=nw.len())
    )


def _set_period(work: Work, code: int, period_us: int | None) -> None:
    """Give the devices of a point without a period the one found; say so."""
    kind = "period_assumed" if period_us else "period_unknown"
    work.findings.append(work.writer.write(kind, code, period=duration(period_us)))
    work.devices = [
        replace(device, period_us=period_us) if device.code == code and device.period_us is None else device
        for device in work.devices
    ]


def find_scales(settled: Lazy, work: Work) -> None:
    """Find quanta and weights; tell of roundings."""
    by_code: dict[int, list[Device]] = defaultdict(list)
    for device in work.devices:
        by_code[device.code].append(device)
    units, reach = {}, {}
    for code, devices in by_code.items():
        units[code], weight, rounded = scale.common_factor(_factor(device, work) for device in devices)
        if rounded:
            work.findings.append(work.writer.write("unit_mix", code))
        work.weights |= {device.device: weight[_factor(device, work)] for device in devices}
        reach[code] = max(work.weights[device.device] * _ticks(device, work) * 2.0 for device in devices)
    registers_of = {
        code: [value for device in devices for value in (device.first, device.last) if value is not None]
        for code, devices in by_code.items()
    }
    work.scales = scale.scales(settled, registers_of, reach=reach)
    for code, unit in units.items():
        found = work.scales.get(code, scale.Scale(0))
        work.quantum[code] = scale.decimal(unit / 10**found.power)
        if found.loss > 0:
            kind = "scale_limit" if found.capped else "scale_note"
            steps = Decimal(found.loss) * found.rows * 10**found.power * max(1, round(reach[code] / 2))
            work.findings.append(work.writer.write(kind, code, quanta=steps, power=found.power))


def _factor(device: Device, work: Work) -> Fraction:
    """Canonical units per whole register unit, in a rate's case per tick (half a tick for the trapezoid's sum)."""
    if device.register not in {"rate", "rate_point"}:
        return device.factor
    hours = Fraction(work.ticks[device.code], HOUR)
    return device.factor * hours / (2 if device.register == "rate_point" else 1)


def _ticks(device: Device, work: Work) -> int:
    """Most ticks that one statement of a device counts."""
    if device.register not in {"rate", "rate_point"} or device.period_us is None:
        return 1
    return max(1, 3 * device.period_us // 2 // work.ticks[device.code])


def device_table(devices: Sequence[Device], work: Work) -> Lazy:
    """Bring devices to the frame that `arrival.assign` and the registers' rules join."""
    columns = {
        "code": int, "device": int, "open_us": int, "shut_us": int, "lead_us": int, "pow": float, "weight": int,
        "period_us": int, "gap_us": int, "tick_us": int, "full": int, "rated": float, "bidirectional": bool,
        "stamp_end": bool, "whole_days": bool,
    }  # fmt: skip
    return table(columns, [device_row(device, work) for device in devices])


def device_row(device: Device, work: Work) -> tuple[Any, ...]:
    """Lay out a row of `device_table`; spans of interval registers hold starts, those of counters hold readings."""
    power = work.scales.get(device.code, scale.Scale(0)).power
    period = device.period_us or 1
    by_start = device.register in {"interval", "rate"}
    full = None if device.digits is None else 10 ** (device.digits + power)
    return (
        device.code,
        device.device,
        device.from_us if by_start else device.open_us,
        device.to_us - 1 if by_start else device.to_us,
        period if by_start and device.stamp_end else 0,
        10.0**power,
        work.weights[device.device],
        period,
        3 * period // 2,
        work.ticks.get(device.code, period),
        full if full is not None and full < scale.SUM_LIMIT else None,
        None if device.power is None else device.power / float(work.quantum[device.code]),
        device.bidirectional,
        device.stamp_end,
        period % DAY == 0,
    )
