"""Models of the room, for Django to find."""

from lingtan.web.people.user import Membership, User

__all__ = ["Membership", "User"]
