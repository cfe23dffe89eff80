"""Cross-checks: who was not adopted, beside what was, over the same span; deviations with the amount at stake."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from lingtan.flows.buckets import Bucket, by_span
from lingtan.flows.grid import Grid, cut, local_text
from lingtan.flows.meters import Meters, Reading, combine
from lingtan.flows.model import CrossCheck, Flow, Source
from lingtan.flows.order import Option, Rules
from lingtan.flows.pieces import Run, cut_sigma_pct, is_year_level, sigma_of
from lingtan.flows.statements import Told
from lingtan.flows.virtual import Formula, evaluate
from lingtan.ledger import clock
from lingtan.ledger.finding import Finding, Where
from lingtan.ledger.park import Stream

UNKNOWN_CLASS_SIGMA_PCT = Decimal(5) / Decimal(3).sqrt()
"""Uncertainty taken for a device without accuracy class in comparisons [% of value]: class 5, our own default."""
UNIT_RATIOS = {
    **{f"{Decimal(10) ** power:f}": (Decimal(10) ** power, "a power of ten") for power in range(-6, 7) if power},
    **{
        name: (factor, pair)
        for size, pair in (("3.6", "MWh and GJ"), ("4.1868", "kcal and kJ"), ("29.3076", "kgce and MJ"))
        for name, factor in ((size, Decimal(size)), (f"1/{size}", 1 / Decimal(size)))
    },
}
"""Ratios that betray a unit, and what they look like."""
_NEAR = Decimal("0.05")
_TWO = Decimal(2)
_ZERO = Decimal(0)
Edges = tuple[datetime, datetime]


class Sum(NamedTuple):
    """What is adopted over a span, with one standard deviation, both in the canonical unit."""

    amount: Decimal
    sigma: Decimal


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything that comparing one stream needs."""

    stream: Stream
    unit: str
    metered: tuple[Flow, ...]
    year_level: tuple[Flow, ...]
    ordered: Sequence[Run]
    chosen: Mapping[int, Option]
    meters: Meters
    formulas: Mapping[str, Formula]
    rules: Rules
    days: dict[str, Mapping[Edges, Bucket]]

    @property
    def zone(self) -> tzinfo:
        """The park's zone."""
        return self.meters.grid.zone


def split(pieces: Sequence[Flow], grid: Grid) -> tuple[tuple[Flow, ...], tuple[Flow, ...]]:
    """Return the metered (and missing) months of a stream, and the totals that are known for the year only."""
    apart = tuple(piece for piece in pieces if is_year_level(piece, grid))
    kinds = ("meter", "virtual", "missing")
    return tuple(piece for piece in pieces if piece.origin in kinds and piece not in apart), apart


def compare(desk: Desk, options: Sequence[Option], told: Sequence[Told]) -> tuple[list[CrossCheck], list[Finding]]:
    """Compare statements and meters that were not adopted with what was."""
    checks: list[CrossCheck] = []
    findings: list[Finding] = []
    speakers = {id(option): _speakers(option) for option in desk.chosen.values()}
    everywhere = frozenset.intersection(*speakers.values()) if speakers else frozenset()
    for one in told:
        if id(one) in everywhere:
            continue
        found = list(_statement_checks(desk, one, speakers))
        checks += found
        findings += [_deviation(desk, group, one) for group in _consecutive(found)]
    for option in options:
        if option.chain is None and option.role != "sub":
            found = list(_meter_checks(desk, option))
            checks += found
            findings += [_deviation(desk, group) for group in _consecutive(found)]
    return checks, findings


def suspected_unit(ratio: Decimal) -> str:
    """Return the factor between two units that a ratio lies within 5 % of; blank where there is none."""
    for name, (factor, _) in UNIT_RATIOS.items():
        if abs(ratio / factor - 1) <= _NEAR:
            return name
    return ""


def _speakers(option: Option) -> frozenset[int]:
    """Return the identities of the statements in an option."""
    return frozenset(id(one) for one in option.chain.told) if option.chain is not None else frozenset()


