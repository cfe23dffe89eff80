"""Which model holds which table of the folder, column by column; made from the registers and the folder's columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import connection
from django.db.models import Model

from lingtan.ledger.folder.columns import TABLES, Column, Table
from lingtan.ledger.folder.load import ORDER
from lingtan.ledger.folder.write import cell_text
from lingtan.ledger.park import Park as Ledger
from lingtan.ledger.park import Settings
from lingtan.web.kernel.record import FolderRecord
from lingtan.web.kernel.register import registers

#: What tells two rows of a table apart, by model fields; rows with equal keys are told apart by their order.
KEYS: Mapping[str, tuple[str, ...]] = {
    "boundaries.csv": ("code",),
    "members.csv": ("boundary", "node", "valid_from"),
    "nodes.csv": ("code",),
    "streams.csv": ("code",),
    "meters.csv": ("point", "valid_from"),
    "virtual.csv": ("point",),
    "statements/*.csv": ("stream", "start", "end", "kind", "reporter"),
    "adoption.csv": ("stream", "valid_from"),
    "properties.csv": ("stream", "property", "start"),
    "stocks.csv": ("node", "commodity", "time"),
    "facts.csv": ("subject", "quantity", "valid_from"),
    "commodities.csv": ("code",),
    "factors.csv": ("code",),
    "prices.csv": ("subject", "component", "valid_from"),
    "certificates.csv": ("code", "event", "date", "serial_from"),
}
#: Fields beside the columns that follow from one of them: field -> (column's field, table of its code).
FOLLOWING: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "facts.csv": {"node": ("subject", "nodes.csv")},
    "prices.csv": {"stream": ("subject", "streams.csv")},
}
Values = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Slot:
    """One column and the model field that holds it; ``to`` is the table that a reference leads to."""

    column: Column
    attr: str
    to: str = ""

    @property
    def path(self) -> str:
        """What a query of values asks for."""
        return f"{self.attr}__code" if self.to else self.attr


@dataclass(frozen=True, slots=True)
class Shape:
    """A table of the folder and its record type. Rows are tuples in the order of ``slots``, references as codes."""

    table: Table
    model: type[FolderRecord]
    slots: tuple[Slot, ...]
    key: tuple[int, ...]

    @property
    def pattern(self) -> str:
        """Pattern of the table's files."""
        return self.table.pattern

    @property
    def attrs(self) -> tuple[str, ...]:
        """Model fields in the order of the slots."""
        return tuple(slot.attr for slot in self.slots)

    @property
    def following(self) -> Mapping[str, tuple[str, str]]:
        """Fields that follow from a column."""
        return FOLLOWING.get(self.pattern, {})

    def of_noun(self, noun: Any) -> Values:
        """Return the values of a noun as the record holds them."""
        return tuple(_from_noun(noun, slot.column) for slot in self.slots)

    def key_of(self, values: Values) -> Values:
        """Return what tells the row from others."""
        return tuple(values[place] for place in self.key)


@lru_cache(maxsize=1)
def shapes() -> tuple[Shape, ...]:
    """Return all tables that a record type holds, each behind those whose ids it names."""
    held = {one.table: one.model for one in registers() if one.table}
    by_model = {model: pattern for pattern, model in held.items()}
    return tuple(_shape(TABLES[pattern], held[pattern], by_model) for pattern in ORDER if pattern in held)


def _shape(table: Table, model: Any, by_model: Mapping[Any, str]) -> Shape:
    slots = []
    for column in table.columns:
        attr = _attr(column)
        field = model._meta.get_field(attr)
        slots.append(Slot(column, attr, by_model[field.related_model] if field.is_relation else ""))
    names = [slot.attr for slot in slots]
    return Shape(table, model, tuple(slots), tuple(names.index(name) for name in KEYS[table.pattern]))


def _attr(column: Column) -> str:
    """Name of the model field of a column."""
    if column.name in ("from", "to") and not column.field:
        return "valid_from" if column.name == "from" else "valid_to"
    return "code" if column.key == "id" else column.key


def _from_noun(noun: Any, column: Column) -> Any:
    if column.name in ("from", "to") and not column.field:
        return noun.valid.start if column.name == "from" else noun.valid.end
    return getattr(noun, column.key)


def from_record(value: Any) -> Any:
    """Return a value of a query as it stands in rows: lists as tuples, a missing reference as blank."""
    return tuple(value) if isinstance(value, list) else value


def to_record(model: type[FolderRecord], attr: str, value: Any) -> Any:
    """Return a value of a row as the model's field takes it."""
    return list(value) if isinstance(model._meta.get_field(attr), ArrayField) else value


def evidence_path(path: str) -> str:
    """Return where a document stands in a folder: below ``evidence/``, also one that was filed elsewhere here."""
    return path if path.startswith("evidence/") else f"evidence/{path}"


def cells(settings: Settings) -> Callable[[Any, Column], str]:
    """Return the function that writes a value as the cell of a column, one way for equal values."""
    park = Ledger(settings)

    def text(value: Any, column: Column) -> str:
        if isinstance(value, Decimal):
            return format(value, "f")
        if column.type == "evidence":
            value = tuple(map(evidence_path, value))
        return cell_text(value, column, park)

    return text


def new_ids(model: type[Model], count: int) -> list[int]:
    """Take primary keys beforehand, so that rows may name one another in one statement."""
    if not count:
        return []
    with connection.cursor() as cursor:
        asked = [model._meta.db_table, count]
        cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", asked)
        return [pk for (pk,) in cursor.fetchall()]
