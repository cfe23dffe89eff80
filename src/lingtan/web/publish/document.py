"""Documents with versions, kept for as long as the rules ask."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from lingtan.web.kernel.history import tracked
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
    note = models.TextField(_("Note"), blank=True)

    class Meta:
        verbose_name = _("Document")
        verbose_name_plural = _("Documents")

    def __str__(self) -> str:
        return self.title


register(
    Register(
        model=Document,
        slug="documents",
        group="records",
        columns=("title", "kind", "node", "issued", "keep_until", "size"),
        filters=("kind", "node"),
        search=("title", "path", "note"),
        order=("title",),
        form=(
            (_("What it is"), ("title", "kind", "node", "path", "issued")),
            (_("Keeping"), ("keep_until", "note")),
        ),
        hint=_("No document yet. Evidence of reports, permits and contracts stands here with its versions."),
    )
)
