"""What other packages tell us of: sign-ins, failures, locks, passwords, factors; each leaves an entry in the log."""

from __future__ import annotations

from typing import Any

from allauth.account import signals as account
from allauth.mfa import signals as mfa
from django.contrib.auth import signals as auth
from django.http import HttpRequest
from django.utils import timezone

from lingtan.web.people import audit
from lingtan.web.people.audit import Act


def signed_in(sender: Any, request: HttpRequest | None, user: Any, **_more: Any) -> None:
    """Start the session's clocks."""
    if request is not None and hasattr(request, "session"):
        request.session["signed_at"] = request.session["seen_at"] = timezone.now().timestamp()
        request.session.pop("second_factor", None)
    audit.record(Act.SIGN_IN, actor=user)


def entered(sender: Any, request: HttpRequest, user: Any, **_more: Any) -> None:
    """End the oldest sessions beyond the number allowed; comes after allauth has noted the new one."""
    from lingtan.web.people.sign.middleware import end_oldest

    ended = end_oldest(user, request.session.session_key or "")
    if ended:
        audit.record(Act.SESSION, "too many at once", actor=user, ended=ended)


def signed_out(sender: Any, user: Any, **_more: Any) -> None:
    """Log that somebody left."""
    if user is not None:
        audit.record(Act.SIGN_OUT, actor=user)


def failed(sender: Any, credentials: dict[str, Any], request: HttpRequest | None = None, **_more: Any) -> None:
    """Log a wrong password, under the name that was tried."""
    from lingtan.web.people.sign.adapters import login_name

    audit.record(Act.FAILURE, login_name(request, credentials), result="failed")


def locked(sender: Any, username: str = "", ip_address: str = "", **_more: Any) -> None:
    """Log that an account is locked from an address."""
    audit.record(Act.LOCK, username or "", result="refused")


def password(sender: Any, user: Any, **_more: Any) -> None:
    """Log a new password."""
    audit.record(Act.PASSWORD, actor=user)


def factor(sender: Any, user: Any, authenticator: Any, request: HttpRequest | None = None, **_more: Any) -> None:
    """Log a second factor that came or went, and ask again whether one is needed."""
    if request is not None:
        request.session.pop("second_factor", None)
    audit.record(Act.FACTOR, str(authenticator.type), actor=user)


def wrong_factor(sender: Any, user: Any, **_more: Any) -> None:
    """Log a wrong code or key."""
    audit.record(Act.FAILURE, "second factor", actor=user, result="failed")


def connect() -> None:
    """Listen, once, when the room is ready."""
    from axes.signals import user_locked_out

    pairs = [
        (auth.user_logged_in, signed_in), (account.user_logged_in, entered), (auth.user_logged_out, signed_out),
        (auth.user_login_failed, failed), (user_locked_out, locked), (account.password_changed, password),
        (account.password_set, password), (account.password_reset, password), (mfa.authenticator_added, factor),
        (mfa.authenticator_removed, factor), (mfa.authenticator_reset, factor),
        (mfa.authentication_failed, wrong_factor),
    ]  # fmt: skip
    for signal, receiver in pairs:
        signal.connect(receiver, dispatch_uid=f"lingtan.audit.{id(signal)}")
