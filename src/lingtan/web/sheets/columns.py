"""Sheets of a register: which columns they have, which field each fills, by which a row is known again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.core.exceptions import FieldDoesNotExist
from django.db import models

from lingtan.ledger.clock import local_midnight, written
from lingtan.ledger.folder.columns import TABLES, Column, Table

if TYPE_CHECKING:
    from lingtan.web.kernel.register import Register
    from lingtan.web.people.access import Access


def table_for(register: Register, access: Access) -> Table:
    """Return the columns that a person may read and write: those of the folder's table, else those of the form."""
    known = TABLES.get(register.table)
    columns = known.columns if known else tuple(_column(register.model, name) for name in register.fields)
    hidden = {name for name, roles in register.private.items() if not roles & access.roles}
    shown = tuple(column for column in columns if field_of(register.model, column).name not in hidden)
    return replace(known, columns=shown) if known else Table(register.slug, "", "", shown)


def field_of(model: type[models.Model], column: Column) -> models.Field[Any, Any]:
    """Return the model's field that a column fills."""
    names = {"id": "code", "from": "valid_from", "to": "valid_to"}
    try:
        return model._meta.get_field(names.get(column.key, column.key))
    except FieldDoesNotExist:
        return model._meta.get_field(column.key)


_TYPES: tuple[tuple[type[models.Field[Any, Any]], str], ...] = (
    (models.ForeignKey, "ref"),
    (models.BooleanField, "bool"),
    (models.DateTimeField, "time"),
    (models.DateField, "date"),
    (models.IntegerField, "int"),
    (models.FloatField, "float"),
    (models.DecimalField, "number"),
)


def _column(model: type[models.Model], name: str) -> Column:
    """Make the column of a field that no table of the folder knows."""
    field = model._meta.get_field(name)
    words = tuple(str(value) for value, _label in field.choices or ())
    kind = "word" if words else next((kind for type_, kind in _TYPES if isinstance(field, type_)), "text")
    of = field.related_model._meta.model_name if kind == "ref" else ""
    plain = kind in {"text", "word", "ref"}
    needed = not field.blank and not field.has_default()
    return Column(name, kind, needed=needed, of=of or "", words=words, default="" if plain else None)


def identity(register: Register, table: Table) -> tuple[str, ...]:
    """Return the columns by which a row of a sheet is known again."""
    names = _KEYS.get(register.table) or ((table.identity,) if table.identity else register.columns[:2])
    return tuple(name for name in names if name in table.names)


_KEYS = {
    "members.csv": ("boundary", "node", "from"),
    "meters.csv": ("point", "from"),
    "statements/*.csv": ("stream", "start", "end", "kind", "reporter"),
    "adoption.csv": ("stream", "from"),
    "properties.csv": ("stream", "property", "start"),
    "stocks.csv": ("node", "commodity", "time"),
    "facts.csv": ("subject", "quantity", "from"),
    "prices.csv": ("subject", "component", "from"),
    "certificates.csv": ("id", "event", "date", "serial_from"),
}


def text_of(value: Any, column: Column, zone: ZoneInfo) -> str:
    """Write a value as a cell: what the folder writes, so that a sheet can be uploaded as it was downloaded."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        day = value.astimezone(zone).date()
        return day.isoformat() if local_midnight(day, zone) == value else written(value, zone)
    if column.type == "period":
        return f"PT{value // 60}M" if value % 60 == 0 else f"PT{value}S"
    if isinstance(value, Decimal):
        return format(value, "f")
    return ";".join(value) if isinstance(value, tuple) else str(value)


@dataclass(frozen=True, slots=True)
class Codes:
    """Ids of the rows that others refer to, as one person sees them: kind -> id -> primary key, and back.

    ``fields`` are those of the columns; they carry values between cells and records.
    """

    fields: dict[str, models.Field[Any, Any]]
    keys: dict[str, dict[str, int]]
    ids: dict[str, dict[int, str]]

    @classmethod
    def of(cls, model: type[models.Model], table: Table, access: Access) -> Codes:
        """Read them with one query a kind."""
        fields = {column.name: field_of(model, column) for column in table.columns}
        kinds = {_kind(field): field.related_model for field in fields.values() if field.is_relation}
        rows = {kind: other.objects.visible_to(access).values_list("code", "pk") for kind, other in kinds.items()}
        keys = {kind: dict(pairs) for kind, pairs in rows.items()}
        return cls(fields, keys, {kind: {pk: code for code, pk in held.items()} for kind, held in keys.items()})

    def learn(self, kind: str, code: str, key: int) -> None:
        """Add a row that is about to be made."""
        self.keys[kind][code], self.ids[kind][key] = key, code

    def value(self, row: models.Model, column: Column) -> Any:
        """Return what a row holds in a column, as the folder's parsers read it; a reference as an id."""
        field = self.fields[column.name]
        held = getattr(row, field.attname)
        if field.is_relation:
            return self.ids[_kind(field)].get(held, "")
        return tuple(held) if isinstance(held, list) else held

    def give(self, row: models.Model, column: Column, value: Any) -> None:
        """Set what a cell says on a row."""
        field = self.fields[column.name]
        if field.is_relation:
            value = self.keys[_kind(field)].get(value)
        elif isinstance(value, tuple):
            value = list(value)
        elif value is None and not field.null:
            value = field.get_default()
        setattr(row, field.attname, value)


def _kind(field: models.Field[Any, Any]) -> str:
    return str(field.related_model._meta.model_name)
