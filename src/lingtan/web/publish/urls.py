"""Addresses of the room below ``/p/<park>/``."""

from __future__ import annotations

from lingtan.web.publish.release_urls import urlpatterns as releases

urlpatterns = [*releases]
