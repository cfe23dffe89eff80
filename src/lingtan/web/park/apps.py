"""The room as Django knows it."""

from django.apps import AppConfig


class Room(AppConfig):
    """Room ``park``."""

    name = "lingtan.web.park"
    label = "park"
