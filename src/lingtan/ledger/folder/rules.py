"""Checks of a row on its own: the unit fits the commodity, the ends differ, the evidence is there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from lingtan.ledger.folder.cells import Context, number
from lingtan.ledger.folder.faults import CellError
from lingtan.ledger.units import UnitError, compatible, read
from lingtan.reference import library
from lingtan.reference.model import Commodity

__all__ = ["ROW_RULES"]

Values = Mapping[str, Any]
# A fault of a row: the column it stands in and what is wrong.
Faults = Iterator[tuple[str, CellError]]


def _unit_fault(unit: str, wanted: Iterable[str], commodity: Commodity | None = None, of: str = "") -> CellError | None:
    """Tell what is wrong with a unit that should convert to one of ``wanted``; None where it does."""
    wanted = tuple(wanted)
    try:
        read(unit)
    except UnitError as wrong:
        todo = "near: " + ", ".join(wrong.near) if wrong.near else ""
        return CellError("unknown_unit", wrong.expected, todo)
    if any(compatible(unit, one, commodity) for one in wanted):
        return None
    return CellError("wrong_unit", f"a unit that converts to {' or '.join(wanted[:4])}" + (f" ({of})" if of else ""))


def _amount_unit(unit: str, code: str, context: Context, per: str = "") -> Faults:
    """Check the unit of an amount (or with ``per`` of a rate) against the commodity's canonical unit."""
    key = (unit, code, per)
    if key not in context.units:
        commodity = context.commodities[code]
        context.units[key] = _unit_fault(unit, (commodity.unit + per,), commodity, of=code)
    wrong = context.units[key]
    if wrong is not None:
        yield "unit", wrong


def _known_unit(values: Values, context: Context) -> Faults:
    unit = values["unit"]
    if not unit:
        return
    if (unit, "", "") not in context.units:
        context.units[unit, "", ""] = _unit_fault(unit, (unit,))
    wrong = context.units[unit, "", ""]
    if wrong is not None:
        yield "unit", wrong


def _stream_unit(values: Values, context: Context) -> Faults:
    if values["unit"]:
        yield from _amount_unit(values["unit"], context.stream_commodity[values["stream"]], context)


def _meter_unit(values: Values, context: Context) -> Faults:
    per = "/h" if values["register"] in ("rate", "rate_point") else ""
    yield from _amount_unit(values["unit"], context.stream_commodity[values["stream"]], context, per)


def _stock_unit(values: Values, context: Context) -> Faults:
    yield from _amount_unit(values["unit"], values["commodity"], context)


def _table_unit(
    word: str, commodity_of: Callable[[Values, Context], Commodity | None]
) -> Callable[[Values, Context], Faults]:
    """Rule: the unit shares a dimension with an example unit of the closed table of ``word``."""

    def rule(values: Values, context: Context) -> Faults:
        tables = library()
        words = tables.parameters if word == "parameter" else tables.properties
        commodity = commodity_of(values, context)
        wanted = (*words[values[word]].units, *_per_amount(words[values[word]].units, commodity))
        wrong = _unit_fault(values["unit"], wanted, commodity, of=values[word])
        if wrong is not None:
            yield "unit", wrong

    return rule


def _per_amount(units: Iterable[str], commodity: Commodity | None) -> tuple[str, ...]:
    """Return the same things per canonical unit of the commodity: a product may be counted in pieces."""
    if commodity is None:
        return ()
    return tuple(dict.fromkeys(f"{unit.partition('/')[0]}/{commodity.unit}" for unit in units if "/" in unit))


def _of_stream(values: Values, context: Context) -> Commodity | None:
    return context.commodities.get(context.stream_commodity[values["stream"]])


def _of_subject(values: Values, context: Context) -> Commodity | None:
    return context.commodities.get(values["subject"])


def _two_ends(values: Values, _: Context) -> Faults:
    if values["source"] == values["target"]:
        yield "target", CellError("same_ends", "two different nodes", "what stays at a node is no stream")


def _amount(values: Values, context: Context) -> Faults:
    """See that an amount is there and not negative; confirmed_zero has none but nought."""
    amount = values["amount"]
    if values["kind"] == "confirmed_zero":
        if amount:
            yield (
                "amount",
                CellError("zero_with_amount", "a blank amount or 0 for confirmed_zero", "write a report or invoice"),
            )
    elif amount is None:
        yield (
            "amount",
            CellError("missing_value", "an amount", "blank means unknown: leave the row out or confirm a zero"),
        )
    elif amount < 0:
        yield (
            "amount",
            CellError("negative_amount", "an amount not below 0", "write the corrected amount as a later row"),
        )
    if not values["unit"] and values["kind"] != "confirmed_zero":
        yield "unit", CellError("missing_value", "a unit", f"near: {context.stream_commodity[values['stream']]}")


def _evidence(values: Values, context: Context) -> Faults:
    """Evidence files exist and no link stands in their way."""
    for path in values["evidence"]:
        state = context.evidence(path)
        if state == "link":
            todo = "copy the document itself into evidence/"
            yield "evidence", CellError("bad_evidence_path", f"a plain file, {path} is or leads over a link", todo)
        elif state == "absent":
            yield "evidence", CellError("evidence_missing", f"the file {path}", "add it or mend the path")


def _serials(values: Values, _: Context) -> Faults:
    first, last = values["serial_from"], values["serial_to"]
    if (first is None) != (last is None):
        missing = "serial_from" if first is None else "serial_to"
        yield missing, CellError("missing_value", "both serials or none", "serials are inclusive")
    elif first is not None and last < first:
        yield "serial_to", CellError("serials_reversed", f"a serial not below {first}", "serials are inclusive")


def _fact(values: Values, _: Context) -> Faults:
    """See that a fact with a unit has a number."""
    if not values["unit"]:
        return
    try:
        number(values["value"])
    except CellError as wrong:
        code = "not_a_number" if wrong.code == "bad_number" else wrong.code
        yield "value", CellError(code, wrong.expected, "leave the unit blank where the value is text")


def _document(values: Values, _: Context) -> Faults:
    if not values["document"]:
        yield (
            "document",
            CellError("no_document", "the document that the value comes from", "name the report, test or certificate"),
        )


ROW_RULES: Mapping[str, tuple[Callable[[Values, Context], Faults], ...]] = {
    "streams.csv": (_two_ends,),
    "meters.csv": (_meter_unit,),
    "virtual.csv": (_stream_unit,),
    "statements/*.csv": (_stream_unit, _amount, _evidence),
    "properties.csv": (_table_unit("property", _of_stream), _evidence),
    "stocks.csv": (_stock_unit, _evidence),
    "facts.csv": (_known_unit, _fact, _evidence),
    "commodities.csv": (_known_unit,),
    "factors.csv": (_table_unit("parameter", _of_subject), _document),
    "prices.csv": (_known_unit,),
    "certificates.csv": (_known_unit, _serials, _evidence),
    "observations/**.csv": (_known_unit,),
}
