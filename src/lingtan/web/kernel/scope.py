"""Who sees which rows: the one place where a query is cut to a person."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, TypeVar
from zoneinfo import ZoneInfo

from django.db.models import CharField, DateField, DateTimeField, Q, QuerySet

from lingtan.web.people.access import Reach

if TYPE_CHECKING:
    from lingtan.web.people.access import Access

EVERYONE = ("*",)
ENDS = ("source", "target")
#: What a person sees whose parts give nothing.
NOTHING = (Reach(),)
Rows = TypeVar("Rows", bound="QuerySet[Any]")


def limit(rows: Rows, access: Access) -> Rows:
    """Cut a query of records to one park and to what a role sees there.

    A verifier's reporting period cuts the rows that carry a span (``start`` and ``end``), a ``year``, or what the
    record type names in ``dated``.
    """
    own = rows.filter(park_id=access.park_id)
    everyone = rows.model.scope == EVERYONE  # type: ignore[attr-defined]
    if everyone or any(reach.whole_park and reach.period is None for reach in access.sees):
        return own
    wanted = Q(pk__in=[])
    for reach in access.sees:
        placed = _placed(rows.model, reach)
        if placed is not None:
            wanted |= placed & _dated(rows.model, reach)
    return own.filter(wanted)


def holds(row: Any, access: Access) -> bool:
    """Tell whether a row at hand is of the rows that somebody sees, without a query; its span is not looked at."""
    if row.park_id != access.park_id:
        return False
    if row.scope == EVERYONE or any(reach.whole_park for reach in access.sees):
        return True
    return any(_at(row, path, reach) for reach in access.sees for path in row.scope)


def _at(row: Any, path: str, reach: Reach) -> bool:
    before, node = None, row
    for name in path.split("__") if path else ():
        before, node = node, getattr(node, name, None)
    if node is None:
        return False
    by_stream = path.rpartition("__")[2] in ENDS and before is not None and before.pk in reach.streams
    return by_stream or node.enterprise_id in reach.enterprises or node.pk in reach.nodes


def _placed(model: Any, reach: Reach) -> Q | None:
    """Return what places a row within a reach; None where the reach has no row of this type."""
    if reach.whole_park:
        return Q()
    wanted = None
    for path in model.scope:
        for field, keys in _keys(path, reach):
            one = Q(**{field: keys})
            wanted = one if wanted is None else wanted | one
    return wanted


def _keys(path: str, reach: Reach) -> list[tuple[str, frozenset[int]]]:
    """Return the conditions by which a path to a node meets enterprises, single nodes, or streams that end there."""
    prefix = f"{path}__" if path else ""
    head, _, end = path.rpartition("__")
    pairs = [(f"{prefix}enterprise__in", reach.enterprises), (f"{prefix}pk__in", reach.nodes)]
    if end in ENDS:
        pairs.append((f"{head}__pk__in" if head else "pk__in", reach.streams))
    return [(field, keys) for field, keys in pairs if keys]


def _dated(model: Any, reach: Reach) -> Q:
    """Return what cuts a row to the reporting period; a span without an end is open, a row without one is not cut."""
    paths = model.dated or _usual(model)
    if reach.period is None or not paths:
        return Q()
    first, last = reach.period
    wanted = Q()
    if first is not None:
        test = "gte" if len(paths) == 1 else "gt"
        wanted &= _side(model, paths[-1], test, first, reach.zone)
    if last is not None:
        wanted &= _side(model, paths[0], "lt", last, reach.zone)
    return wanted


def _usual(model: Any) -> tuple[str, ...]:
    names = {field.name for field in model._meta.concrete_fields}
    return ("start", "end") if {"start", "end"} <= names else ("year",) if "year" in names else ()


def _side(model: Any, path: str, test: str, day: date, zone: str) -> Q:
    """Return one side of a cut; ``day`` is the first or (with ``lt``) the last one of the period."""
    for name in path.split("__"):
        field = model._meta.get_field(name)
        model = field.related_model
    if isinstance(field, DateField):
        at: Any = day + timedelta(days=1) if test == "lt" else day
        at = datetime.combine(at, time(), ZoneInfo(zone)) if isinstance(field, DateTimeField) else at
        return Q(**{f"{path}__{test}": at}) | Q(**{f"{path}__isnull": True})
    of_month = isinstance(field, CharField)
    return Q(**{f"{path}__{'lte' if test == 'lt' else 'gte'}": f"{day:%Y-%m}" if of_month else day.year})


def over(access: Access, since: datetime, until: datetime) -> Access:
    """Return the access of those parts alone whose reporting period holds a whole span [``since``, ``until``)."""
    return replace(access, reaches=tuple(reach for reach in access.sees if _holds_span(reach, since, until)) or NOTHING)


def _holds_span(reach: Reach, since: datetime, until: datetime) -> bool:
    first, last = reach.period or (None, None)
    zone = ZoneInfo(reach.zone)
    if first is not None and since < datetime.combine(first, time(), zone):
        return False
    return last is None or until <= datetime.combine(last + timedelta(days=1), time(), zone)
