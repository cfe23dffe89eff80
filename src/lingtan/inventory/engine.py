"""The engine: which entry of a method a stream falls under on each side, and what its recipe makes of the amounts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import TypeVar
from zoneinfo import ZoneInfo

from lingtan.inventory import factors, scope
from lingtan.inventory.factors import Ask, Book, Found
from lingtan.inventory.model import LineInput
from lingtan.inventory.origins import Origins
from lingtan.inventory.rules import RULES, apply
from lingtan.inventory.scope import ZERO, Part, Scope
from lingtan.inventory.shapes import EnergyEntry, Entry, Recipe, Select
from lingtan.ledger import units
from lingtan.ledger.boundary import ancestors
from lingtan.ledger.finding import Finding, Where
from lingtan.ledger.park import Stream
from lingtan.reference.model import Commodity, FactorRow

_Row = TypeVar("_Row", Entry, EnergyEntry)
Covered = Mapping[tuple[str, datetime], Decimal]


@dataclass(frozen=True, slots=True)
class Run:
    """Everything an account is computed from, apart from the plan (which alternatives of choices vary).

    ``covered`` [canonical unit of the stream] is what certificates cover of a piece; ``stock_changes`` maps
    (node, commodity) to the increase of the stock over the year.
    """

    scope: Scope
    book: Book
    origins: Origins
    covered: Covered
    stock_changes: Mapping[tuple[str, str], Decimal]
    kept: dict[tuple[str, str, str, int], tuple[Group, ...]] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class Match:
    """A stream on a side, the position of the entry it falls under, and its origin."""

    stream: Stream
    side: str
    entry: int
    origin: str


@dataclass(frozen=True, slots=True)
class Group:
    """Parts of a stream that one rule with one set of factors makes into one amount.

    ``arguments`` hold the signed amount in the rule's unit; ``result`` is None where no amount or no factor is known.
    """

    found: Found
    parts: tuple[Part, ...]
    amount: Decimal | None
    arguments: Mapping[str, Decimal]
    result: Decimal | None


@dataclass(slots=True)
class Notes:
    """Findings as they come up, each told once."""

    found: dict[tuple[object, ...], Finding] = field(default_factory=dict)
    ignored: dict[str, tuple[object, Decimal]] = field(default_factory=dict)

    def add(self, key: tuple[object, ...], finding: Finding) -> None:
        """Keep a finding unless one with the same key was told before."""
        self.found.setdefault(key, finding)


def matches(run: Run, rows: tuple[_Row, ...]) -> tuple[Match, ...]:
    """Return for every stream and side in the boundary the first entry that selects it, one for each ``place``."""
    known: dict[tuple[str, ...], tuple[int, ...]] = {}
    out: list[Match] = []
    wanted = {row.select.side for row in rows}
    by_node = any(row.select.sectors or row.select.node_kinds for row in rows)
    for stream in run.scope.park.streams.values():
        if stream.source not in run.scope.shared and stream.target not in run.scope.shared:
            continue
        commodity = run.scope.commodity(stream)
        for side in run.scope.sides(stream):
            if side not in wanted:
                continue
            origin = run.origins.of(stream, side)
            node = stream.target if side in ("received", "used") else stream.source
            sector, kind = sector_of(run, node) if by_node else ("", "")
            key = (stream.commodity, stream.made_as, stream.used_as, origin, side, sector, kind)
            if key not in known:
                found = _first_of_each_place(rows, stream, commodity, origin=origin, side=side, node=(sector, kind))
                known[key] = tuple(found)
            out += [Match(stream, side, position, origin) for position in known[key]]
    return tuple(out)


def _first_of_each_place(
    rows: tuple[_Row, ...],
    stream: Stream,
    commodity: Commodity,
    *,
    origin: str,
    side: str,
    node: tuple[str, str],
) -> Iterator[int]:
    taken: set[object] = set()
    for position, row in enumerate(rows):
        place = row.place if isinstance(row, Entry) else ""
        if place in taken or row.select.side != side:
            continue
        if of_node(row.select, *node) and selects(row.select, stream, commodity, origin=origin):
            taken.add(place)
            yield position


def sector_of(run: Run, node: str) -> tuple[str, str]:
    """Return the sector of a node (its own, else that of the nearest node above with one) and its kind."""
    nodes = run.scope.park.nodes
    above = (nodes[name].sector for name in ancestors(run.scope.park, node))
    return next(filter(None, above), ""), nodes[node].kind


def of_node(select: Select, sector: str, kind: str) -> bool:
    """Tell whether a selector means nodes of a sector and a kind."""
    if select.node_kinds and kind not in select.node_kinds:
        return False
    return not select.sectors or any(
        sector.startswith(word[:-1]) if word.endswith("*") else sector == word for word in select.sectors
    )


def selects(select: Select, stream: Stream, commodity: Commodity, *, origin: str) -> bool:
    """Tell whether a selector means a stream (its side and node apart)."""
    return (
        means(select, commodity)
        and (not select.made_as or stream.made_as in select.made_as)
        and (not select.used_as or stream.used_as in select.used_as)
        and (not select.origins or origin in select.origins)
    )


def means(select: Select, commodity: Commodity) -> bool:
    """Tell whether a selector means a commodity; ``fossil = true`` also takes commodities that do not say."""
    if select.fossil is not None and (commodity.fossil is not False) != select.fossil:
        return False
    codes = commodity.lineage or (commodity.code,)
    return commodity.kind in select.kinds or any(code in select.commodities for code in codes)


def groups(
    run: Run, recipe: Recipe, stream: Stream, parts: Sequence[Part], *, sign: int = 1, substance: str = "CO2"
) -> tuple[Group, ...]:
    """Apply a recipe to parts of a stream: one group for each set of factors met."""
    commodity = run.scope.commodity(stream)
    zone = run.scope.park.settings.zone
    first = Ask(stream, commodity, run.scope.start, run.scope.end, run.scope.start.date(), substance)
    for_all = factors.general(run.book, recipe, first)
    if for_all is not None:
        return (_group(for_all, tuple(parts), commodity, sign),) if parts else ()
    sorted_out: dict[object, tuple[Found, list[Part]]] = {}
    for part in parts:
        start = max(part.flow.start, run.scope.start)
        ask = replace(first, start=part.flow.start, end=part.flow.end, day=_day(start, zone))
        found = factors.answer(run.book, recipe, ask)
        sorted_out.setdefault(found.key, (found, []))[1].append(part)
    return tuple(_group(found, tuple(held), commodity, sign) for found, held in sorted_out.values())


def whole(run: Run, recipe: Recipe, match: Match, sign: int) -> tuple[Group, ...]:
    """Apply a recipe to all parts of a match; alternatives of a choice that leave the recipe alone share the answer."""
    key = (recipe.key, match.stream.id, match.side, sign)
    if key not in run.kept:
        run.kept[key] = groups(run, recipe, match.stream, run.scope.parts(match.stream, match.side), sign=sign)
    return run.kept[key]


def _group(found: Found, parts: tuple[Part, ...], commodity: Commodity, sign: int) -> Group:
    amount = scope.total(parts)
    if not found.rule:
        return Group(found, parts, amount, {}, None)
    arguments = {name: use.value for name, use in found.uses}
    if amount is None:
        return Group(found, parts, None, arguments, None)
    arguments = {"amount": in_rule_unit(found.rule, amount * sign, commodity), **arguments}
    return Group(found, parts, amount, arguments, apply(found.rule, arguments))


def in_rule_unit(rule: str, amount: Decimal, commodity: Commodity) -> Decimal:
    """Return an amount [canonical unit] in the unit the rule takes."""
    unit = RULES[rule].arguments["amount"]
    return amount if unit in ("{unit}", commodity.unit) else amount * units.ratio(commodity.unit, unit)


def months(group: Group, commodity: Commodity, sign: int) -> tuple[tuple[str, Decimal], ...]:
    """Return (YYYY-MM, result) for the parts that lie in one month; where all do, the months add up to the result."""
    if group.result is None:
        return ()
    by_month: dict[str, Decimal] = {}
    placed = True
    for part in group.parts:
        if part.amount is not None:
            placed = placed and bool(part.month)
            by_month[part.month] = by_month.get(part.month, ZERO) + part.amount
    by_month.pop("", None)
    out = []
    for month in sorted(by_month):
        amount = in_rule_unit(group.found.rule, by_month[month] * sign, commodity)
        out.append((month, apply(group.found.rule, {**group.arguments, "amount": amount})))
    if out and placed:
        rest = group.result - sum((value for _, value in out[:-1]), ZERO)
        out[-1] = (out[-1][0], rest)
    return tuple(out)


def stock_increases(run: Run, nodes: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Decimal]:
    """Return by (node, commodity) what went into stock at the node and its children, inside the boundary.

    A stock below two of the nodes is counted once, at the first. The share is that of the end of the year.
    """
    shares = run.scope.segments[-1][2] if run.scope.segments else {}
    out, used = {}, set()
    for node, commodity in nodes:
        keys = [(part, commodity) for part in run.origins.within(node)]
        keys = [key for key in keys if key in run.stock_changes and key not in used]
        used.update(keys)
        increase = sum((run.stock_changes[key] * shares.get(key[0], ZERO) for key in keys), ZERO)
        if increase:
            out[node, commodity] = increase
    return out


def inputs(parts: Iterable[Part], unit: str) -> tuple[LineInput, ...]:
    """Return the parts as the inputs of a line."""
    return tuple(LineInput(part.flow, part.share, part.amount, unit) for part in parts)


def tell(run: Run, recipe: Recipe, match: Match, group: Group, *, notes: Notes, optional: bool = False) -> None:
    """Put what is remarkable about a group's factors into the notes."""
    stream, found = match.stream, group.found
    if not found.rule and not optional:
        _tell_missing(run, recipe, stream, group, notes=notes)
    for row in found.unused:
        if optional and not found.rule:
            continue
        lacking = "; ".join(found.missing) or "another argument of the rule that takes it"
        message = (
            f"The park's {row.parameter} of {row.subject} ({row.value} {row.unit}, {_place(row)}) was not used on "
            f"{stream.id}: missing beside it is {lacking}. Give the missing row in factors.csv or properties.csv."
        )
        params = {"row": row.id, "parameter": row.parameter, "stream": stream.id}
        notes.add(
            ("own_factor_not_used", row.id, stream.id),
            Finding(
                "own_factor_not_used", "finding", message, Where(row.file, row.line, stream=stream.id), params=params
            ),
        )
    for first, second in found.tied:
        message = (
            f"Expected one row that fits best for {first.parameter} of {first.subject}; {_place(first)} and "
            f"{_place(second)} are equal, so neither is used. Bound one of them by for, from or to."
        )
        lines = tuple(line for line in (first.line, second.line) if line is not None)
        where = Where(first.file, first.line, lines=lines)
        tie = {"rows": (first.id, second.id)}
        notes.add(("factor_tie", first.id, second.id), Finding("factor_tie", "error", message, where, params=tie))
    _tell_rows(run, match, group, notes)
    _tell_changes(run, recipe, match, group, notes=notes)


