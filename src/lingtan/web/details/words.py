"""The closed tables of the folder as drop-downs: which words a field may hold, and what they are called."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from lingtan.ledger.folder.columns import Column
from lingtan.reference import library
from lingtan.web.kernel.language import in_language
from lingtan.web.kernel.register import Register
from lingtan.web.park.fit import by_field
from lingtan.web.people.access import Access

Choices = list[tuple[str, Any]]


def _named(words: Iterable[Any], stored: Iterable[tuple[str, str, str]] = ()) -> Choices:
    told = [(one.code, one.name_zh, one.name_en) for one in words]
    return [(code, f"{in_language(zh, en)} · {code}" if zh or en else code) for code, zh, en in [*told, *stored]]


def _commodities(access: Access) -> Choices:
    from lingtan.web.park.commodity import Commodity

    own = Commodity.objects.visible_to(access).values_list("code", "name_zh", "name_en")
    return _named(library().commodities.values(), own)


#: Closed tables of the folder by column type: the words that a cell may hold, with their names.
CLOSED: Mapping[str, Callable[[Column, Access], Choices]] = {
    "word": lambda column, _access: [(word, word) for word in column.words],
    "role": lambda column, _access: _named(one for one in library().roles.values() if one.side == column.of),
    "parameter": lambda _column, _access: _named(library().parameters.values()),
    "property": lambda _column, _access: _named(library().properties.values()),
    "statement_kind": lambda _column, _access: _named(library().statement_kinds.values()),
    "commodity": lambda _column, access: _commodities(access),
}


def closed_words(register: Register, name: str, access: Access) -> Choices | None:
    """Return the words that a text field may hold with their names; None where it is open or has choices of its own."""
    column, field = by_field(register).get(name), register.field(name)
    if column is None or field is None or field.choices or field.is_relation or column.type not in CLOSED:
        return None
    return CLOSED[column.type](column, access)


def units() -> list[str]:
    """Return the written units that the library uses, as suggestions."""
    tables = library()
    examples = (unit for one in tables.parameters.values() for unit in one.units)
    return sorted({one.unit for one in tables.commodities.values()} | set(examples))
