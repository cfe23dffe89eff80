"""Models of the room, for Django to find."""

from lingtan.web.publish.document import Document

__all__ = ["Document"]
