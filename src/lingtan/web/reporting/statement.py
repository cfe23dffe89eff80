"""Statements: what one party says an amount was; and the order in which they are adopted."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from lingtan.web.kernel.fields import ExactField, words
from lingtan.web.kernel.history import tracked
from lingtan.web.kernel.record import Dated, FolderRecord
from lingtan.web.kernel.register import Register, register


class StatementKind(models.TextChoices):
    """How a party came to its amount."""

    REPORT = "report", _("Report")
    INVOICE = "invoice", _("Invoice")
    STATISTICS = "statistics", _("Statistics form")
    ESTIMATE = "estimate", _("Estimate")
    CONFIRMED_ZERO = "confirmed_zero", _("Confirmed zero")


@tracked()
class Statement(FolderRecord):
    """An amount over a span, by a party, with its evidence."""

    scope = ("reporter",)

    stream = models.ForeignKey(
        "metering.Stream", on_delete=models.CASCADE, related_name="statements", verbose_name=_("Stream")
    )
    start = models.DateTimeField(_("Start"))
    end = models.DateTimeField(_("End"))
    amount = ExactField(_("Amount"))
    unit = models.CharField(_("Unit"), max_length=32, blank=True)
    kind = models.CharField(_("Kind"), max_length=16, choices=StatementKind.choices)
    reporter = models.ForeignKey(
        "park.Node", on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("Reporter")
    )
    sigma_pct = ExactField(_("Uncertainty, %"), null=True, blank=True)
    evidence = words(_("Evidence"))
    note = models.TextField(_("Note"), blank=True)

    class Meta:
        verbose_name = _("Statement")
        verbose_name_plural = _("Statements")

    def clean(self) -> None:
        """Keep closed months as they are: what changes in them is a correction by its own way."""
        from lingtan.web.reporting.closing.state import closed_months, months_within

        if self.start is None or self.end is None:
            return
        held = Statement.objects.filter(pk=self.pk).first() if self.pk else None
        zone = ZoneInfo(self.park.timezone)
        spans = [(self.start, self.end), *([(held.start, held.end)] if held else [])]
        months = [month for start, end in spans for month in months_within(start, end, zone)]
        if shut := sorted(closed_months(self.park_id, months)):
            words = _("%(month)s is closed. Correct the report of the enterprise, or import the bill again.")
            raise ValidationError({"start": words % {"month": f"{shut[0]:%Y-%m}"}})

    def __str__(self) -> str:
        return f"{self.stream} · {self.start.astimezone(ZoneInfo(self.park.timezone)):%Y-%m}"


@tracked()
class Adoption(Dated, FolderRecord):
    """A dated override of the order in which statements of a stream are adopted."""

    scope = ("stream__source", "stream__target")

    stream = models.ForeignKey(
        "metering.Stream", on_delete=models.CASCADE, related_name="adoptions", verbose_name=_("Stream")
    )
    order = words(_("Order"))
    reason = models.TextField(_("Reason"), blank=True)

    class Meta:
        verbose_name = _("Rule of adoption")
        verbose_name_plural = _("Rules of adoption")

    def __str__(self) -> str:
        return f"{self.stream} · {', '.join(self.order)}"


register(
    Register(
        model=Statement,
        slug="statements",
        group="reporting",
        rank=1,
        columns=("stream", "start", "end", "amount", "unit", "kind", "reporter"),
        filters=("kind", "stream", "reporter"),
        search=("stream__code", "note"),
        order=("stream__code", "start"),
        form=(
            (_("What it is"), ("stream", "start", "end", "amount", "unit", "kind", "reporter", "sigma_pct")),
            (_("Evidence"), ("evidence", "note")),
        ),
        table="statements/*.csv",
        hint=_("No statement yet. Reports, invoices and estimates stand here once they are accepted."),
    )
)
register(
    Register(
        model=Adoption,
        slug="adoption",
        group="reporting",
        rank=2,
        columns=("stream", "order", "reason", "valid_from", "valid_to"),
        filters=("stream",),
        search=("stream__code", "reason"),
        order=("stream__code", "valid_from"),
        form=((_("What it is"), ("stream", "order", "reason")), (_("When it holds"), ("valid_from", "valid_to"))),
        table="adoption.csv",
        hint=_("No rule of the park's own. The default order holds: meter, invoice, statistics, report, estimate."),
    )
)
