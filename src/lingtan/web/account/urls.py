"""Addresses of the room below ``/p/<park>/``."""

from __future__ import annotations

from django.urls import URLPattern, path

from lingtan.web.account import compute  # noqa: F401 - its handler must be known wherever the pages are
from lingtan.web.account.pages import enterprise, explained, issues, ledger, overview

urlpatterns: list[URLPattern] = [
    path("", overview.overview, name="overview"),
    path("visitors/", overview.visitors, name="visitors"),
    path("account/", ledger.account, name="account"),
    path("account/compute/", ledger.recompute, name="recompute"),
    path("flows/", ledger.flows, name="flows"),
    path("enterprises/<str:code>/", enterprise.enterprise, name="enterprise"),
    path("issues/", issues.issues, name="issues"),
    path("issues/<int:pk>/", issues.issue, name="issue"),
    path("explain/<int:run>/<path:key>", explained.explain, name="explain"),
]
