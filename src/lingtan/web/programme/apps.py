"""The room as Django knows it."""

from django.apps import AppConfig


class Room(AppConfig):
    """Room ``programme``."""

    name = "lingtan.web.programme"
    label = "programme"