def _tell_missing(run: Run, recipe: Recipe, stream: Stream, group: Group, *, notes: Notes) -> None:
    unit = run.scope.commodity(stream).unit
    stake = "an unknown amount" if group.amount is None else f"{round(group.amount, 3).normalize():f} {unit}"
    message = (
        f"No factor for {stream.commodity} on {stream.id} ({recipe.name}): looked for "
        f"{'; '.join(group.found.missing)}. {stake} is not counted (NE). Give a row in factors.csv with its document."
    )
    params = {"stream": stream.id, "commodity": stream.commodity, "recipe": recipe.name, "missing": group.found.missing}
    finding = Finding(
        "factor_missing", "finding", message, Where(stream=stream.id), run.scope.start, run.scope.end, group.amount,
        unit, params,
    )  # fmt: skip
    notes.add(("factor_missing", stream.id, recipe.name), finding)


def _tell_rows(run: Run, match: Match, group: Group, notes: Notes) -> None:
    stream, zone = match.stream, run.scope.park.settings.zone
    for name in group.found.averaged:
        first = group.parts[0].flow
        message = (
            f"{name} of {stream.id} is given for parts of {_day(first.start, zone)} to {_day(first.end, zone)}: "
            "weighted by time. Give amounts and properties for the same spans."
        )
        params = {"stream": stream.id, "property": name}
        notes.add(
            ("property_averaged", stream.id, name),
            Finding("property_averaged", "note", message, Where(stream=stream.id), params=params),
        )
    if group.found.stands_for:
        message = (
            f"No {group.found.stands_for} for {stream.id}: {group.found.note} Give a row {group.found.stands_for} in "
            "factors.csv where there is one."
        )
        params = {"stream": stream.id, "parameter": group.found.stands_for}
        notes.add(
            ("stand_in", group.found.stands_for),
            Finding("factor_stand_in", "finding", message, params=params, amount=group.result, unit="t"),
        )
    for _, use in group.found.uses:
        if use.row.status == "recalled":
            message = (
                f"{use.row.id} = {use.row.value} {use.row.unit} is recalled, not found in a source; the result is "
                "unverified. Give a row with its document."
            )
            params = {"row": use.row.id}
            notes.add(("recalled", use.row.id), Finding("recalled_factor", "finding", message, params=params))


