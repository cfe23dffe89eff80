"""Imports as writes: taken whole with the file as evidence, confirmed by a second person, taken back."""

from __future__ import annotations

import io
from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pghistory
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lingtan.web.kernel.workflow import Refused
from lingtan.web.park.stock import Stock
from lingtan.web.people.roles import Role
from lingtan.web.people.user import User
from lingtan.web.programme import messages
from lingtan.web.programme.message import Kind
from lingtan.web.publish.checks import clean_name
from lingtan.web.reporting import enter
from lingtan.web.reporting.closing.state import MARK, closed_months, months_within
from lingtan.web.reporting.files import evidence
from lingtan.web.reporting.files.batch import BATCHES, BatchState, ImportBatch
from lingtan.web.reporting.files.imports import Draft, kind_of, stock_time
from lingtan.web.reporting.mapping import Mapping, MappingEntry, Target
from lingtan.web.reporting.statement import Statement

if TYPE_CHECKING:
    from lingtan.web.people.access import Access

STOCKS = "stocks.csv"
WAITS = gettext_lazy("An import changes closed months (%(months)s); another person of the office has to confirm it.")


def apply(mapping: Mapping, drafts: list[Draft], name: str, data: bytes, *, by: Access, reason: str) -> ImportBatch:
    """Take a trial's amounts with the file as their evidence, all of them or none.

    Where they fall into closed months they are a correction: they wait until a second person confirms them.

    Raises
    ------
    Refused : the role may not, or no reason is given.
    """
    if not by.may("import"):
        raise Refused("import.role", _("Your role may not do this."))
    if not reason.strip():
        raise Refused("import.reason", _("Please give a reason; it stays with the record."))
    shut = sorted({month for draft in drafts for month in draft.closed})
    with transaction.atomic(), pghistory.context(reason=reason, action="import"):
        document = evidence.file_away(
            io.BytesIO(data), clean_name(name), folder=f"evidence/imports/{mapping.code}", park_id=mapping.park_id,
            node_id=None, by=by, links=[],
        )  # fmt: skip
        batch = ImportBatch.objects.create(
            park_id=mapping.park_id, mapping=mapping, document=document, name=name[:255], reason=reason.strip(),
            closed_months=shut, drafts=[_plain(draft) for draft in drafts], brought_by_id=by.user_id,
            brought_at=timezone.now(), state=BatchState.WAITING if shut else BatchState.WRITTEN,
        )  # fmt: skip
        if shut:
            _tell(batch, by)
        else:
            _write(batch, by)
    return batch


def settle(batch: ImportBatch, action: str, *, by: Access, reason: str) -> bool:
    """Confirm, refuse or take back an import; False where a double click changed nothing.

    Raises
    ------
    Refused : the role may not, it is the same person's, its state is another, or what it wrote has changed since.
    """
    with transaction.atomic(), pghistory.context(reason=reason, action=action):
        held = ImportBatch.objects.select_for_update(of=("self",)).select_related("mapping__park").get(pk=batch.pk)
        if not BATCHES.go(held, action, by=by, reason=reason):
            return False
        if action == "confirm":
            _write(held, by)
        if action == "undo":
            _undo(held, by)
    batch.refresh_from_db()
    return True


def _write(batch: ImportBatch, by: Access) -> None:
    mapping = batch.mapping
    entries = {entry.pk: entry for entry in mapping.entries.select_related("stream")}
    drafts = [_back(one) for one in batch.drafts]
    if gone := [draft.key for draft in drafts if draft.entry not in entries]:
        words = _("The mapping of %(key)s was removed meanwhile; upload the file again.")
        raise Refused("import.mapping", words % {"key": gone[0]})
    path, shut = batch.document.path, set(batch.closed_months)
    rows = [
        _statement(mapping, draft, entries[draft.entry], path, corrects=bool(shut & set(draft.closed)))
        for draft in drafts
        if draft.target == Target.STATEMENT
    ]
    enter.append(rows, f"statements/{mapping.code}.csv")
    stocks = [
        _stock(mapping, draft, entries[draft.entry], path) for draft in drafts if draft.target != Target.STATEMENT
    ]
    batch.written = {"statements": [row.pk for row in rows], "stocks": stocks}
    batch.save(update_fields=["written"])
    if drafts:
        enter.recompute(mapping.park, by=by)


