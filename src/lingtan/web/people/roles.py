"""The roles and what each may do, as one table."""

from __future__ import annotations

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
    Role.OFFICE: Grant(whole_park=True, actions=EDIT | {"compute", "define", "return", "accept", "release", "assign"}),
    Role.REPORTER: Grant(actions=frozenset({"report", "export"})),
    Role.APPROVER: Grant(actions=frozenset({"report", "approve", "export"})),
    Role.VERIFIER: Grant(whole_park=True, actions=frozenset({"export"})),
    Role.PROVIDER: Grant(),
    Role.DEVELOPER: Grant(whole_park=True, actions=frozenset({"export"})),
    Role.REGULATOR: Grant(whole_park=True, actions=frozenset({"export"})),
    Role.SYSTEM: Grant(reads=False, actions=frozenset({"configure", "admit"})),
    Role.SECURITY: Grant(reads=False, actions=frozenset({"grant"})),
    Role.AUDIT: Grant(reads=False, actions=frozenset({"audit"})),
}
ENTERPRISE_ROLES = (Role.REPORTER, Role.APPROVER, Role.PROVIDER)
EXCLUSIVE = (Role.SYSTEM, Role.SECURITY, Role.AUDIT)
