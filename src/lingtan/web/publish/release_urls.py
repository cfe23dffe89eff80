"""Addresses of the releases below ``/p/<park>/``."""

from __future__ import annotations

from django.urls import path

from lingtan.web.publish import releases

urlpatterns = [
    path("releases/", releases.releases, name="releases"),
    path("releases/propose/", releases.propose, name="release_propose"),
    path("releases/<int:pk>/", releases.release, name="release"),
    path("releases/<int:pk>/<slug:action>/", releases.move, name="release_move"),
]
