"""The room as Django knows it."""

from django.apps import AppConfig


class Room(AppConfig):
    """Room ``publish``."""

    name = "lingtan.web.publish"
    label = "publish"
