"""One row of any record type, filled by the kinds of its fields; every end it has is the node that is given."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models

from lingtan.web.kernel.scope import EVERYONE

START, END = datetime(2025, 1, 1, tzinfo=UTC), datetime(2025, 2, 1, tzinfo=UTC)


def sample(model: type[Any], node: Any, mark: str) -> Any:
    """Make a row of a record type that belongs to a node; its texts begin with ``mark``."""
    if model is type(node):
        return node
    if model.scope == EVERYONE and model.objects.filter(park=node.park).exists():
        return model.objects.filter(park=node.park).first()
    values = {field.name: value(field, node, mark) for field in model._meta.concrete_fields if wanted(field)}
    held = model.objects.filter(park=node.park, code=values["code"]).first() if "code" in values else None
    return held or model.objects.create(park=node.park, **values)


def wanted(field: Any) -> bool:
    """Tell whether a field takes a value: all that must, and all that name a row."""
    if field.primary_key or field.name in ("park", "version", "extra", "file", "line"):
        return False
    ours = field.is_relation and hasattr(field.related_model, "scope")
    return ours or not (field.null or field.has_default() or field.blank)


def value(field: Any, node: Any, mark: str) -> Any:
    """Return a value of a field."""
    if field.is_relation:
        return sample(field.related_model, node, mark)
    if field.choices:
        return field.choices[0][0]
    kinds: tuple[tuple[type, Any], ...] = (
        (ArrayField, []), (models.DateTimeField, END if field.name in ("end", "valid_to") else START),
        (models.DateField, date(2025, 1, 1)), (models.DecimalField, Decimal(1)), (models.BooleanField, False),
        (models.IntegerField, 1), (models.JSONField, {}), (models.URLField, f"https://{mark}.example"),
        (models.EmailField, f"{mark}@example.org"),
    )  # fmt: skip
    for kind, made in kinds:
        if isinstance(field, kind):
            return made
    return f"{mark}-{field.name}"[: field.max_length or 200]
