"""What one person may see and do in one park, as a value that queries and pages ask."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from django.db.models import F, Q

from lingtan.web.people.roles import GRANTS, HEAD, Role

if TYPE_CHECKING:
    from lingtan.web.park.park import Park
    from lingtan.web.people.user import Membership, User

Period = tuple[date | None, date | None]


@dataclass(frozen=True, slots=True)
class Reach:
    """The rows that one part in a park shows.

    ``enterprises``, ``nodes``, ``streams``: primary keys; ``period``: first and last day of a verifier's engagement,
    rows that carry a span are seen where they touch it; ``zone``: of the park, in which those days are meant.
    """

    whole_park: bool = False
    enterprises: frozenset[int] = frozenset()
    nodes: frozenset[int] = frozenset()
    streams: frozenset[int] = frozenset()
    period: Period | None = None
    zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Access:
    """A person in a park.

    ``enterprises``: primary keys of the enterprise nodes whose rows are his; ``whole_park``: sees all rows;
    ``actions``: named actions; ``roles``: as in `people.roles.Role`; ``reaches``: what each of his parts shows, by
    which `kernel.scope` cuts queries (empty: what the fields above say, for accesses made by hand).
    """

    user_id: int | None
    park_id: int
    roles: frozenset[str] = frozenset()
    enterprises: frozenset[int] = frozenset()
    whole_park: bool = False
    actions: frozenset[str] = frozenset()
    reaches: tuple[Reach, ...] = ()

    def may(self, action: str) -> bool:
        """Tell whether a named action is granted."""
        return action in self.actions

    @property
    def period(self) -> Period | None:
        """First and last day that somebody may see who is bound to reporting periods; None where he is not."""
        spans = [reach.period for reach in self.reaches]
        if not spans or any(span is None for span in spans):
            return None
        starts, ends = zip(*(span for span in spans if span is not None), strict=True)
        return (None if None in starts else min(starts), None if None in ends else max(ends))

    @property
    def sees(self) -> tuple[Reach, ...]:
        """The reaches by which rows are cut."""
        return self.reaches or (Reach(whole_park=self.whole_park, enterprises=self.enterprises),)


def held(user: User, park_id: int, today: date) -> list[Membership]:
    """Return a person's parts in a park that hold today, those in the whole installation included."""
    rows = user.memberships.filter(Q(park_id=park_id) | Q(park=None)).select_related("park")
    return [row for row in rows if row.holds(today)]


def access_of(user: User, park_id: int, today: date) -> Access | None:
    """Return what a person may do in a park; None where he has no part in it that holds today."""
    parts = held(user, park_id, today)
    if not parts or not user.is_active:
        return None
    reaches = tuple(_reach(row) for row in parts if GRANTS[row.role].reads)
    return Access(
        user_id=user.pk,
        park_id=park_id,
        roles=frozenset(row.role for row in parts),
        enterprises=frozenset().union(*(reach.enterprises for reach in reaches)),
        whole_park=any(reach.whole_park for reach in reaches),
        actions=_actions(parts),
        reaches=reaches,
    )


def site_access(user: User, today: date) -> frozenset[str]:
    """Return the actions that somebody may do in the whole installation."""
    if not user.is_authenticated or not user.is_active:
        return frozenset()
    return _actions([row for row in user.memberships.filter(park=None) if row.holds(today)])


def parks_of(user: User, today: date) -> list[Park]:
    """Return the parks that somebody has a part in today, by code; administrators of the installation see all."""
    from lingtan.web.park.park import Park

    rows = [row for row in user.memberships.select_related("park") if row.holds(today)]
    if any(row.park_id is None for row in rows):
        return list(Park.objects.order_by("code"))
    return sorted({row.park for row in rows if row.park is not None}, key=lambda park: park.code)


def _actions(parts: Iterable[Membership]) -> frozenset[str]:
    return frozenset().union(*(GRANTS[row.role].actions | (HEAD if row.head else frozenset()) for row in parts))


def _reach(row: Membership) -> Reach:
    """Return what one part shows; what it is bound to makes it narrower, never wider."""
    period = (row.period_from, row.period_to) if row.role == Role.VERIFIER else None
    bound = {"period": period if period and any(period) else None, "zone": row.park.timezone if row.park else "UTC"}
    if row.boundary_id is not None:
        enterprises, nodes = _boundary(row)
        return Reach(enterprises=enterprises, nodes=nodes, **bound)
    if row.nodes or row.streams:
        return Reach(nodes=_below(row.nodes), streams=frozenset(row.streams), **bound)
    if row.enterprise_id is not None:
        return Reach(enterprises=frozenset({row.enterprise_id}), **bound)
    return Reach(whole_park=GRANTS[row.role].whole_park, **bound)


def _boundary(row: Membership) -> tuple[frozenset[int], frozenset[int]]:
    from lingtan.web.park.node import Node

    inside = Node.objects.filter(members__boundary_id=row.boundary_id, park_id=row.park_id)
    enterprises = frozenset(inside.filter(enterprise=F("pk")).values_list("pk", flat=True))
    return enterprises, _below(inside.exclude(pk__in=enterprises).values_list("pk", flat=True))


def _below(nodes: Iterable[int]) -> frozenset[int]:
    """Return nodes with all that are part of them."""
    from lingtan.web.park.node import Node

    known: set[int] = set()
    fresh = set(nodes)
    while fresh:
        known |= fresh
        fresh = set(Node.objects.filter(parent__in=fresh).values_list("pk", flat=True)) - known
    return frozenset(known)
