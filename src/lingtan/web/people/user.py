"""Persons and their parts in parks."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar

import pgtrigger
from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from lingtan.web.kernel.history import tracked
from lingtan.web.people.roles import EXCLUSIVE, Role


class User(AbstractUser):
    """A person who signs in; no superuser rights are used anywhere."""

    display_name = models.CharField(pgettext_lazy("person", "Name"), max_length=150, blank=True)
    language = models.CharField(_("Language"), max_length=10, blank=True)
    timezone = models.CharField(_("Time zone"), max_length=64, blank=True)
    password_changed_at = models.DateTimeField(_("Password changed"), null=True, blank=True, editable=False)
    must_change_password = models.BooleanField(_("Must choose a new password"), default=False, editable=False)

    class Meta(AbstractUser.Meta):
        verbose_name = _("User")
        verbose_name_plural = _("Users")

    def __str__(self) -> str:
        return self.display_name or self.username

    def set_password(self, raw_password: str | None) -> None:
        """Set the password and note when; `passwords.ProfileValidator` remembers it once it is saved."""
        super().set_password(raw_password)
        self.password_changed_at = timezone.now()
        self.must_change_password = False


def numbers(label: Any) -> ArrayField:  # type: ignore[type-arg]
    """Make a field that holds primary keys, none by default."""
    return ArrayField(models.BigIntegerField(), verbose_name=label, default=list, blank=True)


class Scoped(models.Model):
    """What a role is bound to: an enterprise, a boundary, single nodes and streams, a reporting period, a last day.

    ``park`` empty: the whole installation (administrators only). ``nodes`` and ``streams`` narrow a service provider
    to these of the enterprise; none listed is all of the enterprise.
    """

    park = models.ForeignKey(
        "park.Park", on_delete=models.CASCADE, null=True, blank=True, related_name="%(class)ss", verbose_name=_("Park")
    )
    role = models.CharField(_("Role"), max_length=16, choices=Role.choices)
    head = models.BooleanField(_("Head of the office"), default=False)
    enterprise = models.ForeignKey(
        "park.Node", on_delete=models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("Enterprise")
    )
    boundary = models.ForeignKey(
        "park.Boundary", on_delete=models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("Boundary")
    )
    nodes = numbers(_("Only these nodes"))
    streams = numbers(_("Only these streams"))
    valid_to = models.DateField(_("Until"), null=True, blank=True)
    period_from = models.DateField(_("Period from"), null=True, blank=True)
    period_to = models.DateField(_("Period until"), null=True, blank=True)

    class Meta:
        abstract = True


@tracked()
class Membership(Scoped):
    """A person's part in a park, over a span of days; enterprise roles name the enterprise."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships", verbose_name=_("User"))
    valid_from = models.DateField(_("From"), null=True, blank=True)
    granted_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("Granted by")
    )
    confirmed_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("Confirmed by")
    )
    ended_at = models.DateTimeField(_("Ended"), null=True, blank=True)

    class Meta:
        verbose_name = _("Membership")
        verbose_name_plural = _("Memberships")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["user", "park", "role", "enterprise"],
                condition=models.Q(ended_at=None),
                name="membership_once",
            ),
            models.CheckConstraint(
                condition=models.Q(park__isnull=False) | models.Q(role__in=[role.value for role in EXCLUSIVE]),
                name="membership_park",
            ),
        ]
        triggers: ClassVar = [
            pgtrigger.Trigger(
                name="administrators_exclude",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                declare=[("other", "TEXT")],
                func=pgtrigger.Func(
                    """
                    IF NEW.ended_at IS NULL AND (NEW.valid_to IS NULL OR NEW.valid_to >= CURRENT_DATE) THEN
                        PERFORM 1 FROM people_user WHERE id = NEW.user_id FOR UPDATE;
                        SELECT role INTO other FROM people_membership
                        WHERE user_id = NEW.user_id AND id <> NEW.id AND role <> NEW.role AND ended_at IS NULL
                          AND (valid_to IS NULL OR valid_to >= CURRENT_DATE)
                          AND ('system,security,audit' LIKE '%' || role || '%'
                               OR 'system,security,audit' LIKE '%' || NEW.role || '%') LIMIT 1;
                        IF FOUND THEN
                            RAISE EXCEPTION 'role % excludes role %', NEW.role, other USING ERRCODE = '23514';
                        END IF;
                    END IF;
                    RETURN NEW;
                    """
                ),
            )
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.get_role_display()}"

    def holds(self, day: date) -> bool:
        """Tell whether the part holds on a day; the last day counts, an ended part does not."""
        if self.ended_at is not None:
            return False
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)
