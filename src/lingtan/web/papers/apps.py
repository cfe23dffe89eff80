"""The room as Django knows it."""

from django.apps import AppConfig


class Room(AppConfig):
    """Room ``papers``."""

    name = "lingtan.web.papers"
    label = "papers"
