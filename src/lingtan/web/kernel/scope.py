"""Who sees which rows: the one place where a query is cut to a person."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any, TypeVar
from zoneinfo import ZoneInfo

from django.db.models import DateTimeField, Q, QuerySet

if TYPE_CHECKING:
    from lingtan.web.people.access import Access, Reach

EVERYONE = ("*",)
ENDS = ("source", "target")
Rows = TypeVar("Rows", bound="QuerySet[Any]")


def limit(rows: Rows, access: Access) -> Rows:
    """Cut a query of records to one park and to what a role sees there.

    A verifier's reporting period cuts the rows that carry a span (``start`` and ``end``) or a ``year``.
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
    if reach.period is None:
        return Q()
    first, last = reach.period
    names = {field.name for field in model._meta.concrete_fields}
    wanted = Q()
    if {"start", "end"} <= names:
        after = last + timedelta(days=1) if last is not None else None
        exact = isinstance(model._meta.get_field("start"), DateTimeField)
        for name, day in (("end__gt", first), ("start__lt", after)):
            at = datetime.combine(day, time(), ZoneInfo(reach.zone)) if exact and day is not None else day
            wanted &= Q(**{name: at}) | Q(**{f"{name[:-4]}__isnull": True}) if at is not None else Q()
    elif "year" in names:
        wanted &= Q(year__gte=first.year) if first is not None else Q()
        wanted &= Q(year__lte=last.year) if last is not None else Q()
    return wanted