def _statement_checks(desk: Desk, told: Told, speakers: Mapping[int, frozenset[int]]) -> Iterator[CrossCheck]:
    """Compare a statement over its own span, or month by month where what is adopted cannot be summed over it."""
    grid = desk.meters.grid
    apart = [
        index
        for index in grid.touched(told.start, told.end)
        if index in desk.chosen and id(told) not in speakers[id(desk.chosen[index])]
    ]
    inside = told.start >= grid.start and told.end <= grid.end
    sigma = sigma_of(told, desk.rules)
    if inside and len(apart) == len(grid.touched(told.start, told.end)):
        adopted = _adopted_over(desk, told.start, told.end)
        if adopted is not None:
            source = told.source(told.amount, told.start, told.end)
            yield _check(desk, (told.start, told.end), adopted, source, abs(told.amount) * sigma / 100)
            return
    for index in apart:
        start, end = max(told.start, grid.edges[index]), min(told.end, grid.edges[index + 1])
        adopted = _adopted_over(desk, start, end)
        if adopted is not None:
            amount = cut(told.amount, (told.start, told.end), (start, end), desk.zone)
            spread = abs(amount) * cut_sigma_pct(sigma, desk.rules) / 100
            yield _check(desk, (start, end), adopted, told.source(amount, start, end), spread)


def _meter_checks(desk: Desk, option: Option) -> Iterator[CrossCheck]:
    """Compare a point that was not adopted, month by month, where both sides are known whole."""
    grid = desk.meters.grid
    for index in sorted(option.whole):
        adopted = desk.chosen.get(index)
        if adopted is None or adopted is option or set(option.points) & set(adopted.points):
            continue
        start, end = grid.edges[index], grid.edges[index + 1]
        other, beside = option.readings[index], _adopted_over(desk, start, end)
        if beside is None or other.amount is None:
            continue
        source = Source(option.origin, option.label, start, end, other.amount)
        sigma = abs(other.amount) * _sigma_pct(other.sigma_pct) / 100
        yield _check(desk, (start, end), beside, source, sigma)


def _check(desk: Desk, span: Edges, adopted: Sum, source: Source, sigma: Decimal) -> CrossCheck:
    """Lay one amount beside what is adopted; ``sigma`` belongs to it."""
    other = _ZERO if source.amount is None else source.amount
    spread = (adopted.sigma**2 + sigma**2).sqrt()
    deviates = abs(other - adopted.amount) > _TWO * spread
    return CrossCheck(desk.stream.id, *span, adopted.amount, other, source, spread, deviates)


def _adopted_over(desk: Desk, start: datetime, end: datetime) -> Sum | None:
    """Sum what is adopted over a span; None where a part of it is missing or only partly known.

    Devices and parties err in the same way all the time, so their deviations add up linearly over time.
    """
    parts: list[Sum | None] = []
    for run in desk.ordered:
        low, high = max(start, run.start), min(end, run.end)
        if low >= high:
            continue
        if run.option is None:
            return None
        parts += _told_parts(desk, run, low, high) if run.option.chain else _metered_parts(desk, low, high)
    parts += [_sum(piece.amount, None) for piece in desk.year_level if start <= piece.start and piece.end <= end]
    known = [part for part in parts if part is not None]
    if not known or len(known) < len(parts):
        return None
    return Sum(sum((part.amount for part in known), _ZERO), sum((part.sigma for part in known), _ZERO))


def _told_parts(desk: Desk, run: Run, start: datetime, end: datetime) -> list[Sum | None]:
    """Return what the statements of a run give to a span: whole, or cut by days with the uncertainty of an estimate."""
    parts: list[Sum | None] = []
    for told in run.option.chain.told if run.option and run.option.chain else ():
        span = (max(start, told.start), min(end, told.end))
        if span[0] < span[1]:
            sigma, whole = sigma_of(told, desk.rules), (told.start, told.end)
            sigma = sigma if span == whole else cut_sigma_pct(sigma, desk.rules)
            parts.append(_sum(cut(told.amount, whole, span, desk.zone), sigma))
    return parts


def _metered_parts(desk: Desk, start: datetime, end: datetime) -> list[Sum | None]:
    """Return what metered months give to a span: whole months, or the days of one."""
    parts: list[Sum | None] = []
    for piece in desk.metered:
        low, high = max(start, piece.start), min(end, piece.end)
        if low >= high:
            continue
        if piece.amount is None or "incomplete" in piece.flags:
            parts.append(None)
        elif (low, high) == (piece.start, piece.end):
            parts.append(_sum(piece.amount, piece.sigma_pct))
        else:
            parts.append(_sum(_from_days(desk, low, high), piece.sigma_pct))
    return parts


def _sum(amount: Decimal | None, sigma_pct: Decimal | None) -> Sum | None:
    """Return an amount with its uncertainty in canonical units; None stays None."""
    return None if amount is None else Sum(amount, abs(amount) * _sigma_pct(sigma_pct) / 100)


