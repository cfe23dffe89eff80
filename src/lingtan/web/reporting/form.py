"""Forms: what enterprises report, in which unit, until when, on which evidence, and what is plausible."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import ClassVar
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from lingtan.ledger import units
from lingtan.ledger.expression import ExpressionError, parse
from lingtan.web.kernel.fields import ExactField
from lingtan.web.kernel.history import tracked
from lingtan.web.kernel.language import in_language
from lingtan.web.kernel.record import Named, Record
from lingtan.web.kernel.register import Register, register
from lingtan.web.reporting.periods import Period, period

CODE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,63}")


class PeriodKind(models.TextChoices):
    """How often a form is due."""

    MONTH = "month", _("Month")
    QUARTER = "quarter", _("Quarter")
    YEAR = "year", _("Year")


class Group(models.TextChoices):
    """Groups of lines, in the order of the page."""

    ENERGY = "energy", _("Energy")
    WATER_WASTE = "water_waste", _("Water and waste")
    OUTPUT = "output", _("Output")
    OTHER = "other", _("Other")


class Source(models.TextChoices):
    """Where a line's amount comes from."""

    TYPED = "typed", _("Filled in")
    METERED = "metered", _("Taken from the meter")


@tracked()
class FormTemplate(Named, Record):
    """A form of one edition. A used edition is never changed: `new_edition` copies it from a later period on."""

    edition = models.PositiveSmallIntegerField(_("Edition"), default=1)
    period_kind = models.CharField(_("Period"), max_length=8, choices=PeriodKind.choices, default=PeriodKind.MONTH)
    first_day = models.PositiveSmallIntegerField(
        _("First day of the period"),
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(28)],
        help_text=_("1 for calendar months; 25 for bills from the 25th to the 24th."),
    )
    due_days = models.PositiveSmallIntegerField(
        _("Due, days after the period"), default=10, validators=[MinValueValidator(1), MaxValueValidator(180)]
    )
    due_hour = models.PositiveSmallIntegerField(
        _("Due, hour"), default=18, validators=[MaxValueValidator(24)], help_text=_("24 is the end of the day.")
    )
    valid_from = models.DateField(_("First period"), help_text=_("First day of the first period it holds for."))
    valid_to = models.DateField(_("Ends before the period"), null=True, blank=True)
    note = models.TextField(_("Note"), blank=True)

    class Meta:
        verbose_name = _("Form")
        verbose_name_plural = _("Forms")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["park", "code", "edition"], name="form_edition"),
        ]

    def clean(self) -> None:
        """Check the id, and that the periods of a used edition stay as they are."""
        if not CODE.fullmatch(self.code):
            raise ValidationError({"code": _("Expected letters, digits, dot, dash or underscore; it names a file.")})
        before = FormTemplate.objects.filter(pk=self.pk).first() if self.pk else None
        fixed = ("code", "edition", "period_kind", "first_day", "due_days", "due_hour", "valid_from")
        if before is not None and before.used and any(getattr(self, name) != getattr(before, name) for name in fixed):
            refuse_used(before)

    @property
    def used(self) -> bool:
        """Tell whether somebody has begun to report on it."""
        return self.reports.exists()

    def period(self, name: object) -> Period:
        """Return the period of a name under this form."""
        return period(
            name,  # first day of the calendar period
            self.period_kind,
            first_day=self.first_day,
            due_days=self.due_days,
            due_hour=self.due_hour,
            zone=ZoneInfo(self.park.timezone),
        )


def refuse_used(form: FormTemplate) -> None:
    """Refuse a change of what enterprises have begun to report on.

    Raises
    ------
    ValidationError : reports stand on the edition.
    """
    if form.used:
        raise ValidationError(_("Reports stand on this edition; open a new edition of the form to change it."))


@tracked()
class FormReporter(Record):
    """An enterprise that reports on a form."""

    scope = ("enterprise",)

    form = models.ForeignKey(FormTemplate, on_delete=models.CASCADE, related_name="reporters", verbose_name=_("Form"))
    enterprise = models.ForeignKey(
        "park.Node", on_delete=models.CASCADE, related_name="+", verbose_name=_("Enterprise")
    )

    class Meta:
        verbose_name = _("Reporter of a form")
        verbose_name_plural = _("Reporters of forms")
        constraints: ClassVar = [models.UniqueConstraint(fields=["form", "enterprise"], name="form_reporter")]

    def __str__(self) -> str:
        return f"{self.form} · {self.enterprise}"


