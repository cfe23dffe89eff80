"""Lists of a record type: cut, searched, sorted, paged; and how a value of a record is told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.db.models import BooleanField, CharField, ForeignKey, Model, Q, QuerySet, TextField
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from lingtan.web.kernel import figures, scope
from lingtan.web.kernel.forms import closed_words, key_of, suggesting
from lingtan.web.kernel.register import Register, of
from lingtan.web.people.access import Access

ROWS_A_PAGE = 50
SHORT = 50  # words of a closed table that a drop-down holds


@dataclass(frozen=True, slots=True)
class Cell:
    """A value in words; ``kind`` is ``figure``, ``empty`` or blank, ``href`` the page of what it names."""

    text: str
    kind: str = ""
    href: str = ""


@dataclass(frozen=True, slots=True)
class Head:
    """A column's head; ``sort`` is the query that sorts by it, ``state`` the value of ``aria-sort``."""

    name: str
    label: str
    figure: bool = False
    sort: str = ""
    state: str = ""


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter as it stands: a drop-down where it has ``choices``, else typed with suggestions."""

    name: str
    label: str
    value: str
    choices: list[tuple[str, str]] = field(default_factory=list)
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of a list with all that its template shows."""

    heads: list[Head]
    rows: list[tuple[Any, list[tuple[Head, Cell]]]]
    page: Page[Any]
    filters: list[Filter]
    q: str
    query: str
    cut: bool

    @property
    def total(self) -> int:
        """How many rows fit."""
        return self.page.paginator.count


def label_of(register: Register, name: str) -> str:
    """Return a column's name: the field's, or a property's ``label``."""
    known = register.field(name)
    return str(known.verbose_name if known is not None else getattr(getattr(register.model, name).fget, "label", name))


class Teller:
    """Tells values of one record type in the words of the page; keeps the names of closed tables that it looked up."""

    def __init__(self, register: Register, access: Access, park: Any) -> None:
        self.register, self.access, self.park = register, access, park
        self._words: dict[str, list[tuple[str, Any]]] = {}
        self._named: dict[str, dict[str, str]] = {}

    def cell(self, row: Any, name: str) -> Cell:
        """Return the cell of a row's field or property."""
        return self.tell(name, getattr(row, name))

    def tell(self, name: str, value: Any) -> Cell:
        """Return a value in words; what is not filled says so."""
        known = self.register.field(name)
        if value is None or value == "" or value == []:
            return Cell(_("not filled"), "empty")
        if isinstance(value, Model):
            return Cell(str(value), href=self._address(value))
        if isinstance(value, bool):
            return Cell(_("yes") if value else _("no"))
        if isinstance(value, Decimal | int | float) and not getattr(known, "choices", None):
            return Cell(str(value) if _is_year(name) else figures.number(value, "factor"), "figure")
        return Cell(self._text(name, known, value))

    def _text(self, name: str, known: Any, value: Any) -> str:
        if isinstance(value, datetime):
            local = timezone.localtime(value)
            return figures.day(local.date() if not (local.hour or local.minute or local.second) else local)
        if isinstance(value, date):
            return figures.day(value)
        if isinstance(value, list):
            return "; ".join(map(str, value))
        if known is not None and known.choices:
            return str(dict(known.flatchoices).get(value, value))
        if name not in self._named:
            self._named[name] = {code: str(told).removesuffix(f" · {code}") for code, told in self.words(name)}
        return self._named[name].get(value, str(value))

    def words(self, name: str) -> list[tuple[str, Any]]:
        """Return the closed words that a field may hold, none where it is open."""
        if name not in self._words:
            self._words[name] = closed_words(self.register, name, self.access) or []
        return self._words[name]

    def _address(self, row: Any) -> str:
        register = of(type(row))
        if register is None or not scope.holds(row, self.access):
            return ""
        return reverse("register_detail", args=[self.park.code, register.slug, row.pk])


def _is_year(name: str) -> bool:
    return name.endswith("year") or name == "year"


def listing(
    register: Register, access: Access, park: Any, params: Mapping[str, str], columns: Iterable[str] = ()
) -> Listing:
    """Return the page of a list that ``params`` (the query of the address) ask for; unknown ones are passed over."""
    names = register.shown(tuple(columns) or register.columns, access)
    teller = Teller(register, access, park)
    filters = [_filter(teller, name, params) for name in register.shown(register.filters, access)]
    q = params.get("q", "").strip()[:200]
    kept = {one.name: one.value for one in filters if one.value} | ({"q": q} if q else {})
    rows = register.model.objects.visible_to(access)
    found = rows.filter(matching(register, q, access), *(_cut(register, one) for one in filters if one.value))
    sort = params.get("sort", "")
    page = Paginator(found.order_by(*_order(register, sort, names), "pk").values_list("pk"), ROWS_A_PAGE).get_page(
        params.get("page")
    )
    held = with_related(register, names, rows).in_bulk([key for (key,) in page])  # joins for one page, not for all
    shown = [held[key] for (key,) in page if key in held]
    heads = [_head(register, name, sort, kept) for name in names]
    return Listing(
        heads=heads,
        rows=[(row, [(head, teller.cell(row, head.name)) for head in heads]) for row in shown],
        page=page, filters=filters, q=q, cut=bool(kept),
        query=urlencode(kept | ({"sort": sort} if sort else {})),
    )  # fmt: skip


