"""What is broken, late or odd, and how many tonnes hang on it: the list of findings and the decision about one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Case, F, IntegerField, Q, Value, When
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from lingtan.ledger.clock import year_bounds
from lingtan.web.account import actions
from lingtan.web.account.issue import MOVES, WAITING, Issue, IssueState
from lingtan.web.kernel.pages import ParkRequest, in_park
from lingtan.web.people.user import User

if TYPE_CHECKING:
    from django.db.models import QuerySet


TONES = {"error": "act", "finding": "watch", "note": "info"}
PAGE = 50
#: Filter of the list: word of the address, label, condition.
SHOWN: tuple[tuple[str, Any, Q], ...] = (
    ("", pgettext_lazy("finding", "Waiting"), Q(state__in=WAITING, gone=False) & ~Q(level="note")),
    ("mine", gettext_lazy("Mine"), Q(state__in=WAITING, gone=False)),
    ("closed", pgettext_lazy("finding", "Closed"), Q(state__in=("corrected", "dismissed"))),
    ("gone", gettext_lazy("No longer found"), Q(gone=True)),
    ("notes", pgettext_lazy("finding", "Notes"), Q(level="note", gone=False)),
)
_RANK = Case(When(level="error", then=Value(0)), default=Value(1), output_field=IntegerField())


def ordered(rows: QuerySet[Issue]) -> QuerySet[Issue]:
    """Return findings by what hangs on them; errors whose weight is not known come first."""
    return rows.annotate(rank=_RANK).order_by(F("stake_t").desc(nulls_last=True), "rank", "code", "pk")


def in_year(year: int, zone: str) -> Q:
    """Return what cuts findings to those that touch a year of the park; one without time concerns every year."""
    first, after = year_bounds(year, ZoneInfo(zone))
    return Q(end__isnull=True) & Q(start__isnull=True) | Q(start__lt=after) & (Q(end__isnull=True) | Q(end__gt=first))


def waiting(request: ParkRequest, year: int) -> QuerySet[Issue]:
    """Return the findings of a year that wait for somebody, the most at stake first."""
    rows = Issue.objects.visible_to(request.access).select_related("node", "stream", "owner")
    return ordered(rows.filter(in_year(year, request.park.timezone), SHOWN[0][2]))


@in_park()
@require_GET
def issues(request: ParkRequest) -> HttpResponse:
    """List the findings that the person sees."""
    request.entry = "overview"
    wanted = request.GET.get("show", "")
    chosen = next((one for one in SHOWN if one[0] == wanted), SHOWN[0])
    seen = Issue.objects.visible_to(request.access).select_related("node", "stream", "owner")
    rows = seen.filter(chosen[2])
    if chosen[0] == "mine":
        rows = rows.filter(owner_id=request.access.user_id)
    code = request.GET.get("code", "")
    codes = sorted(set(rows.values_list("code", flat=True)))
    rows = ordered(rows.filter(code=code) if code in codes else rows)
    waiting_rows = seen.filter(SHOWN[0][2])
    context = {
        "page": Paginator(rows, PAGE).get_page(request.GET.get("page")),
        "shown": [(str(label), word, word == chosen[0]) for word, label, _q in SHOWN],
        "codes": codes,
        "code": code,
        "count": waiting_rows.count(),
        "stake": sum((row.stake_t for row in waiting_rows if row.stake_t), 0),
        "most": waiting_rows.order_by(F("stake_t").desc(nulls_last=True)).first(),
    }
    return render(request, "book/issues.html", context)


class Decision(forms.Form):
    """What is decided about a finding."""

    state = forms.ChoiceField(label=gettext_lazy("Becomes"))
    owner = forms.ModelChoiceField(
        label=gettext_lazy("Who takes care of it"), queryset=User.objects.none(), required=False, empty_label="—"
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("What you found, and on what it rests. It stays with the finding."),
    )
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, issue: Issue, owners: list[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        states = [(one, IssueState(one).label) for one in MOVES[issue.state]]
        cast(Any, self.fields["state"]).choices = states
        cast(Any, self.fields["owner"]).queryset = User.objects.filter(pk__in=[one.pk for one in owners])


@in_park()
@require_http_methods(["GET", "POST"])
def issue(request: ParkRequest, pk: int) -> HttpResponse:
    """Show one finding; the office decides about it."""
    request.entry = "overview"
    found = get_object_or_404(
        Issue.objects.visible_to(request.access).select_related("node", "stream__source", "stream__target", "owner"),
        pk=pk,
    )
    may = request.access.may("assign")
    form = None
    if may:
        owners = actions.may_own(request.park, found)
        given = request.POST if request.method == "POST" else None
        form = Decision(given, issue=found, owners=owners, initial={"version": found.version})
        if given is not None and form.is_valid() and _decided(request, found, form):
            return redirect("issue", request.park.code, found.pk)
    history = found.events.order_by("-pgh_created_at", "-pgh_id").select_related("pgh_context") if may else ()
    context = {"issue": found, "form": form, "tone": TONES.get(found.level, "info"), "history": _told(history)}
    return render(request, "book/issue.html", context)


def _decided(request: ParkRequest, found: Issue, form: Decision) -> bool:
    given = form.cleaned_data
    try:
        actions.decide(
            found, given["state"], by=request.access, version=given["version"], reason=given["reason"],
            owner=given["owner"],
        )  # fmt: skip
    except ValidationError as fault:
        form.add_error(None, fault)
        return False
    messages.success(request, _("Kept: the finding is %(state)s.") % {"state": IssueState(given["state"]).label})
    return True


def _told(events: Any) -> list[dict[str, Any]]:
    """Return the history of a finding, only where its state moved."""
    rows = list(events)
    people = {user.pk: str(user) for user in User.objects.filter(pk__in=[_user(row) for row in rows if _user(row)])}
    told = []
    for row, older in zip(rows, [*rows[1:], None][: len(rows)], strict=True):
        if older is None or (row.state, row.owner_id) != (older.state, older.owner_id):
            told.append(
                {"at": row.pgh_created_at, "state": row.state, "reason": row.reason, "who": people.get(_user(row), "")}
            )
    return told


def _user(row: Any) -> int:
    return int((row.pgh_context.metadata if row.pgh_context else {}).get("user") or 0)
