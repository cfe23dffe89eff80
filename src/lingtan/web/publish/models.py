"""Models of the room, for Django to find."""

from lingtan.web.publish.document import Document, DocumentVersion
from lingtan.web.publish.release import Release

__all__ = ["Document", "DocumentVersion", "Release"]
