"""What the frame of every page shows: entries, park, language."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest


def frame(request: HttpRequest) -> dict[str, Any]:
    """Return the context of the frame."""
    return {"park": getattr(request, "park", None), "access": getattr(request, "access", None)}
