"""Forms 205-1 and 205-2 of the statistics bureau: their columns as tables, a park's figures in them, a mapping to read.

The columns and codes stand in ``data/`` with source and status; what is ``recalled`` (from memory) is marked in each
workbook. A column that the park's records cannot tell (money, kinds of use) stays empty and is marked; it is never 0.
"""

from __future__ import annotations

import csv
import functools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from importlib import resources
from typing import TYPE_CHECKING

from lingtan.ledger import units
from lingtan.web.account.run import MonthFlow
from lingtan.web.metering.stream import Stream
from lingtan.web.park.node import NodeKind
from lingtan.web.reporting.beside import commodities
from lingtan.web.reporting.files import ledger

if TYPE_CHECKING:
    from lingtan.reference.model import Commodity
    from lingtan.web.park.node import Node
    from lingtan.web.park.park import Park
    from lingtan.web.people.access import Access

FORMS = ("205-1", "205-2")
TOTAL = "40"
_FUELS_OF = {"coking": frozenset({"coke", "coke_oven_gas", "coke_oven_coke_and_lignite_coke"})}
_CONVERSION = frozenset({"generation", "heat_generation", "conversion_output"})


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a form. ``mark`` is its sign in the row of signs (甲, 1 ...), ``takes`` what the records give."""

    form: str
    mark: str
    key: str
    takes: str
    group_zh: str
    head_zh: str
    group_en: str
    head_en: str
    status: str
    source: str


@dataclass(frozen=True, slots=True)
class Kind:
    """A row of the forms: an energy with its code and unit, and the commodities that belong to it."""

    code: str
    name_zh: str
    name_en: str
    unit_zh: str
    unit: str
    commodities: tuple[str, ...]
    status: str
    source: str


@dataclass(frozen=True, slots=True)
class FormRow:
    """A filled row: column key -> amount; None where something flows that is not known, absent for nothing."""

    kind: Kind
    cells: Mapping[str, Decimal | None]


def _table(name: str) -> list[dict[str, str]]:
    text = (resources.files("lingtan.web.reporting") / "data" / name).read_text("utf-8")
    return list(csv.DictReader(text.splitlines()))


@functools.cache
def columns(form: str) -> tuple[Column, ...]:
    """Return the columns of a form in their order."""
    return tuple(Column(**row) for row in _table("energy_form_columns.csv") if row["form"] == form)


@functools.cache
def kinds() -> tuple[Kind, ...]:
    """Return the rows of the forms in their order."""
    return tuple(
        Kind(**{**row, "commodities": tuple(row["commodities"].split())})  # type: ignore[arg-type]
        for row in _table("energy_form_carriers.csv")
    )


def kind_of(code: str, noun: Commodity | None) -> Kind | None:
    """Return the row that a commodity belongs to, by itself, what it is a kind of, or heat and steam by their kind."""
    lineage = (code, *(noun.lineage if noun else ()), noun.kind if noun else "")
    by_code = {one: kind for kind in kinds() for one in kind.commodities}
    return next((by_code[one] for one in lineage if one in by_code), None)


def figures(park: Park, node: Node, form: str, *, year: int, last: int, access: Access) -> list[FormRow]:
    """Return the rows of a form for an enterprise, January to month ``last``, from what somebody may see."""
    made = ledger.yearly(park, year, access)
    section = next((one for one in made.sections if one.code == node.code), None)
    known = commodities(park)
    flows = [row for row in ledger.newest(park, year, access) if int(row.month[5:]) <= last]
    parts: dict[str, list[dict[str, Decimal | None]]] = {}
    for carrier in section.carriers if section else ():
        noun = known.get(carrier.code)
        kind = kind_of(carrier.code, noun)
        if kind is None or carrier.group != "energy":
            continue
        own = [row for row in flows if row.stream.commodity == carrier.code]
        given = _of_ledger(carrier, last) | _of_uses(own, node, last, flows)
        cells = {key: _in_unit(amount, carrier, kind, noun) for key, amount in given.items()}
        if carrier.tce is not None:
            cells["tce"] = _ratio(carrier, kind, noun)
        parts.setdefault(kind.code, []).append(cells)
    wanted = {column.key: column.takes for column in columns(form)}
    rows = []
    for kind in kinds():
        if kind.code in parts:
            cells = _together(parts[kind.code])
            shown = {key: cells[takes] for key, takes in wanted.items() if takes in cells}
            if form == "205-1" or any(key not in ("tce", "name") for key in shown):
                rows.append(FormRow(kind, shown))
    return rows


def _of_ledger(carrier: ledger.Carrier, last: int) -> dict[str, Decimal | None]:
    """Return stock, purchase and consumption from January to a month; None where a month of it is not known."""
    held = {row.what: row.months[:last] for row in carrier.rows}
    sums = {what: _whole(cells) for what, cells in held.items() if what not in ledger.STOCKS}
    found: dict[str, Decimal | None] = {}
    bought = [sums[what] for what in ("bought", "received") if what in sums]
    if bought:
        found["bought"] = _plus(bought)
    if "opening" in held:
        found["opening"], found["closing"] = _level(held["opening"][0]), _level(held["closing"][last - 1])
    plus = [sums[what] for what in ledger.IN if what in sums] + [found[w] for w in ("opening",) if w in found]
    minus = [sums[what] for what in ledger.OUT if what in sums] + [found[w] for w in ("closing",) if w in found]
    got, gone = _plus(plus), _plus(minus)
    found["consumed"] = None if got is None or gone is None else got - gone
    return found


def _whole(cells: Iterable[ledger.Cell]) -> Decimal | None:
    return _plus([None if cell.partial else cell.amount for cell in cells])


def _level(cell: ledger.Cell) -> Decimal | None:
    return None if cell.partial else cell.amount


def _plus(amounts: list[Decimal | None]) -> Decimal | None:
    known = [amount for amount in amounts if amount is not None]
    return sum(known, Decimal(0)) if len(known) == len(amounts) else None


def _of_uses(own: list[MonthFlow], node: Node, last: int, flows: list[MonthFlow]) -> dict[str, Decimal | None]:
    """Return amounts by use and origin; without a stream of a kind there is no entry."""
    by_stream: dict[int, list[MonthFlow]] = {}
    for row in own:
        by_stream.setdefault(row.stream_id, []).append(row)
    made_at = _made_at(flows)
    fed = {row.stream.target_id for row in flows if row.stream.used_as in ledger.CONVERTED}
    found: dict[str, list[Decimal | None]] = {}
    for rows in by_stream.values():
        amounts = [row.amount if "missing" not in row.origin else None for row in rows]
        total = _plus(amounts) if len(rows) == last else None
        for what in _uses(rows[0].stream, node.pk, made_at, fed):
            found.setdefault(what, []).append(total)
    both = {what: _plus(amounts) for what, amounts in found.items()}
    if "input:cogeneration" in both:  # what of it made power and what heat, the records do not say
        both |= {"input:power_generation": None, "input:heat_supply": None}
    return both


def _made_at(flows: Iterable[MonthFlow]) -> dict[int, set[str]]:
    """Return node -> commodities that come out of it."""
    found: dict[int, set[str]] = {}
    for row in flows:
        found.setdefault(row.stream.source_id, set()).add(row.stream.commodity)
    return found


def _uses(stream: Stream, enterprise: int, made_at: Mapping[int, set[str]], fed: set[int]) -> Iterator[str]:
    """Yield what a stream counts as; what a node makes is an output of conversion where it is fed with energy."""
    if stream.target.enterprise_id == enterprise:
        if stream.used_as in ledger.CONVERTED:
            yield "input"
            coking = stream.used_as == "conversion_input" and made_at.get(stream.target_id, set()) & _FUELS_OF["coking"]
            yield "input:coking" if coking else f"input:{stream.used_as}"
        if stream.used_as == "feedstock":
            yield "feedstock"
        if stream.target.kind == NodeKind.FLEET:
            yield "transport"
    if stream.source.enterprise_id == enterprise:
        if stream.made_as in _CONVERSION and stream.source_id in fed:
            yield "output"
        if stream.made_as == "recovered_energy":
            yield "recovered"


def _in_unit(amount: Decimal | None, carrier: ledger.Carrier, kind: Kind, noun: Commodity | None) -> Decimal | None:
    """Return an amount in the unit of the form: by the unit itself, else by way of coal equivalent."""
    if amount is None:
        return None
    try:
        return units.convert(amount, carrier.unit, kind.unit, noun)
    except units.UnitError:
        pass
    try:
        return None if carrier.tce is None else units.convert(amount * carrier.tce, "tce", kind.unit)
    except units.UnitError:
        return None


def _ratio(carrier: ledger.Carrier, kind: Kind, noun: Commodity | None) -> Decimal | None:
    one = _in_unit(Decimal(1), carrier, kind, noun)
    return None if not one or carrier.tce is None else carrier.tce / one


def _together(parts: list[dict[str, Decimal | None]]) -> dict[str, Decimal | None]:
    """Add the commodities of one row; the coal equivalent is that of the larger part."""
    if len(parts) == 1:
        return parts[0]
    keys = dict.fromkeys(key for part in parts for key in part if key != "tce")
    found = {key: _plus([part[key] for part in parts if key in part]) for key in keys}
    largest = max(parts, key=lambda part: part.get("consumed") or Decimal(0))
    return found | ({"tce": largest["tce"]} if "tce" in largest else {})
