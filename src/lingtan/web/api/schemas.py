"""What records look like in the API: strict types made from the registers' fields, and values carried both ways."""

from __future__ import annotations

import re
import warnings
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Annotated, Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext as _
from ninja import Schema
from pydantic import BeforeValidator, ConfigDict, Field, StrictBool, WithJsonSchema, create_model

from lingtan.ledger.clock import TimeError, parse_date, parse_instant
from lingtan.web.api.problems import ProblemError

if TYPE_CHECKING:
    from lingtan.web.kernel.register import Register
    from lingtan.web.people.access import Access

NUMBER = r"^-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,24})?$"
_NUMBER = re.compile(NUMBER)
LARGEST, SMALLEST = Decimal("1e15"), -24


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("expected a text")
    if "\x00" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
        raise ValueError("expected text without NUL and without lone surrogates")
    return value


def _exact(value: Any) -> Decimal:
    """Read a number without losing a digit; true and false are no numbers."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        raise ValueError("expected a number, or its digits as text")
    if isinstance(value, str) and not _NUMBER.fullmatch(value):
        raise ValueError("expected digits with a point as decimal sign, such as 1234.5")
    try:
        number = Decimal(value)
    except InvalidOperation as wrong:
        raise ValueError("expected a number") from wrong
    exponent = number.as_tuple().exponent
    if not isinstance(exponent, int) or abs(number) >= LARGEST or exponent < SMALLEST:
        raise ValueError("expected a number below 1e15 with at most 24 decimals")
    return number


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) >= 2**31:
        raise ValueError("expected a whole number")
    return value


def _instant(value: Any) -> datetime:
    if not isinstance(value, str):
        raise ValueError("expected a time as text")
    try:
        read = parse_instant(value, UTC)
    except TimeError as wrong:
        raise ValueError(wrong.expected) from wrong
    if not read.offset:
        raise ValueError("expected a time with its offset, such as 2025-01-31T08:00:00+08:00")
    return read.utc


def _day(value: Any) -> date:
    if not isinstance(value, str):
        raise ValueError("expected a date as text")
    try:
        return parse_date(value)
    except TimeError as wrong:
        raise ValueError(wrong.expected) from wrong


Text = Annotated[str, BeforeValidator(_text)]
Exact = Annotated[
    Decimal,
    BeforeValidator(_exact),
    WithJsonSchema({"anyOf": [{"type": "number"}, {"type": "string", "pattern": NUMBER}]}),
]
Whole = Annotated[int, BeforeValidator(_whole), WithJsonSchema({"type": "integer"})]
Real = Annotated[float, BeforeValidator(lambda value: float(_exact(value))), WithJsonSchema({"type": "number"})]
Instant = Annotated[datetime, BeforeValidator(_instant), WithJsonSchema({"type": "string", "format": "date-time"})]
Day = Annotated[date, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]
Digits = Annotated[str, Field(pattern=r"^-?[0-9]+(\.[0-9]+)?$")]
Moment = Annotated[str, WithJsonSchema({"type": "string", "format": "date-time"})]
Date = Annotated[str, WithJsonSchema({"type": "string", "format": "date"})]

#: field class -> type taken, type given; the first that fits holds
_TYPES: tuple[tuple[type[models.Field[Any, Any]], Any, Any], ...] = (
    (models.ForeignKey, Text, str),
    (ArrayField, list[Text], list[str]),
    (models.BooleanField, StrictBool, bool),
    (models.DateTimeField, Instant, Moment),
    (models.DateField, Day, Date),
    (models.FloatField, Real, float),
    (models.DecimalField, Exact, Digits),
    (models.IntegerField, Whole, int),
    (models.Field, Text, str),
)


def _types(field: models.Field[Any, Any]) -> tuple[Any, Any]:
    return next((taken, given) for kind, taken, given in _TYPES if isinstance(field, kind))


def _note(field: models.Field[Any, Any]) -> str:
    words = ", ".join(str(value) for value, _label in field.choices or ())
    names = {"decimal": " Exact digits as text.", "reference": " The code of a record.", "words": f" One of {words}."}
    kind = "words" if words else "reference" if field.is_relation else "decimal"
    said = names[kind] if words or field.is_relation or isinstance(field, models.DecimalField) else ""
    return f"{field.name.replace('_', ' ')}.{said}"


class Strict(Schema):
    """A body that may hold no other keys."""

    model_config = ConfigDict(extra="forbid")


def _made(name: str, base: type[Schema], fields: dict[str, Any]) -> type[Schema]:
    """Make a schema; that a field may be called as a method of its base class (``register``) is known."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return create_model(name, __base__=base, **fields)


