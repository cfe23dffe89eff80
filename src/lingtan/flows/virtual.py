"""Virtual points: expressions over measured points, in the written unit of the virtual point."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from lingtan.flows.buckets import Bucket, by_span, in_units
from lingtan.flows.grid import overlap_us
from lingtan.flows.meters import Meters, Reading, class_sigma_pct, quadratic_pct, within
from lingtan.flows.model import Source
from lingtan.ledger import expression, quality, units
from lingtan.ledger.finding import Finding, Where
from lingtan.ledger.park import Meter, Park, Stream, VirtualPoint
from lingtan.series.model import Series

_ONE = Decimal(1)
_DEEPEST = 10
# The least known share of a month that is adopted, as in the table of adoption orders.
_WHOLE = Decimal("0.99")
Days = Mapping[tuple[datetime, datetime], Mapping[str, Bucket]]


@dataclass(frozen=True, slots=True)
class Formula:
    """A virtual point ready for use: amounts of its terms in, its own amount out, all in canonical units.

    ``terms`` are measured points (virtual terms are resolved); ``linear`` are their coefficients where the
    expression is a weighted sum, so that it holds for spans of any length; None where it must go day by day.
    """

    point: str
    terms: tuple[str, ...]
    linear: Mapping[str, Decimal] | None
    parsed: expression.Expression
    ratios: Mapping[str, Decimal]
    inner: Mapping[str, Formula]
    result: Decimal

    def value(self, amounts: Mapping[str, Decimal | None]) -> Decimal | None:
        """Evaluate over amounts of measured points; None where a term is None or a division has no result."""
        if self.linear is not None:
            parts = [None if (a := amounts[name]) is None else a * weight for name, weight in self.linear.items()]
            return None if None in parts else sum((part for part in parts if part is not None), Decimal(0))
        values: dict[str, Decimal | None] = {}
        for name, ratio in self.ratios.items():
            amount = self.inner[name].value(amounts) if name in self.inner else amounts[name]
            values[name] = None if amount is None else amount * ratio
        try:
            got = self.parsed.evaluate(values)
        except expression.ExpressionError:  # a division by zero has no amount
            return None
        return None if got is None else got * self.result


def formulas(park: Park, points: Sequence[VirtualPoint]) -> tuple[dict[str, Formula], list[Finding]]:
    """Parse virtual points; one that cannot be used becomes a finding that says why.

    Terms are taken in the written unit of the virtual point they stand in, so that kWh and MWh add up rightly.
    """
    owners: dict[str, str] = {meter.point: meter.stream for meter in park.meters}
    virtual = {point.point: point for point in park.virtual}
    owners |= {point.point: point.stream for point in park.virtual}
    ready: dict[str, Formula] = {}
    findings = []
    for point in points:
        try:
            ready[point.point] = _formula(park, point, owners, virtual, depth=0)
        except (expression.ExpressionError, units.UnitError, LookupError) as fault:
            message = f"Virtual point {point.point} is left out: {fault}"
            where = Where(point.at.file, point.at.line, point.point, point.stream)
            findings.append(Finding("virtual_unusable", "error", message, where))
    return ready, findings


def virtual_months(formula: Formula, stream: Stream, meters: Meters, months: Iterable[int]) -> dict[int, Reading]:
    """Return what a virtual point knows of each month: as much as the term that is known least."""
    found = {}
    for index in months:
        month = (meters.grid.edges[index], meters.grid.edges[index + 1])
        buckets = {point: bucket for point in formula.terms if (bucket := meters.months.get(point, {}).get(index))}
        reading = evaluate(formula, stream, month, buckets, meters.series, by_day=True, devices=meters.devices)
        if reading is not None:
            found[index] = reading
    return found


def evaluate(
    formula: Formula,
    stream: Stream,
    span: tuple[datetime, datetime],
    buckets: Mapping[str, Bucket],
    series: Series,
    *,
    by_day: bool = False,
    devices: Mapping[str, Mapping[str, tuple[Meter, ...]]] | None = None,
) -> Reading | None:
    """Evaluate a virtual point over a span.

    Where a term is not known whole, the amounts of the terms do not belong together: then the days count in which all
    are (``by_day``, for spans of several days), else there is no amount; the reading is marked incomplete. ``by_day``
    also tells to go day by day where the expression is no weighted sum.
    """
    valid = within(stream, span)
    length = overlap_us(*valid, *valid)
    if not length or not buckets:
        return None
    shares = [_shares(buckets.get(point), length) for point in formula.terms]
    known, resolved = (min(side) for side in zip(*shares, strict=True))
    whole = known >= _WHOLE
    pieces: list[Mapping[str, Bucket]] = [buckets]
    if by_day and (not whole or formula.linear is None):
        days = _days(series, formula, span)
        if formula.linear is not None:
            days = {day: held for day, held in days.items() if _is_whole(formula, within(stream, day), held)}
            spans = [within(stream, day) for day in days]
            known = min(Decimal(sum(overlap_us(*day, *day) for day in spans)) / length, _ONE)
        pieces = list(days.values())
    elif not whole and formula.linear is not None:
        pieces, known = [], Decimal(0)
    amounts = [formula.value(_amounts(formula, piece, series)) for piece in pieces]
    found = [amount for amount in amounts if amount is not None]
    total = sum(found, Decimal(0)) if found else None
    flags = 0 if whole else quality.BIT["incomplete"]
    for bucket in buckets.values():
        flags |= bucket.flags
    return Reading(
        total,
        known,
        min(known, resolved),
        _unplaced(formula, buckets, series),
        flags,
        _sigma_pct(formula, buckets, series, devices, valid),
        (Source("virtual", formula.point, *valid, total),),
    )


def _is_whole(formula: Formula, valid: tuple[datetime, datetime], buckets: Mapping[str, Bucket]) -> bool:
    """Tell whether all terms are known over a day."""
    length = overlap_us(*valid, *valid)
    return length > 0 and all(_shares(buckets.get(point), length)[0] >= _WHOLE for point in formula.terms)


def _formula(
    park: Park, point: VirtualPoint, owners: Mapping[str, str], virtual: Mapping[str, VirtualPoint], *, depth: int
) -> Formula:
    """Parse one virtual point and the virtual points it names."""
    if depth > _DEEPEST:
        raise LookupError(f"expected at most {_DEEPEST} virtual points inside each other; {point.point} goes deeper")
    parsed = expression.parse(point.expression, tuple(owners))
    units.ratio(parsed.unit(dict.fromkeys(parsed.names, point.unit)), point.unit)
    ratios = {name: _ratio(park, owners[name], point.unit) for name in parsed.names}
    inner = {
        name: _formula(park, virtual[name], owners, virtual, depth=depth + 1)
        for name in parsed.names
        if name in virtual
    }
    own = park.commodities[park.streams[point.stream].commodity]
    result = units.ratio(point.unit, own.unit, own)
    terms = dict.fromkeys(term for name in parsed.names for term in (inner[name].terms if name in inner else (name,)))
    linear = _linear(parsed, ratios, inner, result)
    return Formula(point.point, tuple(terms), linear, parsed, ratios, inner, result)


def _ratio(park: Park, stream: str, unit: str) -> Decimal:
    """Return how many ``unit`` one canonical unit of a stream is."""
    commodity = park.commodities[park.streams[stream].commodity]
    return units.ratio(commodity.unit, unit, commodity)


def _linear(
    parsed: expression.Expression, ratios: Mapping[str, Decimal], inner: Mapping[str, Formula], result: Decimal
) -> dict[str, Decimal] | None:
    """Coefficients over measured points in canonical units; None where the expression is no weighted sum."""
    if parsed.linear is None:
        return None
    total: dict[str, Decimal] = {}
    for name in parsed.names:
        weight = parsed.linear.get(name, Decimal(0)) * ratios[name] * result
        if name not in inner:
            total[name] = total.get(name, Decimal(0)) + weight
            continue
        within = inner[name].linear
        if within is None:
            return None
        for term, part in within.items():
            total[term] = total.get(term, Decimal(0)) + weight * part
    return total


def _amounts(formula: Formula, buckets: Mapping[str, Bucket], series: Series) -> dict[str, Decimal | None]:
    """Return the amounts of all terms; None where a term has no roll-up."""
    return {
        point: in_units(buckets[point].amount, point, series) if point in buckets else None for point in formula.terms
    }


def _shares(bucket: Bucket | None, length: int) -> tuple[Decimal, Decimal]:
    """Return known and resolved shares of a term over the time of the stream [0..1]."""
    if bucket is None:
        return Decimal(0), Decimal(0)
    resolved = Decimal(bucket.time_us * bucket.resolved) / (bucket.periods * length) if bucket.periods else Decimal(0)
    return min(Decimal(bucket.known_us) / length, _ONE), min(resolved, _ONE)


def _unplaced(formula: Formula, buckets: Mapping[str, Bucket], series: Series) -> Decimal | None:
    """Known totals of the terms that do not fit in the span, weighted; None where there are none."""
    if formula.linear is None:
        return None
    apart = [
        amount * formula.linear[point]
        for point, bucket in buckets.items()
        if (amount := in_units(bucket.unplaced, point, series)) is not None
    ]
    return sum(apart, Decimal(0)) if apart else None


def _sigma_pct(
    formula: Formula,
    buckets: Mapping[str, Bucket],
    series: Series,
    devices: Mapping[str, Mapping[str, tuple[Meter, ...]]] | None,
    span: tuple[datetime, datetime],
) -> Decimal | None:
    """Uncertainty of a weighted sum of independent devices [% of the sum]."""
    if formula.linear is None or devices is None:
        return None
    parts = []
    for point, weight in formula.linear.items():
        rows = tuple(row for by_point in devices.values() for row in by_point.get(point, ()))
        sigma = class_sigma_pct(rows, span)
        amount = in_units(buckets[point].amount, point, series) if point in buckets else None
        if sigma is None or amount is None:
            return None
        parts.append((amount * weight, sigma))
    return quadratic_pct(parts)


def _days(series: Series, formula: Formula, span: tuple[datetime, datetime]) -> Days:
    """Day -> point -> roll-up of the terms, for the days of a span."""
    days: dict[tuple[datetime, datetime], dict[str, Bucket]] = {}
    for point, spans in by_span(series, "day", formula.terms).items():
        for day, bucket in spans.items():
            if span[0] <= day[0] < span[1]:
                days.setdefault(day, {})[point] = bucket
    return days
