"""Addresses of the platform: signing in, the parks, one park's rooms, the API."""

from __future__ import annotations

from django.urls import include, path

from lingtan.web.park.entry import parks

urlpatterns = [
    path("", parks, name="parks"),
    path("sign/", include("allauth.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
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
                path("", include("lingtan.web.people.urls")),
                path("registers/", include("lingtan.web.kernel.urls")),
            ]
        ),
    ),
]
