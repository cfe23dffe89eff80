"""The pages of every record type: list, detail, history, form, removal; the registers' menu."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import ForeignKey
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from lingtan.web.kernel import actions, forms, history, lists
from lingtan.web.kernel.pages import ParkRequest, in_park
from lingtan.web.kernel.register import GROUPS, Register, find, registers

View = Callable[..., HttpResponse]
RELATED = 5  # rows of another type that a detail page shows
REMEMBERED = 50  # forms of a session whose outcome is known to a second click


def of_register(view: View) -> View:
    """Make a view of a slug one of a register, in the park's zone."""

    @wraps(view)
    def found(request: ParkRequest, slug: str, *args: Any, **kwargs: Any) -> HttpResponse:
        register = find(slug)
        if register is None:
            raise Http404
        with timezone.override(ZoneInfo(request.park.timezone)):
            return view(request, register, *args, **kwargs)

    return found


def of_row(view: View) -> View:
    """Make a view of a register and a key one of a row that the person may see; others are not there."""

    @of_register
    @wraps(view)
    def found(request: ParkRequest, register: Register, pk: int) -> HttpResponse:
        rows = lists.with_related(register, register.fields, register.model.objects.visible_to(request.access))
        return view(request, register, get_object_or_404(rows, pk=pk))

    return found


@in_park()
def index(request: ParkRequest) -> HttpResponse:
    """Show all record types by group with how many rows the person may see, in three columns of about one height."""
    counted = [(one, one.model.objects.visible_to(request.access).count()) for one in registers()]
    columns: list[list[Any]] = [[], [], []]
    for name, title in GROUPS.items():
        pairs = [pair for pair in counted if pair[0].group == name]
        if pairs:
            min(columns, key=lambda held: sum(len(rows) + 2 for _title, rows in held)).append((title, pairs))
    kinds = sum(1 for _one, count in counted if count)
    context = {"columns": columns, "kinds": kinds, "total": sum(count for _one, count in counted)}
    return render(request, "kernel/index.html", context)


@in_park()
@of_register
def rows(request: ParkRequest, register: Register) -> HttpResponse:
    """Show the list of a record type."""
    return register.view("list", _list)(request, register)


def _list(request: ParkRequest, register: Register) -> HttpResponse:
    chosen = request.session.get(f"columns:{register.slug}", ())
    asked = {name: request.GET[name] for name in request.GET}
    context = base(request, register) | {
        "list": lists.listing(register, request.access, request.park, asked, chosen),
        "choosable": _choosable(register, request, chosen or register.columns),
    }
    part = request.htmx and not request.htmx.history_restore_request  # type: ignore[attr-defined]
    answer = render(request, "kernel/table.html" if part else "kernel/list.html", context)
    answer.headers["Vary"] = "HX-Request"
    return answer


def base(request: ParkRequest, register: Register, row: Any = None) -> dict[str, Any]:
    """Return what every page of a record type shows: its titles, and what the person may do."""
    return {
        "register": register, "row": row, "slug": register.slug, "inner": row is not None,
        "may": {name: request.access.may(name) for name in ("create", "change", "remove", "import", "export")},
        "done": list(request.session.get("forms", {})),
    }  # fmt: skip


def _choosable(register: Register, request: ParkRequest, chosen: Any) -> list[tuple[str, str, bool]]:
    names = register.shown(tuple(dict.fromkeys((*register.columns, *register.fields))), request.access)
    return [(name, lists.label_of(register, name), name in chosen) for name in names]


@require_POST
@in_park()
@of_register
def columns(request: ParkRequest, register: Register) -> HttpResponse:
    """Keep the columns that a person chose; none chosen means the usual ones."""
    known = [name for name, _label, _on in _choosable(register, request, ())]
    wanted = request.POST.getlist("columns")
    request.session[f"columns:{register.slug}"] = [name for name in known if name in wanted]
    query = request.POST.get("query", "")
    return redirect(_to(request, "register_list", register.slug) + (f"?{query}" if query else ""))


