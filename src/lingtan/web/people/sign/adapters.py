"""What allauth asks us: who may have an account, which name a failure counts for, what happens after signing in."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language

from lingtan.web.people import actions, audit
from lingtan.web.people.access import site_access
from lingtan.web.people.audit import Act
from lingtan.web.people.sign import openid
from lingtan.web.people.user import User


class AccountAdapter(DefaultAccountAdapter):
    """Accounts come by invitation only."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Lead administrators of the installation to their page, all others to their parks."""
        return home(request.user) or super().get_login_redirect_url(request)

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse:
        """Show pages in the person's language from the first one on."""
        response = super().post_login(request, user, **kwargs)
        return with_language(response, user.language)


class SocialAdapter(DefaultSocialAccountAdapter):
    """An outside identity opens the account of its verified e-mail address, and takes what was offered to it.

    Whom nobody invited gets no account.
    """

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Bind an invited person at his first sign-in; tell anybody else with which address he came.

        Raises
        ------
        ImmediateHttpResponse : the answer is not to this browser's question, nobody invited this address, or the
            other side does not vouch for it.
        """
        if not openid.answers(sociallogin):
            audit.record(Act.FAILURE, sociallogin.account.uid, result="refused", way="openid", nonce=False)
            raise ImmediateHttpResponse(render(request, "socialaccount/authentication_error.html", status=403))
        if sociallogin.is_existing or request.user.is_authenticated:
            return
        email = next((one.email for one in sociallogin.email_addresses if one.verified), "")
        name = sociallogin.user.display_name or " ".join(sociallogin.user.get_full_name().split())
        user = actions.accept_vouched(email, name=name, language=get_language() or "") if email else None
        if user is not None:
            sociallogin.connect(request, user)
            return
        told = sociallogin.user.email or sociallogin.account.uid
        audit.record(Act.FAILURE, told, result="refused", way="openid", vouched=bool(email))
        page = render(request, "socialaccount/unknown.html", {"email": told, "vouched": bool(email)}, status=403)
        raise ImmediateHttpResponse(page)


#: Action of the installation -> its first page.
HOMES = {"configure": "site_parks", "grant": "site_administrators", "audit": "site_audit"}


def home(user: Any) -> str:
    """Return the page of an administrator of the installation, blank for all others."""
    granted = site_access(user, timezone.now().date())
    return next((reverse(name) for action, name in HOMES.items() if action in granted), "")


def with_language(response: HttpResponse, language: str) -> HttpResponse:
    """Return the response with the cookie by which the pages speak a language."""
    if language in dict(settings.LANGUAGES):
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME, language, max_age=365 * 24 * 3600, samesite="Lax", httponly=True,
            secure=settings.SESSION_COOKIE_SECURE,
        )  # fmt: skip
    return response


def login_name(request: HttpRequest | None, credentials: dict[str, Any] | None) -> str:
    """Return the account that a sign-in is about, the same one for its user name and its e-mail address."""
    given = credentials or {}
    posted = request.POST.get("login", "") if request is not None else ""
    name = str(given.get("username") or given.get("email") or posted).strip().lower()
    if "@" in name:
        name = User.objects.filter(email__iexact=name).values_list("username", flat=True).first() or name
    return name.lower()[:150]


def locked_out(request: HttpRequest, _response: HttpResponse | None, _credentials: Any) -> HttpResponse:
    """Say in words that the account is locked from this address, and for how long."""
    minutes = round(float(settings.AXES_COOLOFF_TIME) * 60)
    context = {"minutes": minutes, "failures": settings.AXES_FAILURE_LIMIT}
    return render(request, "people/locked.html", context, status=429)