@tracked()
class FormLine(Record):
    """One line: a stream or a fact, in one unit, with its rules.

    A reporter sees the lines of streams that begin or end at his enterprise, and every line of a fact.
    """

    form = models.ForeignKey(FormTemplate, on_delete=models.CASCADE, related_name="lines", verbose_name=_("Form"))
    order = models.PositiveSmallIntegerField(_("Order"), default=0)
    code = models.CharField(_("Id"), max_length=64, help_text=_("The name of the line in rules and in Excel."))
    name_zh = models.CharField(_("Chinese name"), max_length=255, blank=True)
    name_en = models.CharField(_("English name"), max_length=255, blank=True)
    group = models.CharField(_("Group"), max_length=16, choices=Group.choices, default=Group.ENERGY)
    stream = models.ForeignKey(
        "metering.Stream", on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("Stream")
    )
    quantity = models.CharField(
        _("Fact"), max_length=128, blank=True, help_text=_("Quantity of a fact, where the line is no stream.")
    )
    unit = models.CharField(_("Unit"), max_length=32)
    source = models.CharField(_("Where it comes from"), max_length=8, choices=Source.choices, default=Source.TYPED)
    needed = models.BooleanField(_("Mandatory"), default=True)
    evidence = models.CharField(
        _("Evidence needed"), max_length=255, blank=True, help_text=_("What to attach; blank where none is needed.")
    )
    low = ExactField(_("At least"), null=True, blank=True)
    high = ExactField(_("At most"), null=True, blank=True)
    metered_pct = ExactField(_("Tolerance against the meter, %"), null=True, blank=True, default=Decimal(3))
    last_year_pct = ExactField(_("Tolerance against last year, %"), null=True, blank=True, default=Decimal(30))
    sigma_pct = ExactField(_("Uncertainty, %"), null=True, blank=True)
    help = models.CharField(_("Help"), max_length=512, blank=True)

    class Meta:
        verbose_name = _("Line of a form")
        verbose_name_plural = _("Lines of forms")
        constraints: ClassVar = [models.UniqueConstraint(fields=["form", "code"], name="form_line_code")]
        ordering: ClassVar = ["form", "order", "id"]

    def __str__(self) -> str:
        return in_language(self.name_zh, self.name_en) or self.code

    def clean(self) -> None:
        """Check that the line is a stream or a fact, that its unit can be read, and that nobody reports on it yet."""
        refuse_used(self.form)
        if (self.stream is None) == (not self.quantity):
            raise ValidationError({"stream": _("Expected either a stream or a fact; name exactly one of them.")})
        try:
            units.read(self.unit)
        except units.UnitError as fault:
            raise ValidationError({"unit": str(fault)}) from fault
        self._fits()
        if self.source == Source.METERED and self.stream is None:
            raise ValidationError({"source": _("Only a stream has a meter; let the fact be filled in.")})

    def _fits(self) -> None:
        """Refuse a unit that is of another quantity than the stream's commodity: its amounts could not be read."""
        from lingtan.web.reporting.beside import commodities

        noun = commodities(self.park).get(self.stream.commodity) if self.stream else None
        if noun is None:
            return
        try:
            units.exact_ratio(self.unit, noun.unit, noun)
        except units.UnitError as fault:
            words = _("Expected a unit that converts to %(wanted)s; came %(came)s.")
            raise ValidationError({"unit": words % {"wanted": noun.unit, "came": self.unit}}) from fault


@tracked()
class FormRule(Record):
    """A relation between lines: an expression over their ids, and the range that it should lie in."""

    form = models.ForeignKey(FormTemplate, on_delete=models.CASCADE, related_name="rules", verbose_name=_("Form"))
    expression = models.CharField(
        _("Expression"), max_length=500, help_text=_("Ids of lines with + - * / and brackets, as in: steam / output")
    )
    unit = models.CharField(_("Unit"), max_length=32, blank=True)
    low = ExactField(_("At least"), null=True, blank=True)
    high = ExactField(_("At most"), null=True, blank=True)
    message_zh = models.CharField(_("Chinese message"), max_length=255, blank=True)
    message_en = models.CharField(_("English message"), max_length=255, blank=True)

    class Meta:
        verbose_name = _("Rule of a form")
        verbose_name_plural = _("Rules of forms")

    def __str__(self) -> str:
        return in_language(self.message_zh, self.message_en) or self.expression

    def clean(self) -> None:
        """Read the expression over the form's lines and derive its unit."""
        refuse_used(self.form)
        lines = {line.code: line.unit for line in self.form.lines.all()}
        try:
            derived = parse(self.expression, lines).unit(lines)
            if self.unit:
                units.exact_ratio(derived, self.unit)
        except (ExpressionError, units.UnitError) as fault:
            raise ValidationError({"expression": str(fault)}) from fault
        self.unit = self.unit or derived


def _register(model: type[Record], slug: str, **more: object) -> None:
    register(Register(model=model, slug=slug, group="reporting", **more))


_register(
    FormTemplate,
    "forms",
    columns=("code", "edition", "name_zh", "name_en", "period_kind", "first_day", "due_days", "due_hour", "valid_from"),
    filters=("period_kind",),
    order=("code", "-edition"),
    form=(
        (_("What it is"), ("code", "edition", "name_zh", "name_en", "note")),
        (_("When it is due"), ("period_kind", "first_day", "due_days", "due_hour")),
        (_("When it holds"), ("valid_from", "valid_to")),
    ),
    hint=_("No form yet. Say what enterprises report, in which unit, and until when."),
)
_register(
    FormLine,
    "form-lines",
    columns=("code", "form", "name_zh", "name_en", "group", "stream", "quantity", "unit", "needed", "evidence"),
    filters=("form", "group", "needed"),
    search=("code", "name_zh", "name_en", "quantity"),
    order=("form", "order"),
    form=(
        (_("What it is"), ("form", "order", "code", "name_zh", "name_en", "group", "stream", "quantity", "unit")),
        (_("How it is filled in"), ("source", "needed", "evidence", "help")),
        (_("What is plausible"), ("low", "high", "metered_pct", "last_year_pct", "sigma_pct")),
    ),
    hint=_("No line yet. Each line is a stream or a fact, in one unit."),
)
_register(
    FormReporter,
    "form-reporters",
    columns=("form", "enterprise"),
    filters=("form", "enterprise"),
    search=("form__code", "enterprise__code"),
    order=("form", "enterprise"),
    form=((_("What it is"), ("form", "enterprise")),),
    hint=_("No reporter yet. Name the enterprises that report on a form."),
)
_register(
    FormRule,
    "form-rules",
    columns=("expression", "form", "unit", "low", "high", "message_zh", "message_en"),
    filters=("form",),
    search=("expression", "message_zh", "message_en"),
    order=("form", "expression"),
    form=(
        (_("What it is"), ("form", "expression", "unit")),
        (_("What is plausible"), ("low", "high", "message_zh", "message_en")),
    ),
    hint=_("No rule yet. A rule compares lines: a sum that must agree, a ratio that must lie in a range."),
)
