"""A part in a park that is offered to a person: asked for, confirmed where two persons are needed, taken once."""

from __future__ import annotations

import hashlib
from typing import Any, ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from lingtan.web.kernel.history import tracked
from lingtan.web.people.user import Membership, Scoped, User


def hashed(token: str) -> str:
    """Return what is stored of an invitation's secret."""
    return hashlib.sha256(token.encode()).hexdigest()


@tracked()
class Invitation(Scoped):
    """An offer of a role to an e-mail address. The secret of its link is stored only as a hash, and serves once."""

    email = models.EmailField(_("E-mail"))
    reason = models.TextField(_("Reason"))
    asked_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("Asked by")
    )
    asked_at = models.DateTimeField(_("Asked"), default=timezone.now)
    confirmed_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("Confirmed by")
    )
    confirmed_at = models.DateTimeField(_("Confirmed"), null=True, blank=True)
    token_hash = models.CharField(max_length=64, blank=True, editable=False, db_index=True)
    expires_at = models.DateTimeField(_("Expires"), null=True, blank=True)
    used_at = models.DateTimeField(_("Accepted"), null=True, blank=True)
    withdrawn_at = models.DateTimeField(_("Withdrawn"), null=True, blank=True)
    membership = models.OneToOneField(
        Membership, on_delete=models.SET_NULL, null=True, blank=True, related_name="offer", editable=False
    )

    class Meta:
        verbose_name = _("Invitation")
        verbose_name_plural = _("Invitations")
        ordering: ClassVar = ["-asked_at"]

    def __str__(self) -> str:
        return f"{self.email} · {self.get_role_display()}"

    @property
    def state(self) -> str:
        """One of ``withdrawn``, ``used``, ``waiting`` (for the second person), ``expired``, ``open``."""
        if self.withdrawn_at is not None:
            return "withdrawn"
        if self.used_at is not None:
            return "used"
        if self.confirmed_at is None:
            return "waiting"
        if self.expires_at is None or self.expires_at <= timezone.now():
            return "expired"
        return "open"

    @property
    def state_word(self) -> Any:
        """The state in words."""
        return STATES[self.state]


STATES = {
    "withdrawn": _("Withdrawn"),
    "used": _("Accepted"),
    "waiting": _("Waits for a second person"),
    "expired": _("Expired"),
    "open": _("Sent, not accepted yet"),
}


class PasswordRecord(models.Model):
    """A password that somebody had, as a hash: the last ones may not come back."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="passwords")
    password = models.CharField(max_length=255)
    set_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("Former password")
        verbose_name_plural = _("Former passwords")
        ordering: ClassVar = ["-set_at", "-pk"]
