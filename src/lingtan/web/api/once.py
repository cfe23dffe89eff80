"""A POST sent twice with one key is done once and answered alike."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from lingtan.web.api.answers import created
from lingtan.web.api.models import IdempotencyKey
from lingtan.web.api.problems import ProblemError

KEPT = timedelta(days=1)
LONGEST = 128


def once(request: HttpRequest, key: str | None, do: Callable[[], tuple[dict[str, Any], str]]) -> HttpResponse:
    """Do a POST and return its answer (record, ETag); with a key that was used before, the answer that was given then.

    An answer is kept for a day. What is refused is not kept: the key may be used again for the mended request.

    Raises
    ------
    ProblemError : 409 where the key came with another request, 422 where it is no sound key.
    """
    if key is None:
        return created(*do())
    if not 1 <= len(key) <= LONGEST or not key.isascii() or not key.isprintable():
        fault = {"place": "header", "field": "Idempotency-Key", "message": _("Expected 1 to 128 printable letters.")}
        raise ProblemError(422, errors=[fault])
    digest = hashlib.sha256(b"\n".join([request.get_full_path().encode(), request.body])).hexdigest()
    token = request.auth
    with transaction.atomic():
        with connection.cursor() as cursor:
            # Two requests with one key at the same time: the second waits here for the first.
            cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [token.pk % 2**31, key])
        kept = IdempotencyKey.objects.filter(token=token, key=key)
        kept.filter(at__lt=timezone.now() - KEPT).delete()
        held = kept.first()
        if held is not None:
            if held.digest != digest:
                raise ProblemError(409, code="key-reused")
            response = created(held.answer, held.etag)
            response["Idempotent-Replayed"] = "true"
            return response
        body, etag = do()
        IdempotencyKey.objects.create(token=token, key=key, digest=digest, status=201, answer=body, etag=etag)
    return created(body, etag)
