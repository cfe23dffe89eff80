"""What the pages accept, the park folder accepts: the folder's own rules on one record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Field, Model, Q, QuerySet

from lingtan.ledger.commodity import resolve
from lingtan.ledger.finding import Finding
from lingtan.ledger.folder.cells import Context
from lingtan.ledger.folder.columns import TABLES, Column, Table
from lingtan.ledger.folder.faults import CODES
from lingtan.ledger.folder.load import builder, closed_words
from lingtan.ledger.folder.points import check_virtual
from lingtan.ledger.folder.relations import TABLE_RULES
from lingtan.ledger.folder.rows import Row, row_fault, typed_rows
from lingtan.ledger.folder.rules import ROW_RULES
from lingtan.ledger.folder.text import RawTable
from lingtan.reference import library
from lingtan.trace.tell import sentence
from lingtan.web.kernel.language import chinese
from lingtan.web.kernel.register import Register, registers
from lingtan.web.people.access import Access

NAMES = {"id": "code", "from": "valid_from", "to": "valid_to"}
#: Fields by which the rows are found that the folder compares a row with; blank: all rows.
PEERS: Mapping[str, tuple[str, ...]] = {
    "nodes.csv": (), "members.csv": ("boundary",), "meters.csv": ("point", "serial"), "statements/*.csv": ("stream",),
    "adoption.csv": ("stream",), "properties.csv": ("stream",), "stocks.csv": ("node",), "factors.csv": ("subject",),
}  # fmt: skip
#: Column types whose cells name rows of other tables by code.
NAMING: Mapping[str, tuple[str, ...]] = {
    "factor_for": ("stream", "node"), "price_subject": ("stream", "commodity"), "factor_subject": ("commodity",),
    "commodity": ("commodity",), "order": ("node", "point"), "parent": ("node",),
}  # fmt: skip
KINDS = {
    "nodes.csv": "node", "streams.csv": "stream", "boundaries.csv": "boundary", "commodities.csv": "commodity",
    "meters.csv": "point",
}  # fmt: skip


def field_of(column: Column) -> str:
    """Return the model's field of a column of the folder."""
    return NAMES.get(column.key, column.key)


def kinds_of(column: Column) -> tuple[str, ...]:
    """Return the kinds of rows that a column names by code."""
    return tuple(column.of.split()) if column.type == "ref" else NAMING.get(column.type, ())


def by_field(register: Register) -> dict[str, Column]:
    """Return the folder's columns of a record type by the model's fields."""
    table = TABLES.get(register.table)
    return {field_of(column): column for column in table.columns} if table else {}


def faults(register: Register, row: Any, access: Access) -> dict[str, list[str]]:
    """Return what the folder would not accept about a row, in words, by field; ``""`` holds what is about the row.

    The row is compared with the park's other rows as they stand; ids that it names must be visible to the person.
    """
    table = TABLES[register.table]
    context = context_of(register, row.park, access)
    made, said = _typed(table, row, context)
    if made is not None:
        said = [*said, *_new_faults(register, table, made, row, context)]
    words: dict[str, list[str]] = {}
    columns = {column.name: field_of(column) for column in table.columns}
    for one in said:
        if one.level == "error":
            words.setdefault(columns.get(str(one.params.get("column", "")), ""), []).append(in_words(one))
    return words


def hanging(register: Register, code: str, park: Any) -> list[tuple[Register, int]]:
    """Return the record types that still name a code by text though no row has it, with how many rows do."""
    kind = KINDS.get(register.table, "")
    found = []
    for other in registers() if kind else ():
        wanted = Q()
        for name, column in by_field(other).items():
            field = other.field(name)
            kinds = kinds_of(column)
            if (
                kind in kinds
                and field is not None
                and not field.is_relation
                and not _held((kind,) if column.type == "order" else kinds, code, park)
            ):
                wanted |= Q(**{name: code}) if column.type != "order" else _in_order(name, kind, code)
        count = other.model.objects.filter(wanted, park=park).count() if wanted else 0
        found += [(other, count)] if count else []
    return found


def _held(kinds: tuple[str, ...], code: str, park: Any) -> bool:
    """Tell whether a row of one of some kinds has a code: a point may have a row for each device."""
    ours = [one for one in registers() if KINDS.get(one.table) in kinds]
    names = ["point" if one.table == "meters.csv" else "code" for one in ours]
    pairs = zip(ours, names, strict=True)
    return any(one.model.objects.filter(park=park, **{name: code}).exists() for one, name in pairs)


def _in_order(name: str, kind: str, code: str) -> Q:
    words = [f"point:{code}"] if kind == "point" else [f"{word}:{code}" for word in library().statement_kinds]
    return Q(**{f"{name}__overlap": words})


def in_words(finding: Finding) -> str:
    """Return a fault of the folder as a page says it: what is wrong, what was expected, what to do."""
    if chinese():
        return sentence(finding, "zh")
    title = CODES[finding.code][1] if finding.code in CODES else finding.message
    expected, todo = finding.params.get("expected"), finding.params.get("todo")
    return "; ".join(part for part in (title, f"expected {expected}" if expected else "", todo) if part)


