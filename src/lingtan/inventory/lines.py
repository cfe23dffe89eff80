"""Inventory lines: an entry of the method applied to the parts of a stream, with everything the figure rests on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from lingtan.inventory import engine, factors, scope
from lingtan.inventory.engine import Group, Match, Notes, Run
from lingtan.inventory.model import FactorUse, Line
from lingtan.inventory.rules import apply
from lingtan.inventory.scope import ONE, ZERO, Part
from lingtan.inventory.shapes import Entry, Plan, Recipe
from lingtan.ledger import units
from lingtan.ledger.finding import Finding, Where
from lingtan.ledger.unit_table import LABELS
from lingtan.reference import AmbiguousFact, FactorRow, MissingFact, find
from lingtan.reference.model import Commodity

STOCK_RULE = "carbon_balance_by_factor"
OF_COMMODITY = "commodity"
"""The substance of an entry that stands for the commodity of each stream."""


def of_entry(run: Run, plan: Plan, matched: Iterable[Match], *, entry: Entry, notes: Notes) -> tuple[Line, ...]:
    """Return the lines of one entry over all streams that fall under it; ids are not yet unique."""
    out: list[Line] = []
    for match in matched:
        out += _of_match(run, plan, match, entry=entry, notes=notes)
    if entry.stock:
        out += _stock_lines(run, plan, out, entry=entry)
    return tuple(out)


def numbered(lines: Iterable[Line]) -> tuple[Line, ...]:
    """Give lines that share an id the endings #2, #3 ..."""
    seen: dict[str, int] = {}
    out = []
    for line in lines:
        count = seen[line.id] = seen.get(line.id, 0) + 1
        out.append(line if count == 1 else replace(line, id=f"{line.id}#{count}"))
    return tuple(out)


def _of_match(run: Run, plan: Plan, match: Match, *, entry: Entry, notes: Notes) -> list[Line]:
    parts = run.scope.parts(match.stream, match.side)
    if not parts:
        return []
    if entry.covered is None:
        return _lines(run, plan, match, entry=entry, recipe=entry.recipe, parts=parts, origin=match.origin, notes=notes)
    covered, rest = _split(run, parts)
    out = []
    if covered:
        origin = "certificates"
        out += _lines(run, plan, match, entry=entry, recipe=entry.covered, parts=covered, origin=origin, notes=notes)
    if rest:
        out += _lines(run, plan, match, entry=entry, recipe=entry.recipe, parts=rest, origin=match.origin, notes=notes)
    return out


def _split(run: Run, parts: tuple[Part, ...]) -> tuple[tuple[Part, ...], tuple[Part, ...]]:
    """Divide parts into what certificates cover and the remainder; a piece covered whole leaves none."""
    covered, rest = [], []
    used: dict[datetime, Decimal] = {}
    for part in parts:
        start = part.flow.start
        left = run.covered.get((part.flow.stream, start), ZERO) - used.get(start, ZERO)
        if part.amount is None or part.amount <= 0 or left <= 0:
            rest.append(part)
            continue
        taken = min(left, part.amount)
        used[start] = used.get(start, ZERO) + taken
        covered.append(replace(part, amount=taken))
        if taken < part.amount:
            rest.append(replace(part, amount=part.amount - taken))
    return tuple(covered), tuple(rest)


def _lines(
    run: Run,
    plan: Plan,
    match: Match,
    *,
    entry: Entry,
    recipe: Recipe,
    parts: tuple[Part, ...],
    origin: str,
    notes: Notes,
) -> list[Line]:
    substance = _named(entry, run.scope.commodity(match.stream))
    found = engine.groups(run, recipe, match.stream, parts, sign=entry.sign, substance=substance)
    out = []
    for group in found:
        engine.tell(run, recipe, match, group, notes=notes, optional=entry.optional)
        _tell_fixed(run, recipe, match, group, notes=notes)
        if group.found.rule or not entry.optional:
            out.append(_line(run, plan, match, entry=entry, group=group, origin=origin))
            _tell_potential(plan, out[-1], notes)
    return out


