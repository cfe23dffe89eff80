"""The form of a record type from its fields: native pickers, closed words as drop-downs, codes with suggestions."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.forms import SimpleArrayField
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import models
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from lingtan.ledger.folder.columns import Column
from lingtan.web.details.words import CLOSED, closed_words, units
from lingtan.web.kernel.register import Register
from lingtan.web.park.fit import by_field
from lingtan.web.people.access import Access

__all__ = [
    "CLOSED", "CodeField", "Suggested", "blame", "closed_words", "form_of", "key_of", "suggesting", "units",
    "values_of",
]  # fmt: skip

FEW = 30
MOMENT = "%Y-%m-%dT%H:%M:%S"
BLANK = ("", "—")


class CodeField(forms.ModelChoiceField):
    """A row named by its code; its name is taken too where it is the only one of that name."""

    def __init__(self, queryset: QuerySet[Any], **more: Any) -> None:
        super().__init__(queryset, to_field_name=key_of(queryset.model), **more)

    def to_python(self, value: Any) -> Any:
        if value in self.empty_values or isinstance(value, models.Model):
            return super().to_python(value)
        found = next(
            filter(None, (self._found({name: value}) for name in (self.to_field_name, "name_zh", "name_en"))), []
        )
        if len(found) != 1:
            raise ValidationError(_("There is no “%(code)s”. Choose one of the suggestions."), params={"code": value})
        return found[0]

    def _found(self, wanted: dict[str, Any]) -> list[Any]:
        known = {field.name for field in self.queryset.model._meta.concrete_fields}
        try:
            return list(self.queryset.filter(**wanted)[:2]) if known.issuperset(wanted) else []
        except (ValueError, TypeError):
            return []

    def label_from_instance(self, row: Any) -> str:
        code = getattr(row, "code", "")
        return str(row) if not code or str(row) == code else f"{row} · {code}"


def key_of(model: type[models.Model]) -> str:
    """Return the field by which pages name a row of a model: its code, or its key where it has none."""
    return "code" if any(field.name == "code" for field in model._meta.concrete_fields) else "id"


def form_of(register: Register, access: Access, park: Any, *, row: Any = None, data: Any = None) -> forms.Form:
    """Return the form of a new row, or of one that is there, bound where ``data`` is given."""
    names = register.shown(register.fields, access)
    fields: dict[str, forms.Field] = {name: _field(register, name, access, park) for name in names}
    fields["reason"] = forms.CharField(
        label=_("Reason"), max_length=500, required=row is not None and register.reasoned,
        help_text=_("Stays with the record: who, when, why."),
    )  # fmt: skip
    if row is None:
        del fields["reason"]
    for name, field in fields.items():
        if isinstance(field.widget, Suggested) and row is not None:
            field.help_text = str(getattr(row, name) or "")
    fields["version"] = forms.IntegerField(widget=forms.HiddenInput, required=False)
    initial = {name: getattr(row, name) for name in names} if row is not None else {}
    form = type("RecordForm", (forms.Form,), fields)(data, initial=initial | {"version": getattr(row, "version", 1)})
    form.label_suffix = ""
    return form


def values_of(form: forms.Form) -> dict[str, Any]:
    """Return what a valid form says of the record."""
    return {name: value for name, value in form.cleaned_data.items() if name not in ("reason", "version")}


def blame(form: forms.Form, refused: ValidationError) -> None:
    """Put the messages of a refused write beside their fields."""
    for name, said in getattr(refused, "message_dict", {NON_FIELD_ERRORS: refused.messages}).items():
        for message in said:
            form.add_error(name if name in form.fields else None, message)


def _field(register: Register, name: str, access: Access, park: Any) -> forms.Field:
    field = register.field(name)
    if field is None:
        raise TypeError(f"{register.slug}: {name} is no field of the model and cannot stand in its form")
    column = by_field(register).get(name)
    words = closed_words(register, name, access)
    if isinstance(field, models.ForeignKey):
        made: forms.Field = _code_field(register, field, access, park)
    elif words is not None:
        made = forms.ChoiceField(choices=[BLANK, *words], required=not field.blank)
    elif isinstance(field, ArrayField):
        made = SimpleArrayField(forms.CharField(max_length=512), delimiter=";", required=not field.blank)
        made.help_text = _("Several are separated by ;")
    else:
        made = field.formfield() or forms.CharField()
        _dress(made, field, column)
    made.label, made.help_text = field.verbose_name, field.help_text or made.help_text
    made.required = made.required or bool(column and column.needed)
    return made


def _dress(made: forms.Field, field: models.Field[Any, Any], column: Column | None) -> None:
    """Give a field the picker that the browser has for it."""
    kind = "unit" if column is not None and column.type == "unit" else type(made).__name__
    if isinstance(made, forms.DateTimeField):
        made.widget = forms.DateTimeInput(attrs={"type": "datetime-local", "step": 1}, format=MOMENT)
    elif isinstance(made, forms.DateField):
        made.widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    elif isinstance(made, forms.DecimalField):
        made.widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
    elif isinstance(field, models.TextField):
        made.widget = forms.Textarea(attrs={"rows": 2})
    elif kind == "unit":
        made.widget.attrs |= {"list": "units", "autocomplete": "off"}


def _code_field(register: Register, field: Any, access: Access, park: Any) -> forms.Field:
    """Return a drop-down of few rows, or a field with suggestions where there are many."""
    rows = field.related_model.objects.visible_to(access).order_by(key_of(field.related_model))
    many = len(rows.values_list("pk", flat=True)[: FEW + 1]) > FEW
    made = CodeField(rows, required=not field.blank, empty_label=BLANK[1])
    if many:
        address = reverse("register_options", args=[park.code, register.slug, field.name])
        made.widget = Suggested(address, field.name)
    return made


class Suggested(forms.TextInput):
    """A text field whose suggestions come from the server while one types; ``suggestions`` is the id of their list."""

    def __init__(self, address: str, name: str) -> None:
        self.suggestions = f"list-{name}"
        super().__init__(attrs=suggesting(address, self.suggestions))


def suggesting(address: str, suggestions: str) -> dict[str, str]:
    """Return the attributes of an input that asks an address for suggestions."""
    trigger = "focus once, input changed delay:200ms"
    asks = {"hx-get": address, "hx-trigger": trigger, "hx-target": f"#{suggestions}", "hx-swap": "innerHTML"}
    return {"list": suggestions, "autocomplete": "off", **asks}
