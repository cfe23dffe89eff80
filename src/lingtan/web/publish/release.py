"""What the park shows to the public: single items, each released by one named person on the proposal of another."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from lingtan.web.kernel.fields import ExactField, person
from lingtan.web.kernel.history import tracked
from lingtan.web.kernel.language import in_language
from lingtan.web.kernel.record import Record
from lingtan.web.kernel.workflow import Move, Workflow


class ReleaseKind(models.TextChoices):
    """What is released."""

    FIGURE = "figure", _("Figure")
    DOCUMENT = "document", _("Document")
    NOTICE = "notice", _("Notice")


class ReleaseState(models.TextChoices):
    """Where a release stands."""

    PROPOSED = "proposed", _("Proposed")
    CONSENTED = "consented", _("Agreed by the enterprise")
    RELEASED = "released", _("Released")
    WITHDRAWN = "withdrawn", _("Withdrawn")


#: State -> word of the status pill.
TONES = {"proposed": "open", "consented": "submitted", "released": "released", "withdrawn": "cancelled"}
#: Nobody releases what he proposed himself; what is withdrawn stays in the register with its reason.
RELEASE = Workflow(
    states=dict(ReleaseState.choices),
    moves=(
        Move(
            action="consent",
            sources=("proposed",),
            target="consented",
            grant="approve",
            label=_("Agree to the release"),
            marks="consent",
        ),
        Move(
            action="release",
            sources=("proposed", "consented"),
            target="released",
            grant="release",
            label=_("Release to the public"),
            other_than=("proposed_by",),
            marks="released",
        ),
        Move(
            action="withdraw",
            sources=("proposed", "consented", "released"),
            target="withdrawn",
            grant="release",
            label=_("Withdraw from the public"),
            reason=True,
            marks="withdrawn",
        ),
    ),
)


@tracked()
class Release(Record):
    """One item of the public page.

    A figure is frozen as it stood: ``value``, ``unit``, ``status`` and ``basis`` (run, year, method, boundary,
    coverage) do not move when a later run does. ``node`` names the enterprise that an item speaks of: it is released
    only when that enterprise has agreed.
    """

    scope = ("node",)

    kind = models.CharField(_("Kind"), max_length=16, choices=ReleaseKind.choices)
    state = models.CharField(
        _("State"), max_length=16, choices=ReleaseState.choices, default=ReleaseState.PROPOSED, editable=False
    )
    title_zh = models.CharField(_("Chinese title"), max_length=255)
    title_en = models.CharField(_("English title"), max_length=255)
    text_zh = models.TextField(_("Chinese text"), blank=True)
    text_en = models.TextField(_("English text"), blank=True)
    node = models.ForeignKey(
        "park.Node", on_delete=models.PROTECT, null=True, blank=True, related_name="releases", verbose_name=_("About")
    )
    document = models.ForeignKey(
        "publish.DocumentVersion",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="releases",
        verbose_name=_("Document"),
    )
    figure = models.CharField(_("Figure"), max_length=200, blank=True)
    value = ExactField(_("Value"), null=True, blank=True, editable=False)
    unit = models.CharField(_("Unit"), max_length=32, blank=True, editable=False)
    status = models.CharField(_("Status"), max_length=32, blank=True, editable=False)
    basis = models.JSONField(default=dict, blank=True, editable=False)
    proposed_by = person(_("Proposed by"), editable=False)
    consent_by = person(_("Agreed by"), editable=False)
    consent_at = models.DateTimeField(_("Agreed"), null=True, blank=True, editable=False)
    released_by = person(_("Released by"), editable=False)
    released_at = models.DateTimeField(_("Released"), null=True, blank=True, editable=False)
    withdrawn_by = person(_("Withdrawn by"), editable=False)
    withdrawn_at = models.DateTimeField(_("Withdrawn"), null=True, blank=True, editable=False)
    reason = models.TextField(_("Reason"), blank=True, editable=False)

    class Meta:
        verbose_name = _("Release")
        verbose_name_plural = _("Releases")
        ordering: ClassVar = ["-released_at", "-pk"]

    def __str__(self) -> str:
        return in_language(self.title_zh, self.title_en)

    @property
    def text(self) -> str:
        """Text in the language of the page."""
        return in_language(self.text_zh, self.text_en)

    @property
    def measure(self) -> str:
        """How the figure is rounded: intensities keep more places than totals."""
        return "ratio" if "/" in self.unit else "total"

    @property
    def tone(self) -> str:
        """Word of the status pill."""
        return TONES[self.state]

    @property
    def method_name(self) -> str:
        """Name of the method of a figure in the language of the page."""
        zh, en = self.basis.get("method_zh", ""), self.basis.get("method_en", "")
        return in_language(zh, en) or str(self.basis.get("method", ""))
