"""Contacts: persons to call, who need not sign in."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from lingtan.web.kernel.history import tracked
from lingtan.web.kernel.record import Record
from lingtan.web.kernel.register import Register, register


@tracked()
class Contact(Record):
    """A person of an enterprise, of the office or of a provider."""

    scope = ("node",)

    name = models.CharField(_("Name"), max_length=150)
    node = models.ForeignKey(
        "park.Node", on_delete=models.CASCADE, null=True, blank=True, related_name="contacts", verbose_name=_("Node")
    )
    duty = models.CharField(_("Duty"), max_length=150, blank=True)
    phone = models.CharField(_("Phone"), max_length=40, blank=True)
    email = models.EmailField(_("E-mail"), blank=True)
    note = models.TextField(_("Note"), blank=True)

    class Meta:
        verbose_name = _("Contact")
        verbose_name_plural = _("Contacts")

    def __str__(self) -> str:
        return self.name


register(
    Register(
        model=Contact,
        slug="contacts",
        group="park",
        columns=("name", "node", "duty", "phone", "email"),
        filters=("node",),
        search=("name", "duty", "email", "node__code"),
        order=("name",),
        form=((_("Who"), ("name", "node", "duty")), (_("How to reach"), ("phone", "email", "note"))),
        hint=_("No contact yet. Add the persons who answer for meters and reports."),
    )
)
