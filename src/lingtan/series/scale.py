"""Scaled integers: per point the smallest power of ten that makes all readings whole, and the exact quantum."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction
from functools import reduce
from math import gcd, lcm

import narwhals as nw

from lingtan.series.frames import Lazy, dicts

MOST_DIGITS = 6
REGISTER_LIMIT = 2**53
SUM_LIMIT = 2**62
_RELATIVE, _ABSOLUTE, _ULP = 1e-9, 1e-3, 4.5e-16
_EXACT = Context(prec=60)
_WEIGHT_LIMIT = 10**6


@dataclass(frozen=True, slots=True)
class Scale:
    """Scale of a point: ``power`` k with value x 10^k whole.

    ``loss`` largest rounding and ``largest`` absolute value [register units], ``rows``, ``capped`` where 2^53 or the
    sum's limit held k down.
    """

    power: int
    loss: float = 0.0
    largest: float = 0.0
    rows: int = 0
    capped: bool = False


def extent(rows: Lazy) -> Lazy:
    """Largest absolute value and number of readings of each point."""
    return rows.group_by("code").agg(largest=nw.col("value").abs().max(), rows=nw.len())


def rounding(rows: Lazy, power: int) -> Lazy:
    """Per point whether value x 10^power is not whole anywhere (``broken``), and the largest rounding (``loss``).

    Whole means within 1e-9 of the value, at most a thousandth of a step, never finer than a double resolves.
    """
    size = 10.0**power
    scaled = nw.col("value") * size
    miss = (scaled - (scaled + 0.5).floor()).abs()
    near = nw.min_horizontal(scaled.abs() * _RELATIVE, nw.lit(_ABSOLUTE)) + scaled.abs() * _ULP + _RELATIVE
    return (
        rows.select("code", miss=miss, broken=(miss > near).cast(nw.Int32))
        .group_by("code")
        .agg(broken=nw.col("broken").max(), loss=nw.col("miss").max() / size)
    )


def scales(rows: Lazy, fixed: Mapping[int, Iterable[Fraction]], *, reach: Mapping[int, float]) -> dict[int, Scale]:
    """Find the scale of every point.

    ``fixed`` holds opening and closing registers, which must come out whole too; ``reach`` is, per point, how much an
    amount may exceed the reading it comes from (weights, durations), so that sums stay inside 64 bits.
    """
    extents = {row["code"]: (row["largest"], row["rows"]) for row in dicts(extent(rows))}
    found: dict[int, Scale] = {}
    for power in range(MOST_DIGITS + 1):
        open_codes = sorted(set(extents) - set(found))
        if not open_codes:
            break
        rest = rows if not found else rows.filter(nw.col("code").is_in(open_codes))
        for row in dicts(rounding(rest, power)):
            code = row["code"]
            largest, count = extents[code]
            room = _fits(largest, count, power + 1, reach.get(code, 1.0))
            whole = not row["broken"] and _whole(fixed.get(code, ()), power)
            if whole or not room or power == MOST_DIGITS:
                loss = 0.0 if whole else row["loss"]
                found[code] = Scale(power, loss, largest, count, capped=not whole and power < MOST_DIGITS)
    return found


def _fits(largest: float, rows: int, power: int, reach: float) -> bool:
    """Tell whether registers and sums at a scale stay inside their limits."""
    register = largest * 10.0**power
    return register < REGISTER_LIMIT and register * reach * max(rows, 1) < SUM_LIMIT


def _whole(values: Iterable[Fraction], power: int) -> bool:
    """Tell whether exact values become whole at a scale."""
    return all((value * 10**power).denominator == 1 for value in values)


def common_factor(factors: Iterable[Fraction]) -> tuple[Fraction, dict[Fraction, int], bool]:
    """Largest quantum that divides all factors of a point's devices, and each factor in whole quanta.

    The third value tells that the factors have no common measure within a million quanta; then the smallest factor's
    millionth stands in and weights are rounded.
    """
    distinct = sorted(set(factors))
    base = lcm(*(factor.denominator for factor in distinct))
    unit = Fraction(reduce(gcd, (int(factor * base) for factor in distinct)), base)
    if distinct[-1] / unit <= _WEIGHT_LIMIT or len(distinct) == 1:
        return unit, {factor: int(factor / unit) for factor in distinct}, False
    unit = distinct[0] / _WEIGHT_LIMIT
    return unit, {factor: round(factor / unit) for factor in distinct}, True


def decimal(fraction: Fraction) -> Decimal:
    """Decimal of a fraction: exact where it ends within 60 digits, else to 60 digits."""
    return _EXACT.divide(Decimal(fraction.numerator), Decimal(fraction.denominator))
