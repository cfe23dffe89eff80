"""Answers of the API: JSON as it was built, and pages behind a cursor."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext as _

from lingtan.web.api.problems import ProblemError

MOST = 1_000
LARGEST = 2**63 - 1


def plain(body: Any, *, status: int = 200, etag: str = "") -> HttpResponse:
    """Answer with JSON; ``etag`` is the record's version."""
    response = HttpResponse(json.dumps(body, ensure_ascii=False), status=status, content_type="application/json")
    if etag:
        response["ETag"] = f'"{etag}"'
    return response


def created(body: dict[str, Any], etag: str) -> HttpResponse:
    """Answer a POST that made a record."""
    return plain(body, status=201, etag=etag)


def page(rows: QuerySet[Any], *, limit: int, cursor: str | None, tell: Callable[[Any], dict[str, Any]]) -> HttpResponse:
    """Answer with rows by rising key after a cursor; ``next`` is the cursor of the page behind, null on the last."""
    held = list(rows.filter(pk__gt=_after(cursor)).order_by("pk")[: limit + 1])
    more = len(held) > limit
    items = [tell(row) for row in held[:limit]]
    return plain({"items": items, "next": _cursor(held[limit - 1].pk) if more else None})


def _cursor(key: int) -> str:
    return base64.urlsafe_b64encode(f"after:{key}".encode()).decode().rstrip("=")


def _after(cursor: str | None) -> int:
    if not cursor:
        return 0
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
        word, _colon, key = text.partition(":")
        if word == "after" and key.isdecimal() and int(key) <= LARGEST:
            return int(key)
    except (binascii.Error, ValueError, UnicodeError):
        pass
    message = _("Expected the cursor that the page before gave as next.")
    raise ProblemError(422, errors=[{"place": "query", "field": "cursor", "message": message}])
