"""The room as Django knows it."""

from django.apps import AppConfig


class Room(AppConfig):
    """Room ``api``."""

    name = "lingtan.web.api"
    label = "api"
