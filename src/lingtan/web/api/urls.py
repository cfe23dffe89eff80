"""Addresses of the API below ``/api/v1/``."""

from __future__ import annotations

from lingtan.web.api.root import addresses

app_name = "api"
urlpatterns = addresses()
