"""Reading a park folder: every file, every row, every fault in one run."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from decimal import Decimal
from functools import cache
from typing import Any

from lingtan.ledger import park as nouns
from lingtan.ledger.commodity import resolve
from lingtan.ledger.finding import Finding
from lingtan.ledger.folder.cells import Context, near
from lingtan.ledger.folder.columns import PARK_TOML, READINGS, TABLES, Table, table_of
from lingtan.ledger.folder.faults import FolderError, fault, gathered
from lingtan.ledger.folder.model import Extras, Loaded, Origin
from lingtan.ledger.folder.points import check_virtual, learn_points
from lingtan.ledger.folder.readings import ReadingSource, is_readings
from lingtan.ledger.folder.relations import TABLE_RULES, duplicates, idle_factors
from lingtan.ledger.folder.rows import Row, row_fault, typed_rows
from lingtan.ledger.folder.rules import ROW_RULES
from lingtan.ledger.folder.settings import line_of, read_settings
from lingtan.ledger.folder.text import foreign, raw_table
from lingtan.ledger.folder.tree import Tree, open_tree
from lingtan.ledger.park import At, Park, Settings, Span
from lingtan.reference import library
from lingtan.reference.model import Commodity, FactorRow

__all__ = ["closed_words", "load", "noun_class"]

# Each table stands behind those whose ids it names.
ORDER = (
    "nodes.csv", "boundaries.csv", "members.csv", "commodities.csv", "streams.csv", "meters.csv", "virtual.csv",
    "statements/*.csv", "adoption.csv", "properties.csv", "stocks.csv", "facts.csv", "factors.csv", "prices.csv",
    "certificates.csv",
)  # fmt: skip
_IDS = {"nodes.csv": "node", "streams.csv": "stream", "boundaries.csv": "boundary", "commodities.csv": "commodity"}
_MAPPED = ("boundaries", "nodes", "streams")
# Folders that other rooms read: documents, workflow, own methods and imported factor sets.
_QUIET = ("evidence/", "records/", "methods/", "factors/")

# Attributes that rows get from checks and not from a column.
_MARKS = ("contested",)


@dataclass(slots=True)
class _Reader:
    """State of one reading."""

    tree: Tree
    context: Context
    found: list[Finding]
    origins: dict[str, Origin] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)
    became: dict[str, dict[int, object]] = field(default_factory=dict)


def load(path: str | os.PathLike[str], *, observations: bool = False) -> Loaded:
    """Read a park folder; see `lingtan.ledger.folder.read`. With ``observations`` these are checked too."""
    tree = open_tree(path)
    data = tree.bytes_of(PARK_TOML)
    if not isinstance(data, bytes):
        raise FolderError(f"{PARK_TOML}: {data.message}")
    settings, unknown, found = read_settings(data)
    reader = _Reader(tree, _context(settings, tree), [*tree.findings, *found])
    values: dict[str, Any] = {TABLES[pattern].park: _table(pattern, reader) for pattern in ORDER}
    if observations:
        _observations(reader)
    _sort_files(reader)
    park = Park(settings, **values)
    _check_settings(park, data, reader)
    reader.found += idle_factors(park)
    readings = ReadingSource.of(park, tree)
    extras = Extras(settings, data, unknown, reader.origins, tuple(reader.files))
    return Loaded(park, gathered(reader.found), readings, tree.root, extras)


@cache
def closed_words() -> Mapping[str, Collection[str]]:
    """Return the library's closed tables by the names that columns call them."""
    tables = library()
    return {
        "made_as": {role.code for role in tables.roles.values() if role.side == "made_as"},
        "used_as": {role.code for role in tables.roles.values() if role.side == "used_as"},
        "parameter": set(tables.parameters),
        "property": set(tables.properties),
        "statement_kind": set(tables.statement_kinds),
        "adoption": {rank.word for rank in tables.adoption},
        "subjects": {subject for subject, _ in tables.index},
    }


def _context(settings: Settings, tree: Tree) -> Context:
    states: dict[str, str] = {}

    def evidence(path: str) -> str:
        if path not in states:
            states[path] = tree.evidence(path)
        return states[path]

    known = {
        "park": {settings.id},
        "node": set[str](),
        "stream": set[str](),
        "boundary": set[str](),
        "point": set[str](),
    }
    return Context(settings.zone, closed_words(), known, commodities=library().commodities, evidence=evidence)