def _from_days(desk: Desk, start: datetime, end: datetime) -> Decimal | None:
    """Sum the days of the adopted points over a span within a month; None unless they fill it and are known."""
    option = desk.chosen[desk.meters.grid.index(start)]
    points = tuple(option.points)
    _load_days(desk, points)
    spans = _days(start, end, desk.zone)
    if spans[0][0] != start or spans[-1][1] != end:
        return None
    found = [_day(desk, option, points, span) for span in spans]
    read = [one for one in found if one is not None and one.amount is not None]
    known = sum((one.known for one in read), _ZERO) / len(found)
    if known < desk.rules.least_known("main"):
        return None
    return sum((one.amount for one in read if one.amount is not None), _ZERO)


def _day(desk: Desk, option: Option, points: tuple[str, ...], span: Edges) -> Reading | None:
    """Return what the adopted points know of a day."""
    buckets = {point: bucket for point in points if (bucket := desk.days.get(point, {}).get(span)) is not None}
    if option.origin == "virtual":
        return evaluate(desk.formulas[option.label], desk.stream, span, buckets, desk.meters.series)
    devices = {point: desk.meters.devices[desk.stream.id][point] for point in points}
    return combine(desk.stream, span, buckets, devices, desk.meters.series, brief=True)


@lru_cache(maxsize=4096)
def _days(start: datetime, end: datetime, zone: tzinfo) -> tuple[Edges, ...]:
    """Return the local days that share an instant with a span."""
    return clock.days(start, end, zone)


def _load_days(desk: Desk, points: tuple[str, ...]) -> None:
    """Read the days of points that are not read yet."""
    wanted = [point for point in points if point not in desk.days]
    if wanted:
        desk.days.update({point: {} for point in wanted})
        desk.days.update(by_span(desk.meters.series, "day", wanted))


def _sigma_pct(sigma_pct: Decimal | None) -> Decimal:
    """Return an uncertainty, or the default for a device without class [% of value]."""
    return UNKNOWN_CLASS_SIGMA_PCT if sigma_pct is None else sigma_pct


def _consecutive(checks: Sequence[CrossCheck]) -> Iterator[list[CrossCheck]]:
    """Group deviations of one point or statement that follow each other without a break."""
    group: list[CrossCheck] = []
    for check in checks:
        if group and (not check.deviates or group[-1].end != check.start):
            yield group
            group = []
        if check.deviates:
            group.append(check)
    if group:
        yield group


def _deviation(desk: Desk, group: Sequence[CrossCheck], told: Told | None = None) -> Finding:
    """Say who deviates from what is adopted, by how much, and which unit that looks like."""
    adopted, other = (sum((getattr(check, side) for check in group), _ZERO) for side in ("adopted", "other"))
    difference = sum((abs(check.other - check.adopted) for check in group), _ZERO)
    spread = _TWO * sum((check.sigma for check in group), _ZERO)
    unit_factor = suspected_unit(other / adopted) if adopted and other else ""
    start, end = group[0].start, group[-1].end
    source = group[0].source
    teller = f"{source.kind} {source.ref}" + (f" of {source.reporter}" if source.reporter else "")
    by = _adopted_by(desk, start)
    message = (
        f"Stream {desk.stream.id}, {local_text(start, desk.zone)} to {local_text(end, desk.zone)}: {teller} says "
        f"{_shown(other)} {desk.unit}, adopted is {by} with {_shown(adopted)} {desk.unit}; the difference "
        f"{_shown(difference)} {desk.unit} is more than two standard deviations ({_shown(spread)} {desk.unit})."
    )
    if unit_factor:
        message += (
            f" The ratio is near {unit_factor} ({UNIT_RATIOS[unit_factor][1]}): check the unit; nothing was converted."
        )
    option = desk.chosen[desk.meters.grid.index(start)]
    params = {
        "other": other, "adopted": adopted, "adopted_by": by, "source": source.ref, "unit_suspect": unit_factor,
        "kind": source.kind, "reporter": source.reporter, "allowed": spread, "adopted_kind": option.origin,
        "adopted_label": option.label,
    }  # fmt: skip
    at = told.statement.at if told is not None else None
    where = Where(
        file=at.file if at else "", line=at.line if at else None, point="" if at else source.ref, stream=desk.stream.id
    )
    return Finding("deviation", "finding", message, where, start, end, difference, desk.unit, params)


def _adopted_by(desk: Desk, start: datetime) -> str:
    """Name who is adopted at the begin of a span."""
    option = desk.chosen[desk.meters.grid.index(start)]
    return f"{option.origin} {option.label}".strip()


def _shown(amount: Decimal) -> str:
    """Write an amount for a message: six significant digits, no exponent; only shown, never kept."""
    rounded = amount if not amount else round(amount, max(0, 5 - amount.adjusted()))
    return f"{rounded.normalize():f}"
