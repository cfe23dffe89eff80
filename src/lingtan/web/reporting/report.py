"""Reports: what one enterprise says of one period, from draft to accepted."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from lingtan.web.kernel.fields import ExactField, person
from lingtan.web.kernel.history import tracked
from lingtan.web.kernel.record import Record, RecordQuerySet
from lingtan.web.kernel.workflow import Move, Workflow
from lingtan.web.reporting import periods

if TYPE_CHECKING:
    from lingtan.web.people.access import Access


class State(models.TextChoices):
    """Who has the report now."""

    DRAFT = "draft", _("Draft")
    SUBMITTED = "submitted", _("With the approver")
    SIGNED = "signed", _("Signed")
    REVIEW = "review", _("Under review")
    RETURNED = "returned", _("Returned")
    ACCEPTED = "accepted", _("Accepted")


class Status(models.TextChoices):
    """How final the figures are."""

    PRELIMINARY = "preliminary", _("Preliminary")
    FINAL = "final", _("Final")
    CORRECTED = "corrected", _("Corrected")


class Answer(models.TextChoices):
    """What a line says; an empty one says nothing, and none of them is a nought by itself."""

    EMPTY = "empty", _("Not filled")
    GIVEN = "given", _("Amount")
    ZERO = "zero", _("Zero, confirmed")
    SHUT_DOWN = "shut_down", _("Shut down")
    NOT_OCCURRING = "not_occurring", _("Does not occur here")


NOUGHTS = (Answer.ZERO, Answer.SHUT_DOWN, Answer.NOT_OCCURRING)
OPEN = (State.DRAFT, State.RETURNED)
SIGNED = (State.SIGNED, State.REVIEW, State.ACCEPTED)
READERS = frozenset({"verifier", "developer", "regulator"})
_WRITERS = ("prepared_by", "submitted_by")

WORKFLOW = Workflow(
    dict(State.choices),
    (
        Move(action="submit", sources=OPEN, target=State.SUBMITTED, grant="report", marks="submitted",
             label=_("Submit for approval")),
        Move(action="withdraw", sources=(State.SUBMITTED,), target=State.DRAFT, grant="report",
             label=_("Take back")),
        Move(action="send_back", sources=(State.SUBMITTED,), target=State.DRAFT, grant="approve", reason=True,
             label=_("Send back to the reporter")),
        Move(action="sign", sources=(State.SUBMITTED,), target=State.SIGNED, grant="approve", marks="signed",
             other_than=_WRITERS, label=_("Sign and send to the office")),
        Move(action="hand_in", sources=OPEN, target=State.SIGNED, grant="return", marks="submitted", reason=True,
             label=_("Hand in on behalf")),
        Move(action="take_up", sources=(State.SIGNED,), target=State.REVIEW, grant="accept", marks="reviewed",
             label=_("Take up for review")),
        Move(action="return", sources=(State.SIGNED, State.REVIEW), target=State.RETURNED, grant="return",
             reason=True, label=_("Return to the enterprise")),
        Move(action="accept", sources=(State.SIGNED, State.REVIEW), target=State.ACCEPTED, grant="accept",
             marks="accepted", other_than=(*_WRITERS, "signed_by"), reason=True, label=_("Accept into the account")),
    ),
)  # fmt: skip


class Reported(RecordQuerySet):
    """Rows of reports: those who only read see what an enterprise has signed, nobody else's drafts."""

    path = ""

    def visible_to(self, access: Access) -> Self:
        """Return the rows that somebody may see; readers of the whole park see signed reports."""
        seen = super().visible_to(access)
        reads_only = access.whole_park and access.roles & READERS and "office" not in access.roles
        if not reads_only:
            return seen
        signed = models.Q(**{f"{self.path}state__in": SIGNED})
        if access.enterprises:
            signed |= models.Q(**{f"{self.path}enterprise__enterprise__in": access.enterprises})
        return seen.filter(signed)


class ReportedLines(Reported):
    """Rows that belong to a report."""

    path = "report__"


class ReportedRemarks(Reported):
    """Rows that belong to a line of a report."""

    path = "line__report__"