def _table(pattern: str, reader: _Reader) -> Any:
    """Read all files of one table; gives the value of its field of the park."""
    table = TABLES[pattern]
    rows = [row for file in reader.tree.files if table_of(file) is table for row in _file(file, table, reader)]
    aside: set[int] = set()
    rules = [
        *([duplicates(table.identity)] if table.identity and pattern != "commodities.csv" else []),
        *TABLE_RULES.get(pattern, ()),
    ]
    for rule in rules:
        reader.found += rule(rows, reader.context, aside)
    kept = [row for place, row in enumerate(rows) if place not in aside]
    kept = _own_checks(pattern, kept, reader)
    _learn(pattern, rows, kept, reader.context)
    return _nouns(pattern, table, kept, reader)


def _file(file: str, table: Table, reader: _Reader) -> list[Row]:
    """Read one file of a table and check its rows one by one."""
    data = reader.tree.bytes_of(file)
    raw, said = raw_table(data, file) if isinstance(data, bytes) else (None, [data])
    reader.found += said
    if raw is None:
        reader.files.append(file)
        return []
    rows, bad = typed_rows(raw, table, reader.context, reader.found)
    rows = _row_rules(rows, table, reader, bad)
    _note_aside(raw.header, dict(zip(raw.lines, raw.records, strict=True)), bad, table, reader.context)
    cells = dict(zip(raw.lines, raw.records, strict=True))
    reader.became[file] = {}
    reader.origins[file] = Origin(raw.header, cells, reader.became[file], raw.aside)
    return rows


def _observations(reader: _Reader) -> None:
    """Check the rows of observations; they stay in their files."""
    table = TABLES["observations/**.csv"]
    for file in reader.tree.files:
        if table_of(file) is table:
            _file(file, table, reader)
            reader.origins.pop(file, None)


def _row_rules(rows: list[Row], table: Table, reader: _Reader, bad: set[int]) -> list[Row]:
    rules = ROW_RULES.get(table.pattern, ())
    good = []
    for row in rows:
        before = len(reader.found)
        for rule in rules:
            for column, wrong in rule(row.values, reader.context):
                reader.found.append(row_fault(wrong, row.file, row.line, column, _shown(row.values.get(column))))
        if any(one.level == "error" for one in reader.found[before:]):
            bad.add(row.line)
        else:
            good.append(row)
    return good


def _shown(value: object) -> str:
    if value is None:
        return ""
    return ";".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _note_aside(
    header: Sequence[str], cells: Mapping[int, list[str]], bad: Iterable[int], table: Table, context: Context
) -> None:
    """Remember the ids of rows that were set aside, so that what names them can say so."""
    kind = _IDS.get(table.pattern)
    if kind and table.identity in header:
        place = list(header).index(table.identity)
        context.aside.setdefault(kind, set()).update(cells[line][place].strip() for line in bad)


def _own_checks(pattern: str, rows: list[Row], reader: _Reader) -> list[Row]:
    """Do the checks of one table that other rooms' rules make, or that need several tables."""
    context = reader.context
    if pattern == "commodities.csv":
        joined, said = resolve(library().commodities, map(BUILDERS[pattern], rows))
        reader.found += said
        context.commodities = joined
        kept = []
        for row in rows:
            one = joined.get(row.values["code"])
            if one is not None and (one.file, one.line) == (row.file, row.line):
                kept.append(row)
        return kept
    if pattern == "meters.csv":
        learn_points(rows, context)
    if pattern == "virtual.csv":
        aside, said_of = check_virtual(rows, context)
        reader.found += said_of
        return [row for place, row in enumerate(rows) if place not in aside]
    if pattern == "statements/*.csv":
        units = {stream: context.commodities[code].unit for stream, code in context.stream_commodity.items()}
        for row in rows:
            confirmed(row, units)
    return rows


