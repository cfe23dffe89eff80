"""Rules of passwords: two named profiles, one switch (``LINGTAN_PASSWORDS``).

``dengbao`` is what inspections under GB/T 22239 expect (kinds of characters, change every 90 days, none of the last
five); ``asvs`` follows OWASP ASVS 5 (6.2.5 and 6.2.10 forbid such rules): long, not among the common ones, no rotation.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth.hashers import check_password
from django.contrib.auth.password_validation import CommonPasswordValidator, UserAttributeSimilarityValidator
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

if TYPE_CHECKING:
    from lingtan.web.people.user import User


@dataclass(frozen=True, slots=True)
class Profile:
    """One set of rules. ``kinds``: of small letters, capitals, digits, signs; ``days`` and ``last`` 0: no such rule."""

    length: int
    kinds: int = 0
    days: int = 0
    last: int = 0
    common: bool = True


PROFILES = {
    "dengbao": Profile(length=10, kinds=3, days=90, last=5),
    "asvs": Profile(length=12),
}
LONGEST = 128
KINDS = (str.islower, str.isupper, str.isdigit)


def profile() -> Profile:
    """Return the profile that the settings name."""
    if settings.PASSWORD_PROFILE not in PROFILES:
        raise ImproperlyConfigured(
            f"Expected LINGTAN_PASSWORDS to be one of {', '.join(PROFILES)}, got {settings.PASSWORD_PROFILE!r}."
        )
    return PROFILES[settings.PASSWORD_PROFILE]


def kinds(password: str) -> int:
    """Return how many of the four kinds of characters a password has; letters without case count as signs."""
    found = sum(any(test(one) for one in password) for test in KINDS)
    return found + any(not any(test(one) for test in KINDS) for one in password)


def due(user: User) -> bool:
    """Tell whether a person has to choose a new password now: it was set by another one, or it is too old."""
    if user.must_change_password:
        return True
    days = profile().days
    since = user.password_changed_at
    return bool(days and since and user.has_usable_password() and timezone.now() - since > timedelta(days=days))


class ProfileValidator:
    """The profile's rules as a validator of Django; it also remembers the passwords that were set."""

    def validate(self, password: str, user: Any = None) -> None:
        rules = profile()
        if not rules.length <= len(password) <= LONGEST:
            raise ValidationError(
                _("Expected %(least)d to %(most)d characters, got %(got)d."),
                code="password_length",
                params={"least": rules.length, "most": LONGEST, "got": len(password)},
            )
        if kinds(password) < rules.kinds:
            raise ValidationError(
                _(
                    "Expected at least %(least)d of: small letters, capitals, digits, other signs; got %(got)d. "
                    "Add a kind that is missing."
                ),
                code="password_kinds",
                params={"least": rules.kinds, "got": kinds(password)},
            )
        if rules.common:
            CommonPasswordValidator().validate(password, user)
        UserAttributeSimilarityValidator(("username", "display_name", "email")).validate(password, user)
        self._fresh(password, user, rules.last)

    def _fresh(self, password: str, user: Any, last: int) -> None:
        if not last or user is None or user.pk is None:
            return
        before = [row.password for row in user.passwords.all()[:last]]
        if any(check_password(password, kept) for kept in before):
            raise ValidationError(
                ngettext(
                    "This was your last password. Choose another one.",
                    "This is one of your last %(last)d passwords. Choose another one.",
                    last,
                ),
                code="password_again",
                params={"last": last},
            )

    def password_changed(self, password: str, user: Any = None) -> None:
        """Remember the password's hash and forget those that no profile asks for."""
        if user is None or user.pk is None:
            return
        user.passwords.create(password=user.password, set_at=timezone.now())
        most = max(rules.last for rules in PROFILES.values())
        user.passwords.exclude(pk__in=user.passwords.values_list("pk", flat=True)[:most]).delete()

    def get_help_text(self) -> str:
        rules = profile()
        if not rules.kinds:
            return _("At least %(least)d characters, not a common password.") % {"least": rules.length}
        return _(
            "At least %(least)d characters with %(kinds)d of: small letters, capitals, digits, other signs. "
            "Valid for %(days)d days; not one of the last %(last)d."
        ) % {"least": rules.length, "kinds": rules.kinds, "days": rules.days, "last": rules.last}
