"""Around every request: which log entries it leaves, how long a session lasts, what a person has to do first."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import activate, get_language, gettext, gettext_lazy
from django_htmx.http import HttpResponseClientRedirect

from lingtan.web.kernel.fields import zones
from lingtan.web.people import audit
from lingtan.web.people.sign import passwords
from lingtan.web.people.user import User

Next = Callable[[HttpRequest], HttpResponse]
#: Where a person gets to who has a step before him: the step itself, words, the way out.
FREE = ("/sign/", "/i18n/", "/invitation/", "/static/")
KEPT_CHARACTERS = 300_000
TOUCH_S = 60


class AuditMiddleware:
    """Number the request, and log refusals and files that go out."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.request_id = str(uuid.uuid4())  # type: ignore[attr-defined]
        token = audit.current.set(request)
        try:
            response = self.get_response(request)
            self._log(request, response)
        finally:
            audit.current.reset(token)
        response["X-Request-Id"] = request.request_id  # type: ignore[attr-defined]
        return response

    def _log(self, request: HttpRequest, response: HttpResponse) -> None:
        """Log a refusal (a foreign thing is 404) and a file that goes out; a stranger's wrong address is no refusal."""
        status = response.status_code
        if status in (401, 403) or (status == 404 and _known(request)):
            audit.record(audit.Act.REFUSAL, request.method or "", result="refused", status=status)
        elif status == 200 and "attachment" in response.get("Content-Disposition", "") and _known(request):
            name = response["Content-Disposition"].partition("filename=")[2].strip('"')
            audit.record(audit.Act.EXPORT, name or request.path, query=request.META.get("QUERY_STRING", "")[:300])


def _known(request: HttpRequest) -> bool:
    return bool(getattr(getattr(request, "user", None), "is_authenticated", False))


class PersonMiddleware:
    """Let a session end, ask for what has to be done first, and speak the person's language in his time zone."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        timezone.activate(ZoneInfo(settings.PARK_ZONE))
        if not request.user.is_authenticated:
            return self.get_response(request)
        ended = _ended(request)
        if ended:
            return _end(request, ended)
        first = None if request.path.startswith(FREE) else _first(request)
        if first is not None:
            return first
        _settle(request)
        return self.get_response(request)


def _ended(request: HttpRequest) -> str:
    """Return why a session is over (``idle``, ``absolute``), blank where it is not; note that somebody was here.

    A request that the page makes by itself (``?poll``) does not count as somebody being here.
    """
    now, session = timezone.now().timestamp(), request.session
    signed, seen = session.get("signed_at"), session.get("seen_at")
    if signed is None or seen is None:
        session["signed_at"] = session["seen_at"] = now
        return ""
    if now - signed > settings.SESSION_ABSOLUTE_S:
        return "absolute"
    if now - seen > settings.SESSION_IDLE_S:
        return "idle"
    if now - seen > TOUCH_S and "poll" not in request.GET:
        session["seen_at"] = now
        UserSession.objects.filter(session_key=session.session_key).update(
            last_seen_at=datetime.fromtimestamp(now, tz=timezone.get_default_timezone())
        )
    return ""


ENDED = {
    "idle": gettext_lazy("Your session ended because nothing happened for %(minutes)d minutes. Sign in to go on."),
    "absolute": gettext_lazy("Your session ended after %(hours)d hours. Sign in to go on."),
}


def _end(request: HttpRequest, why: str) -> HttpResponse:
    """Sign out and lead to signing in; what was typed into a form is kept for the same person."""
    user = request.user
    audit.record(audit.Act.SESSION, why, actor=user)
    kept = _typed(request, user)
    UserSession.objects.filter(session_key=request.session.session_key).delete()
    logout(request)
    goal = request.get_full_path() if request.method == "GET" else "/"
    if kept:
        request.session["kept"] = kept
        goal = reverse("kept")
    if request.path.startswith("/api/"):
        return problem(401, gettext("Your session has ended. Sign in again."), "PPL-001")
    numbers = {"minutes": settings.SESSION_IDLE_S // 60, "hours": settings.SESSION_ABSOLUTE_S // 3600}
    messages.info(request, ENDED[why] % numbers)
    return _lead(request, f"{reverse('account_login')}?{urlencode({'next': goal})}")


def _typed(request: HttpRequest, user: Any) -> dict[str, Any] | None:
    """Return what a form of ours carried: address, fields, person; None for sign-in pages, files and large bodies."""
    if request.method != "POST" or request.path.startswith((*FREE, "/api/")) or request.FILES:
        return None
    fields = {name: values for name, values in request.POST.lists() if name != "csrfmiddlewaretoken"}
    if not fields or sum(len(value) for values in fields.values() for value in values) > KEPT_CHARACTERS:
        return None
    return {"path": request.get_full_path(), "fields": fields, "user": user.pk}


def _lead(request: HttpRequest, address: str) -> HttpResponse:
    if getattr(request, "htmx", False):
        return HttpResponseClientRedirect(address)
    return HttpResponseRedirect(address)


def problem(status: int, detail: str, code: str) -> JsonResponse:
    """Return a refusal to a program as problem+json."""
    body = {"type": "about:blank", "status": status, "title": detail, "detail": detail, "code": code}
    return JsonResponse(body, status=status, content_type="application/problem+json")


def _first(request: HttpRequest) -> HttpResponse | None:
    """Return the way to what a person has to do before anything else: a new password, a second factor."""
    user = request.user
    if passwords.due(user):
        return _step(request, "account_change_password", gettext("Choose a new password before you go on."))
    if settings.MFA_ROLES and not request.session.get("second_factor"):
        if not _needs_factor(user):
            return None
        from allauth.mfa.utils import is_mfa_enabled

        if not is_mfa_enabled(user):
            return _step(request, "mfa_index", gettext("Your role needs a second factor. Set one up before you go on."))
        request.session["second_factor"] = True
    return None


def _needs_factor(user: User) -> bool:
    return any(row.holds(timezone.now().date()) for row in user.memberships.filter(role__in=settings.MFA_ROLES))


def _step(request: HttpRequest, name: str, why: str) -> HttpResponse:
    if request.path.startswith("/api/"):
        return problem(403, why, "PPL-002")
    messages.warning(request, why)
    return _lead(request, reverse(name))


def _settle(request: HttpRequest) -> None:
    """Use the person's time zone, and his language where this browser has not been told another one."""
    user = request.user
    if user.timezone in zones():
        timezone.activate(ZoneInfo(user.timezone))
    if user.language and settings.LANGUAGE_COOKIE_NAME not in request.COOKIES and user.language != get_language():
        activate(user.language)
        request.LANGUAGE_CODE = user.language


def end_oldest(user: Any, keep: str) -> int:
    """End a person's oldest sessions beyond the number allowed, never the one at hand; return how many ended."""
    running = UserSession.objects.filter(user=user).exclude(session_key=keep).order_by("-last_seen_at", "-pk")
    extra = list(running[max(0, settings.SESSIONS_AT_ONCE - 1) :])
    for one in extra:
        one.end()
    return len(extra)


__all__ = ["AuditMiddleware", "PersonMiddleware", "end_oldest", "problem"]