def context_of(register: Register, park: Any, access: Access) -> Context:
    """Return what the folder reads cells against: the library's words, and the ids that the person may see."""
    from lingtan.web.metering.models import Meter, Stream
    from lingtan.web.park.models import Boundary, Commodity, Node

    own = commodities(Commodity.objects.visible_to(access))
    context = Context(ZoneInfo(park.timezone), closed_words(), commodities=own)
    needs = {kind for column in TABLES[register.table].columns for kind in kinds_of(column)}
    context.known["park"] = {park.code}
    if "node" in needs:
        for code, parent, kind in Node.objects.visible_to(access).values_list("code", "parent__code", "kind"):
            context.parents[code], context.node_kind[code] = parent or "", kind
        context.known["node"] = set(context.node_kind)
    if "stream" in needs:
        context.stream_commodity.update(Stream.objects.visible_to(access).values_list("code", "commodity"))
        context.known["stream"] = set(context.stream_commodity)
    if "boundary" in needs:
        context.known["boundary"] = set(Boundary.objects.visible_to(access).values_list("code", flat=True))
    context.known["point"] = set()
    if "point" in needs or register.table in ("meters.csv", "virtual.csv"):
        context.point_stream.update(Meter.objects.visible_to(access).values_list("point", "stream__code"))
        context.known["point"] = set(context.point_stream)
    return context


def commodities(own: QuerySet[Any]) -> Mapping[str, Any]:
    """Return the library's commodities and those of a park's rows, by code."""
    made = [builder(TABLES["commodities.csv"])(row) for row in _rows(TABLES["commodities.csv"], own)]
    return resolve(library().commodities, made)[0] if made else library().commodities


def _typed(table: Table, row: Any, context: Context) -> tuple[Row | None, list[Finding]]:
    """Read a record as the folder reads its line: cell by cell, then the rules of one row."""
    cells = [cell(getattr(row, field_of(column), None), column) for column in table.columns]
    raw = RawTable(table.home or table.pattern, table.names, [cells], [1])
    said: list[Finding] = []
    good, _aside = typed_rows(raw, table, context, said)
    for made in good:
        for rule in ROW_RULES.get(table.pattern, ()):
            said += [row_fault(wrong, made.file, 1, name, "") for name, wrong in rule(made.values, context)]
    return (good[0] if good else None), said


def cell(value: Any, column: Column) -> str:
    """Write a value of a record as a cell of the folder."""
    if value is None:
        return ""
    if isinstance(value, Model):
        return str(value.code)  # type: ignore[attr-defined]
    if column.type == "period":
        return f"PT{value}S"
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, list | tuple):
        return ";".join(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _rows(table: Table, found: QuerySet[Any]) -> list[Row]:
    """Return stored rows as the folder's rules take them."""
    names = [field_of(column) for column in table.columns]
    paths = [f"{name}__code" if _relation(found.model._meta.get_field(name)) else name for name in names]
    rows = []
    for pk, file, line, *values in found.values_list("pk", "file", "line", *paths):
        held = {
            column.name: tuple(value) if isinstance(value, list) else column.default if value is None else value
            for column, value in zip(table.columns, values, strict=True)
        }
        rows.append(Row(file or table.home or table.pattern, line or pk, held))
    return rows


def _relation(field: Field[Any, Any]) -> bool:
    return bool(field.is_relation)


def _new_faults(register: Register, table: Table, made: Row, row: Any, context: Context) -> Iterator[Finding]:
    """Yield the faults between rows that were not there before this one."""
    others = _peers(register, table, row)
    made.line = row.line or row.pk or 0
    for rule in TABLE_RULES.get(table.pattern, ()):
        before = {_key(one) for one in rule(others, context, set())}
        yield from (one for one in rule([*others, made], context, set()) if _key(one) not in before)
    if table.pattern == "commodities.csv":
        yield from _own_commodity(table, register, row, made)
    if table.pattern in ("virtual.csv", "meters.csv"):
        yield from _expressions(table, made, row, context)


def _key(finding: Finding) -> tuple[object, ...]:
    return finding.code, finding.where, str(finding.params)


def _peers(register: Register, table: Table, row: Any) -> list[Row]:
    names = PEERS.get(table.pattern)
    if names is None:
        return []
    wanted = Q()
    for name in names:
        value = getattr(row, name)
        wanted |= Q(**{name: value}) if value else Q()
    return _rows(table, register.model.objects.filter(wanted, park=row.park).exclude(pk=row.pk).order_by("pk"))


def _own_commodity(table: Table, register: Register, row: Any, made: Row) -> Iterable[Finding]:
    others = _rows(table, register.model.objects.filter(park=row.park).exclude(pk=row.pk))
    _joined, said = resolve(library().commodities, map(builder(table), [*others, made]))
    return [one for one in said if made.line in (one.where.line, *one.where.lines)]


def _expressions(table: Table, made: Row, row: Any, context: Context) -> Iterator[Finding]:
    """Yield what a virtual point's expression, or one that a metering point's row makes, is blamed for."""
    from lingtan.web.metering.models import Meter, VirtualPoint

    virtual = TABLES["virtual.csv"]
    others = _rows(virtual, VirtualPoint.objects.filter(park=row.park).exclude(pk=row.pk if table is virtual else None))
    points = dict(context.point_stream)
    _state(context, points)
    before = {_key(one) for one in check_virtual(others, context)[1]}
    if table is not virtual:
        points = dict(Meter.objects.filter(park=row.park).exclude(pk=row.pk).values_list("point", "stream__code"))
        points[made.values["point"]] = made.values["stream"]
    _state(context, points)
    after = check_virtual([*others, made] if table is virtual else others, context)[1]
    yield from (one for one in after if _key(one) not in before)


def _state(context: Context, points: Mapping[str, str]) -> None:
    context.point_stream = dict(points)
    context.known["point"] = set(points)
    context.aside.pop("point", None)
