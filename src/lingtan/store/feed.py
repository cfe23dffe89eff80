"""What the rules are given: settled readings as whole numbers of one fixed scale, and the park cut to their points.

The series room finds a point's scale in the readings at hand. For amounts that are the same integers whatever window
they are computed in, readings go in as whole numbers at the point's own decimals, and the device rows are told so.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

import polars as pl

from lingtan.ledger.park import Meter, Park
from lingtan.ledger.quality import BIT
from lingtan.series import Thresholds
from lingtan.series.plan import HOUR, SECOND, Device, commodity_of, plan
from lingtan.series.scale import common_factor
from lingtan.store import rows

#: Doubts compare with other days and so hang on the window; they are judged where a whole year is at hand.
LOCAL = Thresholds(spike_steps=2**62, constant_periods=2**40, flat_hours=1e12, jump_near=-1.0, jump_spread=-1.0)
#: Flags that the series room finds by the order of arrival or by comparison are not its to say here.
OWN = BIT["late"] | BIT["corrected"]
LEFT_OUT = OWN | BIT["stuck"] | BIT["unit_suspect"] | BIT["clock_suspect"]
DAY_US = 24 * HOUR


@dataclass(frozen=True, slots=True)
class Feed:
    """The rules' view of some points: the park with their meters alone, and what is fixed for each by code.

    ``scaled``: ``code, point, places`` (the scale); ``quantum`` canonical units of one quantum by point; ``bounds``:
    ``code, low_us, high_us`` within which a point has rows; ``reach_us`` a distance that holds the context of most.
    """

    park: Park
    scaled: pl.DataFrame
    quantum: Mapping[str, Fraction]
    bounds: pl.DataFrame
    reach_us: int


def feed(park: Park, own: pl.DataFrame, *, context: int) -> Feed:
    """Lay out points ``own`` (`points.named`); points without a usable meter are only counted."""
    meters: dict[str, list[Meter]] = {point: [] for point in own["point"]}
    for meter in park.meters:
        if meter.point in meters:
            meters[meter.point].append(meter)
    places = {
        row["point"]: _places(row["places"], row["largest"], meters[row["point"]]) for row in own.iter_rows(named=True)
    }
    fed = replace(park, meters=tuple(_scaled(one, places[one.point]) for group in meters.values() for one in group))
    devices: dict[str, list[Device]] = {}
    for device in plan(fed).devices:
        devices.setdefault(device.point, []).append(device)
    quantum = {point: common_factor(map(_factor, group))[0] for point, group in devices.items()}
    limits = [
        (row["code"], *_bounds(row["oldest_us"], row["newest_us"], devices.get(row["point"], [])))
        for row in own.iter_rows(named=True)
    ]
    periods = [device.period_us or 900 * SECOND for group in devices.values() for device in group]
    return Feed(
        fed,
        own.select("code", "point", places=pl.Series([places[point] for point in own["point"]], dtype=pl.Int8)),
        quantum,
        pl.DataFrame(limits, schema={"code": pl.Int32, "low_us": pl.Int64, "high_us": pl.Int64}, orient="row"),
        min(max(periods, default=900 * SECOND), DAY_US) * (context + 2) * 3 // 2,
    )


def readings(settled: pl.DataFrame, fed: Feed) -> pl.DataFrame:
    """Bring settled rows to a reading frame in order of time, values as whole numbers at the points' scales."""
    known = settled.join(fed.scaled.rename({"places": "scale"}), on="code", how="left", maintain_order="left")
    value = rows.decoded(known)
    apart = known.get_column("scale") - known.get_column("places")
    exact = (known.get_column("places") >= 0) & (apart >= 0)
    grown = known.get_column("v") * (10 ** apart.clip(0, rows.PLACES).cast(pl.Int64))
    rounded = (value * rows.POWERS.gather(known.get_column("scale"))).round().cast(pl.Int64)
    whole = pl.DataFrame({"a": exact, "b": grown, "c": rounded}).select(
        pl.when(pl.col("a")).then(pl.col("b")).otherwise(pl.col("c"))
    ).to_series()  # fmt: skip
    return known.select(
        "point",
        time=pl.col("us").cast(pl.Datetime("us", "UTC")),
        value=whole.cast(pl.Float64),
        seq=pl.lit(None, pl.Int64),
        order=pl.int_range(pl.len(), dtype=pl.Int64),
    )


def fingerprint(park: Park, point: str, meters: Sequence[Meter]) -> str:
    """Digest of all that a park says of a metering point and its rules need."""
    said = [park.settings.timezone, point]
    for meter in meters:
        stream = park.streams.get(meter.stream)
        nodes = [park.nodes.get(end) for end in ((stream.target, stream.source) if stream else ())]
        ends = [(node.rated_kw, node.kind) for node in nodes if node is not None]
        what = commodity_of(park, meter.stream)
        plain = None if stream is None else (stream.commodity, stream.valid, stream.made_as)
        unit = what and (what.code, what.kind, what.unit)
        said.append(repr((replace(meter, at=type(meter.at)(), serial="", role=""), plain, ends, unit)))
    return hashlib.sha256("\n".join(said).encode()).hexdigest()[:32]


def _places(places: int, largest: float, meters: Sequence[Meter]) -> int:
    """Decimals of a point: those of its readings and of the registers in its device rows, as far as they are exact."""
    registers = [value for meter in meters for value in (meter.first_value, meter.last_value) if value is not None]
    wanted = max(
        [places, *(min(rows.PLACES, max(0, -int(value.normalize().as_tuple().exponent))) for value in registers)]
    )
    top = max([largest, *(abs(float(value)) for value in registers)])
    while wanted > 0 and top * 10**wanted >= rows.LIMIT:
        wanted -= 1
    return wanted


def _scaled(meter: Meter, places: int) -> Meter:
    """Tell a device row that its readings come times 10^places."""
    size = Decimal(10) ** places
    return replace(
        meter,
        multiplier=meter.multiplier / size,
        digits=None if meter.digits is None else meter.digits + places,
        first_value=None if meter.first_value is None else meter.first_value * size,
        last_value=None if meter.last_value is None else meter.last_value * size,
    )


def _factor(device: Device) -> Fraction:
    """Canonical units per step; rates count seconds (the trapezoid half of them)."""
    if device.register not in {"rate", "rate_point"}:
        return device.factor
    return device.factor * Fraction(SECOND, HOUR) / (2 if device.register == "rate_point" else 1)


def _bounds(oldest: int, newest: int, devices: Sequence[Device]) -> tuple[int, int]:
    """First and last instant of which a point's readings and registers speak."""
    low, high = oldest, newest
    for device in devices:
        lead = 0 if device.register == "counter" else device.period_us or DAY_US
        low = min(low, oldest - lead, *([device.from_us] if device.first is not None else []))
        high = max(high, newest + lead, *([device.to_us] if device.last is not None else []))
    return low, high
