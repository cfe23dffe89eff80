"""The declaration of a record type, and the list of all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.db.models import Field
    from django.http import HttpResponse

    from lingtan.web.kernel.record import Record
    from lingtan.web.people.access import Access

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
    views : part (``list``, ``detail``, ``edit``) -> an ordinary view that takes its place, or its dotted path. It is
        called with request and register, a part of one row also with the row, which the person may see.
    hint : one sentence for an empty list: what would be here and what to do first.
    rank : place within the group; those of one rank stand in the order of their names.
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
    views: Mapping[str, View | str] = field(default_factory=dict)
    hint: Any = ""
    rank: int = 9

    @property
    def fields(self) -> tuple[str, ...]:
        """Fields of the form, in order."""
        return tuple(name for _title, names in self.form for name in names)

    @property
    def title(self) -> str:
        """Name of one record."""
        return str(self.model._meta.verbose_name)

    @property
    def titles(self) -> str:
        """Name of several records."""
        return str(self.model._meta.verbose_name_plural)

    @property
    def reasoned(self) -> bool:
        """Whether a change must say why: where the record feeds the account."""
        return bool(self.table)

    def shows(self, name: str, access: Access) -> bool:
        """Tell whether somebody may see a field; of a path its first field decides."""
        roles = self.private.get(name.partition("__")[0])
        return roles is None or bool(roles & access.roles)

    def shown(self, names: tuple[str, ...], access: Access) -> tuple[str, ...]:
        """Return those of some fields that somebody may see."""
        return tuple(name for name in names if self.shows(name, access))

    def field(self, name: str) -> Field[Any, Any] | None:
        """Return the model's field of a name, None for a property."""
        return next((one for one in self.model._meta.concrete_fields if one.name == name), None)

    def view(self, part: str, default: View) -> View:
        """Return the view of a part: its own, or the generic one."""
        own = self.views.get(part, default)
        return import_string(own) if isinstance(own, str) else own


_REGISTERS: dict[str, Register] = {}


def register(one: Register) -> Register:
    """Add a record type; its slug is its own."""
    if one.slug in _REGISTERS and _REGISTERS[one.slug].model is not one.model:
        raise ValueError(f"two registers are called {one.slug}")
    _REGISTERS[one.slug] = one
    return one


def registers() -> tuple[Register, ...]:
    """Return all record types by group, rank and slug."""
    groups = list(GROUPS)
    return tuple(sorted(_REGISTERS.values(), key=lambda one: (groups.index(one.group), one.rank, one.slug)))


def find(slug: str) -> Register | None:
    """Return the record type of a slug."""
    return _REGISTERS.get(slug)


def of(model: type[Any]) -> Register | None:
    """Return the record type that a model has, None where it has none."""
    return next((one for one in _REGISTERS.values() if one.model is model), None)


__all__ = ["GROUPS", "Register", "find", "of", "register", "registers"]
