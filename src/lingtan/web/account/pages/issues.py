"""What is broken, late or odd, and how many tonnes hang on it: the list of findings and the decision about one."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any, cast
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Case, F, IntegerField, Q, Sum, Value, When
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from lingtan.web.account import actions, asking
from lingtan.web.account.issue import MOVES, WAITING, Issue, IssueState
from lingtan.web.account.pages.evidence import mask_of
from lingtan.web.account.remark import Remark
from lingtan.web.kernel.pages import ParkRequest, in_park, today_in
from lingtan.web.park.node import Node
from lingtan.web.people.user import Membership, User
from lingtan.web.period import Period

if TYPE_CHECKING:
    from django.db.models import QuerySet


TONES = {"error": "act", "finding": "watch", "note": "info"}
PAGE, MOST = 50, 10_000
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


def in_period(period: Period, zone: str) -> Q:
    """Return what cuts findings to those that touch a period of the park; one without time concerns every one."""
    first, after = (datetime.combine(day, time(), ZoneInfo(zone)) for day in (period.start, period.end))
    return Q(end__isnull=True) & Q(start__isnull=True) | Q(start__lt=after) & (Q(end__isnull=True) | Q(end__gt=first))


def waiting(request: ParkRequest, period: Period) -> QuerySet[Issue]:
    """Return the findings of a period that wait for somebody, the most at stake first."""
    rows = Issue.objects.visible_to(request.access).select_related("node", "stream", "owner")
    return ordered(rows.filter(in_period(period, request.park.timezone), SHOWN[0][2]))


@dataclass(frozen=True, slots=True)
class Filtered:
    """The findings of an address: rows in their order, the filters to choose from, the words chosen."""

    rows: QuerySet[Issue]
    shown: str
    filters: list[dict[str, Any]]


def filtered(request: ParkRequest) -> Filtered:
    """Return the findings that the address asks for, of those that the person sees."""
    wanted = request.GET.get("show", "")
    chosen = next((one for one in SHOWN if one[0] == wanted), SHOWN[0])
    rows = Issue.objects.visible_to(request.access).select_related("node", "stream", "owner").filter(chosen[2])
    if chosen[0] == "mine":
        rows = rows.filter(owner_id=request.access.user_id)
    codes = [(code, code) for code in rows.order_by("code").values_list("code", flat=True).distinct()]
    people = User.objects.filter(pk__in=rows.exclude(owner=None).values("owner"))
    owners = [*((str(one.pk), str(one)) for one in people.order_by("username")), ("none", _("nobody"))]
    nodes = Node.objects.visible_to(request.access).filter(enterprise=F("pk")).order_by("code")
    enterprises = [(node.code, str(node)) for node in nodes]
    ends = ("node__enterprise__code", "stream__source__enterprise__code", "stream__target__enterprise__code")
    cuts: tuple[tuple[str, str, list[tuple[str, str]], Any], ...] = (
        ("code", _("All kinds"), codes, lambda word: Q(code=word)),
        ("enterprise", _("All enterprises"), enterprises,
         lambda word: reduce(or_, (Q(**{path: word}) for path in ends))),
        ("owner", _("Whoever takes care"), owners,
         lambda word: Q(owner=None) if word == "none" else Q(owner_id=int(word))),
    )  # fmt: skip
    made = []
    for name, every, choices, cut in cuts:
        word = request.GET.get(name, "")
        if word in dict(choices):
            rows = rows.filter(cut(word))
        made.append({"name": name, "every": every, "choices": choices, "word": word})
    return Filtered(ordered(rows), chosen[0], made)


@in_park()
@require_GET
def issues(request: ParkRequest) -> HttpResponse:
    """List the findings that the person sees."""
    request.entry = "overview"
    told = filtered(request)
    waiting_rows = Issue.objects.visible_to(request.access).filter(SHOWN[0][2])
    may = request.access.may("assign")
    page = Paginator(told.rows, PAGE).get_page(request.GET.get("page"))
    masked(request, page.object_list)
    context = {
        "page": page,
        "shown": [(str(label), word, word == told.shown) for word, label, _q in SHOWN],
        "filters": told.filters,
        "may": may,
        "form": Many(owners=people_of(request), initial={"state": IssueState.ASSIGNED}) if may else None,
        "count": waiting_rows.count(),
        "stake": waiting_rows.aggregate(all=Sum("stake_t"))["all"] or 0,
        "most": waiting_rows.order_by(F("stake_t").desc(nulls_last=True)).first(),
    }
    return render(request, "book/issues.html", context)


def masked(request: ParkRequest, rows: Iterable[Issue]) -> None:
    """Name what a person does not see by its kind, in the texts of findings at hand."""
    mask = mask_of(request)
    for row in rows:
        for word in ("text_zh", "text_en", "place"):
            setattr(row, word, mask.text(getattr(row, word)))


def people_of(request: ParkRequest) -> list[User]:
    """Return who findings of the park can be given to, in one list: who sees which is checked when they are given."""
    rows = Membership.objects.filter(park=request.park, role__in=("office", "reporter", "approver"))
    today = today_in(request.park)
    return list({row.user_id: row.user for row in rows.select_related("user") if row.holds(today)}.values())


@in_park()
@require_GET
def export(request: ParkRequest) -> HttpResponse:
    """Send the findings of the address as CSV, the rows that the page shows over all its pages."""
    answer = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="findings.csv"'
    writer = csv.writer(answer)
    heads = (_("Finding"), _("Code"), _("Level"), _("What"), _("Where"), _("Start"), _("End"), _("At stake, t CO₂"),
             _("State"), _("Who takes care of it"), _("To be settled by"), _("Reason"))  # fmt: skip
    writer.writerow(heads)
    rows = list(filtered(request).rows[:MOST])
    masked(request, rows)
    zone = ZoneInfo(request.park.timezone)
    for row in rows:
        times = [f"{at.astimezone(zone):%Y-%m-%d %H:%M}" if at else "" for at in (row.start, row.end)]
        state = _("no longer found") if row.gone else row.get_state_display()
        cells = (
            row,
            row.code,
            row.level,
            row.text,
            row.place,
            *times,
            row.stake_t,
            state,
            row.owner,
            row.due,
            row.reason,
        )
        writer.writerow(["" if cell is None else guarded(str(cell)) for cell in cells])
    return answer


def guarded(text: str) -> str:
    """Return a cell that no spreadsheet reads as a formula."""
    return (
        f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") and not text[1:].replace(".", "").isdigit() else text
    )


class Many(forms.Form):
    """What is decided about several findings at once."""

    state = forms.ChoiceField(label=gettext_lazy("Becomes"), choices=IssueState.choices)
    owner = forms.ModelChoiceField(
        label=gettext_lazy("Who takes care of it"), queryset=User.objects.none(), required=False, empty_label="—"
    )
    due = forms.DateField(
        label=gettext_lazy("To be settled by"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    reason = forms.CharField(label=gettext_lazy("Reason"), required=False, max_length=2000)

    def __init__(self, *args: Any, owners: list[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(Any, self.fields["owner"]).queryset = User.objects.filter(pk__in=[one.pk for one in owners])


@in_park("assign")
@require_POST
def many(request: ParkRequest) -> HttpResponse:
    """Decide about the findings that were ticked, all or none of them."""
    back = redirect(f"{reverse('issues', args=[request.park.code])}?{request.GET.urlencode()}")
    ticked = [one.partition(":") for one in request.POST.getlist("issue")]
    wanted = {int(pk): int(version) for pk, _colon, version in ticked if pk.isdigit() and version.isdigit()}
    found = Issue.objects.visible_to(request.access).filter(pk__in=wanted).select_related("park")
    form = Many(request.POST, owners=people_of(request))
    versions = {one: wanted[one.pk] for one in found}
    if not versions:
        messages.error(request, _("Tick at least one finding."))
    elif not form.is_valid():
        messages.error(request, next(iter(form.errors.values()))[0])
    else:
        given = form.cleaned_data
        try:
            count = actions.decide_many(versions, given.pop("state"), by=request.access, **given)
        except ValidationError as fault:
            messages.error(request, fault.messages[0])
        else:
            messages.success(request, _("Kept for %(count)d findings.") % {"count": count})
    return back


class Decision(forms.Form):
    """What is decided about a finding."""

    state = forms.ChoiceField(label=gettext_lazy("Becomes"))
    owner = forms.ModelChoiceField(
        label=gettext_lazy("Who takes care of it"), queryset=User.objects.none(), required=False, empty_label="—"
    )
    due = forms.DateField(
        label=gettext_lazy("To be settled by"), required=False, widget=forms.DateInput(attrs={"type": "date"})
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
        again = [IssueState.ASSIGNED] if issue.state == IssueState.ASSIGNED else []
        states = [(one, IssueState(one).label) for one in (*MOVES[issue.state], *again)]
        cast(Any, self.fields["state"]).choices = states
        cast(Any, self.fields["owner"]).queryset = User.objects.filter(pk__in=[one.pk for one in owners])


@in_park()
@require_http_methods(["GET", "POST"])
def issue(request: ParkRequest, pk: int) -> HttpResponse:
    """Show one finding; the office decides about it."""
    request.entry = "overview"
    found = get_object_or_404(
        Issue.objects.visible_to(request.access).select_related(
            "node", "stream__source", "stream__target", "owner", "resolved_run"
        ),
        pk=pk,
    )
    may = request.access.may("assign")
    form = None
    if may:
        owners = actions.may_own(request.park, found)
        given = request.POST if request.method == "POST" else None
        form = Decision(given, issue=found, owners=owners, initial={"version": found.version, "due": found.due})
        if given is not None and form.is_valid() and _decided(request, found, form):
            return redirect("issue", request.park.code, found.pk)
    history = found.events.order_by("-pgh_created_at", "-pgh_id").select_related("pgh_context") if may else ()
    masked(request, [found])
    said = Remark.objects.visible_to(request.access).filter(issue=found).select_related("asked_by").order_by("pk")
    context = {
        "issue": found, "form": form, "tone": TONES.get(found.level, "info"), "history": _told(history), "said": said,
    }  # fmt: skip
    return render(request, "book/issue.html", context)


@in_park()
@require_POST
def comment(request: ParkRequest, pk: int) -> HttpResponse:
    """Keep a comment on a finding that the person sees."""
    found = get_object_or_404(Issue.objects.visible_to(request.access), pk=pk)
    try:
        asking.comment(found, request.POST.get("text", ""), by=request.access)
    except ValidationError as wrong:
        messages.error(request, wrong.messages[0])
    return redirect("issue", request.park.code, pk)


def _decided(request: ParkRequest, found: Issue, form: Decision) -> bool:
    given = form.cleaned_data
    try:
        actions.decide(
            found, given["state"], by=request.access, version=given["version"], reason=given["reason"],
            owner=given["owner"], due=given["due"],
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
