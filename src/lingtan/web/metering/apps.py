"""The room as Django knows it."""

from django.apps import AppConfig


class Room(AppConfig):
    """Room ``metering``."""

    name = "lingtan.web.metering"
    label = "metering"
