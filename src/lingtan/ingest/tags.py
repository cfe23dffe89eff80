"""The mapping from what a source calls a quantity (its tag) to the park's point, with unit and scale: a table as data.

value of the point = (value as sent x ``scale`` + ``offset``) in ``unit``, converted to ``to``.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path

import polars as pl

from lingtan.ingest.model import Fault
from lingtan.ledger import units
from lingtan.reference.model import Commodity

COLUMNS = ("tag", "point", "unit", "to", "scale", "offset")
#: A mapping as `settle` joins it: value of the point = value as sent x ``a`` + ``b``.
TABLE = pl.Schema({"tag": pl.String(), "point": pl.String(), "a": pl.Float64(), "b": pl.Float64()})
_TEMPERATURE = (("K", 1),)
_MOST_BYTES = 64 * 1024**2


@dataclass(frozen=True, slots=True)
class Tag:
    """One row of a mapping. ``unit`` is what the source sends, ``to`` what the point is read in; blank = the same."""

    tag: str
    point: str
    unit: str = ""
    to: str = ""
    scale: Decimal = Decimal(1)
    offset: Decimal = Decimal(0)
    commodity: Commodity | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What a park's meters say of a point: the unit of its readings and the commodity of its stream."""

    unit: str
    commodity: Commodity | None = None


@dataclass(frozen=True, slots=True)
class TagTable:
    """A source's mapping: its ``rows`` by tag, and ``frame`` with the schema of `TABLE` for whole columns."""

    rows: Mapping[str, Tag] = field(default_factory=dict)
    frame: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=TABLE))


def factors(tag: Tag, unit: str = "") -> tuple[float, float]:
    """Return (a, b) with value of the point = value as sent x a + b.

    ``unit`` replaces the unit of the mapping where the payload carries its own.

    Raises
    ------
    UnitError : the two units do not convert.
    """
    sent = unit or tag.unit
    slope, shift = Decimal(1), Decimal(0)
    if sent and tag.to and sent != tag.to:
        if units.read(sent).dims == units.read(tag.to).dims == _TEMPERATURE:
            shift = units.temperature(Decimal(1000), sent, tag.to)
            slope = units.temperature(Decimal(1001), sent, tag.to) - shift
            shift -= 1000 * slope
        else:
            slope = units.ratio(sent, tag.to, tag.commodity)
    return float(slope * tag.scale), float(slope * tag.offset + shift)


def table(rows: Sequence[Tag], known: Mapping[str, Known], place: str, found: list[Fault]) -> TagTable:
    """Complete and check a mapping; ``known`` points are also taken under their own name. Faulty rows are left out."""
    by_tag: dict[str, Tag] = {}
    made: list[tuple[str, str, float, float]] = []
    own = [Tag(point, point) for point in known if point not in {row.tag for row in rows}]
    for row in (*rows, *own):
        if row.tag in by_tag:
            found.append(
                Fault("tag_twice", place, "each tag once", row.tag, "one tag is one point; delete one of the rows")
            )
            continue
        meter = known.get(row.point, Known(""))
        full = Tag(row.tag, row.point, row.unit, row.to or meter.unit, row.scale, row.offset, meter.commodity)
        try:
            made.append((full.tag, full.point, *factors(full)))
        except units.UnitError as fault:
            came = f"{full.unit!r} to {full.to!r} of point {full.point}"
            found.append(Fault(fault.code, f"{place}: tag {row.tag!r}", fault.expected, came, fault.todo))
            continue
        by_tag[row.tag] = full
    return TagTable(by_tag, pl.DataFrame(made, schema=TABLE, orient="row"))


def read_rows(path: Path, columns: Sequence[str], needed: Sequence[str], found: list[Fault]) -> list[dict[str, str]]:
    """Read a CSV table of settings: one dict a row with ``#`` as its place; faults are added to ``found``."""
    try:
        text = path.read_bytes()[:_MOST_BYTES].decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as fault:
        todo = "save it as UTF-8" if isinstance(fault, UnicodeDecodeError) else "check the path"
        found.append(Fault("no_table", str(path), "a CSV table in UTF-8", type(fault).__name__, todo))
        return []
    reader = csv.reader(io.StringIO(text))
    header = [cell.strip() for cell in next(reader, [])]
    strange, missing = set(header) - set(columns), [name for name in needed if name not in header]
    if strange or missing or len(set(header)) < len(header):
        came = ",".join(header)
        todo = f"missing {missing}, not known {sorted(strange)}"
        found.append(Fault("bad_header", f"{path.name}:1", f"columns of {','.join(columns)}", came, todo))
        return []
    rows = []
    for cells in reader:
        if not any(cell.strip() for cell in cells):
            continue
        place = f"{path.name}:{reader.line_num}"
        row = dict(zip(header, (cell.strip() for cell in cells), strict=False))
        empty = [name for name in needed if not row.get(name)]
        if len(cells) != len(header) or empty:
            came = f"{len(cells)} cells" if len(cells) != len(header) else f"no {', '.join(empty)}"
            found.append(Fault("bad_row", place, f"{len(header)} cells with {', '.join(needed)}", came))
            continue
        rows.append({**row, "#": place})
    return rows


def decimal_of(row: Mapping[str, str], name: str, default: str, found: list[Fault]) -> Decimal:
    """Read a decimal cell; a fault gives the default."""
    written = row.get(name) or default
    try:
        value = Decimal(written)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite():
        found.append(Fault("bad_number", f"{row['#']}, {name}", "a number with a point", written))
        return Decimal(default)
    return value


def mapping(path: Path, found: list[Fault]) -> list[Tag]:
    """Read a mapping file ``tag,point,unit,to,scale,offset``."""
    return [as_tag(row, found) for row in read_rows(path, COLUMNS, COLUMNS[:2], found)]


def as_tag(row: Mapping[str, str], found: list[Fault]) -> Tag:
    """Return one row of a table as a row of a mapping; without ``tag`` the point's id is its tag."""
    scale, offset = decimal_of(row, "scale", "1", found), decimal_of(row, "offset", "0", found)
    tag = row.get("tag") or row["point"]
    return Tag(tag, row["point"], row.get("unit", ""), row.get("to", ""), scale, offset)
