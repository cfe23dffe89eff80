"""The room as Django knows it."""

from django.apps import AppConfig


class Room(AppConfig):
    """Room ``people``."""

    name = "lingtan.web.people"
    label = "people"
