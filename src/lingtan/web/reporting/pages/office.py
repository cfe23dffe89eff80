"""The entry of the room: own months for an enterprise, the queue for the office; the review and the calendar."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from lingtan.web.kernel.figures import THIN, number
from lingtan.web.kernel.pages import ParkRequest, in_park, today_in
from lingtan.web.reporting import periods
from lingtan.web.reporting.bundle import Row, bundle
from lingtan.web.reporting.closing import MonthState, states_of
from lingtan.web.reporting.closing.state import is_closed, last_month
from lingtan.web.reporting.due import Cell, cells_of, overdue
from lingtan.web.reporting.pages import common
from lingtan.web.reporting.pages.fill import history
from lingtan.web.reporting.report import WORKFLOW, State

#: Periods side by side in the matrix.
WIDE = 13
#: Rows of a page of the matrix, and reports of the office's queue: the next ones come up as these are decided.
TALL, LONG = 25, 20
#: Overdue reports on the entry page; the calendar has all.
MOST = 6


@require_GET
@in_park()
def reports(request: ParkRequest) -> HttpResponse:
    """Show who owes what: the office's queue, or an enterprise's own months."""
    now = timezone.now()
    found = cells_of(request.access, now)
    office = request.access.may("accept")
    late = overdue(found, now)
    waiting = [cell for cell in found if cell.state in (State.SIGNED, State.REVIEW)]
    return render(
        request,
        "reporting/reports.html",
        {
            "office": office,
            "reads": not office and request.access.whole_park,
            "writes": office or request.access.may("report"),
            "question": _("Which reports wait for my decision?") if office else _("Which reports are still open?"),
            "answer": _answer(found, late, office=office, now=now),
            "waiting": [shown(cell, now, request) for cell in waiting[:LONG]],
            "waiting_more": max(0, len(waiting) - LONG),
            "mine": [shown(cell, now, request) for cell in found if _to_do(cell, request, now)],
            "late": [shown(cell, now, request) for cell in late[:MOST]],
            "late_more": max(0, len(late) - MOST),
            "matrix": _matrix(found, now, request),
            "forms": bool(found),
        },
    )


def _to_do(cell: Cell, request: ParkRequest, now: datetime) -> bool:
    """Tell whether an enterprise's person has something to do about a cell."""
    if cell.enterprise.pk not in request.access.enterprises:
        return False
    if cell.state == State.SUBMITTED:
        return request.access.may("approve")
    return cell.state in (State.DRAFT, State.RETURNED) or (cell.state == "not_begun" and cell.ended(now))


def shown(cell: Cell, now: datetime, request: ParkRequest) -> dict[str, Any]:
    """Return a cell as lists and the matrix show it."""
    report = cell.report
    return {
        "cell": cell,
        "enterprise": cell.enterprise,
        "form": cell.form,
        "period": common.period_words(cell.name, cell.form.period_kind),
        "label": cell.label,
        "due": common.when(cell.due, request.park.timezone),
        "late": cell.late(now),
        "days": abs((now - cell.due).days) if cell.late(now) else (cell.due - now).days,
        "pill": "late" if cell.late(now) and cell.state == "not_begun" else common.pill(cell.state),
        "word": _word(cell, now, reads=not (request.access.may("accept") or request.access.may("report"))),
        "report": report,
        "running": not cell.ended(now),
        "closed": cell.report is None and _closed(cell, request),
        "returns": report.returns if report else 0,
    }


def recent(request: ParkRequest) -> dict[str, MonthState]:
    """Return how final the months are that the pages look back on; asked once a request."""
    held: dict[str, MonthState] | None = getattr(request, "_months", None)
    if held is None:
        this = today_in(request.park).replace(day=1)
        held = states_of(request.park, [periods.shifted(this, -step) for step in range(-1, WIDE + 1)])
        request._months = held  # type: ignore[attr-defined]
    return held


def _closed(cell: Cell, request: ParkRequest) -> bool:
    state = recent(request).get(f"{last_month(cell.name, cell.form.period_kind):%Y-%m}")
    return state is not None and state.closed


def _word(cell: Cell, now: datetime, *, reads: bool) -> str:
    """Return the words of a cell; who only reads sees no draft and is not told that there is none."""
    if cell.report is None and not cell.ended(now):
        return _("running")
    if cell.report is None:
        return _("not signed yet") if reads else _("not begun")
    words = str(cell.report.get_state_display())
    return (
        _("%(state)s, v%(revision)s") % {"state": words, "revision": cell.report.revision}
        if (cell.report.revision > 1)
        else words
    )


def _answer(found: Sequence[Cell], late: Sequence[Cell], *, office: bool, now: datetime) -> list[str]:
    """Return the page's answer: what waits, what is overdue, what is done."""
    if not found:
        return [_("Nobody reports on a form yet.") if office else _("No form is addressed to your enterprise yet.")]
    waiting = sum(cell.state in (State.SIGNED, State.REVIEW) for cell in found)
    back = sum(cell.state == State.RETURNED for cell in found)
    told = []
    if office:
        words = ngettext("%(n)s report waits for the office.", "%(n)s reports wait for the office.", waiting)
        told.append(words % {"n": waiting})
    words = ngettext("%(n)s report is overdue.", "%(n)s reports are overdue.", len(late))
    told.append(words % {"n": len(late)})
    if back:
        words = ngettext(
            "%(n)s was returned and not handed in again.", "%(n)s were returned and not handed in again.", back
        )
        told.append(words % {"n": back})
    ended = [cell for cell in found if cell.ended(now)]
    done = sum(cell.accepted for cell in ended)
    told.append(_("%(done)s of %(all)s of the last twelve months are accepted.") % {"done": done, "all": len(ended)})
    return told


