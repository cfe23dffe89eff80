"""Forms of the room: they read what was typed; the actions decide."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import password_validators_help_texts, validate_password
from django.core.exceptions import ValidationError
from django.db.models import F
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from lingtan.web.kernel.fields import zones
from lingtan.web.park.park import Park
from lingtan.web.people.actions import Ask
from lingtan.web.people.audit import Act
from lingtan.web.people.roles import ENTERPRISE_ROLES, Role
from lingtan.web.people.user import User

if TYPE_CHECKING:
    from lingtan.web.people.access import Access

DAY = forms.DateInput(attrs={"type": "date"})
#: Which fields a role is bound by, beyond address and reason.
BOUND_BY: dict[str, tuple[str, ...]] = {
    Role.OFFICE: ("head",),
    Role.REPORTER: ("enterprise",),
    Role.APPROVER: ("enterprise",),
    Role.PROVIDER: ("enterprise", "valid_to", "nodes", "streams"),
    Role.VERIFIER: ("enterprise", "boundary", "period_from", "period_to", "valid_to"),
}


class InviteForm(forms.Form):
    """An offer of one role; only the fields that the role is bound by are shown."""

    email = forms.EmailField(label=_("E-mail"), max_length=150)
    enterprise = forms.ModelChoiceField(label=_("Enterprise"), queryset=None, required=False, empty_label="—")
    boundary = forms.ModelChoiceField(label=_("Boundary"), queryset=None, required=False, empty_label="—")
    period_from = forms.DateField(label=_("Period from"), widget=DAY, required=False)
    period_to = forms.DateField(label=_("Period until"), widget=DAY, required=False)
    valid_to = forms.DateField(label=_("Until"), widget=DAY, required=False)
    nodes = forms.ModelMultipleChoiceField(label=_("Only these nodes"), queryset=None, required=False)
    streams = forms.ModelMultipleChoiceField(label=_("Only these streams"), queryset=None, required=False)
    head = forms.BooleanField(label=_("Head of the office: confirms what others ask for"), required=False)
    reason = forms.CharField(label=_("Reason"), widget=forms.Textarea(attrs={"rows": 2}), max_length=500)

    def __init__(self, *args: Any, role: Role, park: Park | None, access: Access | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.role, self.park = role, park
        kept = {"email", "reason", *BOUND_BY.get(role, ())}
        for name in [name for name in self.fields if name not in kept]:
            del self.fields[name]
        if park is not None and access is not None:
            self._fill(park, access)

    def _fill(self, park: Park, access: Access) -> None:
        """Offer what the person himself may choose from: an approver his enterprises, all others the park's."""
        from lingtan.web.metering.stream import Stream
        from lingtan.web.park.boundary import Boundary
        from lingtan.web.park.node import Node

        nodes = Node.objects.filter(park=park).order_by("code")
        own = nodes.filter(enterprise__in=access.enterprises) if _enterprise_only(access) else nodes
        choices = {
            "enterprise": own.filter(enterprise=F("pk")),
            "boundary": Boundary.objects.filter(park=park).order_by("code"),
            "nodes": own,
            "streams": Stream.objects.visible_to(access).order_by("code"),
        }
        for name, rows in choices.items():
            if name in self.fields:
                self.fields[name].queryset = rows  # type: ignore[attr-defined]
        if "enterprise" in self.fields:
            self.fields["enterprise"].required = self.role in ENTERPRISE_ROLES
            only = list(choices["enterprise"][:2])
            if len(only) == 1 and self.role in ENTERPRISE_ROLES:
                self.fields["enterprise"].empty_label = None  # type: ignore[attr-defined]

    def ask(self) -> Ask:
        """Return the offer."""
        given = {name: value for name, value in self.cleaned_data.items() if name not in ("nodes", "streams")}
        picked = {name: [row.pk for row in self.cleaned_data.get(name) or ()] for name in ("nodes", "streams")}
        return Ask(role=self.role, park=self.park, **given, **picked)

    def refuse(self, error: ValidationError) -> None:
        """Show the faults of an action at the fields they name, others above the form."""
        faults = error.message_dict if hasattr(error, "error_dict") else {None: error.messages}
        for name, texts in faults.items():
            for text in texts:
                self.add_error(name if name in self.fields else None, text)


def _enterprise_only(access: Access) -> bool:
    return Role.APPROVER in access.roles and not ({Role.OFFICE, Role.SECURITY} & set(access.roles))


class PasswordForm(forms.Form):
    """Name and password of an invited person."""

    name = forms.CharField(label=pgettext_lazy("person", "Name"), max_length=150)
    password = forms.CharField(
        label=_("Password"), widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}), strip=False
    )
    again = forms.CharField(
        label=_("Password again"), widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}), strip=False
    )

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.email = email
        self.fields["password"].help_text = " ".join(password_validators_help_texts())

    def clean(self) -> dict[str, Any]:
        """Hold the password against the profile in force."""
        values = super().clean() or {}
        if values.get("password") != values.get("again"):
            self.add_error("again", _("Expected the same password twice."))
            return values
        user = User(username=self.email, email=self.email, display_name=values.get("name", ""))
        try:
            validate_password(values.get("password", ""), user)
        except ValidationError as error:
            self.add_error("password", error)
        return values


class ProfileForm(forms.ModelForm):  # type: ignore[type-arg]
    """What a person says of himself."""

    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    timezone = forms.CharField(
        label=_("Time zone"),
        required=False,
        max_length=64,
        help_text=_("Empty: the zone of each park. Example: Asia/Shanghai"),
    )

    class Meta:
        model = User
        fields = ("display_name", "language", "timezone")

    def clean_timezone(self) -> str:
        """Accept only zones that exist."""
        zone = self.cleaned_data["timezone"].strip()
        if zone and zone not in zones():
            raise ValidationError(
                _("Expected the name of a zone such as Asia/Shanghai, got “%(zone)s”."), params={"zone": zone}
            )
        return zone


class ParkForm(forms.ModelForm):  # type: ignore[type-arg]
    """A new park; all else comes with its folder or by its office."""

    reason = forms.CharField(label=_("Reason"), widget=forms.Textarea(attrs={"rows": 2}), max_length=500)

    class Meta:
        model = Park
        fields = ("code", "name_zh", "name_en", "country", "grid_region", "timezone", "currency")

    def clean_timezone(self) -> str:
        """Accept only zones that exist."""
        return ProfileForm.clean_timezone(self)  # type: ignore[arg-type]

    def values(self) -> dict[str, Any]:
        """Return the park's fields."""
        return {name: value for name, value in self.cleaned_data.items() if name != "reason"}


class AuditFilter(forms.Form):
    """What the log is cut by."""

    act = forms.ChoiceField(label=_("Act"), required=False, choices=[("", _("All acts")), *Act.choices])
    person = forms.CharField(label=_("Person"), required=False, max_length=100)
    since = forms.DateField(label=_("From"), widget=DAY, required=False)
    until = forms.DateField(label=_("Until"), widget=DAY, required=False)


def reason_of(post: Any) -> str:
    """Return the reason that a small form carries."""
    return str(post.get("reason", ""))[:500]


def choices_of(roles: Iterable[Role]) -> list[tuple[str, Any]]:
    """Return roles with their names."""
    return [(role.value, role.label) for role in roles]