def _tell_changes(run: Run, recipe: Recipe, match: Match, group: Group, *, notes: Notes) -> None:
    """Say where a row of the park begins or ends inside one amount: the row of the first day was taken."""
    stream, zone = match.stream, run.scope.park.settings.zone
    if not factors.touches(run.book, recipe, run.scope.commodity(stream)):
        return
    for part in group.parts:
        first, last = _day(part.flow.start, zone), _day(part.flow.end - timedelta(microseconds=1), zone)
        ask = Ask(stream, run.scope.commodity(stream), part.flow.start, part.flow.end, first)
        for parameter in factors.changing(run.book, recipe, ask, last):
            message = (
                f"The park's row for {parameter} changes between {first} and {last}, inside one amount of {stream.id}: "
                f"the row of {first} counts for all of it. Give amounts up to the change."
            )
            params = {"stream": stream.id, "parameter": parameter}
            finding = Finding(
                "factor_changes_inside", "finding", message, Where(stream=stream.id), part.flow.start, part.flow.end,
                part.amount, run.scope.commodity(stream).unit, params,
            )  # fmt: skip
            notes.add(("factor_changes_inside", stream.id, parameter, part.flow.start), finding)


def _place(row: FactorRow) -> str:
    return f"{row.file}:{row.line}" if row.file else row.id


@lru_cache(maxsize=8192)
def _day(start: datetime, zone: ZoneInfo) -> date:
    return start.astimezone(zone).date()
