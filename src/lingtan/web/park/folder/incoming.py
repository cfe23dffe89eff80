"""A folder that was read, as rows of the database: values, places, and what the values do not hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.db import connection
from django.db.models import CharField, IntegerField, Model

from lingtan.ledger.finding import Finding
from lingtan.ledger.folder import Loaded
from lingtan.ledger.folder.columns import TABLES, table_of
from lingtan.ledger.folder.model import Origin
from lingtan.reference import library
from lingtan.web.park.folder.outcome import barred
from lingtan.web.park.folder.shapes import Shape, Values, cells, shapes

#: Keys of ``extra`` that hold how a row was written: columns whose text differs from the one we would write, with
#: both; and cells of columns that the format does not know, by their place.
WAS, MORE = "was", "more"


@dataclass(frozen=True, slots=True)
class Row:
    """One row to be held: values in the order of the shape's slots, where it stood, how it was written."""

    values: Values
    file: str
    line: int | None
    extra: Mapping[str, Any]


@dataclass(slots=True)
class Incoming:
    """What a folder brings: rows by table, table files with what stays out of the rows, errors of their own."""

    rows: dict[str, list[Row]] = field(default_factory=dict)
    sheets: dict[str, tuple[list[str], dict[str, Any], dict[str, Any]]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    left_out: int = 0


def incoming(loaded: Loaded) -> Incoming:
    """Turn a folder into rows.

    What the database cannot hold (texts and names that are too long) is an error that refuses the folder.
    """
    made = Incoming()
    for shape in shapes():
        made.rows[shape.pattern] = list(_rows(shape, loaded))
        made.findings += _limits(shape.model, made.rows[shape.pattern], shape)
    for file, origin in loaded.extras.origins.items():
        rest = {str(line): row for line, row in origin.cells.items() if line not in origin.nouns}
        aside = {str(line): text for line, text in origin.aside.items()}
        made.sheets[file] = (list(origin.header), rest, aside)
        made.left_out += len(rest) + len(aside)
    made.findings += _names(loaded)
    return made


def _rows(shape: Shape, loaded: Loaded) -> Iterator[Row]:
    text = cells(loaded.park.settings)
    for noun in _nouns(shape, loaded):
        at = getattr(noun, "at", noun)
        origin = loaded.extras.origins[at.file]
        written = origin.cells[at.line]
        if shape.pattern == "commodities.csv":
            noun = _as_written(noun, dict(zip(origin.header, written, strict=True)))
        values = shape.of_noun(noun)
        yield Row(values, at.file, at.line, _extra(shape, values, origin, written, text))


def _nouns(shape: Shape, loaded: Loaded) -> list[Any]:
    held = getattr(loaded.park, shape.table.park)
    if shape.pattern == "commodities.csv":
        shipped = library().commodities
        return [noun for code, noun in held.items() if code not in shipped]
    return list(held.values()) if isinstance(held, Mapping) else list(held)


def _as_written(commodity: Any, row: Mapping[str, str]) -> Any:
    """Return a commodity without what it took over from the one that it refines."""
    blank = {
        column.key: column.default
        for column in TABLES["commodities.csv"].columns
        if not row.get(column.name, "").strip()
    }
    return replace(commodity, **blank)


def _extra(shape: Shape, values: Values, origin: Origin, written: list[str], text: Any) -> dict[str, Any]:
    """Return what the values do not tell: other spellings of known cells, cells of unknown columns."""
    known = set(shape.table.names)
    place = {name: index for index, name in enumerate(origin.header)}
    was = {}
    for slot, value in zip(shape.slots, values, strict=True):
        column = slot.column
        at = place.get(column.name)
        ours = text(value, column)
        theirs = written[at] if at is not None else ""
        if ours != theirs and (at is not None or value != column.default):
            was[column.name] = [theirs, ours]
    more = {str(at): written[at] for at, name in enumerate(origin.header) if name not in known and written[at]}
    return {key: kept for key, kept in ((WAS, was), (MORE, more)) if kept}


def _limits(model: type[Model], rows: list[Row], shape: Shape) -> Iterator[Finding]:
    """Name texts and numbers that are larger than their fields."""
    for place, slot in enumerate(shape.slots):
        held = model._meta.get_field(slot.attr)
        if slot.to:
            continue
        if isinstance(held, CharField):
            most = held.max_length or 0
            for row in rows:
                if len(row.values[place] or "") > most:
                    came = f"{len(row.values[place])} characters in {slot.column.name}"
                    yield barred("text_too_long", row.file, row.line, f"at most {most} characters", came, "shorten it")
        elif isinstance(held, IntegerField):
            most = connection.ops.integer_field_range(held.get_internal_type())[1] or 0
            for row in rows:
                if (row.values[place] or 0) > most:
                    came = f"{row.values[place]} in {slot.column.name}"
                    yield barred("out_of_range", row.file, row.line, f"a number up to {most}", came, "mend it")


def _names(loaded: Loaded) -> Iterator[Finding]:
    """Name files whose names cannot be kept."""
    for file in (*loaded.extras.origins, *loaded.extras.files):
        try:
            file.encode("utf-8")
        except UnicodeEncodeError:
            shown = file.encode("utf-8", "replace").decode("utf-8")
            yield barred("bad_file_name", shown, None, "a file name in UTF-8", "another encoding", "rename the file")
            continue
        if len(file) > 255 and table_of(file):
            yield barred("bad_file_name", file, None, "at most 255 characters", f"{len(file)}", "rename the file")


__all__ = ["MORE", "WAS", "Incoming", "Row", "incoming"]
