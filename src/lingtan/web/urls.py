"""Addresses of the platform: signing in, the parks, one park's rooms, the API."""

from __future__ import annotations

from django.conf import settings
from django.urls import include, path

from lingtan.web.details.search import search
from lingtan.web.park.entry import parks
from lingtan.web.park.views import park_new, park_new_waiting
from lingtan.web.people.urls import site
from lingtan.web.programme.health import health

urlpatterns = [
    path("", parks, name="parks"),
    path("parks/new/", park_new, name="park_new"),
    path("parks/new/<str:mark>/", park_new_waiting, name="park_new_waiting"),
    path("health/", health, name="health"),
    path("sign/", include("allauth.urls")),
    path("public/", include("lingtan.web.publish.public_urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("api/v1/", include("lingtan.web.api.urls")),
    path("tokens/", include("lingtan.web.api.page_urls")),
    path("", include(site)),
    path(
        "p/<str:park>/",
        include(
            [
                path("", include("lingtan.web.account.urls")),
                path("", include("lingtan.web.park.urls")),
                path("", include("lingtan.web.metering.urls")),
                path("", include("lingtan.web.reporting.urls")),
                path("", include("lingtan.web.programme.urls")),
                path("", include("lingtan.web.publish.urls")),
                path("", include("lingtan.web.papers.urls")),
                path("", include("lingtan.web.people.urls")),
                path("registers/", include("lingtan.web.sheets.urls")),
                path("registers/", include("lingtan.web.kernel.urls")),
                path("search/", search, name="search"),
            ]
        ),
    ),
]
if settings.TRIAL:
    urlpatterns.append(path("look/", include("lingtan.web.catalogue")))