@in_park()
@of_register
def options(request: ParkRequest, register: Register, name: str) -> HttpResponse:
    """Suggest values of a field while somebody types."""
    known = (*register.fields, *register.filters)
    if name not in known or not register.shows(name, request.access):
        raise Http404
    q = request.GET.get(name, "").strip()[:100]
    return render(request, "kernel/options.html", {"options": lists.suggestions(register, name, q, request.access)})


@in_park()
@of_row
def detail(request: ParkRequest, register: Register, row: Any) -> HttpResponse:
    """Show a record with what belongs to it."""
    return register.view("detail", show)(request, register, row)


def show(request: ParkRequest, register: Register, row: Any, **more: Any) -> HttpResponse:
    """Show a record by the sections of its form; ``more`` goes to the template, ``template`` takes its place."""
    context = base(request, register, row) | {
        "sections": sections(request, register, row),
        "related": related(request, register, row),
        "last": history.last(row),
        "inner": False,
        **more,
    }
    return render(request, more.get("template", "kernel/detail.html"), context)


def sections(request: ParkRequest, register: Register, row: Any) -> list[tuple[Any, list[tuple[str, lists.Cell]]]]:
    """Return titles of the form's sections, each with labels and values."""
    teller = lists.Teller(register, request.access, request.park)
    told = []
    for title, names in register.form:
        shown = register.shown(names, request.access)
        told.append((title, [(lists.label_of(register, name), teller.cell(row, name)) for name in shown]))
    return [(title, pairs) for title, pairs in told if pairs]


