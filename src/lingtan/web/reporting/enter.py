"""Accepted amounts become statements and facts; a corrected version replaces them by the folder's own rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lingtan.web.park.fact import Fact
from lingtan.web.programme import jobs
from lingtan.web.reporting.checks import value_of
from lingtan.web.reporting.report import NOUGHTS, Answer, Report, ReportLine, Status
from lingtan.web.reporting.statement import Statement, StatementKind

if TYPE_CHECKING:
    from lingtan.web.park.park import Park
    from lingtan.web.people.access import Access

FILE, FACTS = "statements/reports.csv", "facts.csv"
#: What makes a later statement the successor of an earlier one.
TWIN = ("stream_id", "start", "end", "kind", "reporter_id")


def enter_statements(report: Report, *, by: Access) -> int:
    """Write what an accepted report says, in the caller's transaction, and ask for a new account; return the count.

    A later row with the same stream, span, kind and reporter replaces the earlier one when the folder is read, so a
    correction is a further row. Where the correction says nothing, or something of another kind, the earlier row would
    go on counting: it is taken out (its history stays).
    """
    rows = list(report.lines.select_related("line__stream").prefetch_related("documents").order_by("line__order"))
    _withdraw(report, rows)
    made = []
    for row in rows:
        if row.answer == Answer.EMPTY:
            continue
        if row.line.stream_id is None:
            _enter_fact(report, row)
        else:
            made.append(_statement(report, row))
    append(made, FILE)
    recompute(report.park, by=by)
    return len(made)


def append(rows: list[Statement], file: str) -> None:
    """Add statements so that they win over earlier ones of the same stream, span, kind and reporter.

    When a folder is read, a later file name wins, then a later row. So a new row goes to the end of ``file``, or of the
    file with its twin where that one comes later.
    """
    if not rows:
        return
    known = Statement.objects.filter(park_id=rows[0].park_id, stream__in={row.stream_id for row in rows})
    found = known.filter(start__in={row.start for row in rows}).values_list(*TWIN, "file")
    files: dict[tuple[Any, ...], str] = {}
    for *key, name in found:
        files[tuple(key)] = max(files.get(tuple(key), ""), name)
    for row in rows:
        row.file, row.line = max(file, files.get(tuple(getattr(row, name) for name in TWIN), "")), None
    Statement.objects.bulk_create(rows)


def _kind(row: ReportLine) -> str:
    return StatementKind.CONFIRMED_ZERO if row.answer in NOUGHTS else StatementKind.REPORT


def _statement(report: Report, row: ReportLine) -> Statement:
    note = [report.form.code, report.label, f"v{report.revision}"]
    note += [report.status] if report.status != Status.FINAL else []
    note += [row.answer] if row.answer in (Answer.SHUT_DOWN, Answer.NOT_OCCURRING) else []
    note += ["entered by the office"] if report.on_behalf else []
    return Statement(
        park_id=report.park_id, stream=row.line.stream, start=report.start, end=report.end,
        amount=value_of(row), unit=row.unit, kind=_kind(row), reporter_id=report.enterprise_id,
        sigma_pct=None if row.answer in NOUGHTS else row.line.sigma_pct,
        evidence=[one.path for one in row.documents.all() if one.path],
        note="; ".join([" ".join(note), row.reason.strip()]).strip("; "),
        extra={"report": report.pk, "row": row.pk},
    )  # fmt: skip


def _withdraw(report: Report, rows: list[ReportLine]) -> None:
    """Take earlier statements out that no later row of the same kind replaces."""
    now = {(row.line.stream_id, _kind(row)) for row in rows if row.answer != Answer.EMPTY}
    earlier = Statement.objects.filter(
        park_id=report.park_id, reporter_id=report.enterprise_id, start=report.start, end=report.end,
        extra__report__in=_revisions(report),
    )  # fmt: skip
    for old in earlier:
        if (old.stream_id, old.kind) not in now:
            old.delete()


def _revisions(report: Report) -> list[int]:
    held = Report.objects.filter(enterprise=report.enterprise_id, form=report.form_id, period=report.period)
    return list(held.exclude(pk=report.pk).values_list("pk", flat=True))


def _enter_fact(report: Report, row: ReportLine) -> None:
    """Write a fact of the period; facts have no later row that wins, so a correction changes the row itself."""
    value = value_of(row)
    fact, made = Fact.objects.get_or_create(
        park_id=report.park_id, subject=report.enterprise.code, quantity=row.line.quantity,
        valid_from=report.start, valid_to=report.end,
        defaults={
            "node_id": report.enterprise_id, "value": f"{value:f}", "unit": row.unit, "file": FACTS,
            "evidence": [one.path for one in row.documents.all() if one.path],
        },
    )  # fmt: skip
    if not made:
        fact.value, fact.unit, fact.version = f"{value:f}", row.unit, fact.version + 1
        fact.evidence = [one.path for one in row.documents.all() if one.path]
        fact.save()


def recompute(park: Park, *, by: Access) -> None:
    """Ask for new accounts, where the platform can compute; one waiting job of a park does for many changes."""
    if jobs.known("compute") is not None:
        jobs.queue("compute", park=park, by=by.user_id)
