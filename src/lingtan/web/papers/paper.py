"""Papers that were made, and the wish to have the monthly brief made on a day of the month."""

from __future__ import annotations

from typing import ClassVar

import pgtrigger
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from lingtan.web.kernel.fields import person
from lingtan.web.kernel.history import tracked
from lingtan.web.kernel.record import Record
from lingtan.web.kernel.register import Register, register


class Language(models.TextChoices):
    """The language that a paper is written in."""

    CHINESE = "zh", _("Chinese")
    ENGLISH = "en", _("English")


@tracked()
class Paper(Record):
    """A paper as it was made, with what it rests on; never changed, a newer one stands beside it.

    ``kind`` is a key of `kinds.KINDS`, ``period`` a month or a year, ``start`` to ``end`` the same as days, the last
    one not counted. ``digest`` is that of all that the paper says; ``inputs`` that of the park behind the run.
    ``state`` tells how final the period was: preliminary, final, corrected. ``made_by`` is None where a plan made it.
    """

    kind = models.CharField(_("Kind"), max_length=32)
    period = models.CharField(_("Period"), max_length=7)
    start = models.DateField(_("Start"))
    end = models.DateField(_("End"))
    language = models.CharField(_("Language"), max_length=2, choices=Language.choices)
    title = models.CharField(_("Title"), max_length=255)
    answer = models.TextField(_("Answer"), blank=True)
    state = models.CharField(_("State"), max_length=16, blank=True)
    run = models.ForeignKey("book.Run", on_delete=models.RESTRICT, related_name="+", verbose_name=_("Run"))
    method = models.CharField(_("Method"), max_length=64)
    digest = models.CharField(_("Digest of the figures"), max_length=64)
    inputs = models.CharField(_("Digest of the input"), max_length=64)
    code_version = models.CharField(_("Version of the code"), max_length=64)
    made_at = models.DateTimeField(_("Made"))
    made_by = person(_("Made by"))
    pdf = models.ForeignKey("publish.DocumentVersion", on_delete=models.RESTRICT, related_name="+", verbose_name="PDF")
    word = models.ForeignKey(
        "publish.DocumentVersion", on_delete=models.RESTRICT, related_name="+", verbose_name="Word"
    )

    class Meta:
        verbose_name = _("Paper")
        verbose_name_plural = _("Papers")
        indexes: ClassVar = [models.Index(fields=["park", "kind", "period"], name="paper_period")]
        triggers: ClassVar = [pgtrigger.Protect(name="paper_stays", operation=pgtrigger.Update)]

    def __str__(self) -> str:
        return self.title


@tracked()
class BriefPlan(Record):
    """The monthly brief of the month before, made by itself from a day of the month on; once a month."""

    day = models.PositiveSmallIntegerField(
        _("Day of the month"), default=11, validators=[MinValueValidator(1), MaxValueValidator(28)],
        help_text=_("From six in the morning of this day the brief of the month before is made."),
    )  # fmt: skip
    language = models.CharField(_("Language"), max_length=2, choices=Language.choices, default=Language.CHINESE)
    active = models.BooleanField(_("Active"), default=True)
    done_for = models.CharField(_("Last asked for"), max_length=7, blank=True, editable=False)

    class Meta:
        verbose_name = _("Plan of the monthly brief")
        verbose_name_plural = _("Plans of the monthly brief")

    def __str__(self) -> str:
        return f"{self.get_language_display()} · {self.day}"


register(
    Register(
        model=BriefPlan,
        slug="brief-plans",
        group="records",
        columns=("language", "day", "active", "done_for"),
        filters=("active",),
        search=(),
        order=("language",),
        form=((_("What it is"), ("language", "day", "active")),),
        hint=_("No plan yet. With one, the brief of a month is made by itself and the office is told."),
    )
)