def with_related(register: Register, names: Iterable[str], rows: QuerySet[Any]) -> QuerySet[Any]:
    """Join what the columns name, and what says whose that is, so that a list takes one query."""
    joins: list[str] = []
    for name in names:
        known = register.field(name)
        if isinstance(known, ForeignKey):
            paths = getattr(known.related_model, "scope", ())
            joins += [name, *(f"{name}__{path}" for path in paths if path and path != "*")]
    return rows.select_related(*joins) if joins else rows


def _head(register: Register, name: str, sort: str, kept: Mapping[str, str]) -> Head:
    known = register.field(name)
    figure = known is not None and not known.choices and known.get_internal_type() in _FIGURES
    state = {name: "ascending", f"-{name}": "descending"}.get(sort, "")
    query = urlencode({**kept, "sort": f"-{name}" if state == "ascending" else name}) if known is not None else ""
    return Head(name, label_of(register, name), figure, query, state)


_FIGURES = {
    "DecimalField", "ExactField", "FloatField", "IntegerField", "PositiveIntegerField", "PositiveSmallIntegerField",
    "PositiveBigIntegerField",
}  # fmt: skip


def _order(register: Register, sort: str, names: Iterable[str]) -> tuple[str, ...]:
    name = sort.removeprefix("-")
    known = register.field(name) if name in names else None
    if known is None:
        return register.order
    path = f"{name}__{key_of(known.related_model)}" if isinstance(known, ForeignKey) else name
    return (f"-{path}",) if sort.startswith("-") else (path,)


def _filter(teller: Teller, name: str, params: Mapping[str, str]) -> Filter:
    known, value = teller.register.field(name), params.get(name, "").strip()[:200]
    label = label_of(teller.register, name)
    if known is not None and known.choices:
        return Filter(name, label, value, [(str(word), str(told)) for word, told in known.flatchoices])
    if isinstance(known, BooleanField):
        return Filter(name, label, value, [("true", _("yes")), ("false", _("no"))])
    words = teller.words(name)
    if words and len(words) <= SHORT:
        return Filter(name, label, value, words)
    address = reverse("register_options", args=[teller.park.code, teller.register.slug, name])
    return Filter(name, label, value, attributes=suggesting(address, f"list-{name}"))


def _cut(register: Register, one: Filter) -> Q:
    """Return the condition of a filter; a word that is none of the choices fits nothing."""
    known = register.field(one.name)
    if isinstance(known, ForeignKey):
        key = key_of(known.related_model)
        return Q(**{f"{one.name}__{key}": one.value}) if key == "code" or one.value.isdigit() else Q(pk__in=[])
    if one.choices and one.value not in dict(one.choices):
        return Q(pk__in=[])
    if isinstance(known, BooleanField):
        return Q(**{one.name: one.value == "true"})
    return Q(**{one.name if one.choices else f"{one.name}__icontains": one.value})


def matching(register: Register, q: str, access: Access, *, loose: bool = False) -> Q:
    """Return the condition that every word of ``q`` stands in a search field that the person may see.

    ``loose``: of a word of Chinese letters all pairs of neighbours but one suffice, so that words run together are
    found apart.
    """
    wanted = Q()
    for word in q.split()[:8]:
        pairs = ["".join(pair) for pair in pairwise(word[:8])]
        if loose and len(pairs) > 1 and all("\u3400" <= letter <= "\u9fff" for letter in word):
            some = Q()
            for left_out in range(len(pairs)):
                every = [_anywhere(register, pair, access) for at, pair in enumerate(pairs) if at != left_out]
                some |= Q(*every)
            wanted &= some
        else:
            wanted &= _anywhere(register, word, access)
    return wanted


def _anywhere(register: Register, word: str, access: Access) -> Q:
    paths = register.shown(register.search, access)
    return Q(*((f"{path}__icontains", word) for path in paths), _connector=Q.OR) if paths else Q(pk__in=[])


def suggestions(register: Register, name: str, q: str, access: Access) -> list[tuple[str, str]]:
    """Return at most twenty values that a field may take or takes, with their names."""
    known = register.field(name)
    if isinstance(known, ForeignKey):
        target = of(known.related_model)
        rows = known.related_model.objects.visible_to(access)
        rows = rows.filter(matching(target, q, access)) if target is not None else rows
        key = key_of(known.related_model)
        return [(str(getattr(row, key)), str(row)) for row in rows.order_by(key)[:20]]
    words = closed_words(register, name, access)
    if words is not None:
        return [(code, label) for code, label in words if q.lower() in label.lower()][:20]
    if not isinstance(known, CharField | TextField):
        return []
    held = register.model.objects.visible_to(access).filter(**{f"{name}__icontains": q}).exclude(**{name: ""})
    return [(value, "") for value in held.order_by(name).values_list(name, flat=True).distinct()[:20]]
