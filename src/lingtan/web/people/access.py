"""What one person may see and do in one park, as a value that queries and pages ask."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from lingtan.web.people.roles import GRANTS

if TYPE_CHECKING:
    from lingtan.web.people.user import User


@dataclass(frozen=True, slots=True)
class Access:
    """A person in a park.

    ``enterprises``: primary keys of the enterprise nodes whose rows are his; ``whole_park``: sees all rows;
    ``actions``: named actions; ``roles``: as in `people.roles.Role`; ``until``: last day of the narrowest period that
    a verifier's engagement covers.
    """

    user_id: int | None
    park_id: int
    roles: frozenset[str] = frozenset()
    enterprises: frozenset[int] = frozenset()
    whole_park: bool = False
    actions: frozenset[str] = frozenset()

    def may(self, action: str) -> bool:
        """Tell whether a named action is granted."""
        return action in self.actions


def access_of(user: User, park_id: int, today: date) -> Access | None:
    """Return what a person may do in a park; None where he has no part in it that holds today."""
    held = [row for row in user.memberships.filter(park_id=park_id) if row.holds(today)]
    reading = [row for row in held if GRANTS[row.role].reads]
    if not held:
        return None
    return Access(
        user_id=user.pk,
        park_id=park_id,
        roles=frozenset(row.role for row in held),
        enterprises=frozenset(row.enterprise_id for row in reading if row.enterprise_id is not None),
        whole_park=any(GRANTS[row.role].whole_park for row in reading),
        actions=frozenset().union(*(GRANTS[row.role].actions for row in held)),
    )
