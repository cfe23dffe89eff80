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
from ninja.errors import Throttled
from ninja.security import HttpBearer
from ninja.throttling import BaseThrottle

from lingtan.web.api.models import Scope, Token, Usage
from lingtan.web.api.problems import ProblemError
from lingtan.web.kernel.pages import enter
from lingtan.web.people import audit

if TYPE_CHECKING:
    from lingtan.web.people.user import User

MARK = "lt"
LONGEST = timedelta(days=366)
#: How long the page can tell when a token was last used; addresses are forgotten sooner.
KEPT, FORGOTTEN = timedelta(days=90), timedelta(hours=1)


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

    def __call__(self, request: HttpRequest) -> Token | None:
        """Return the token of a request; one without counts for its address alone.

        Raises
        ------
        Throttled : the address has asked too often.
        """
        held: Token | None = super().__call__(request)
        if held is None and not within(request, None):
            raise Throttled(wait=None)
        return held

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
INSERT INTO api_usage (token_id, address, minute, requests) VALUES {rows}
ON CONFLICT (token_id, address, minute) DO UPDATE SET requests = api_usage.requests + 1 RETURNING token_id, requests
"""


class PerMinute(BaseThrottle):
    """So many requests a token, and a client's address, may make in a minute; what comes without a token counts too.

    Counted in the database, so that all workers count together; ``LINGTAN_API_RATE`` and ``LINGTAN_API_ADDRESS_RATE``
    in the settings change the numbers.
    """

    def allow_request(self, request: HttpRequest) -> bool:
        """Count a request and tell whether it is within both limits."""
        return within(request, request.auth)

    def wait(self) -> float | None:
        """Return the seconds until the next minute."""
        return 60 - timezone.now().second


def within(request: HttpRequest, token: Token | None) -> bool:
    """Count a request for its token and its address, note for the answer what is left, tell whether it may go on."""
    now = timezone.now()
    minute = now.replace(second=0, microsecond=0)
    limits = {None: settings.LINGTAN_API_ADDRESS_RATE}
    rows = [(None, audit.address(request)[:45], minute)]
    if token is not None:
        limits[token.pk] = settings.LINGTAN_API_RATE
        rows.insert(0, (token.pk, "", minute))
    with connection.cursor() as cursor:
        marks = ", ".join(["(%s, %s, %s, 1)"] * len(rows))
        cursor.execute(_COUNT.format(rows=marks), [value for row in rows for value in row])
        counts = dict(cursor.fetchall())
    for key, count in counts.items():
        if count == 1:  # the first of a minute
            Usage.objects.filter(token=key, minute__lt=now - (KEPT if key else FORGOTTEN)).delete()
    left, limit = min((limits[key] - count, limits[key]) for key, count in counts.items())
    wait = math.ceil((minute + timedelta(minutes=1) - now).total_seconds())
    request.rate = {"RateLimit-Limit": limit, "RateLimit-Remaining": max(0, left), "RateLimit-Reset": wait}
    return left >= 0
