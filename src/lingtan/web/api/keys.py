"""Tokens: made once, shown once, kept as a digest; what they may do, and how often."""

from __future__ import annotations

import hashlib
import hmac
import math
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connection
from django.http import Http404, HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja.security import HttpBearer
from ninja.throttling import BaseThrottle

from lingtan.web.api.models import Scope, Token, Usage
from lingtan.web.api.problems import ProblemError
from lingtan.web.kernel.pages import enter

if TYPE_CHECKING:
    from lingtan.web.people.user import User

MARK = "lt"
LONGEST = timedelta(days=366)
PER_MINUTE = 600
KEPT = timedelta(days=90)


def make(user: User, name: str, *, scopes: Sequence[str], expires: datetime, park: Any = None) -> tuple[Token, str]:
    """Make a token and return it with its key, which is kept nowhere.

    Raises
    ------
    ValidationError : no name, no scope, or an end that is past or more than a year away.
    """
    now = timezone.now()
    if not name.strip() or len(name) > 100:
        raise ValidationError({"name": _("Give the token a name of at most 100 letters that tells what it is for.")})
    if not scopes or set(scopes) - set(Scope.values):
        raise ValidationError({"scopes": _("Choose what the token may do.")})
    if not now < expires <= now + LONGEST:
        raise ValidationError({"expires": _("Choose an end between tomorrow and one year from now.")})
    prefix, secret = secrets.token_hex(4), secrets.token_urlsafe(32)
    token = Token.objects.create(
        user=user, name=name.strip(), prefix=prefix, digest=_digest(secret), scopes=sorted(set(scopes)), park=park,
        expires=expires,
    )  # fmt: skip
    return token, f"{MARK}_{prefix}_{secret}"


def _digest(secret: str) -> str:
    """Digest a key of 256 random bits: it cannot be guessed, so a slow hash would only slow us."""
    return hashlib.sha256(secret.encode()).hexdigest()


class Bearer(HttpBearer):
    """A token in the header ``Authorization: Bearer lt_…``."""

    def authenticate(self, request: HttpRequest, token: str) -> Token | None:
        """Return the token behind a key, None where it does not hold."""
        mark, _under, rest = token.partition("_")
        prefix, _under, secret = rest.partition("_")
        if mark != MARK or not secret or not prefix.isascii() or "\x00" in token:
            return None
        held = Token.objects.select_related("user", "park").filter(prefix=prefix).first()
        right = hmac.compare_digest(held.digest if held else "", _digest(secret))
        if held is None or not right or held.revoked or held.expires <= timezone.now() or not held.user.is_active:
            return None
        request.user = held.user
        return held


def gate(request: HttpRequest, park: str, scope: str) -> None:
    """Let a token into a park: its scope, its park, and its owner's part in it; else 403 or 404."""
    token: Token = request.auth
    allow(token, scope)
    if token.park is not None and token.park.code != park:
        raise Http404
    enter(request, park)


def allow(token: Token, scope: str) -> None:
    """Refuse what a token was not made for."""
    if scope not in token.scopes:
        raise ProblemError(403, _("This token lacks the scope %(scope)s.") % {"scope": scope}, code="scope")


_COUNT = """
INSERT INTO api_usage (token_id, minute, requests) VALUES (%s, %s, 1)
ON CONFLICT (token_id, minute) DO UPDATE SET requests = api_usage.requests + 1 RETURNING requests
"""


class PerMinute(BaseThrottle):
    """So many requests a token and minute, counted in the database, so that all workers count together.

    ``LINGTAN_API_RATE`` in the settings changes the number.
    """

    def allow_request(self, request: HttpRequest) -> bool:
        """Count a request and tell whether it is within the limit."""
        token: Token = request.auth
        now = timezone.now()
        minute = now.replace(second=0, microsecond=0)
        with connection.cursor() as cursor:
            cursor.execute(_COUNT, [token.pk, minute])
            count = int(cursor.fetchone()[0])
        if count == 1:
            Usage.objects.filter(token=token, minute__lt=now - KEPT).delete()
        limit = getattr(settings, "LINGTAN_API_RATE", PER_MINUTE)
        left = math.ceil((minute + timedelta(minutes=1) - now).total_seconds())
        request.rate = {"RateLimit-Limit": limit, "RateLimit-Remaining": max(0, limit - count), "RateLimit-Reset": left}
        return count <= limit

    def wait(self) -> float | None:
        """Return the seconds until the next minute."""
        return 60 - timezone.now().second
