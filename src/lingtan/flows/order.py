"""Who counts: the options of a stream, their default order, dated overrides, and the choice month by month."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from lingtan.flows.grid import Grid
from lingtan.flows.meters import Meters, Reading
from lingtan.flows.statements import Chain, Told, chains, forced_chains
from lingtan.flows.virtual import Formula, virtual_months
from lingtan.ledger import boundary
from lingtan.ledger.park import Adoption, Park, Stream, VirtualPoint
from lingtan.reference.model import AdoptionRank, StatementKind

NEVER = 1_000
_WEIGHT = Decimal(1)
_SIDES = ("buyer", "seller", "other", "unknown")


@dataclass(frozen=True, slots=True)
class Rules:
    """The tables that adoption follows: ``order`` by word, statement ``kinds`` by code; see `lingtan.reference`."""

    order: Mapping[str, AdoptionRank]
    kinds: Mapping[str, StatementKind]

    def rank(self, word: str) -> int:
        """Place of a word in the default order; NEVER where it has none."""
        return self.order[word].rank if word in self.order else NEVER

    def least_known(self, word: str) -> Decimal:
        """Share of a month that must be known for a meter to speak for it [0..1]."""
        least = self.order[word].least_known if word in self.order else self.order["main"].least_known
        return Decimal(1) if least is None else least


@dataclass(frozen=True, slots=True)
class Option:
    """Somebody who can speak for a stream: its main meters together, one point, a virtual point, or a chain.

    ``names`` are the words by which adoption.csv can call it; ``place`` orders options, its first part being the rank
    in the default order (NEVER = only on request). ``whole`` are the months it knows whole, ``part`` the months of
    which a meter knows something. ``points`` are the weights of measured points in it.
    """

    origin: str
    label: str
    names: frozenset[str]
    place: tuple[int, int, int, str]
    whole: frozenset[int] = frozenset()
    part: frozenset[int] = frozenset()
    readings: Mapping[int, Reading] = field(default_factory=dict)
    points: Mapping[str, Decimal] = field(default_factory=dict)
    role: str = ""
    chain: Chain | None = None


@dataclass(frozen=True, slots=True)
class Override:
    """An adoption.csv row and the months it rules."""

    row: Adoption
    months: frozenset[int]


def months_of(stream: Stream, grid: Grid) -> range:
    """Indexes of the months of the window in which a stream exists."""
    valid = stream.valid
    if valid.start is None and valid.end is None:
        return range(len(grid.years))
    return grid.touched(valid.start or grid.start, valid.end or grid.end)


def metered(stream: Stream, meters: Meters, rules: Rules) -> list[Option]:
    """Return the metering points of a stream as options: the mains together, and each point for itself."""
    rows = meters.devices.get(stream.id, {})
    roles: dict[str, tuple[str, ...]] = {}
    for point in sorted(rows):
        role = rows[point][-1].role
        roles[role] = (*roles.get(role, ()), point)
    mains = roles.get("main", ())
    options = []
    if mains:
        names = {"main", f"point:{mains[0]}"} if len(mains) == 1 else {"main"}
        options.append(_meter_option(stream, mains, "main", meters, rules, names=names))
    singles = [(role, point) for role, points in sorted(roles.items()) for point in points]
    for role, point in singles:
        if role != "main" or len(mains) > 1:
            names = {f"point:{point}"} | ({role} - {"main"})
            options.append(_meter_option(stream, (point,), role, meters, rules, names=names, alone=True))
    return options


def virtual(
    stream: Stream, points: Sequence[VirtualPoint], formulas: Mapping[str, Formula], meters: Meters, rules: Rules
) -> list[Option]:
    """Return the virtual points of a stream as options."""
    options = []
    for point in sorted(points, key=lambda one: one.point):
        formula = formulas.get(point.point)
        if formula is None:
            continue
        readings = virtual_months(formula, stream, meters, months_of(stream, meters.grid))
        word = {"main": "virtual", "check": "check"}.get(point.role, "")
        whole, part = _months(readings, rules.least_known("virtual"))
        options.append(
            Option(
                origin="virtual",
                label=point.point,
                names=frozenset({f"point:{point.point}", word} - {""}),
                place=(rules.rank(word), 0, 0, point.point),
                whole=whole,
                part=part,
                readings=readings,
                points=formula.linear or dict.fromkeys(formula.terms, Decimal(0)),
                role=point.role,
            )
        )
    return options


def stated(
    stream: Stream, told: Sequence[Told], park: Park, grid: Grid, rules: Rules, *, forced: bool = False
) -> list[Option]:
    """Return the statements of a stream as options; ``forced`` lets disputed statements speak (adoption.csv)."""
    joined = forced_chains(told) if forced else chains(told)
    return [_chain_option(stream, chain, park, grid, rules) for chain in joined]


def overrides(stream: Stream, rows: Iterable[Adoption], grid: Grid) -> list[Override]:
    """Return the adoption.csv rows of a stream with the months each rules, the one that wins first.

    A row rules the months that lie wholly in its span (within the stream's validity). Of several the one with the
    latest ``from`` wins, then the later row.
    """
    ordered = sorted(rows, key=lambda row: (row.valid.start or grid.start, row.at.file, row.at.line or 0), reverse=True)
    taken: set[int] = set()
    found = []
    for row in ordered:
        months = frozenset(index for index in months_of(stream, grid) if _rules(row, stream, grid, index)) - taken
        taken |= months
        found.append(Override(row, months))
    return found


def choose(
    options: Sequence[Option], named: Sequence[Option], ruled: Sequence[Override], months: range
) -> dict[int, Option]:
    """Choose one option per month; months that nobody can speak for are left out.

    By default the first in rank that knows the whole month; where none does, the first meter that knows a part. Under
    an override only the words of its order count, in that order, chosen from ``named``.
    """
    chosen: dict[int, Option] = {}
    free = set(months)
    for override in ruled:
        free -= override.months
        ordered = [option for word in override.row.order for option in _called(named, word)]
        _fill(chosen, ordered, set(override.months))
    _fill(chosen, sorted((o for o in options if o.place[0] < NEVER), key=lambda option: option.place), free)
    return chosen


def _fill(chosen: dict[int, Option], ordered: Sequence[Option], months: set[int]) -> None:
    """Give each month to the first option that knows it whole, else to the first that knows a part of it."""
    for option in ordered:
        for index in option.whole & months:
            chosen.setdefault(index, option)
    for option in ordered:
        for index in option.part & months:
            chosen.setdefault(index, option)


def _called(options: Sequence[Option], word: str) -> list[Option]:
    """Return the options that a word of an order names, best first."""
    return sorted((option for option in options if word in option.names), key=lambda option: option.place)


def _rules(row: Adoption, stream: Stream, grid: Grid, index: int) -> bool:
    """Tell whether an override covers a whole month of the stream."""
    start = max(grid.edges[index], stream.valid.start or grid.start)
    end = min(grid.edges[index + 1], stream.valid.end or grid.end)
    return (row.valid.start is None or row.valid.start <= start) and (row.valid.end is None or end <= row.valid.end)


def _meter_option(
    stream: Stream,
    points: tuple[str, ...],
    role: str,
    meters: Meters,
    rules: Rules,
    *,
    names: set[str],
    alone: bool = False,
) -> Option:
    """Make an option of points that are read together."""
    readings = {
        index: reading
        for index in months_of(stream, meters.grid)
        if (reading := meters.month(stream, points, index)) is not None
    }
    whole, part = _months(readings, rules.least_known("main"))
    return Option(
        origin="meter",
        label=", ".join(points),
        names=frozenset(names),
        place=(NEVER if alone else rules.rank(role), 0, 0, points[0]),
        whole=whole,
        part=part,
        readings=readings,
        points=dict.fromkeys(points, _WEIGHT),
        role=role,
    )


def _months(readings: Mapping[int, Reading], least: Decimal) -> tuple[frozenset[int], frozenset[int]]:
    """Return the months that are known whole, and the others of which something is known."""
    whole = frozenset(index for index, got in readings.items() if got.amount is not None and got.known >= least)
    part = frozenset(index for index, got in readings.items() if got.amount is not None or got.unplaced is not None)
    return whole, part - whole


def _chain_option(stream: Stream, chain: Chain, park: Park, grid: Grid, rules: Rules) -> Option:
    """Make an option of a chain of statements: whole are the months that the chain covers."""
    months = months_of(stream, grid)
    touched = grid.touched(chain.start, chain.end)
    first, last = max(touched.start, months.start), min(touched.stop, months.stop)
    if first < last and chain.start > max(grid.edges[first], stream.valid.start or grid.edges[first]):
        first += 1
    if first < last and chain.end < min(grid.edges[last], stream.valid.end or grid.edges[last]):
        last -= 1
    side = side_of(chain.reporter, stream, park)
    names = {chain.kind, f"{chain.kind}:{chain.reporter}", side}
    order = (rules.rank(chain.kind), int(chain.kind == "confirmed_zero"), _SIDES.index(side), chain.reporter)
    whole = frozenset(range(first, last))
    return Option(chain.kind, chain.reporter, frozenset(names - set(_SIDES[2:])), order, whole, chain=chain)


def side_of(reporter: str, stream: Stream, park: Park) -> str:
    """Tell on which side of a stream a reporter stands: buyer (target), seller (source), other, or unknown (blank).

    A side is the node itself, a node above it, or the owner or operator of one of these.
    """
    if not reporter:
        return "unknown"
    for side, node in (("buyer", stream.target), ("seller", stream.source)):
        if reporter == node:
            return side
        for above in boundary.ancestors(park, node):
            here = park.nodes[above]
            if reporter in (above, here.owner, here.operator):
                return side
    return "other"
