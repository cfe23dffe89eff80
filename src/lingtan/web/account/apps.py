"""The room as Django knows it."""

from django.apps import AppConfig


class Room(AppConfig):
    """Room ``account``; its label is ``book``, since allauth holds the other."""

    name = "lingtan.web.account"
    label = "book"
