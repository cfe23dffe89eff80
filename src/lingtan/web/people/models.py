"""Models of the room, for Django to find."""

from lingtan.web.people.audit import AuditDay, AuditEntry, KeptContext
from lingtan.web.people.audit_copy import AuditCopy
from lingtan.web.people.invitation import Invitation, PasswordRecord
from lingtan.web.people.user import Membership, User

__all__ = [
    "AuditCopy", "AuditDay", "AuditEntry", "Invitation", "KeptContext", "Membership", "PasswordRecord", "User",
]  # fmt: skip
