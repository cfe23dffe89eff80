"""Addresses of the room below ``/p/<park>/``."""

from __future__ import annotations

from django.urls import URLPattern, path

from lingtan.web.papers import pages
from lingtan.web.papers import plans as plans  # its hourly look must be known wherever the pages are

urlpatterns: list[URLPattern] = [
    path("papers/", pages.papers, name="papers"),
    path("papers/make/", pages.make, name="paper_make"),
    path("papers/<int:pk>/", pages.paper, name="paper"),
    path("papers/<int:pk>/<str:form>/", pages.download, name="paper_file"),
]
