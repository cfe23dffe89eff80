"""The room as Django knows it."""

from django.apps import AppConfig


class Room(AppConfig):
    """Room ``people``."""

    name = "lingtan.web.people"
    label = "people"

    def ready(self) -> None:
        """Listen to sign-ins for the audit log."""
        from lingtan.web.people.sign.watch import connect

        connect()