def _matrix(found: Sequence[Cell], now: datetime, request: ParkRequest) -> dict[str, Any]:
    """Return rows of (enterprise, form) over the newest periods of each kind, a page of them at a time."""
    kinds: dict[str, dict[tuple[int, int], dict[date, Cell]]] = {}
    for cell in found:
        rows = kinds.setdefault(cell.form.period_kind, {})
        rows.setdefault((cell.enterprise.pk, cell.form.pk), {})[cell.name] = cell
    made = {}
    for kind, rows in kinds.items():
        names = sorted({name for row in rows.values() for name in row}, reverse=True)[:WIDE]
        ordered = sorted(rows.values(), key=_named)
        page = Paginator(ordered, TALL).get_page(request.GET.get("page"))
        states = recent(request) if kind == "month" else {}
        labels = [periods.label(name, kind) for name in names]
        table = [_drawn(row, names, now, request) for row in page.object_list]
        made[kind] = {"names": [(label, states.get(label)) for label in labels], "rows": table, "page": page}
    return made


def _named(row: Mapping[date, Cell]) -> tuple[str, int, str]:
    """Return the place of a row: by the enterprise's name, then by form."""
    cell = next(iter(row.values()))
    return str(cell.enterprise), cell.enterprise.pk, cell.form.code


def _drawn(row: Mapping[date, Cell], names: Sequence[date], now: datetime, request: ParkRequest) -> dict[str, Any]:
    cell = next(iter(row.values()))
    cells = [shown(row[name], now, request) if name in row else None for name in names]
    return {"enterprise": cell.enterprise, "form": cell.form, "cells": cells}


@require_GET
@in_park("accept")
def review(request: ParkRequest, pk: int) -> HttpResponse:
    """Show a report to the office: lines by what their difference weighs, remarks to be written, two decisions."""
    found = common.visible(request, pk)
    if found.state not in (State.SIGNED, State.REVIEW):
        return redirect("report", request.park.code, pk)
    loaded = bundle(found, request.access)
    rows = sorted(loaded.rows, key=_weight)
    offers = {offer.move.action: offer for offer in WORKFLOW.offers(found, request.access)}
    typed = loaded.report.lines.filter(entered_by=request.access.user_id).exists()
    accept = offers["accept"].refused or (_("You typed a line of it; somebody else has to accept it.") if typed else "")
    changed = [row for row in loaded.rows if row.doubts]
    return render(
        request,
        "reporting/review.html",
        {
            "report": found,
            "loaded": loaded,
            "rows": rows,
            "question": _("Can the report of %(enterprise)s for %(period)s be accepted?")
            % {
                "enterprise": found.enterprise,
                "period": common.period_words(found.period, found.form.period_kind),
            },
            "answer": _judged(loaded.rows, changed),
            "pill": common.pill(found.state),
            "steps": common.steps(found),
            "accept_refused": accept,
            "take_up": offers.get("take_up"),
            "statements": sum(row.row.answer != "empty" and row.line.stream_id is not None for row in loaded.rows),
            "facts": sum(row.row.answer != "empty" and row.line.stream_id is None for row in loaded.rows),
            "history": history(request, found),
            "month_closed": is_closed(found),
            "co2": common.total(row.co2 for row in loaded.rows),
        },
    )


def _weight(row: Row) -> tuple[Decimal, Decimal, int]:
    """Return the place of a line by tonnes at stake, then by its difference in per cent."""
    return -(row.stake or Decimal(0)), -abs(row.off or Decimal(0)), row.line.order


def _judged(rows: Sequence[Row], odd: Sequence[Row]) -> list[str]:
    stakes = [row.stake for row in rows if row.stake is not None]
    compared = sum(row.near.metered is not None for row in rows)
    words = ngettext("%(n)s line carries a doubt.", "%(n)s lines carry a doubt.", len(odd))
    told = [words % {"n": len(odd)}]
    if not compared:
        return [*told, _("No line can be compared with a meter.")]
    words = _("%(n)s of %(all)s lines can be compared with a meter.")
    told.append(words % {"n": compared, "all": len(rows)})
    if stakes:
        said = f"{number(sum(stakes, Decimal(0)), digits=1)}{THIN}t CO₂"
        words = _("The differences amount to %(stake)s.")
        if len(stakes) < compared:
            words = _("The differences of %(n)s of them amount to %(stake)s; the others have no factor in the account.")
        told.append(words % {"stake": said, "n": len(stakes)})
    else:
        told.append(_("What the differences weigh is not known: there is no account with their factors yet."))
    return told


@require_GET
@in_park()
def calendar(request: ParkRequest) -> HttpResponse:
    """Show due dates, the next ones first; holidays are not known and are said not to be."""
    now = timezone.now()
    found = sorted(cells_of(request.access, now), key=lambda cell: cell.due)
    ahead = [shown(cell, now, request) for cell in found if cell.due > now and not cell.accepted]
    behind = [shown(cell, now, request) for cell in overdue(found, now)]
    words = ngettext("%(n)s report is overdue.", "%(n)s reports are overdue.", len(behind)) % {"n": len(behind)}
    following = _("The next one is due %(due)s.") % {"due": ahead[0]["due"]} if ahead else _("Nothing else is due.")
    months = [state for _label, state in sorted(recent(request).items(), reverse=True)][1 : WIDE + 1]
    given = {"ahead": ahead, "behind": behind, "answer": [words, following], "months": months}
    return render(request, "reporting/calendar.html", given)
