"""The room as Django knows it."""

from django.apps import AppConfig


class Room(AppConfig):
    """Room ``reporting``."""

    name = "lingtan.web.reporting"
    label = "reporting"

    def ready(self) -> None:
        """Let accounts keep what meters say of billing periods."""
        from lingtan.web.account.compute import FOLLOWERS
        from lingtan.web.reporting.between import keep

        if keep not in FOLLOWERS:
            FOLLOWERS.append(keep)
