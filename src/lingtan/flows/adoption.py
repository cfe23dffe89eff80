"""From all that is said and read about a stream to the flow that counts, month by month."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from lingtan.flows import gaps
from lingtan.flows.buckets import Bucket
from lingtan.flows.checks import Desk, compare, split
from lingtan.flows.grid import FlowError, Grid, grid_over
from lingtan.flows.meters import Meters, meters_of
from lingtan.flows.model import CrossCheck, Flow, FlowSet
from lingtan.flows.notes import notes_of
from lingtan.flows.order import Option, Override, Rules, choose, metered, months_of, overrides, stated, virtual
from lingtan.flows.pieces import Edges, build, runs
from lingtan.flows.statements import Told, read
from lingtan.flows.virtual import Formula, formulas
from lingtan.ledger.finding import Finding
from lingtan.ledger.park import Adoption, Park, Statement, Stream, VirtualPoint
from lingtan.reference import library
from lingtan.reference.model import AdoptionRank, StatementKind
from lingtan.series.model import Series


@dataclass(frozen=True, slots=True)
class Case:
    """One stream on the table: who could speak (``options``; ``named`` under overrides), and who does."""

    stream: Stream
    told: tuple[Told, ...]
    options: tuple[Option, ...]
    named: tuple[Option, ...]
    ruled: tuple[Override, ...]
    chosen: Mapping[int, Option]


@dataclass(frozen=True, slots=True)
class Files:
    """The rows of a park by stream."""

    statements: Mapping[str, Sequence[Statement]]
    adoption: Mapping[str, Sequence[Adoption]]
    virtual: Mapping[str, Sequence[VirtualPoint]]


def adopt(
    park: Park,
    series: Series,
    start: datetime,
    end: datetime,
    *,
    kinds: Mapping[str, StatementKind] | None = None,
    order: Iterable[AdoptionRank] | None = None,
) -> FlowSet:
    """Choose, for every stream and local month, the statement that counts, and make the flows.

    Parameters
    ----------
    park : the park; statements, meters, virtual points and adoption.csv rows are read from it.
    series : roll-ups by month, day and year over at least the months of the window.
    start, end : window; widened to whole local months, which `FlowSet.start` and `FlowSet.end` tell.
    kinds, order : tables of statement kinds and of the default order; None = those of `lingtan.reference`.

    Returns
    -------
    FlowSet
        Per stream pieces in order of time, amounts in the canonical unit [commodity.unit]. A metered month is one
        piece; so is a statement that keeps to month limits and counts for all its months, over its own span. Other
        statements give pieces by month, cut by days (marked ``estimated``). Months of which nothing is known are
        pieces without amount. No piece crosses the end of a local year.

    Raises
    ------
    FlowError
        where the window is empty or ``series`` has readings but does not reach over the window's months.

    Notes
    -----
    Rules: the park folder, format 1, sections "Meters and readings" and "Statements and adoption".
    """
    rules = _rules(kinds, order)
    grid = grid_over(start, end, park.settings.zone)
    _check_window(park, series, grid)
    meters, findings = meters_of(park, series, grid)
    ready, unusable = formulas(park, park.virtual)
    cases, faults = _cases(park, meters, ready, rules)
    totals, uncounted = gaps.place(park, series, grid, {name: case.chosen for name, case in cases.items()})
    findings += [*unusable, *faults, *uncounted]
    pieces: dict[str, tuple[Flow, ...]] = {}
    checks: list[CrossCheck] = []
    days: dict[str, Mapping[Edges, Bucket]] = {}
    for name, case in cases.items():
        ordered = runs(case.stream, case.chosen, grid)
        pieces[name] = build(case.stream, ordered, totals.get(name, ()), grid, rules)
        unit = park.commodities[case.stream.commodity].unit
        desk = Desk(case.stream, unit, *split(pieces[name], grid), ordered, case.chosen, meters, ready, rules, days)
        found, deviations = compare(desk, case.options, case.told)
        checks += found
        findings += [*deviations, *notes_of(desk, case.told, case.options, case.ruled, ordered)]
    return FlowSet(grid.start, grid.end, pieces, tuple(checks), tuple(findings))


def total(pieces: Iterable[Flow]) -> Decimal | None:
    """Return the sum of the known amounts of pieces of one stream, canonical unit; None where none is known."""
    known = [piece.amount for piece in pieces if piece.amount is not None]
    return sum(known, Decimal(0)) if known else None


def _cases(
    park: Park, meters: Meters, ready: Mapping[str, Formula], rules: Rules
) -> tuple[dict[str, Case], list[Finding]]:
    """Lay out every stream that exists in the window."""
    files = _files(park)
    cases: dict[str, Case] = {}
    findings: list[Finding] = []
    for stream in park.streams.values():
        if months_of(stream, meters.grid):
            cases[stream.id], faults = _case(park, stream, files, meters, ready, rules)
            findings += faults
    return cases, findings


def _case(
    park: Park, stream: Stream, files: Files, meters: Meters, ready: Mapping[str, Formula], rules: Rules
) -> tuple[Case, list[Finding]]:
    """Lay out who can speak for a stream, and choose."""
    grid = meters.grid
    told, findings = read(stream, files.statements.get(stream.id, ()), park.commodities[stream.commodity])
    instruments = metered(stream, meters, rules)
    if stream.id in files.virtual:
        instruments += virtual(stream, files.virtual[stream.id], ready, meters, rules)
    options = (*instruments, *stated(stream, told, park, grid, rules))
    ruled = tuple(overrides(stream, files.adoption.get(stream.id, ()), grid))
    named = options
    if ruled and any(one.disputed for one in told):
        named = (*instruments, *stated(stream, told, park, grid, rules, forced=True))
    chosen = choose(options, named, ruled, months_of(stream, grid))
    return Case(stream, told, options, named, ruled, chosen), findings


def _rules(kinds: Mapping[str, StatementKind] | None, order: Iterable[AdoptionRank] | None) -> Rules:
    """Take the tables of the reference room where none are given."""
    ranks = library().adoption if order is None else order
    return Rules({rank.word: rank for rank in ranks}, library().statement_kinds if kinds is None else kinds)


def _files(park: Park) -> Files:
    """Sort the rows of the park by stream."""
    statements: dict[str, list[Statement]] = defaultdict(list)
    adoption: dict[str, list[Adoption]] = defaultdict(list)
    points: dict[str, list[VirtualPoint]] = defaultdict(list)
    for row in park.statements:
        statements[row.stream].append(row)
    for override in park.adoption:
        adoption[override.stream].append(override)
    for point in park.virtual:
        points[point.stream].append(point)
    return Files(dict(statements), dict(adoption), dict(points))


def _check_window(park: Park, series: Series, grid: Grid) -> None:
    """Refuse roll-ups that do not reach over the window: their edge months would look known."""
    if park.meters and series.buckets and (series.start > grid.start or series.end < grid.end):
        raise FlowError(
            f"expected readings summarised over the whole local months {grid.start} to {grid.end}; "
            f"came a series over {series.start} to {series.end}: widen it with whole_months()"
        )
