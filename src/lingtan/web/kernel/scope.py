"""Who sees which rows: the one place where a query is cut to a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from django.db.models import Q, QuerySet

if TYPE_CHECKING:
    from lingtan.web.people.access import Access

EVERYONE = ("*",)
Rows = TypeVar("Rows", bound="QuerySet[Any]")


def limit(rows: Rows, access: Access) -> Rows:
    """Cut a query of records to one park and to what a role sees there."""
    own = rows.filter(park_id=access.park_id)
    paths = rows.model.scope  # type: ignore[attr-defined]
    if access.whole_park or paths == EVERYONE:
        return own
    if not paths or not access.enterprises:
        return own.none()
    wanted = Q()
    for path in paths:
        prefix = f"{path}__" if path else ""
        wanted |= Q(**{f"{prefix}enterprise__in": access.enterprises})
    return own.filter(wanted)
