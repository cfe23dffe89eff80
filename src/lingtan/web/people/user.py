"""Persons and their parts in parks."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _

from lingtan.web.people.roles import Role


class User(AbstractUser):
    """A person who signs in; no superuser rights are used anywhere."""

    display_name = models.CharField(_("Name"), max_length=150, blank=True)
    language = models.CharField(_("Language"), max_length=10, blank=True)
    password_changed_at = models.DateTimeField(_("Password changed"), null=True, blank=True, editable=False)

    class Meta(AbstractUser.Meta):
        verbose_name = _("User")
        verbose_name_plural = _("Users")

    def __str__(self) -> str:
        return self.display_name or self.username


class Membership(models.Model):
    """A person's part in a park, over a span of days; enterprise roles name the enterprise."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships", verbose_name=_("User"))
    park = models.ForeignKey("park.Park", on_delete=models.CASCADE, related_name="memberships", verbose_name=_("Park"))
    role = models.CharField(_("Role"), max_length=16, choices=Role.choices)
    enterprise = models.ForeignKey(
        "park.Node", on_delete=models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("Enterprise")
    )
    valid_from = models.DateField(_("From"), null=True, blank=True)
    valid_to = models.DateField(_("Until"), null=True, blank=True)
    period_from = models.DateField(_("Period from"), null=True, blank=True)
    period_to = models.DateField(_("Period until"), null=True, blank=True)

    class Meta:
        verbose_name = _("Membership")
        verbose_name_plural = _("Memberships")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "park", "role", "enterprise"], name="membership_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.get_role_display()}"

    def holds(self, day: date) -> bool:
        """Tell whether the part holds on a day; the last day counts."""
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)
