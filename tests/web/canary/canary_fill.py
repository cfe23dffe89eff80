"""Fills every record type for an enterprise with strings and numbers that can be told from all others."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import models

from lingtan.web.kernel.record import FolderRecord, Record
from lingtan.web.kernel.scope import EVERYONE
from lingtan.web.metering.stream import Stream
from lingtan.web.park.node import Node
from lingtan.web.people.user import User
from lingtan.web.publish import store

#: Fields whose words are read by the account: a mark there would only make it fail.
FIXED: dict[str, Any] = {
    "unit": "kWh", "commodity": "electricity", "currency": "CNY", "made_as": "grid_supply", "used_as": "own_use",
    "clock": "+08:00", "method": "cn-zcp-2025", "variant": "cn-zcp-2025", "language": "zh-hans", "expression": "",
    "subject": "electricity", "parameter": "ef", "quantity": "electricity", "property": "ncv", "component": "energy",
    "event": "issue", "register": "interval", "year": 2025, "data_year": 2025, "edition": 1, "revision": 1,
    "first_day": 1, "month": "2025-03", "map": "", "place": "", "url": "https://example.org/hook",
}  # fmt: skip
#: Choices that are taken where a field has them: the later states, in which more is shown.
CHOSEN = ("given", "submitted", "proposed", "invoice", "register", "interval", "own", "enterprise")
#: Record types that only the account makes; `canary_walk` lets it make them.
COMPUTED = {"Run", "Figure", "MonthFlow", "Move", "PeriodFlow", "Issue"}
MARK = re.compile(r"qz[ab]\d{4}k")
START, END = datetime(2025, 3, 1, tzinfo=UTC), datetime(2025, 4, 1, tzinfo=UTC)


class Filler:
    """Makes one row of every record type for one enterprise; ``marks`` tells which mark stands in which field."""

    def __init__(self, park: Any, code: str, letter: str, number: int, user: User) -> None:
        self.park, self.letter, self.user = park, letter, user
        self.node = Node.objects.get(park=park, code=code)
        self.grid = Node.objects.get(park=park, code="grid")
        self.count, self.number = 0, number
        self.marks: dict[str, str] = {}
        self.rows: dict[type[models.Model], models.Model] = {}

    def fill(self) -> None:
        """Make a row of each type that has a scope of nodes; rows of the whole park carry no enterprise's marks."""
        for model in record_types():
            self.row(model)

    def row(self, model: type[models.Model]) -> Any:
        """Return the row of a type, made with all that it refers to."""
        if model not in self.rows:
            values = {field.name: self.value(field) for field in fields(model)}
            if {"start", "end"} <= set(values):
                values.update(start=START, end=END)
            if "sha256" in {field.name for field in model._meta.concrete_fields}:
                values["sha256"], values["size"] = self.content()
            made = model(**values)
            made.save()
            made.settle()
            self.rows[model] = made
        return self.rows[model]

    def content(self) -> tuple[str, int]:
        """Keep a file with a mark in it; return its sum and size."""
        self.count += 1
        mark = f"qz{self.letter}{self.count:04d}k"
        self.marks[mark] = "DocumentVersion.content"
        return store.keep(io.BytesIO(f"evidence {mark}".encode()))

    def value(self, field: Any) -> Any:
        """Return what a field gets."""
        if isinstance(field, models.ForeignKey):
            return self.related(field)
        if field.choices:
            keys = [key for key, _label in field.flatchoices if key]
            return next((key for key in CHOSEN if key in keys), keys[0])
        if field.name in FIXED:
            return FIXED[field.name]
        for kinds, make in MAKERS:
            if isinstance(field, kinds):
                return make(self, field)
        return field.get_default()

    def related(self, field: Any) -> Any:
        """Return the row that a field refers to: the enterprise's own wherever it can be."""
        target = field.related_model
        if field.name == "park":
            return self.park
        if target is User:
            return self.user
        if target is Node and field.model is Stream and field.name == "source":
            return self.grid
        if target is Node and field.name in ("parent", "enterprise") and field.model is Node:
            return self.node
        if target is field.model or getattr(field, "one_to_one", False):
            return None
        if target is Node:
            return self.node
        return self.row(target) if issubclass(target, Record) and target.__name__ not in COMPUTED else None

    def text(self, field: Any) -> str:
        """Return a marked string; what everybody in the park sees carries no mark."""
        self.count += 1
        if getattr(field.model, "scope", ()) == EVERYONE:
            return f"common{self.letter}{self.count}"
        mark = f"qz{self.letter}{self.count:04d}k"
        self.marks[mark] = f"{field.model.__name__}.{field.name}"
        return f"{mark}@example.org" if isinstance(field, models.EmailField) else mark

    def figure(self, field: Any) -> Decimal:
        """Return a marked number: six digits of its own, two that differ by field."""
        self.count += 1
        return Decimal(self.number * 100 + self.count % 100)


MAKERS: tuple[tuple[Any, Any], ...] = (
    (ArrayField, lambda one, field: []),
    (models.JSONField, lambda one, field: field.get_default()),
    (models.BooleanField, lambda one, field: field.get_default() or False),
    ((models.CharField, models.TextField), Filler.text),
    (models.DecimalField, Filler.figure),
    (models.FloatField, lambda one, field: 31.5),
    (models.DateTimeField, lambda one, field: START if field.name != "valid_to" else None),
    (models.DateField, lambda one, field: date(2025, 3, 1) if field.name != "valid_to" else None),
    (models.PositiveSmallIntegerField, lambda one, field: field.get_default() or 1),
    (models.IntegerField, lambda one, field: field.get_default() or 1),
)


def record_types() -> Iterator[type[Any]]:
    """Return all record types that belong to nodes and that people or imports make."""
    for model in apps.get_models():
        if issubclass(model, Record) and model.scope not in ((), EVERYONE) and model.__name__ not in COMPUTED:
            yield model


def fields(model: type[models.Model]) -> list[Any]:
    """Return the fields that are filled; those that code alone writes stay as they are born."""
    born = {"version", "extra", "sha256", "size"}
    born |= {"file", "line"} if issubclass(model, FolderRecord) else set()
    born |= {"enterprise"} if model is Node else set()
    return [one for one in model._meta.concrete_fields if one.name not in born and not one.primary_key]
