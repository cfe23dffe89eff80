"""Models of the room, for Django to find."""

from lingtan.web.account.certificate import Certificate
from lingtan.web.account.factor import Factor

__all__ = ["Certificate", "Factor"]