@tracked()
class Report(Record):
    """One revision of what an enterprise says of a period. ``period`` is the first day of what it is called by."""

    scope = ("enterprise",)

    enterprise = models.ForeignKey(
        "park.Node", on_delete=models.PROTECT, related_name="reports", verbose_name=_("Enterprise")
    )
    form = models.ForeignKey(
        "reporting.FormTemplate", on_delete=models.PROTECT, related_name="reports", verbose_name=_("Form")
    )
    period = models.DateField(_("Period"))
    start = models.DateTimeField(_("Start"))
    end = models.DateTimeField(_("End"))
    due = models.DateTimeField(_("Due"))
    revision = models.PositiveSmallIntegerField(_("Revision"), default=1)
    previous = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="next", verbose_name=_("Corrects")
    )
    state = models.CharField(_("State"), max_length=16, choices=State.choices, default=State.DRAFT)
    status = models.CharField(_("Figures"), max_length=16, choices=Status.choices, default=Status.FINAL)
    reason = models.TextField(_("Reason"), blank=True)
    on_behalf = models.BooleanField(_("Entered by the office"), default=False)
    returns = models.PositiveSmallIntegerField(_("Times returned"), default=0)
    prepared_by = person(_("Filled in by"))
    saved_at = models.DateTimeField(_("Saved"), null=True, blank=True)
    submitted_by = person(_("Submitted by"))
    submitted_at = models.DateTimeField(_("Submitted"), null=True, blank=True)
    signed_by = person(_("Signed by"))
    signed_at = models.DateTimeField(_("Signed"), null=True, blank=True)
    reviewed_by = person(_("Reviewed by"))
    reviewed_at = models.DateTimeField(_("Taken up"), null=True, blank=True)
    accepted_by = person(_("Accepted by"))
    accepted_at = models.DateTimeField(_("Accepted"), null=True, blank=True)

    objects = Reported.as_manager()

    class Meta:
        verbose_name = _("Report")
        verbose_name_plural = _("Reports")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["enterprise", "form", "period", "revision"], name="report_revision"),
        ]
        indexes: ClassVar = [models.Index(fields=["park", "period", "state"])]

    def __str__(self) -> str:
        return f"{self.enterprise} · {self.label}"

    @property
    def label(self) -> str:
        """The period as written, such as ``2026-03``."""
        return periods.label(self.period, self.form.period_kind)

    @property
    def open(self) -> bool:
        """Tell whether amounts may still be typed."""
        return self.state in OPEN


@tracked()
class ReportLine(Record):
    """What the report says of one line; ``typed`` is the text as it was written, ``amount`` its number."""

    scope = ("report__enterprise",)
    dated = ("report__start", "report__end")

    report = models.ForeignKey(Report, on_delete=models.CASCADE, related_name="lines")
    line = models.ForeignKey("reporting.FormLine", on_delete=models.PROTECT, related_name="+", verbose_name=_("Item"))
    answer = models.CharField(_("Answer"), max_length=16, choices=Answer.choices, default=Answer.EMPTY)
    amount = ExactField(_("Amount"), null=True, blank=True)
    typed = models.CharField(_("As typed"), max_length=64, blank=True)
    unit = models.CharField(_("Unit"), max_length=32)
    reason = models.TextField(_("Reason"), blank=True)
    entered_by = person(_("Entered by"))
    documents = models.ManyToManyField("publish.Document", through="reporting.LineDocument", related_name="+")

    objects = ReportedLines.as_manager()

    class Meta:
        verbose_name = _("Line of a report")
        verbose_name_plural = _("Lines of reports")
        constraints: ClassVar = [models.UniqueConstraint(fields=["report", "line"], name="report_line_once")]

    def __str__(self) -> str:
        return f"{self.report} · {self.line}"


@tracked()
class LineDocument(Record):
    """A document that stands behind a line."""

    scope = ("line__report__enterprise",)
    dated = ("line__report__start", "line__report__end")

    line = models.ForeignKey(ReportLine, on_delete=models.CASCADE, related_name="attached")
    document = models.ForeignKey("publish.Document", on_delete=models.PROTECT, related_name="+")

    objects = ReportedRemarks.as_manager()

    class Meta:
        verbose_name = _("Evidence of a line")
        verbose_name_plural = _("Evidence of lines")
        constraints: ClassVar = [models.UniqueConstraint(fields=["line", "document"], name="line_document_once")]

    def __str__(self) -> str:
        return f"{self.line} · {self.document}"


class RemarkKind(models.TextChoices):
    """What a remark does."""

    RETURN = "return", _("Returned")
    REPLY = "reply", _("Reply")
    NOTE = "note", _("Note")


@tracked()
class Remark(Record):
    """A word under a line: the office's when it returns a report, the enterprise's reply."""

    scope = ("line__report__enterprise",)
    dated = ("line__report__start", "line__report__end")

    line = models.ForeignKey(ReportLine, on_delete=models.CASCADE, related_name="remarks")
    kind = models.CharField(_("Kind"), max_length=8, choices=RemarkKind.choices)
    author = person(_("Author"))
    at = models.DateTimeField(_("Time"))
    text = models.TextField(_("Text"))
    settled = models.BooleanField(_("Settled"), default=False)

    objects = ReportedRemarks.as_manager()

    class Meta:
        verbose_name = _("Remark")
        verbose_name_plural = _("Remarks")
        ordering: ClassVar = ["at", "id"]

    def __str__(self) -> str:
        return self.text[:60]


@tracked()
class ReportStep(Record):
    """One move of a report, as people read it."""

    scope = ("report__enterprise",)
    dated = ("report__start", "report__end")

    report = models.ForeignKey(Report, on_delete=models.CASCADE, related_name="steps")
    action = models.CharField(_("Step"), max_length=16)
    state = models.CharField(_("State"), max_length=16, choices=State.choices)
    by = person(_("Who"))
    at = models.DateTimeField(_("Time"))
    reason = models.TextField(_("Reason"), blank=True)

    objects = ReportedLines.as_manager()

    class Meta:
        verbose_name = _("Step of a report")
        verbose_name_plural = _("Steps of reports")
        ordering: ClassVar = ["at", "id"]

    def __str__(self) -> str:
        return f"{self.report} · {self.action}"