def _line(run: Run, plan: Plan, match: Match, *, entry: Entry, group: Group, origin: str) -> Line:
    stream, commodity = match.stream, run.scope.commodity(match.stream)
    uses = tuple(use for _, use in group.found.uses)
    substance = _substance(entry, uses, commodity)
    gwp = potential(run, plan, substance, commodity=commodity if entry.substance == OF_COMMODITY else None)
    co2e = None if group.result is None or gwp is None else group.result * gwp[0]
    return Line(
        id=_id(entry, stream.id, substance, origin=origin),
        node=stream.target if match.side in ("received", "used") else stream.source,
        stream=stream.id,
        start=run.scope.start,
        end=run.scope.end,
        boundary=run.scope.boundary,
        method=plan.method,
        category=entry.category,
        scope=entry.scope,
        activity=entry.activity,
        substance=substance,
        amount_t=group.result,
        co2e_t=co2e,
        rule=group.found.rule,
        sign=entry.sign,
        arguments=group.arguments,
        inputs=engine.inputs(group.parts, commodity.unit),
        factors=uses + (gwp[1] if gwp is not None else ()),
        months=engine.months(group, commodity, entry.sign),
        coverage=scope.coverage(group.parts),
        notation=_notation(entry, group),
        status=_worst(uses),
        view=entry.view,
        note=group.found.note,
        origin=origin,
        side=match.side,
    )


def _id(entry: Entry, stream: str, substance: str, *, origin: str) -> str:
    shown = "" if substance in ("CO2", "CO2e") else substance
    parts = (entry.category, stream, shown, origin, entry.view, entry.beside.replace(" ", "_"))
    return ":".join(part for part in parts if part)


def _named(entry: Entry, commodity: Commodity) -> str:
    """Return the substance an entry speaks of: a gas that leaks is its own."""
    if entry.substance != OF_COMMODITY:
        return entry.substance
    label = commodity.code.upper()
    return label if label in LABELS else commodity.code


def _substance(entry: Entry, uses: Iterable[FactorUse], commodity: Commodity) -> str:
    """Return the substance of a line: whether carbon dioxide or its equivalent is as the factors used say."""
    units_used = [use.unit for use in uses]
    if any("CO2e" in unit for unit in units_used):
        return "CO2e"
    if entry.substance == "CO2e" and any(unit.startswith(("tCO2/", "tC/")) for unit in units_used):
        return "CO2"
    return _named(entry, commodity)


def _notation(entry: Entry, group: Group) -> str:
    if group.result is not None:
        zero = all(part.flow.origin == "confirmed_zero" for part in group.parts)
        return entry.notation or ("NO" if zero else "")
    if group.amount is None:
        given = {part.flow.notation for part in group.parts if part.flow.notation}
        return given.pop() if len(given) == 1 else "NE"
    return "NE"


def _worst(uses: Iterable[FactorUse]) -> str:
    ranks = [factors.STATUS_ORDER.index(use.row.status) for use in uses if use.row.status in factors.STATUS_ORDER]
    return factors.STATUS_ORDER[max(ranks)] if ranks else ""


def potential(
    run: Run, plan: Plan, substance: str, *, commodity: Commodity | None = None
) -> tuple[Decimal, tuple[FactorUse, ...]] | None:
    """Return t CO2e per t of a substance, with its row; None where there is none.

    The method's own table goes first, then its set, then a row of the park (a gas that no set knows).
    """
    if substance in ("CO2", "CO2e"):
        return ONE, ()
    codes = (commodity.lineage or (commodity.code,)) if commodity else (substance.lower(),)
    row = _stated_potential(plan, codes) or _listed_potential(run, plan, codes)
    if row is None:
        return None
    value = units.factor_value(row.value, row.unit, "tCO2e/t")
    return value, (FactorUse("gwp", value, "tCO2e/t", row),)


def _stated_potential(plan: Plan, codes: Iterable[str]) -> FactorRow | None:
    stated = {code.lower(): value for code, value in plan.gwp}
    code = next((code for code in codes if code.lower() in stated), None)
    if code is None:
        return None
    value = stated[code.lower()]
    name = f"method:gwp:{code}:{value}"
    return FactorRow(name, code, "gwp", value, "tCO2e/t", document=plan.document, status="found2", set_id="method")


def _listed_potential(run: Run, plan: Plan, codes: tuple[str, ...]) -> FactorRow | None:
    try:
        return find(
            run.book.library, codes, "gwp", set_id=plan.gwp_set, region="GLOBAL", on=run.book.on,
            allow_recalled=run.book.allow_recalled,
        )  # fmt: skip
    except (MissingFact, AmbiguousFact):
        return next((row for code in codes for row in run.book.own.get((code, "gwp"), ())), None)


def _tell_potential(plan: Plan, line: Line, notes: Notes) -> None:
    if line.co2e_t is not None or line.amount_t is None:
        return
    message = (
        f"{plan.method} has no potential of {line.substance} (gwp_set = {plan.gwp_set or 'blank'!r}): "
        f"{line.amount_t:f} t on {line.stream} are in no total of CO2e. Set gwp_set or [gwp] in the method file."
    )
    params = {"substance": line.substance, "set": plan.gwp_set, "stream": line.stream, "method": plan.method}
    where = Where(stream=line.stream)
    unit = f"t {line.substance}"
    finding = Finding("gwp_missing", "finding", message, where, line.start, line.end, line.amount_t, unit, params)
    notes.add(("gwp_missing", line.substance, line.stream), finding)