def _camel(slug: str) -> str:
    return "".join(part.capitalize() for part in slug.split("-"))


def record_given(register: Register) -> type[Schema]:
    """Return the schema of a record as it is given; private fields may be absent."""
    fields: dict[str, Any] = {"id": (int, ...), "version": (int, ...)}
    for name in register.fields:
        field = register.model._meta.get_field(name)
        given = _types(field)[1]
        kind = given | None if field.null else given
        default = None if name in register.private else ...
        fields[name] = (kind, Field(default, description=_note(field)))
    return _made(f"{_camel(register.slug)}Record", Schema, fields)


def record_taken(register: Register, *, whole: bool) -> type[Schema]:
    """Return the schema of a record as it is taken: ``whole`` for a new one, else what is to change."""
    fields: dict[str, Any] = {}
    for name in register.fields:
        field = register.model._meta.get_field(name)
        taken = _types(field)[0]
        needed = whole and not field.blank and not field.has_default() and not field.null
        kind = taken | None if field.null else taken
        fields[name] = (kind, Field(... if needed else None, description=_note(field)))
    word = "New" if whole else "Change"
    return _made(f"{_camel(register.slug)}{word}", Strict, fields)


def filters(register: Register) -> type[Schema]:
    """Return the schema of a list's query."""
    made: dict[str, Any] = {
        name: (Text | None, Field(None, description=_note(register.model._meta.get_field(name))))
        for name in register.filters
    }
    made |= {
        "q": (Text | None, Field(None, max_length=200, description="Words that stand in the record.")),
        "fields": (Text | None, Field(None, description="Names of the fields to give, separated by commas.")),
        "cursor": (Text | None, Field(None, max_length=64, description="The value next of the page before.")),
        "limit": (int, Field(100, ge=1, le=1_000, description="Records a page.")),
    }
    return _made(f"{_camel(register.slug)}Query", Strict, made)


def page_of(name: str, item: Any) -> type[Schema]:
    """Return the schema of a page of a list."""
    return _made(f"{name}Page", Schema, {"items": (list[item], ...), "next": (str | None, ...)})


def told(register: Register, row: Any, names: tuple[str, ...]) -> dict[str, Any]:
    """Return a record as JSON values; references as codes, decimals as their digits."""
    held = {name: _plain(getattr(row, name)) for name in names}
    return {"id": row.pk, "version": row.version, **held}


def _plain(value: Any) -> Any:
    if isinstance(value, models.Model):
        return value.code
    if isinstance(value, Decimal):
        return format(value, "f")
    return value.isoformat() if isinstance(value, date) else value


def values_of(register: Register, given: Schema, access: Access) -> dict[str, Any]:
    """Return what a body says of a record, references as rows that the person may see.

    Raises
    ------
    ProblemError : 422 with every reference that leads nowhere.
    """
    values = given.model_dump(exclude_unset=True)
    errors = []
    for name, value in values.items():
        field = register.model._meta.get_field(name)
        if field.is_relation and value is not None:
            values[name] = field.related_model.objects.visible_to(access).filter(code=value).first()
            if values[name] is None:
                message = _("There is no “%(code)s” here.") % {"code": value[:64]}
                errors.append({"place": "body", "field": name, "message": message})
    if errors:
        raise ProblemError(422, errors=errors)
    return values


def partial(given: type[Schema]) -> type[Schema]:
    """Return a schema of which any field may be left out, for lists that give chosen fields."""
    fields = {
        name: (one.annotation, one if name in ("id", "version") else Field(None, description=one.description))
        for name, one in given.model_fields.items()
    }
    return _made(f"{given.__name__}Part", Schema, fields)


def decimal(text: str) -> Decimal:
    """Read a JSON number with a point or an exponent."""
    return Decimal(text)
