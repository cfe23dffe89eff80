"""Forms of the office: what is asked of whom; a draft from an enterprise's streams; a new edition of a used form."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pghistory
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, Q
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from lingtan.web.kernel.pages import ParkRequest, in_park, today_in
from lingtan.web.metering.stream import Stream
from lingtan.web.park.node import Node, NodeKind
from lingtan.web.reporting import periods
from lingtan.web.reporting.beside import commodities
from lingtan.web.reporting.files.ledger import OUTSIDE
from lingtan.web.reporting.form import CODE, FormLine, FormReporter, FormRule, FormTemplate, Group, PeriodKind

if TYPE_CHECKING:
    from lingtan.reference.model import Commodity
    from lingtan.web.people.access import Access

_GROUPS = {
    "fuel": Group.ENERGY, "electricity": Group.ENERGY, "heat": Group.ENERGY, "steam": Group.ENERGY,
    "cooling": Group.ENERGY, "water": Group.WATER_WASTE, "waste": Group.WATER_WASTE, "product": Group.OUTPUT,
}  # fmt: skip
#: Facts that a drafted form asks for: id, group, unit, names.
_FACTS = (
    ("headcount", Group.OUTPUT, "person", "从业人员", "Headcount"),
    ("output_value", Group.OUTPUT, "1e4 CNY", "产值（现价）", "Output value, current prices"),
)
_LARGER = {"kWh": "MWh", "Nm3": "1e4 Nm3"}


@require_GET
@in_park("define")
def forms(request: ParkRequest) -> HttpResponse:
    """List the forms with their editions, reporters and lines."""
    rows = FormTemplate.objects.visible_to(request.access).order_by("code", "-edition")
    rows = rows.annotate(
        line_count=Count("lines", distinct=True), reporter_count=Count("reporters", distinct=True),
        report_count=Count("reports", distinct=True),
    )  # fmt: skip
    found = list(rows)
    words = ngettext("%(n)s edition of a form.", "%(n)s editions of forms.", len(found)) % {"n": len(found)}
    return render(request, "reporting/forms.html", {"forms": found, "answer": [words]})


@require_http_methods(["GET", "POST"])
@in_park("define")
def draft(request: ParkRequest) -> HttpResponse:
    """Make a form from the streams of chosen enterprises; lines and rules are edited afterwards in their registers."""
    enterprises = Node.objects.visible_to(request.access).filter(kind=NodeKind.ENTERPRISE).order_by("code")
    given: dict[str, Any] = {"period_kind": "month", "first_day": 1, "due_days": 10, "due_hour": 18}
    given["valid_from"] = f"{periods.shifted(today_in(request.park), -1):%Y-%m}"
    if request.method == "POST":
        given |= {key: request.POST.get(key, "") for key in (*given, "code", "name_zh", "name_en")}
        chosen = list(enterprises.filter(code__in=request.POST.getlist("enterprise")))
        try:
            made = make(request, given, chosen, facts="facts" in request.POST)
        except ValidationError as fault:
            for text in fault.messages:
                messages.error(request, text)
            given["chosen"] = [node.code for node in chosen]
        else:
            words = _("The form %(form)s has %(count)s lines. Check units, tolerances and evidence, line by line.")
            messages.success(request, words % {"form": made, "count": made.lines.count()})
            return redirect("report_form", request.park.code, made.pk)
    return render(
        request, "reporting/draft.html", {"enterprises": enterprises, "given": given, "kinds": PeriodKind.choices}
    )


def make(request: ParkRequest, given: dict[str, Any], chosen: list[Node], *, facts: bool) -> FormTemplate:
    """Make a form with a line for every stream that crosses the gate of a chosen enterprise.

    Raises
    ------
    ValidationError : with what was expected and what came.
    """
    code = str(given["code"]).strip()
    if not CODE.fullmatch(code):
        raise ValidationError(_("Expected an id of letters, digits, dot, dash or underscore for the form."))
    if FormTemplate.objects.visible_to(request.access).filter(code=code).exists():
        raise ValidationError(_("There is a form %(code)s already; open a new edition of it.") % {"code": code})
    if not chosen:
        raise ValidationError(_("Choose at least one enterprise that reports on the form."))
    try:
        first, _kind = periods.read(str(given["valid_from"]))
        numbers = {name: int(given[name]) for name in ("first_day", "due_days", "due_hour")}
    except ValueError as fault:
        raise ValidationError(_("Expected a first period such as 2026-01, and whole numbers for the days.")) from fault
    form = FormTemplate(
        park=request.park, code=code, name_zh=given["name_zh"], name_en=given["name_en"],
        period_kind=given["period_kind"], valid_from=periods.named(first, str(given["period_kind"])), **numbers,
    )  # fmt: skip
    form.full_clean()
    with transaction.atomic(), pghistory.context(action="define"):
        form.save()
        for node in chosen:
            FormReporter.objects.create(park=request.park, form=form, enterprise=node)
        _lines(form, chosen, request.access, facts=facts)
    return form


def _lines(form: FormTemplate, chosen: list[Node], access: Access, *, facts: bool) -> None:
    known = commodities(form.park)
    ends = Q(source__enterprise__in=chosen) | Q(target__enterprise__in=chosen)
    streams = Stream.objects.visible_to(access).filter(ends).select_related("source", "target").order_by("code")
    made = []
    for stream in streams:
        if stream.source.enterprise_id == stream.target.enterprise_id and stream.used_as != "conversion_input":
            continue
        made.append(_line(form, stream, known.get(stream.commodity), len(made) + 1))
    for code, group, unit, name_zh, name_en in _FACTS if facts else ():
        made.append(
            FormLine(
                park=form.park, form=form, order=len(made) + 1, code=code, quantity=code, unit=unit, group=group,
                name_zh=name_zh, name_en=name_en, metered_pct=None,
            )
        )  # fmt: skip
    FormLine.objects.bulk_create(made)


def _line(form: FormTemplate, stream: Stream, noun: Commodity | None, order: int) -> FormLine:
    unit = noun.unit if noun else ""
    bought = stream.source.kind in OUTSIDE
    other = stream.source if bought or stream.target.kind not in OUTSIDE else stream.target
    names = {
        "name_zh": f"{(noun.name_zh if noun else '') or stream.commodity}（{other.name_zh or other.code}）",
        "name_en": f"{(noun.name_en if noun else '') or stream.commodity} ({other.name_en or other.code})",
    }
    return FormLine(
        park=form.park, form=form, order=order, code=stream.code, stream=stream, unit=_LARGER.get(unit, unit) or "t",
        group=_GROUPS.get(noun.kind if noun else "", Group.OTHER), **names,
    )  # fmt: skip


def _form(request: ParkRequest, pk: int) -> FormTemplate:
    found = FormTemplate.objects.visible_to(request.access).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


@require_GET
@in_park("define")
def form(request: ParkRequest, pk: int) -> HttpResponse:
    """Show a form: its lines by group, its rules, who reports and until when."""
    found = _form(request, pk)
    lines = list(FormLine.objects.visible_to(request.access).filter(form=found).select_related("stream"))
    today = today_in(request.park)
    span = found.period(periods.shifted(periods.named(today, found.period_kind), -periods.MONTHS[found.period_kind]))
    return render(
        request,
        "reporting/form.html",
        {
            "form": found,
            "groups": [(label, [line for line in lines if line.group == key]) for key, label in Group.choices],
            "rules": FormRule.objects.visible_to(request.access).filter(form=found),
            "reporters": FormReporter.objects.visible_to(request.access)
            .filter(form=found)
            .select_related("enterprise"),
            "span": span,
            "used": found.used,
        },
    )


@require_POST
@in_park("define")
def edition(request: ParkRequest, pk: int) -> HttpResponse:
    """Open a new edition of a form from a period on."""
    found = _form(request, pk)
    try:
        name, _kind = periods.read(request.POST.get("valid_from", ""))
        made = new_edition(found, periods.named(name, found.period_kind), by=request.access)
    except ValueError:
        messages.error(request, _("Expected a period such as 2026-07."))
        return redirect("report_form", request.park.code, pk)
    except ValidationError as fault:
        messages.error(request, " ".join(fault.messages))
        return redirect("report_form", request.park.code, pk)
    return redirect("report_form", request.park.code, made.pk)


def new_edition(form: FormTemplate, first: date, *, by: Access) -> FormTemplate:
    """Copy a form with lines, rules and reporters; the old edition ends where the new one begins.

    Raises
    ------
    ValidationError : the period is not after the first one of the old edition, or reports of it stand from there on.
    """
    newest = FormTemplate.objects.visible_to(by).filter(code=form.code).order_by("-edition").first()
    if newest is None or newest.pk != form.pk:
        raise ValidationError(_("Only the newest edition is followed by another one."))
    if first <= form.valid_from:
        raise ValidationError(_("The new edition must begin after %(first)s.") % {"first": form.valid_from})
    if form.reports.filter(period__gte=first).exists():
        raise ValidationError(_("Reports of this edition stand for that period already; choose a later one."))
    lines, rules, reporters = list(form.lines.all()), list(form.rules.all()), list(form.reporters.all())
    with transaction.atomic(), pghistory.context(action="new edition"):
        FormTemplate.objects.filter(pk=form.pk).update(valid_to=first)
        made = FormTemplate.objects.get(pk=form.pk)
        made.pk, made.edition, made.valid_from, made.valid_to = None, form.edition + 1, first, None
        made._state.adding = True
        made.save()
        for row in (*lines, *rules, *reporters):
            row.pk, row.form = None, made
            row._state.adding = True
            row.save()
    return made
