"""The plan of a park's metering: device periods with their exact factors, spans and limits, as plain values."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from lingtan.ledger import clock, units
from lingtan.ledger.finding import Finding, Where
from lingtan.ledger.park import Commodity, Meter, Park, Span
from lingtan.reference import library

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICRO = timedelta(microseconds=1)
SECOND, HOUR, DAY = 1_000_000, 3_600_000_000, 86_400_000_000
FAR = (-2_300_000_000_000_000, 4_200_000_000_000_000)
REGISTERS = ("counter", "interval", "rate", "rate_point")

Ratio = Callable[[str, str, Commodity | None], Fraction]


class SeriesError(Exception):
    """A call that the room cannot serve; what the data hold is told by findings, never raised."""


def micros(instant: datetime) -> int:
    """Microseconds since 1970-01-01 UTC of an aware instant."""
    return (instant - EPOCH) // MICRO


def instant(us: int) -> datetime:
    """Inverse of `micros`."""
    return EPOCH + us * MICRO


@dataclass(frozen=True, slots=True)
class Device:
    """One device period of a metering point, spans cut to the stream's validity.

    ``factor`` is canonical units per register unit (for rates: per register unit and hour), ``power`` the rated power
    [canonical units/us] or None. ``open_us`` is the first instant at which a reading belongs to it, ``from_us`` and
    ``to_us`` bound its time. ``before``/``after`` tell that another device adjoins. ``period_us`` None = still unknown.
    """

    device: int
    code: int
    point: str
    stream: str
    register: str
    factor: Fraction
    from_us: int
    to_us: int
    open_us: int
    period_us: int | None
    stamp_end: bool
    bidirectional: bool
    digits: int | None = None
    first: Fraction | None = None
    last: Fraction | None = None
    power: float | None = None
    before: bool = False
    after: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """All device periods, by code of the point; findings of what could not be used."""

    park: Park
    points: tuple[str, ...] = ()
    devices: tuple[Device, ...] = ()
    units: Mapping[str, str] = field(default_factory=dict)
    clocks: Mapping[int, str] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()

    def of(self, code: int) -> tuple[Device, ...]:
        """Return the device periods of a point, in time order."""
        return tuple(device for device in self.devices if device.code == code)

    def where(self, code: int) -> Where:
        """Place of a point."""
        point = self.points[code]
        stream = next((device.stream for device in self.devices if device.code == code), "")
        return Where(point=point, stream=stream)


def plan(park: Park, points: Iterable[str] | None = None, *, ratio: Ratio = units.exact_ratio) -> Plan:
    """Lay out the metering points of ``park`` (``points`` None = all), in the order of ``meters.csv``.

    A device row whose stream, commodity or unit cannot be used is left out with an error finding. Where device rows of
    one point overlap in time the later begins when the earlier ends (finding), so that no reading counts twice.
    """
    wanted = None if points is None else set(points)
    rows: dict[str, list[Meter]] = defaultdict(list)
    for meter in park.meters:
        if wanted is None or meter.point in wanted:
            rows[meter.point].append(meter)
    findings: list[Finding] = []
    devices: list[Device] = []
    canonical: dict[str, str] = {}
    for code, (point, meters) in enumerate(rows.items()):
        usable = [device for meter in meters if (device := _device(park, meter, code, ratio=ratio, to=findings))]
        devices += _in_turn(usable, findings)
        canonical[point] = _unit(park, meters[0])
    numbered = tuple(replace(device, device=number) for number, device in enumerate(devices))
    clocks = {code: meters[0].clock for code, meters in enumerate(rows.values())}
    return Plan(park, tuple(rows), numbered, canonical, clocks, tuple(findings))


def commodity_of(park: Park, stream: str) -> Commodity | None:
    """Commodity of a stream from the park's own table, else the library; None where either is unknown."""
    row = park.streams.get(stream)
    if row is None:
        return None
    return park.commodities.get(row.commodity) or library().commodities.get(row.commodity)


def point_zone(park: Park, text: str) -> ZoneInfo | timedelta:
    """Clock of a logger: a zone, or a fixed offset from UTC."""
    zone = clock.parse_clock(text, park.settings.zone)
    return zone if isinstance(zone, ZoneInfo) else zone.utcoffset(None) or timedelta(0)


def _unit(park: Park, meter: Meter) -> str:
    """Canonical unit of a meter's commodity; blank where unknown."""
    commodity = commodity_of(park, meter.stream)
    return commodity.unit if commodity else ""


