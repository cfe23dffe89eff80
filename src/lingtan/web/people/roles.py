"""The roles as tables: what each may do, who gives which, what needs a second person, what excludes what."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """What a person is in a park."""

    OFFICE = "office", _("Park office")
    REPORTER = "reporter", _("Enterprise reporter")
    APPROVER = "approver", _("Enterprise approver")
    VERIFIER = "verifier", _("Verifier")
    PROVIDER = "provider", _("Service provider")
    DEVELOPER = "developer", _("Developer of the park")
    REGULATOR = "regulator", _("Regulator")
    SYSTEM = "system", _("System administrator")
    SECURITY = "security", _("Security administrator")
    AUDIT = "audit", _("Audit administrator")


@dataclass(frozen=True, slots=True)
class Grant:
    """What a role may do. ``whole_park``: sees all rows of the park; ``actions``: named actions beyond reading."""

    whole_park: bool = False
    reads: bool = True
    actions: frozenset[str] = frozenset()


EDIT = frozenset({"create", "change", "remove", "import", "export"})
GRANTS: dict[str, Grant] = {
    Role.OFFICE: Grant(
        whole_park=True, actions=EDIT | {"compute", "define", "return", "accept", "release", "assign", "invite"}
    ),
    Role.REPORTER: Grant(actions=frozenset({"report", "export"})),
    Role.APPROVER: Grant(actions=frozenset({"report", "approve", "export", "invite", "lend"})),
    Role.VERIFIER: Grant(whole_park=True, actions=frozenset({"export"})),
    Role.PROVIDER: Grant(),
    Role.DEVELOPER: Grant(whole_park=True, actions=frozenset({"export"})),
    Role.REGULATOR: Grant(whole_park=True, actions=frozenset({"export"})),
    Role.SYSTEM: Grant(reads=False, actions=frozenset({"configure", "admit"})),
    Role.SECURITY: Grant(reads=False, actions=frozenset({"grant", "invite", "confirm"})),
    Role.AUDIT: Grant(reads=False, actions=frozenset({"audit"})),
}
#: What the head of the office may do beyond the office.
HEAD = frozenset({"confirm"})

ENTERPRISE_ROLES = (Role.REPORTER, Role.APPROVER, Role.PROVIDER)
EXCLUSIVE = (Role.SYSTEM, Role.SECURITY, Role.AUDIT)

#: Which roles a role may give (and take back).
GIVES: dict[str, tuple[Role, ...]] = {
    Role.OFFICE: (Role.REPORTER, Role.APPROVER),
    Role.APPROVER: (Role.REPORTER, Role.PROVIDER),
    Role.SECURITY: tuple(role for role in Role if role is not Role.PROVIDER),
}
#: Roles that one person asks for and another one confirms.
TWO_PERSONS = frozenset(
    {Role.OFFICE, Role.VERIFIER, Role.DEVELOPER, Role.REGULATOR, Role.SYSTEM, Role.SECURITY, Role.AUDIT}
)
#: Roles that end on a day; days of the longest span.
LONGEST = {Role.PROVIDER: 366, Role.VERIFIER: 366}


def gives(roles: Iterable[str]) -> tuple[Role, ...]:
    """Return the roles that somebody with these roles may give, in the order of the table."""
    allowed = {role for own in roles for role in GIVES.get(own, ())}
    return tuple(role for role in Role if role in allowed)


def excluded(role: str, held: Iterable[str]) -> str | None:
    """Return the role held that a new one cannot stand beside; None where there is none.

    An administrator is nothing else: not another administrator, not a member of any park.
    """
    others = [one for one in held if one != role]
    if role in EXCLUSIVE:
        return others[0] if others else None
    return next((one for one in others if one in EXCLUSIVE), None)
