"""The room as Django knows it."""

from django.apps import AppConfig


class Room(AppConfig):
    """Room ``reporting``."""

    name = "lingtan.web.reporting"
    label = "reporting"
