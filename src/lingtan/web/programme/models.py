"""Models of the room, for Django to find."""

from lingtan.web.programme.deadline import Deadline

__all__ = ["Deadline"]
