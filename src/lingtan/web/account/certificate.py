"""Events of green certificates, allowances and credits."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from lingtan.web.kernel.fields import ExactField, words
from lingtan.web.kernel.history import tracked
from lingtan.web.kernel.record import FolderRecord
from lingtan.web.kernel.register import Register, register


class CertificateKind(models.TextChoices):
    """What a lot certifies."""

    GEC = "GEC", _("Green electricity certificate")
    GREEN_TRADE = "green_trade", _("Green power trade")
    ALLOWANCE = "allowance", _("Allowance")
    CCER = "CCER", _("CCER")
    CREDIT = "credit", _("Credit")


class CertificateStep(models.TextChoices):
    """What happens to a lot."""

    ISSUE = "issue", _("Issue")
    TRANSFER = "transfer", _("Transfer")
    RETIRE = "retire", _("Retire")
    CANCEL = "cancel", _("Cancel")


@tracked()
class Certificate(FolderRecord):
    """One event of a lot."""

    scope = ("beneficiary",)

    code = models.CharField(_("Lot"), max_length=64)
    kind = models.CharField(_("Kind"), max_length=16, choices=CertificateKind.choices)
    event = models.CharField(_("Event"), max_length=16, choices=CertificateStep.choices)
    date = models.DateTimeField(_("Date"))
    amount = ExactField(_("Amount"))
    unit = models.CharField(_("Unit"), max_length=32)
    serial_from = models.DecimalField(_("Serial from"), max_digits=40, decimal_places=0, null=True, blank=True)
    serial_to = models.DecimalField(_("Serial to"), max_digits=40, decimal_places=0, null=True, blank=True)
    generator = models.CharField(_("Generator"), max_length=128, blank=True)
    holder = models.CharField(_("Holder"), max_length=128, blank=True)
    beneficiary = models.ForeignKey(
        "park.Node",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="certificates",
        verbose_name=_("Beneficiary"),
    )
    start = models.DateTimeField(_("Use from"), null=True, blank=True)
    end = models.DateTimeField(_("Use until"), null=True, blank=True)
    evidence = words(_("Evidence"))

    class Meta:
        verbose_name = _("Certificate")
        verbose_name_plural = _("Certificates")

    def __str__(self) -> str:
        return f"{self.code} · {self.get_event_display()}"


register(
    Register(
        model=Certificate,
        slug="certificates",
        group="carbon",
        columns=("code", "kind", "event", "date", "amount", "unit", "beneficiary", "start", "end"),
        filters=("kind", "event", "beneficiary"),
        search=("code", "generator", "holder", "beneficiary__code", "beneficiary__name_zh", "beneficiary__name_en"),
        order=("date", "line"),
        form=(
            (_("What it is"), ("code", "kind", "event", "date", "amount", "unit")),
            (_("Serials"), ("serial_from", "serial_to", "generator", "holder")),
            (_("Use"), ("beneficiary", "start", "end", "evidence")),
        ),
        table="certificates.csv",
        hint=_("No certificate yet. A retired one covers grid power of its beneficiary."),
    )
)
