"""Checks of metering points: virtual points and their expressions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lingtan.ledger.expression import Expression, ExpressionError, parse
from lingtan.ledger.finding import Finding
from lingtan.ledger.folder.cells import Context
from lingtan.ledger.folder.faults import at_most, fault, quoted
from lingtan.ledger.folder.rows import Row
from lingtan.ledger.units import UnitError, compatible

__all__ = ["check_virtual", "learn_points"]


def learn_points(rows: Sequence[Row], context: Context) -> None:
    """Make the points of meters known, with the commodity that they measure."""
    for row in rows:
        context.known["point"].add(row.values["point"])
        context.point_stream[row.values["point"]] = row.values["stream"]


def check_virtual(rows: Sequence[Row], context: Context) -> tuple[set[int], list[Finding]]:
    """Check virtual points: own ids, expressions over known points, units, no cycle.

    Gives the places set aside and the findings.
    """
    found: list[Finding] = []
    aside: set[int] = set()
    measured = set(context.known["point"])
    for place, row in enumerate(rows):
        if row.values["point"] in measured:
            aside.add(place)
            came = f"{row.values['point']} of meters.csv"
            found.append(
                fault(
                    "duplicate_id",
                    row.file,
                    lines=(row.line,),
                    expected="a point of its own",
                    came=came,
                    todo="rename it",
                    point=row.values["point"],
                )
            )
    learn_points([row for place, row in enumerate(rows) if place not in aside], context)
    parsed = dict(_parsed(rows, aside, context, found))
    _find_cycles(rows, parsed, aside, found)
    for place in aside:
        if rows[place].values["point"] not in measured:
            context.known["point"].discard(rows[place].values["point"])
            context.aside.setdefault("point", set()).add(rows[place].values["point"])
    return aside, found


def _parsed(
    rows: Sequence[Row], aside: set[int], context: Context, found: list[Finding]
) -> Iterator[tuple[str, Expression]]:
    """Read each expression and check its unit."""
    for place, row in enumerate(rows):
        if place in aside:
            continue
        text = row.values["expression"]
        try:
            expression = parse(text, context.known["point"])
            unit = expression.unit({name: _unit(name, context) for name in expression.names})
        except (ExpressionError, UnitError) as wrong:
            aside.add(place)
            found.append(
                fault(
                    "bad_expression",
                    row.file,
                    lines=(row.line,),
                    came=quoted(text),
                    todo=str(wrong),
                    point=row.values["point"],
                )
            )
            continue
        yield row.values["point"], expression
        own = row.values["unit"]
        if unit and not compatible(unit, own, context.commodities[context.stream_commodity[row.values["stream"]]]):
            came = f"{unit} from {quoted(text)}"
            found.append(
                fault(
                    "expression_unit",
                    row.file,
                    lines=(row.line,),
                    expected=f"a unit that converts to {own}",
                    came=came,
                    todo="mend the expression or the unit",
                    point=row.values["point"],
                )
            )


def _unit(point: str, context: Context) -> str:
    """Canonical unit of what a point measures: amounts reach an expression in it."""
    return context.commodities[context.stream_commodity[context.point_stream[point]]].unit


def _find_cycles(rows: Sequence[Row], parsed: dict[str, Expression], aside: set[int], found: list[Finding]) -> None:
    """Set aside virtual points that depend on themselves, naming all their lines."""
    place_of = {row.values["point"]: place for place, row in enumerate(rows) if place not in aside}
    reach = {point: set(expression.names) & set(parsed) for point, expression in parsed.items()}
    for _ in parsed:
        wider = {point: names | set().union(*(reach[name] for name in names)) for point, names in reach.items()}
        if wider == reach:
            break
        reach = wider
    circular = sorted(place_of[point] for point, names in reach.items() if point in names)
    if circular:
        aside.update(circular)
        lines = [rows[place].line for place in circular]
        names = ", ".join(rows[place].values["point"] for place in circular)
        found.append(
            fault(
                "expression_cycle",
                rows[circular[0]].file,
                lines=lines,
                expected="expressions that end at meters",
                came=f"{names} in lines {at_most(lines)}",
                todo="mend one expression",
            )
        )
