"""What every record has: its park, a version that tells two editors apart, and a scope that no query goes around."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from lingtan.web.kernel import scope

if TYPE_CHECKING:
    from lingtan.web.people.access import Access


class RecordQuerySet(models.QuerySet[Any]):
    """Rows of one record type."""

    def visible_to(self, access: Access) -> Self:
        """Return the rows that somebody may see in the park at hand; the first word of every query of a view."""
        return scope.limit(self, access)


class Record(models.Model):
    """A row that belongs to a park.

    Attributes
    ----------
    scope : paths to the nodes that a row belongs to (``""`` is the row itself); an enterprise sees the rows of which
        one of these nodes is its own. Empty: the row is the park's own and only roles of the whole park see it;
        `scope.EVERYONE`: everybody in the park does.
    dated : paths to the fields that a verifier's reporting period cuts the rows by: the two ends of a span, or one
        time, month or year. Empty: ``start`` and ``end``, or ``year``, where the type has them.
    """

    scope: ClassVar[tuple[str, ...]] = ()
    dated: ClassVar[tuple[str, ...]] = ()

    park = models.ForeignKey("park.Park", on_delete=models.CASCADE, related_name="+", verbose_name=_("Park"))
    version = models.PositiveIntegerField(_("Version"), default=1, editable=False)
    extra = models.JSONField(default=dict, blank=True, editable=False)

    objects = RecordQuerySet.as_manager()

    class Meta:
        abstract = True

    def kept(self) -> str:
        """Return why the row may not be removed yet, in words; blank where it may."""
        return ""

    def settle(self) -> None:
        """Set what follows from other values or rows; called after each write, in its transaction."""


class FolderRecord(Record):
    """A row that stands in a file of the park folder; ``line`` keeps the order of the file, None comes last."""

    file = models.CharField(_("File"), max_length=255, blank=True, editable=False)
    line = models.PositiveIntegerField(_("Line"), null=True, blank=True, editable=False)

    class Meta:
        abstract = True


class Dated(models.Model):
    """A row that holds over a half-open span; empty is open."""

    valid_from = models.DateTimeField(_("From"), null=True, blank=True)
    valid_to = models.DateTimeField(_("To"), null=True, blank=True)

    class Meta:
        abstract = True


class Named(models.Model):
    """A row with a code that is unique in its park, and a name in two languages."""

    code = models.CharField(_("Id"), max_length=64)
    name_zh = models.CharField(_("Chinese name"), max_length=255, blank=True)
    name_en = models.CharField(_("English name"), max_length=255, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        from lingtan.web.kernel.language import in_language

        return in_language(self.name_zh, self.name_en) or self.code
