"""Database fields that keep what was written."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

DIGITS, PLACES = 60, 24


class ExactField(models.DecimalField):  # type: ignore[type-arg]
    """A decimal number kept digit by digit, as PostgreSQL's ``numeric`` without a bound does."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.update(max_digits=DIGITS, decimal_places=PLACES)
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
        name, path, args, kwargs = super().deconstruct()
        kwargs.pop("max_digits", None)
        kwargs.pop("decimal_places", None)
        return name, path, args, kwargs

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return "numeric"

    def to_python(self, value: Any) -> Decimal | None:
        return value if isinstance(value, Decimal) else super().to_python(value)


def words(label: Any, **options: Any) -> ArrayField:  # type: ignore[type-arg]
    """Make a field that holds a list of short texts, empty by default."""
    return ArrayField(models.CharField(max_length=512), verbose_name=label, default=list, blank=True, **options)


def person(label: Any, **options: Any) -> models.ForeignKey[Any, Any]:
    """Make a field that names the person who did a thing; empty until somebody does."""
    return models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=label, **options,
    )  # fmt: skip


@cache
def zones() -> frozenset[str]:
    """Return the names of all time zones."""
    return frozenset(available_timezones())