def _statement(mapping: Mapping, draft: Draft, entry: MappingEntry, path: str, *, corrects: bool) -> Statement:
    note = [mapping.code, draft.key, draft.document, MARK if corrects else ""]
    return Statement(
        park_id=mapping.park_id, stream=entry.stream, start=draft.start, end=draft.end, amount=draft.amount,
        unit=draft.unit, kind=kind_of(mapping), reporter_id=mapping.reporter_id, evidence=[path],
        note=" ".join(filter(None, note)), extra={"mapping": mapping.code},
    )  # fmt: skip


def _stock(mapping: Mapping, draft: Draft, entry: MappingEntry, path: str) -> dict[str, Any]:
    """Write a level; return what stood there, so that it can be put back."""
    at = stock_time(mapping, draft)
    row, made = Stock.objects.get_or_create(
        park_id=mapping.park_id, node_id=entry.node_id, commodity=entry.commodity, time=at,
        defaults={"amount": draft.amount, "unit": draft.unit, "evidence": [path], "file": STOCKS},
    )  # fmt: skip
    told = {"pk": row.pk, "amount": f"{draft.amount:f}", "unit": draft.unit, "before": None}
    if not made:
        told["before"] = [f"{row.amount:f}", row.unit, row.evidence]
        if (row.amount, row.unit) != (draft.amount, draft.unit):
            row.amount, row.unit, row.evidence, row.version = draft.amount, draft.unit, [path], row.version + 1
            row.save()
    return told


def _undo(batch: ImportBatch, by: Access) -> None:
    """Take out what an import wrote, so that what stood before counts again.

    Raises
    ------
    Refused : a month of it is closed by now, or a row of it was changed since.
    """
    zone = ZoneInfo(batch.mapping.park.timezone)
    rows = list(Statement.objects.filter(park=batch.park_id, pk__in=batch.written["statements"]))
    months = {month for row in rows for month in months_within(row.start, row.end, zone)}
    if shut := sorted(closed_months(batch.park_id, months)):
        words = _("%(month)s is closed by now. Import the corrected file instead; a second person confirms it.")
        raise Refused("import.closed", words % {"month": f"{shut[0]:%Y-%m}"})
    drafts = {(one["start"], one["end"]) for one in batch.drafts}
    changed = [row for row in rows if row.version > 1 or (row.start.isoformat(), row.end.isoformat()) not in drafts]
    if changed or len(rows) < len(batch.written["statements"]):
        name = str(changed[0]) if changed else _("a statement")
        raise Refused(
            "import.changed", _("%(row)s was changed or removed since; nothing was taken back.") % {"row": name}
        )
    Statement.objects.filter(pk__in=[row.pk for row in rows]).delete()
    for told in batch.written["stocks"]:
        _stock_back(batch, told)
    enter.recompute(batch.mapping.park, by=by)


def _stock_back(batch: ImportBatch, told: dict[str, Any]) -> None:
    row = Stock.objects.filter(park=batch.park_id, pk=told["pk"]).first()
    if row is None or (row.amount, row.unit) != (Decimal(told["amount"]), told["unit"]):
        name = str(row) if row is not None else _("a stock level")
        raise Refused(
            "import.changed", _("%(row)s was changed or removed since; nothing was taken back.") % {"row": name}
        )
    if told["before"] is None:
        row.delete()
        return
    amount, unit, papers = told["before"]
    row.amount, row.unit, row.evidence, row.version = Decimal(amount), unit, papers, row.version + 1
    row.save()


def _plain(draft: Draft) -> dict[str, Any]:
    values = asdict(draft)
    values |= {"start": draft.start.isoformat(), "end": draft.end.isoformat(), "amount": f"{draft.amount:f}"}
    values |= {"before": None if draft.before is None else f"{draft.before:f}"}
    return values


def _back(told: dict[str, Any]) -> Draft:
    given = dict(told)
    given |= {"start": datetime.fromisoformat(told["start"]), "end": datetime.fromisoformat(told["end"])}
    given |= {"amount": Decimal(told["amount"]), "lines": tuple(told["lines"]), "closed": tuple(told["closed"])}
    given["before"] = None if told["before"] is None else Decimal(told["before"])
    return Draft(**given)


def _tell(batch: ImportBatch, by: Access) -> None:
    """Tell the rest of the office that an import waits for it."""
    park = batch.mapping.park
    people = User.objects.filter(memberships__park=park, memberships__role=Role.OFFICE, is_active=True).distinct()
    messages.tell(
        people.exclude(pk=by.user_id), park=park, kind=Kind.REPORT, title=WAITS,
        values={"months": ", ".join(batch.closed_months)}, link=reverse("report_imports", args=[park.code]),
        key=f"import:{batch.pk}",
    )  # fmt: skip
