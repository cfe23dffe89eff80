"""Addresses that nobody signs in for, below ``/public/``."""

from __future__ import annotations

from django.urls import path

from lingtan.web.publish import public

urlpatterns = [
    path("", public.parks, name="public"),
    path("<str:code>/", public.park, name="public_park"),
    path("<str:code>/documents/<int:release>/", public.download, name="public_document"),
]