def related(request: ParkRequest, register: Register, row: Any, leave: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    """Return the first rows of every other record type that names this one and can be cut by it."""
    pairs = [(other, other.field(name)) for other in registers() for name in other.shown(other.filters, request.access)]
    named = [(other, field) for other, field in pairs if isinstance(field, ForeignKey) and other.slug not in leave]
    found = [_naming(request, other, field, row) for other, field in named if field.related_model is register.model]
    return [one for one in found if one["rows"]]


def _naming(request: ParkRequest, other: Register, field: ForeignKey[Any, Any], row: Any) -> dict[str, Any]:
    """Return the first rows of a record type that name a row in a field."""
    held = other.model.objects.visible_to(request.access).filter(**{field.name: row})
    names = [name for name in other.shown(other.columns, request.access) if name != field.name][:4]
    first = list(lists.with_related(other, names, held).order_by(*other.order, "pk")[: RELATED + 1])
    teller = lists.Teller(other, request.access, request.park)
    return {
        "register": other, "field": field, "code": getattr(row, forms.key_of(type(row))), "more": len(first) > RELATED,
        "labels": [lists.label_of(other, name) for name in names],
        "rows": [(one, [teller.cell(one, name) for name in names]) for one in first[:RELATED]],
    }  # fmt: skip


@in_park()
@of_row
def past(request: ParkRequest, register: Register, row: Any) -> HttpResponse:
    """Show who changed a record, when, what, and why."""
    changes = history.changes(register, row, request.access)
    return render(request, "kernel/history.html", base(request, register, row) | {"changes": changes})


@in_park("create")
@of_register
def create(request: ParkRequest, register: Register) -> HttpResponse:
    """Show the form of a new record, or make it."""
    form = forms.form_of(register, request.access, request.park, data=request.POST or None)
    if request.method == "POST" and form.is_valid():

        def do() -> Any:
            return actions.create(register, forms.values_of(form), by=request.access)

        return _written(request, register, form, do) or _form(request, register, form)
    return _form(request, register, form)


@in_park("change")
@of_row
def edit(request: ParkRequest, register: Register, row: Any) -> HttpResponse:
    """Show the form of a record, or change it."""
    return register.view("edit", _edit)(request, register, row)


def _edit(request: ParkRequest, register: Register, row: Any) -> HttpResponse:
    form = forms.form_of(register, request.access, request.park, row=row, data=request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return _form(request, register, form, row)
    said = form.cleaned_data

    def do() -> Any:
        version = said["version"] or 0
        return actions.change(row, forms.values_of(form), by=request.access, version=version, reason=said["reason"])

    try:
        return _written(request, register, form, do) or _form(request, register, form, row)
    except actions.Stale as late:
        both, data = merged(register, form, late.row, request)
        again = forms.form_of(register, request.access, request.park, row=late.row, data=data)
        return _form(request, register, again, row, both=both, status=409)


def merged(register: Register, form: Any, now: Any, request: ParkRequest) -> tuple[list[dict[str, Any]], Any]:
    """Return the fields that somebody else changed since a form was opened, and the form's data with both changes.

    What only the other one changed is taken over; what both changed keeps one's own value.
    """
    was = history.base_of(now, form.cleaned_data["version"] or 0)
    teller = lists.Teller(register, request.access, request.park)
    theirs = forms.form_of(register, request.access, request.park, row=now)
    data, both = form.data.copy(), []
    for name, mine in forms.values_of(form).items():
        attribute = register.field(name).attname  # type: ignore[union-attr]
        own = getattr(mine, "pk", mine)
        before = getattr(was, attribute) if was is not None else own
        if getattr(now, attribute) in (own, before):
            continue
        taken = own == before
        told = {"theirs": teller.cell(now, name), "mine": teller.tell(name, mine)}
        both.append({"label": lists.label_of(register, name), "taken": taken, **told})
        if taken:
            value = theirs[name].value()
            data[name] = "" if value is None else value
    data["version"] = now.version
    return both, data


def _written(request: ParkRequest, register: Register, form: Any, do: Callable[[], Any]) -> HttpResponse | None:
    """Do a write once for a form, however often it is sent; None where the values were refused."""
    try:
        pk = _once(request, request.POST.get("token", ""), lambda: do().pk)
    except ValidationError as refused:
        forms.blame(form, refused)
        return None
    messages.success(request, _("Saved."))
    return redirect(_to(request, "register_detail", register.slug, pk))


def _once(request: ParkRequest, token: str, do: Callable[[], int]) -> int:
    """Do something once for a token; the session's row is locked, so that a second click waits for the first."""
    with transaction.atomic():
        Session.objects.select_for_update().filter(session_key=request.session.session_key).first()
        done = request.session.load().get("forms", {})
        if token and token in done:
            return int(done[token])
        made = do()
        request.session["forms"] = dict([*done.items(), (token, made)][-REMEMBERED:]) if token else done
        request.session.save()
    return made


def _form(
    request: ParkRequest, register: Register, form: Any, row: Any = None, *, both: Any = (), status: int = 200
) -> HttpResponse:
    shown = [(title, [form[name] for name in names if name in form.fields]) for title, names in register.form]
    context = base(request, register, row) | {
        "form": form, "sections": [(title, fields) for title, fields in shown if fields], "both": both,
        "token": request.POST.get("token") or str(uuid.uuid4()), "units": forms.units(),
        "back": _to(request, "register_detail", register.slug, row.pk) if row is not None
        else _to(request, "register_list", register.slug),
    }  # fmt: skip
    refused = form.is_bound and not form.is_valid()
    return render(request, "kernel/form.html", context, status=422 if refused else status)


@in_park("remove")
@of_row
def remove(request: ParkRequest, register: Register, row: Any) -> HttpResponse:
    """Say what goes with a record, or remove it."""
    refused: list[str] = []
    if request.method == "POST":
        try:
            actions.remove(row, by=request.access, reason=request.POST.get("reason", ""))
        except ValidationError as wrong:
            refused = wrong.messages
        else:
            messages.success(request, _("%(name)s was removed.") % {"name": row})
            return redirect(_to(request, "register_list", register.slug))
    context = base(request, register, row) | {"refused": refused, "along": actions.taken_along(row)}
    return render(request, "kernel/remove.html", context, status=422 if refused else 200)


def _to(request: ParkRequest, name: str, *args: Any) -> str:
    return reverse(name, args=[request.park.code, *args])
