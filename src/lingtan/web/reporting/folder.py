"""Workflow state of reports as records of the park folder (``records/reporting.jsonl``), out and in.

One dict per row: ``{"type": ..., "key": ..., ...}``; persons by sign-in name, nodes by id, documents by path, forms by
code and edition, so that rows mean the same in another installation. Somebody unknown there is kept by name in
``extra``. Forms and mappings have registers and travel as such.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from operator import attrgetter
from typing import Any

from django.db import models, transaction
from django.utils.dateparse import parse_datetime

from lingtan.web.kernel.fields import ExactField
from lingtan.web.park.park import Park
from lingtan.web.people.user import User
from lingtan.web.reporting.form import FormLine, FormTemplate
from lingtan.web.reporting.report import LineDocument, Remark, Report, ReportLine, ReportStep

#: type -> model, in the order of writing and reading.
TYPES: dict[str, type[models.Model]] = {
    "report": Report,
    "report_line": ReportLine,
    "report_document": LineDocument,
    "report_remark": Remark,
    "report_step": ReportStep,
}
_LEFT_OUT = {"id", "park", "extra"}
#: What rows outside of this file are called; the attributes are joined by ``@``.
_OUTSIDE: dict[str, tuple[str, ...]] = {
    "Node": ("code",),
    "Document": ("path",),
    "User": ("username",),
    FormTemplate.__name__: ("code", "edition"),
    FormLine.__name__: ("code", "form.code", "form.edition"),
}


class RecordError(ValueError):
    """A row of the records that cannot be read; the message names the row, what was expected and what came."""


def dump(park: Park) -> Iterator[dict[str, Any]]:
    """Yield the park's reports with their lines, remarks, evidence and steps, in a fixed order."""
    for name, model in TYPES.items():
        relations = [field.name for field in model._meta.fields if isinstance(field, models.ForeignKey)]
        relations += ["line__form"] if model is ReportLine else []
        for row in model._default_manager.filter(park=park).select_related(*relations).order_by("pk"):
            yield {"type": name, "key": row.pk, **{field.name: _out(row, field) for field in _fields(model)}}


def load(park: Park, rows: Iterable[Mapping[str, Any]]) -> int:
    """Make the rows of a dump in a park that has no reports; all of them or none; return the count.

    Forms, nodes and documents must be in the park before.

    Raises
    ------
    RecordError : the park has reports, a row is of no known type, or names what the park has not.
    """
    if Report.objects.filter(park=park).exists():
        raise RecordError(f"Expected a park without reports; {park.code} has some. Import it under a new id.")
    made: dict[tuple[str, Any], models.Model] = {}
    with transaction.atomic():
        look = _Look(park, made)
        for number, given in enumerate(rows, start=1):
            name = str(given.get("type"))
            if name not in TYPES:
                raise RecordError(f"Row {number}: expected a type out of {', '.join(TYPES)}; came {name}.")
            made[name, given.get("key")] = _made(number, given, TYPES[name], look)
    return len(made)


def _fields(model: type[models.Model]) -> list[models.Field[Any, Any]]:
    return [field for field in model._meta.concrete_fields if field.name not in _LEFT_OUT]


def _out(row: models.Model, field: models.Field[Any, Any]) -> Any:
    value = getattr(row, field.name)
    if value is None:
        return None
    if isinstance(field, models.ForeignKey):
        return _named(value) if type(value).__name__ in _OUTSIDE else value.pk
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value.isoformat() if isinstance(value, date | datetime) else value


def _named(row: Any) -> str:
    """Return what a row is called outside of this installation."""
    return "@".join(str(attrgetter(path)(row)) for path in _OUTSIDE[type(row).__name__])


class _Look:
    """Where the names in rows lead: nodes, streams, documents, persons, and the rows made so far."""

    def __init__(self, park: Park, made: dict[tuple[str, Any], models.Model]) -> None:
        self.park, self.made = park, made
        self.names = {model: name for name, model in TYPES.items()}
        self.known: dict[type[Any], dict[str, Any]] = {}

    def find(self, model: type[Any], value: Any) -> Any:
        """Return the row that a value names, None for a person who is not known here."""
        if model in self.names:
            return self.made.get((self.names[model], value))
        if model not in self.known:
            rows = model.objects.all() if model is User else model.objects.filter(park=self.park)
            rows = rows.select_related("form") if model is FormLine else rows
            self.known[model] = {_named(row): row for row in rows}
        return self.known[model].get(value)


def _made(number: int, given: Mapping[str, Any], model: type[Any], look: _Look) -> models.Model:
    values: dict[str, Any] = {}
    persons: dict[str, str] = {}
    for field in _fields(model):
        value = given.get(field.name)
        if value is None:
            continue
        if not isinstance(field, models.ForeignKey):
            values[field.name] = _in(number, field, value)
            continue
        found = look.find(field.related_model, value)
        if found is None and field.related_model is User:
            persons[field.name] = str(value)
        elif found is None:
            raise RecordError(f"Row {number}: {field.name} names {value!r}, which is not in the park.")
        values[field.name] = found
    row = model(park=look.park, extra={"persons": persons} if persons else {}, **values)
    row.save(force_insert=True)
    return row


def _in(number: int, field: models.Field[Any, Any], value: Any) -> Any:
    try:
        if isinstance(field, ExactField):
            return Decimal(value)
        if isinstance(field, models.DateTimeField):
            return parse_datetime(value)
        return date.fromisoformat(value) if isinstance(field, models.DateField) else value
    except (ArithmeticError, TypeError, ValueError) as fault:
        raise RecordError(f"Row {number}: {field.name} cannot be read; came {value!r}.") from fault
