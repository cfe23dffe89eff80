"""Models of the room, for Django to find."""

from lingtan.web.people.audit import AuditDay, AuditEntry
from lingtan.web.people.invitation import Invitation, PasswordRecord
from lingtan.web.people.user import Membership, User

__all__ = ["AuditDay", "AuditEntry", "Invitation", "Membership", "PasswordRecord", "User"]