def _device(park: Park, meter: Meter, code: int, *, ratio: Ratio, to: list[Finding]) -> Device | None:
    """Turn a meter row into a device period, or tell why not."""
    commodity = commodity_of(park, meter.stream)
    stream = park.streams.get(meter.stream)
    if commodity is None or stream is None or meter.register not in REGISTERS:
        to.append(
            _unusable(meter, f"a known stream, commodity and register; came {meter.stream!r}, {meter.register!r}")
        )
        return None
    rate = meter.register in {"rate", "rate_point"}
    try:
        factor = ratio(meter.unit, f"{commodity.unit}/h" if rate else commodity.unit, commodity)
        power = _power(park, meter, commodity, ratio=ratio)
    except units.UnitError as fault:
        to.append(_unusable(meter, str(fault)))
        return None
    low, high = _cut(meter.valid, stream.valid)
    if low >= high or meter.multiplier <= 0:
        to.append(_unusable(meter, "a span inside its stream's and a multiplier above nought"))
        return None
    own_from = meter.valid.start is not None and micros(meter.valid.start) == low
    own_to = meter.valid.end is not None and micros(meter.valid.end) == high
    return Device(
        device=-1,
        code=code,
        point=meter.point,
        stream=meter.stream,
        register=meter.register,
        factor=factor * Fraction(meter.multiplier),
        from_us=low,
        to_us=high,
        open_us=low,
        period_us=meter.period * SECOND if meter.period else None,
        stamp_end=meter.stamp == "end",
        bidirectional=meter.bidirectional,
        digits=meter.digits,
        first=Fraction(meter.first_value) if own_from and meter.first_value is not None else None,
        last=Fraction(meter.last_value) if own_to and meter.last_value is not None else None,
        power=power,
    )


def _power(park: Park, meter: Meter, commodity: Commodity, *, ratio: Ratio) -> float | None:
    """Rated power of the target node, else of the source [canonical units/us]; power and heat only."""
    if commodity.kind not in {"electricity", "heat"}:
        return None
    stream = park.streams[meter.stream]
    for end in (stream.target, stream.source):
        node = park.nodes.get(end)
        if node is not None and node.rated_kw is not None and node.rated_kw > 0:
            return float(Fraction(node.rated_kw) * ratio("kW", f"{commodity.unit}/h", commodity)) / HOUR
    return None


def _cut(one: Span, other: Span) -> tuple[int, int]:
    """Bounds [us] of the intersection of two spans; open ends are far away."""
    starts = [micros(span.start) for span in (one, other) if span.start is not None]
    ends = [micros(span.end) for span in (one, other) if span.end is not None]
    return max(starts, default=FAR[0]), min(ends, default=FAR[1])


def _in_turn(devices: list[Device], findings: list[Finding]) -> list[Device]:
    """Order the devices of one point, cut overlaps, mark neighbours; a reading at a change closes the old device."""
    placed: list[Device] = []
    for device in sorted(devices, key=lambda item: (item.from_us, item.to_us)):
        previous = placed[-1] if placed else None
        if previous is None or device.from_us > previous.to_us:
            placed.append(device)
            continue
        if device.from_us < previous.to_us:
            findings.append(_overlap(device, previous))
        if device.to_us <= previous.to_us:
            continue
        first = device.first if device.from_us == previous.to_us else None
        placed[-1] = replace(previous, after=True)
        placed.append(replace(device, from_us=previous.to_us, open_us=previous.to_us + 1, first=first, before=True))
    return placed


def _overlap(device: Device, previous: Device) -> Finding:
    """Tell that two device rows of a point overlap."""
    message = (
        f"Device periods of point {device.point} overlap; expected one device at a time. "
        "The later counts from the end of the earlier; correct from/to in meters.csv."
    )
    span = instant(device.from_us), instant(min(previous.to_us, device.to_us))
    return Finding("device_overlap", "error", message, Where(point=device.point, stream=device.stream), *span)


def _unusable(meter: Meter, wanted: str) -> Finding:
    """Tell that a meter row cannot be used."""
    message = f"Meter row of point {meter.point} is not used: expected {wanted}. Correct meters.csv."
    where = Where(file=meter.at.file, line=meter.at.line, point=meter.point, stream=meter.stream)
    return Finding("meter_unusable", "error", message, where, meter.valid.start, meter.valid.end)
