"""Addresses of the tokens' page below ``/tokens/``."""

from __future__ import annotations

from django.urls import URLPattern, path

from lingtan.web.api import pages

urlpatterns: list[URLPattern] = [
    path("", pages.tokens, name="tokens"),
    path("<int:pk>/revoke/", pages.revoke, name="token_revoke"),
]
