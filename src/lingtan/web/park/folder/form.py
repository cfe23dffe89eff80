"""The settings of a park as a form: what ``park.toml`` says."""

from __future__ import annotations

from typing import Any, ClassVar
from zoneinfo import ZoneInfo

import pghistory
from django import forms
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from lingtan.ledger.folder.settings import REPAIRS
from lingtan.web.kernel.fields import zones
from lingtan.web.kernel.register import registers
from lingtan.web.park.boundary import Boundary
from lingtan.web.park.park import Park
from lingtan.web.people.access import Access

YEARS = (1900, 2100)


class SettingsForm(forms.ModelForm):
    """Names, zone, region, years, boundary, repairs; and the reason of a change."""

    repaired = forms.CharField(
        label=_("Points whose 00:00 means 24:00 of the same day"), required=False, widget=forms.Textarea({"rows": 2}),
        help_text=_("Ids of metering points, by comma. Moved readings are marked."),
    )  # fmt: skip
    reason = forms.CharField(label=_("Reason"), max_length=500)

    class Meta:
        model = Park
        fields = (
            "name_zh", "name_en", "country", "grid_region", "timezone", "currency", "base_year", "price_year",
            "default_boundary", "synthetic",
        )  # fmt: skip
        help_texts: ClassVar = {
            "timezone": _("An IANA name such as Asia/Shanghai. Days and months of all accounts follow it."),
            "grid_region": _("Code of the power grid's region, such as CN-32; it chooses grid factors."),
            "default_boundary": _("The boundary that is meant where none is named."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["repaired"] = ", ".join(self.instance.repairs.get(REPAIRS[0], ()))
        codes = Boundary.objects.filter(park=self.instance).order_by("code").values_list("code", flat=True)
        choices = [("", "—"), *((code, code) for code in codes)]
        self.fields["default_boundary"] = forms.ChoiceField(
            label=self.fields["default_boundary"].label, choices=choices, required=False,
            help_text=self.fields["default_boundary"].help_text,
        )  # fmt: skip

    def clean_timezone(self) -> str:
        zone = self.cleaned_data["timezone"].strip()
        if zone not in zones():
            raise forms.ValidationError(
                _("Expected an IANA zone such as Asia/Shanghai; came %(zone)s."), params={"zone": zone}
            )
        return ZoneInfo(zone).key

    def clean_repaired(self) -> list[str]:
        points = [one.strip() for one in self.cleaned_data["repaired"].replace(";", ",").split(",") if one.strip()]
        meters = next(one.model for one in registers() if one.table == "meters.csv")
        known = set(meters.objects.filter(park=self.instance, point__in=points).values_list("point", flat=True))
        if unknown := [one for one in points if one not in known]:
            said = _("There are no metering points of these ids: %(points)s.")
            raise forms.ValidationError(said, params={"points": ", ".join(unknown)})
        return points

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        for name in ("base_year", "price_year"):
            year = values.get(name)
            if year is not None and not YEARS[0] <= year <= YEARS[1]:
                self.add_error(name, _("Expected a year from 1900 to 2100."))
        return values


def change_settings(form: SettingsForm, *, by: Access, version: int) -> bool:
    """Write the settings of a valid form; False where somebody else changed them since they were read.

    Raises
    ------
    PermissionDenied : `by` may not change the park.
    """
    if not by.may("change") or by.park_id != form.instance.pk:
        raise PermissionDenied
    with transaction.atomic(), pghistory.context(user=by.user_id, reason=form.cleaned_data["reason"]):
        if Park.objects.select_for_update().get(pk=form.instance.pk).version != version:
            return False
        park = form.save(commit=False)
        repairs = {name: points for name, points in park.repairs.items() if name != REPAIRS[0]}
        park.repairs = repairs | ({REPAIRS[0]: form.cleaned_data["repaired"]} if form.cleaned_data["repaired"] else {})
        park.version = version + 1
        park.save()
    return True