def _learn(pattern: str, rows: Sequence[Row], kept: Sequence[Row], context: Context) -> None:
    """Make the ids of a table known to the tables behind it."""
    kind = _IDS.get(pattern)
    identity = TABLES[pattern].identity
    if kind and identity:
        known = context.known.setdefault(kind, set())
        known.update(row.values[identity] for row in kept)
        context.aside.setdefault(kind, set()).update({row.values[identity] for row in rows} - known)
    if pattern == "nodes.csv":
        context.parents.update((row.values["id"], row.values["parent"]) for row in kept)
        context.node_kind.update((row.values["id"], row.values["kind"]) for row in kept)
    if pattern == "streams.csv":
        context.stream_commodity.update((row.values["id"], row.values["commodity"]) for row in kept)


def _nouns(pattern: str, table: Table, rows: Sequence[Row], reader: _Reader) -> Any:
    """Make the nouns of a table and remember what each line became."""
    build = BUILDERS[pattern]
    own = pattern == "commodities.csv"
    made = [reader.context.commodities[row.values["code"]] if own else build(row) for row in rows]
    for row, noun in zip(rows, made, strict=True):
        reader.became[row.file][row.line] = noun
    if own:
        return reader.context.commodities
    if table.park in _MAPPED:
        return {getattr(noun, table.identity): noun for noun in made}
    return tuple(made)


def _sort_files(reader: _Reader) -> None:
    """Note files that the format does not know; all but tables are carried over as bytes."""
    names = [PARK_TOML, *TABLES]
    for file in reader.tree.files:
        if file == PARK_TOML or file in reader.origins:
            continue
        if file not in reader.files:
            reader.files.append(file)
        if is_readings(file) or table_of(file) or file.startswith(_QUIET):
            continue
        wrong = _packed(file, reader)
        reader.found.append(wrong or fault("unknown_file", file, came=file, todo=near(file, names), apart=True))


def _packed(file: str, reader: _Reader) -> Finding | None:
    """Name packed and foreign files that stand where tables or readings are expected."""
    if not file.startswith((READINGS, "statements/", "observations/")):
        return None
    with (reader.tree.root / file).open("rb") as handle:
        return foreign(handle.read(16), file)


def _check_settings(park: Park, data: bytes, reader: _Reader) -> None:
    """See that the default boundary and the points of repairs are known."""
    boundary = park.settings.default_boundary
    if boundary and boundary not in park.boundaries:
        todo = near(boundary, park.boundaries)
        expected, line = "an id of boundaries.csv", line_of(data, "default_boundary")
        reader.found.append(
            fault("default_boundary_unknown", PARK_TOML, lines=(line,), expected=expected, came=boundary, todo=todo)
        )
    points = {meter.point for meter in park.meters}
    for name, switched in park.settings.repairs.items():
        expected, line = f"a point of meters.csv in repair {name}", line_of(data, name)
        reader.found += [
            fault("unknown_id", PARK_TOML, lines=(line,), expected=expected, came=point, todo=near(point, points))
            for point in switched
            if point not in points
        ]


def noun_class(table: Table) -> type[Any]:
    """Class that a row of the table becomes."""
    others: dict[str, type[Any]] = {"FactorRow": FactorRow, "Commodity": Commodity}
    found: type[Any] = others.get(table.noun) or getattr(nouns, table.noun)
    return found


def builder(table: Table) -> Callable[[Row], Any]:
    """Give the function that makes the noun of a checked row."""
    kind = noun_class(table)
    names = {each.name for each in fields(kind)}
    pairs = [(column.name, column.key) for column in table.columns if column.key in names]
    spanned = "valid" in names
    marks = [mark for mark in _MARKS if mark in names]

    def build(row: Row) -> Any:
        values = row.values
        given: dict[str, Any] = {key: values[name] for name, key in pairs}
        if spanned:
            given["valid"] = Span(values["from"], values["to"])
        for mark in marks:
            given[mark] = values.get(mark, False)
        if "at" in names:
            given["at"] = At(row.file, row.line)
        else:
            given |= {"file": row.file, "line": row.line}
        return kind(**given)

    return build


def confirmed(row: Row, units: Mapping[str, str]) -> None:
    """Give a confirmed zero its amount and, where blank, the stream's canonical unit."""
    if row.values["kind"] == "confirmed_zero":
        row.values["amount"] = Decimal(0)
        row.values["unit"] = row.values["unit"] or units[row.values["stream"]]


BUILDERS = {name: builder(table) for name, table in TABLES.items() if table.noun}
