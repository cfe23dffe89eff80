"""The declaration of a record type, and the list of all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.http import HttpResponse

    from lingtan.web.kernel.record import Record

#: Groups of the registers' menu, in its order.
GROUPS = {
    "park": _("Park"),
    "metering": _("Metering"),
    "carbon": _("Carbon"),
    "reporting": _("Reporting"),
    "records": _("Records"),
}

View = Callable[..., "HttpResponse"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """One record type on screen, in files and in the API. Names and help texts of columns come from the model.

    Attributes
    ----------
    model : the record type; its verbose names are the titles, its ``scope`` says who sees which rows.
    slug : word of the address, the API and file names.
    group : key of `GROUPS`.
    columns : fields (or properties) of the list, in order; the first one opens the row.
    form : sections of the form: title and fields.
    filters : fields that the list can be cut by.
    search : fields that the list's search looks into.
    order : default order of the list.
    table : pattern of the park folder's table (`lingtan.ledger.folder.columns.TABLES`) whose columns and rules the
        record's files take; blank for records that no folder holds.
    private : field -> roles that see it; others get neither its value nor its column, its filter, its search.
    views : part (``list``, ``detail``, ``edit``) -> an ordinary view that takes its place.
    hint : one sentence for an empty list: what would be here and what to do first.
    """

    model: type[Record]
    slug: str
    group: str
    columns: tuple[str, ...]
    form: tuple[tuple[Any, tuple[str, ...]], ...]
    filters: tuple[str, ...] = ()
    search: tuple[str, ...] = ("code", "name_zh", "name_en")
    order: tuple[str, ...] = ("code",)
    table: str = ""
    private: Mapping[str, frozenset[str]] = field(default_factory=dict)
    views: Mapping[str, View] = field(default_factory=dict)
    hint: Any = ""

    @property
    def fields(self) -> tuple[str, ...]:
        """Fields of the form, in order."""
        return tuple(name for _title, names in self.form for name in names)


_REGISTERS: dict[str, Register] = {}


def register(one: Register) -> Register:
    """Add a record type; its slug is its own."""
    if one.slug in _REGISTERS and _REGISTERS[one.slug].model is not one.model:
        raise ValueError(f"two registers are called {one.slug}")
    _REGISTERS[one.slug] = one
    return one


def registers() -> tuple[Register, ...]:
    """Return all record types by group and in the order they were declared."""
    groups = list(GROUPS)
    return tuple(sorted(_REGISTERS.values(), key=lambda one: groups.index(one.group)))


def find(slug: str) -> Register | None:
    """Return the record type of a slug."""
    return _REGISTERS.get(slug)


__all__ = ["GROUPS", "Register", "find", "register", "registers"]
