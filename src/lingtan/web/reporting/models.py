"""Models of the room, for Django to find."""

from lingtan.web.reporting.statement import Adoption, Statement

__all__ = ["Adoption", "Statement"]
