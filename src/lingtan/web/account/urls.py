"""Addresses of the room below ``/p/<park>/``."""

from __future__ import annotations

from django.urls import URLPattern, path

from lingtan.web.account import compute  # noqa: F401 - its handler must be known wherever the pages are
from lingtan.web.account.pages import asking, enterprise, explained, export, issues, ledger, moves, overview

urlpatterns: list[URLPattern] = [
    path("", overview.overview, name="overview"),
    path("visitors/", overview.visitors, name="visitors"),
    path("account/", ledger.account, name="account"),
    path("account/export.xlsx", export.account_export, name="account_export"),
    path("account/compute/", ledger.recompute, name="recompute"),
    path("flows/", ledger.flows, name="flows"),
    path("flows/unit/<str:key>/", ledger.unit, name="flows_unit"),
    path("enterprises/<str:code>/", enterprise.enterprise, name="enterprise"),
    path("issues/", issues.issues, name="issues"),
    path("issues/<int:pk>/", issues.issue, name="issue"),
    path("issues/export.csv", issues.export, name="issues_export"),
    path("issues/many/", issues.many, name="issues_many"),
    path("issues/<int:pk>/comment/", issues.comment, name="issue_comment"),
    path("moves/<int:run>/", moves.moves, name="moves"),
    path("remarks/", asking.remarks, name="remarks"),
    path("remarks/<int:pk>/", asking.settle, name="remark"),
    path("ask/<int:run>/<path:key>", asking.ask, name="ask"),
    path("explain/<int:run>/<path:key>", explained.explain, name="explain"),
]
