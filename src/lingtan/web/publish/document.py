"""Documents with versions, kept for as long as the rules ask."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from lingtan.web.kernel.fields import words
from lingtan.web.kernel.history import tracked
from lingtan.web.kernel.pages import today_in
from lingtan.web.kernel.record import Record
from lingtan.web.kernel.register import Register, register


@tracked()
class Document(Record):
    """A file of the park; ``path`` is where it stands in a folder's ``evidence/``, ``sha256`` what is in it."""

    scope = ("node",)

    title = models.CharField(_("Title"), max_length=255)
    path = models.CharField(_("Path"), max_length=512, blank=True)
    node = models.ForeignKey(
        "park.Node", on_delete=models.PROTECT, null=True, blank=True, related_name="documents", verbose_name=_("Node")
    )
    kind = models.CharField(_("Kind"), max_length=64, blank=True)
    issued = models.DateField(_("Date"), null=True, blank=True)
    keep_until = models.DateField(_("Keep until"), null=True, blank=True)
    sha256 = models.CharField(max_length=64, blank=True, editable=False)
    size = models.PositiveBigIntegerField(_("Size, bytes"), default=0, editable=False)
    links = words(
        _("Stands for"), help_text=_("What it proves, by comma: clause:3.2, figure:total:co2_t, report:2025-03:E01")
    )
    note = models.TextField(_("Note"), blank=True)

    class Meta:
        verbose_name = _("Document")
        verbose_name_plural = _("Documents")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["park", "path"], condition=~models.Q(path=""), name="document_path"),
        ]

    def __str__(self) -> str:
        return self.title

    def kept(self) -> str:
        """Return that the time of keeping has not passed yet."""
        if self.keep_until is None or self.keep_until < today_in(self.park):
            return ""
        return _("%(title)s is to be kept until %(day)s and cannot be removed before. Its versions stay as well.") % {
            "title": self.title,
            "day": self.keep_until,
        }


@tracked()
class DocumentVersion(Record):
    """One state of a document's file; the content lies in the store under its ``sha256``. The highest number holds."""

    scope = ("document__node",)

    document = models.ForeignKey(
        Document, on_delete=models.CASCADE, related_name="versions", verbose_name=_("Document")
    )
    number = models.PositiveIntegerField(_("Version"))
    name = models.CharField(_("File"), max_length=255)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField(_("Size, bytes"), default=0)
    added_at = models.DateTimeField(_("Added"))
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("Added by")
    )
    note = models.TextField(_("Reason"), blank=True)

    class Meta:
        verbose_name = _("Version of a document")
        verbose_name_plural = _("Versions of documents")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["document", "number"], name="document_version"),
        ]

    def __str__(self) -> str:
        return f"{self.document} · {self.number}"


register(
    Register(
        model=Document,
        slug="documents",
        group="records",
        rank=1,
        columns=("title", "kind", "node", "issued", "keep_until", "size"),
        filters=("kind", "node"),
        search=("title", "path", "note", "links", "node__code", "node__name_zh", "node__name_en"),
        order=("title",),
        form=(
            (_("What it is"), ("title", "kind", "node", "path", "issued")),
            (_("Keeping"), ("keep_until", "links", "note")),
        ),
        views={"detail": "lingtan.web.publish.documents.show"},
        hint=_("No document yet. Evidence of reports, permits and contracts stands here with its versions."),
    )
)
