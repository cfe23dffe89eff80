"""Mappings, set once: how the files of a utility or the forms of the statistics bureau become statements."""

from __future__ import annotations

from typing import ClassVar

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from lingtan.ledger import units
from lingtan.web.kernel.history import tracked
from lingtan.web.kernel.record import Named, Record
from lingtan.web.kernel.register import Register, register
from lingtan.web.reporting.form import CODE


class FileKind(models.TextChoices):
    """What a file is; it decides the kind of its statements."""

    BILL = "bill", _("Utility bill")
    FORM_205_1 = "205-1", _("Statistics form 205-1: purchase, consumption, stock")
    FORM_205_2 = "205-2", _("Statistics form 205-2: conversion")


class Target(models.TextChoices):
    """What a cell of the file becomes."""

    STATEMENT = "statement", _("Amount of a stream")
    STOCK = "stock", _("Stock at the end of the period")
    STOCK_JANUARY = "stock_january", _("Stock at the beginning of the year")


@tracked()
class Mapping(Named, Record):
    """How a file is read. Columns are named by their heads in the file, as they are written there."""

    kind = models.CharField(_("File"), max_length=8, choices=FileKind.choices, default=FileKind.BILL)
    reporter = models.ForeignKey(
        "park.Node", on_delete=models.PROTECT, related_name="+", verbose_name=_("Who says it"),
        help_text=_("The utility for bills, the enterprise for statistics forms."),
    )  # fmt: skip
    sheet = models.CharField(_("Sheet"), max_length=64, blank=True, help_text=_("Blank for the first one."))
    head_row = models.PositiveSmallIntegerField(
        _("Row of the heads"), default=0, help_text=_("0: the first row that has all columns is looked for.")
    )
    key_column = models.CharField(
        _("Column of the key"), max_length=128, help_text=_("Account number of a bill, energy code of a form.")
    )
    start_column = models.CharField(_("Column of the first day"), max_length=128, blank=True)
    end_column = models.CharField(_("Column of the last day"), max_length=128, blank=True)
    end_inclusive = models.BooleanField(_("The last day counts"), default=True)
    month_column = models.CharField(
        _("Column of the month"), max_length=128, blank=True, help_text=_("Where the file names months, not days.")
    )
    first_day = models.PositiveSmallIntegerField(
        _("First day of the period"), default=1, validators=[MinValueValidator(1), MaxValueValidator(28)]
    )
    document_column = models.CharField(
        _("Column of the bill's number"), max_length=128, blank=True,
        help_text=_("Where it is named, several bills of one account and period are added up."),
    )  # fmt: skip
    unit_column = models.CharField(
        _("Column of the unit"), max_length=128, blank=True, help_text=_("Where the file says it; blank where not.")
    )
    cumulative = models.BooleanField(
        _("Amounts run from January"), default=False, help_text=_("The amount of a month is then the difference.")
    )

    class Meta:
        verbose_name = _("File mapping")
        verbose_name_plural = _("File mappings")
        constraints: ClassVar = [models.UniqueConstraint(fields=["park", "code"], name="mapping_code")]

    def clean(self) -> None:
        """Check that the id can name a file and that a period can be read."""
        if not CODE.fullmatch(self.code):
            raise ValidationError({"code": _("Expected letters, digits, dot, dash or underscore; it names a file.")})
        if not self.month_column and not (self.start_column and self.end_column) and self.kind == FileKind.BILL:
            raise ValidationError({"month_column": _("Name the column of the month, or those of first and last day.")})


@tracked()
class MappingEntry(Record):
    """One account or one item of a form: which column of its row becomes which stream's amount."""

    mapping = models.ForeignKey(Mapping, on_delete=models.CASCADE, related_name="entries", verbose_name=_("Mapping"))
    account = models.CharField(_("Key"), max_length=128, help_text=_("Account number, or energy code of the form."))
    column = models.CharField(_("Column of the amount"), max_length=128)
    target = models.CharField(_("What it becomes"), max_length=16, choices=Target.choices, default=Target.STATEMENT)
    stream = models.ForeignKey(
        "metering.Stream", on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("Stream")
    )
    node = models.ForeignKey(
        "park.Node", on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("Store")
    )
    commodity = models.CharField(_("Commodity"), max_length=64, blank=True)
    unit = models.CharField(_("Unit"), max_length=32)

    class Meta:
        verbose_name = _("Line of a file mapping")
        verbose_name_plural = _("Lines of file mappings")
        constraints: ClassVar = [models.UniqueConstraint(fields=["mapping", "account", "column"], name="mapping_entry")]

    def __str__(self) -> str:
        return f"{self.account} · {self.column}"

    def clean(self) -> None:
        """Check that the target is whole and that the unit can be read."""
        if self.target == Target.STATEMENT and self.stream is None:
            raise ValidationError({"stream": _("Name the stream that the amount belongs to.")})
        if self.target != Target.STATEMENT and (self.node is None or not self.commodity):
            raise ValidationError({"node": _("Name the store and the commodity that lies in it.")})
        try:
            units.read(self.unit)
        except units.UnitError as fault:
            raise ValidationError({"unit": str(fault)}) from fault


register(
    Register(
        model=Mapping,
        slug="file-mappings",
        group="reporting",
        columns=("code", "name_zh", "name_en", "kind", "reporter", "key_column"),
        filters=("kind", "reporter"),
        form=(
            (_("What it is"), ("code", "name_zh", "name_en", "kind", "reporter")),
            (_("Where it stands in the file"), ("sheet", "head_row", "key_column", "document_column", "unit_column")),
            (
                _("Which period"),
                ("month_column", "first_day", "start_column", "end_column", "end_inclusive", "cumulative"),
            ),
        ),
        hint=_("No mapping yet. Say once how a utility's file or a statistics form is read."),
    )
)
register(
    Register(
        model=MappingEntry,
        slug="file-mapping-lines",
        group="reporting",
        columns=("account", "mapping", "column", "target", "stream", "node", "commodity", "unit"),
        filters=("mapping", "target"),
        search=("account", "column", "commodity"),
        order=("mapping", "account"),
        form=(
            (_("Where it stands in the file"), ("mapping", "account", "column", "unit")),
            (_("What it becomes"), ("target", "stream", "node", "commodity")),
        ),
        hint=_("No line yet. Each account number or energy code leads to a stream."),
    )
)
