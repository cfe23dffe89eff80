"""Signing in with the account of one's organisation: OpenID Connect, with a nonce of its own for every way there."""

from __future__ import annotations

import secrets
from typing import Any

from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from django.http import HttpRequest, HttpResponse


class Provider(OpenIDConnectProvider):
    """The provider of allauth, with the nonce that binds the token to the browser that asked.

    State and PKCE stand beside it; the nonce holds where the other side does not look at PKCE.
    """

    @classmethod
    def get_package(cls) -> str:
        """Return where the addresses are."""
        return OpenIDConnectProvider.get_package()

    def redirect(
        self, request: HttpRequest, process: str, next_url: str | None = None, data: Any = None, **kwargs: Any
    ) -> HttpResponse:
        """Lead there; the nonce is kept with the state of this way."""
        nonce = secrets.token_urlsafe(24)
        kwargs["auth_params"] = {**(kwargs.get("auth_params") or self.get_auth_params()), "nonce": nonce}
        return super().redirect(request, process, next_url, {**(data or {}), "nonce": nonce}, **kwargs)


def answers(sociallogin: Any) -> bool:
    """Tell whether the token that came back carries the nonce of the way there."""
    asked = (sociallogin.state.get("data") or {}).get("nonce", "")
    told = sociallogin.account.extra_data.get("id_token", {}).get("nonce", "")
    return bool(asked) and secrets.compare_digest(str(asked), str(told))
