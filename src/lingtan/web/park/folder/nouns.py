"""Rows of the database to the ledger's nouns, for pages that need the park as the computing side sees it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from lingtan.ledger.commodity import resolve
from lingtan.ledger.folder.cells import Context
from lingtan.ledger.folder.load import noun_class
from lingtan.ledger.folder.relations import statement_order, statement_overlaps
from lingtan.ledger.folder.rows import Row
from lingtan.ledger.park import At, Span
from lingtan.ledger.park import Park as Ledger
from lingtan.reference import library
from lingtan.web.park.folder.difference import Held, held
from lingtan.web.park.folder.give import settings_of
from lingtan.web.park.folder.shapes import Shape, shapes

if TYPE_CHECKING:
    from lingtan.web.park.park import Park


def park_value(park: Park) -> Ledger:
    """Return a park as the computing side sees it, straight from the rows: one query a table, no file is read."""
    settings = settings_of(park)
    values: dict[str, Any] = {}
    for shape in shapes():
        rows = held(shape, park)
        marks = _statements(shape, rows, settings.zone) if shape.pattern == "statements/*.csv" else {}
        make = _maker(shape)
        made = [
            make(row, marks.get(place, {}))
            for place, row in enumerate(rows)
            if marks.get(place) is not None or not marks
        ]
        values[shape.table.park] = _placed(shape, made)
    return Ledger(settings, **values)


def _placed(shape: Shape, made: list[Any]) -> Any:
    if shape.pattern == "commodities.csv":
        return resolve(library().commodities, made)[0] if made else library().commodities
    if shape.table.park in ("boundaries", "nodes", "streams"):
        return {noun.id: noun for noun in made}
    return tuple(made)


def _maker(shape: Shape) -> Callable[[Held, Mapping[str, Any]], Any]:
    """Return the function that makes the noun of a row."""
    kind = noun_class(shape.table)
    names = {each.name for each in fields(kind)}
    plain = [(place, slot.column.key) for place, slot in enumerate(shape.slots) if slot.column.key in names]
    whole = {place for place, slot in enumerate(shape.slots) if slot.column.type == "int"}
    attrs = list(shape.attrs)
    span = (attrs.index("valid_from"), attrs.index("valid_to")) if "valid" in names else None

    def make(row: Held, marks: Mapping[str, Any]) -> Any:
        given = {key: _whole(row.values[place]) if place in whole else row.values[place] for place, key in plain}
        if span is not None:
            given["valid"] = Span(row.values[span[0]], row.values[span[1]])
        where = {"at": At(row.file, row.line)} if "at" in names else {"file": row.file, "line": row.line}
        return kind(**given, **where, **marks)

    return make


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, Decimal) else value


def _statements(shape: Shape, rows: list[Held], zone: Any) -> dict[int, dict[str, Any]]:
    """Return the places of the statements that count, with their marks: a later row replaces an earlier one."""
    names = [slot.column.name for slot in shape.slots]
    made = [Row(row.file, row.line or row.pk, dict(zip(names, row.values, strict=True))) for row in rows]
    aside: set[int] = set()
    context = Context(zone)
    for rule in (statement_order, statement_overlaps):
        list(rule(made, context, aside))
    return {
        place: {"contested": bool(row.values.get("contested"))} for place, row in enumerate(made) if place not in aside
    }
