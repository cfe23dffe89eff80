"""Table files as they came in: headers, and the rows that are no record; so that a park goes out as it came in."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from lingtan.web.kernel.fields import words
from lingtan.web.kernel.history import tracked
from lingtan.web.kernel.record import Record


@tracked()
class Sheet(Record):
    """One table file of the park's folder.

    ``header`` as it stands in the file; ``rows`` by line: cells of rows that were left out or replaced; ``aside`` by
    line: text of physical lines that are no record.
    """

    file = models.CharField(_("File"), max_length=255)
    header = words(_("Columns"))
    rows = models.JSONField(default=dict, blank=True)
    aside = models.JSONField(default=dict, blank=True)

    class Meta:
        verbose_name = _("Table file")
        verbose_name_plural = _("Table files")
        constraints: ClassVar = [models.UniqueConstraint(fields=["park", "file"], name="sheet_file")]

    def __str__(self) -> str:
        return self.file