def _stock_lines(run: Run, plan: Plan, made: list[Line], *, entry: Entry) -> list[Line]:
    """Deduct what went into stock of the inputs of a node and its children, at the carbon of those inputs."""
    by_input: dict[tuple[str, str], list[Line]] = {}
    for line in made:
        if line.amount_t is not None:
            commodity = run.scope.park.streams[line.stream].commodity
            by_input.setdefault((line.node, commodity), []).append(line)
    return [
        _stock_line(run, by_input[key], commodity=key[1], increase=increase, entry=entry)
        for key, increase in engine.stock_increases(run, by_input).items()
    ]


def _stock_line(run: Run, lines: list[Line], *, commodity: str, increase: Decimal, entry: Entry) -> Line:
    total = sum((line.amount_t or ZERO for line in lines), ZERO)
    amount = sum((item.amount or ZERO for line in lines for item in line.inputs), ZERO)
    mean = total / amount * entry.sign if amount else ZERO
    arguments = {"amount": -increase * entry.sign, "ef": mean}
    result = apply(STOCK_RULE, arguments)
    unit = run.scope.park.commodities[commodity].unit
    return replace(
        lines[0],
        id=f"{entry.category}:stock.{lines[0].node}.{commodity}",
        stream="",
        activity="stock change",
        amount_t=result,
        co2e_t=result * weight(lines[0]),
        rule=STOCK_RULE,
        sign=-entry.sign,
        arguments=arguments,
        inputs=(),
        months=(),
        coverage=ONE,
        note=f"Stock increase of {increase:f} {unit} at the mean carbon of the inputs of the node.",
        unit=unit,
        commodity=commodity,
    )


def _tell_fixed(run: Run, recipe: Recipe, match: Match, group: Group, *, notes: Notes) -> None:
    """Name the park's rows that a fixed value does not give way to, with what they would have changed."""
    if not group.found.rule or not factors.touches(run.book, recipe, run.scope.commodity(match.stream)):
        return
    way = next(way for way in recipe.ways if way.rule == group.found.rule)
    stream, commodity = match.stream, run.scope.commodity(match.stream)
    ask = factors.Ask(stream, commodity, run.scope.start, run.scope.end, run.scope.start.date())
    for need in (need for need in way.needs if need.mode == "fixed"):
        used = dict(group.found.uses)[need.argument]
        for parameter in (need.parameter, *need.ignores):
            for _, row in factors.own_rows(run.book, parameter, ask, need.subject):
                message = (
                    f"{row.file or 'factors.csv'}:{row.line or row.id} gives {row.parameter} = {row.value} {row.unit} "
                    f"for {row.subject}; the method fixes it at {used.value} {used.unit} ({used.row.document}), so the "
                    "park's row is ignored. Keep it for methods that take it, or remove it."
                )
                params = {"row": row.id, "fixed": str(used.value), "stream": stream.id}
                where = Where(row.file, row.line, stream=stream.id)
                stake = _stake(row, used, group, commodity.unit)
                finding = Finding(
                    "fixed_parameter_ignored",
                    "finding",
                    message,
                    where,
                    run.scope.start,
                    run.scope.end,
                    stake,
                    "t",
                    params,
                )
                notes.add(("fixed_parameter_ignored", row.id, row.line, stream.id), finding)


def _stake(row: FactorRow, used: FactorUse, group: Group, unit: str) -> Decimal | None:
    """Return what the ignored row would have changed [t], where its unit can be compared."""
    if group.result is None or "amount" not in group.arguments:
        return None
    try:
        value = units.factor_value(row.value, row.unit, used.unit)
    except units.UnitError:
        return None
    return group.arguments["amount"] * (value - used.value)


def weight(line: Line) -> Decimal:
    """Return t CO2e per t of the line's substance, as the line used it."""
    return next((use.value for use in line.factors if use.parameter == "gwp"), ONE)


def totals(lines: Iterable[Line], view: str) -> dict[str, Decimal | None]:
    """Return t CO2e by category over the lines of a view; None where something is there and nothing of it is known."""
    sums: dict[str, Decimal | None] = {}
    for line in lines:
        if line.view in ("", view):
            before = sums.get(line.category)
            if line.co2e_t is None:
                sums.setdefault(line.category, None)
            else:
                sums[line.category] = line.co2e_t if before is None else before + line.co2e_t
    return sums
