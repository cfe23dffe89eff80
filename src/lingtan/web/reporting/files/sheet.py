"""A report as a workbook, out and in: lines with units, the meter, last year, remarks and drop-downs."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import xlsxwriter
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lingtan.web.kernel.workflow import Refused
from lingtan.web.reporting import actions
from lingtan.web.reporting.report import NOUGHTS, Answer, RemarkKind, ReportLine
from lingtan.web.sheets import workbook
from lingtan.web.sheets.workbook import Told

if TYPE_CHECKING:
    from lingtan.web.people.access import Access
    from lingtan.web.reporting.bundle import Bundle, Row
    from lingtan.web.reporting.report import Report

TITLE = "report"
#: column -> (note, width); people fill in those of `_OPEN`.
COLUMNS: dict[str, tuple[Any, int]] = {
    "report": (gettext_lazy("Which report this is; leave as it is"), 22),
    "item": (gettext_lazy("Id of the line; leave as it is"), 18),
    "name": (gettext_lazy("Item"), 24),
    "amount": (gettext_lazy("Amount in the unit beside it; empty means not filled, never 0"), 16),
    "unit": (gettext_lazy("Unit, fixed by the form"), 10),
    "answer": (gettext_lazy("Where nothing occurred: choose why; leave the amount empty then"), 20),
    "reason": (gettext_lazy("Reason, where the amount is outside of the tolerance"), 34),
    "entered": (gettext_lazy("Who entered it, where it was the office"), 18),
    "metered": (gettext_lazy("Metered amount"), 14),
    "last_year": (gettext_lazy("Same period last year"), 14),
    "remarks": (gettext_lazy("Remarks so far"), 46),
    "reply": (gettext_lazy("Your reply to the remarks"), 34),
}
_OPEN = ("amount", "answer", "reason", "reply")
_NEEDED = ("item", "amount")


@dataclass(frozen=True, slots=True)
class Change:
    """What an upload changes of one line; ``version`` is the one it was compared with."""

    row: int
    name: str
    version: int
    before: str
    text: str
    answer: str
    reason: str
    reply: str

    @property
    def after(self) -> str:
        """What the line says then."""
        return str(dict(Answer.choices).get(self.answer, "")) or self.text or str(Answer.EMPTY.label)


@dataclass(slots=True)
class Trial:
    """What an upload would do: faults by cell, and the lines that change. With a fault nothing is changed."""

    faults: list[Told] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    same: int = 0


def mark(report: Report) -> str:
    """Return what tells a report's workbook from those of others."""
    return f"{report.enterprise.code}/{report.form.code}/{report.label}/v{report.revision}"


def write(loaded: Bundle) -> bytes:
    """Return the workbook of a report, filled with what it says so far."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    sheet = book.add_worksheet(TITLE)
    styles = {
        "head": book.add_format({"bold": True, "bg_color": "#E1F1EE", "bottom": 1}),
        "note": book.add_format({"italic": True, "font_color": "#53666D", "text_wrap": True, "valign": "top"}),
        "fixed": book.add_format({"bg_color": "#F0F3F3", "text_wrap": True, "valign": "top"}),
        "open": book.add_format({"locked": False, "text_wrap": True, "valign": "top"}),
    }
    for at, (name, (note, width)) in enumerate(COLUMNS.items()):
        sheet.set_column(at, at, width)
        sheet.write_string(0, at, name, styles["head"])
        sheet.write_string(1, at, workbook.NOTE + _both(note), styles["note"])
    sheet.freeze_panes(2, 3)
    for line, row in enumerate(loaded.rows, start=2):
        for at, (name, value) in enumerate(_cells(loaded.report, row).items()):
            style = styles["open" if name in _OPEN and not row.automatic else "fixed"]
            _put(sheet, line, at, value, style)
    _choices(sheet, len(loaded.rows))
    book.close()
    return out.getvalue()


def _both(note: Any) -> str:
    """Return a note in both languages."""
    with translation.override("zh-hans"):
        first = str(note)
    with translation.override("en"):
        second = str(note)
    return first if first == second else f"{first} / {second}"


def _cells(report: Report, row: Row) -> dict[str, Any]:
    said = [f"{one.get_kind_display()} {one.at:%Y-%m-%d} {one.author or ''}: {one.text}" for one in row.remarks]
    return {
        "report": mark(report),
        "item": row.line.code,
        "name": str(row.line),
        "amount": row.row.amount if row.row.answer == Answer.GIVEN else None,
        "unit": row.line.unit,
        "answer": row.row.get_answer_display() if row.row.answer in NOUGHTS else "",
        "reason": row.row.reason,
        "entered": _("entered by the office") if report.on_behalf else "",
        "metered": row.near.metered,
        "last_year": row.near.last_year,
        "remarks": "\n".join(said),
        "reply": "",
    }


def _put(sheet: Any, line: int, at: int, value: Any, style: Any) -> None:
    if value is None or value == "":
        sheet.write_blank(line, at, None, style)
    elif isinstance(value, Decimal):
        sheet.write_number(line, at, float(value), style)
    else:
        sheet.write_string(line, at, str(value)[:32_000], style)


def _choices(sheet: Any, count: int) -> None:
    """Offer the words for nothing as a list, and refuse text in the amounts."""
    names = list(COLUMNS)
    last = max(count + 1, 2)
    answers = [str(Answer(key).label) for key in NOUGHTS]
    sheet.data_validation(
        2, names.index("answer"), last, names.index("answer"), {"validate": "list", "source": answers}
    )
    rule = {"validate": "decimal", "criteria": ">=", "value": 0, "error_title": "0…", "error_type": "stop"}
    sheet.data_validation(2, names.index("amount"), last, names.index("amount"), rule)


def read(name: str, data: bytes, loaded: Bundle) -> Trial:
    """Compare an upload with the report, without changing anything.

    Raises
    ------
    workbook.SheetError : the file cannot be read as a whole.
    """
    upload = workbook.read(name, data, title=TITLE, names=tuple(COLUMNS), needed=_NEEDED)
    trial = Trial([one for one in upload.told if one.level == "error"])
    rows = {row.line.code: row for row in loaded.rows}
    seen: dict[str, int] = {}
    for line, cells in zip(upload.raw.lines, upload.raw.records, strict=True):
        given = dict(zip(upload.raw.header, cells, strict=True))
        _line(trial, upload, line, given, rows=rows, seen=seen, wanted=mark(loaded.report))
    return trial


def _line(
    trial: Trial, upload: Any, line: int, given: Mapping[str, str], *, rows: Mapping[str, Row], seen: dict[str, int],
    wanted: str,
) -> None:  # fmt: skip
    faults = list(_wrong(upload, line, given, rows, seen, wanted))
    code = given.get("item", "").strip()
    seen.setdefault(code, line)
    if faults:
        trial.faults += faults
        return
    row = rows[code]
    try:
        change = _change(row, given)
    except Refused as fault:
        column = "answer" if fault.code == "sheet.answer" else "amount"
        trial.faults.append(Told(fault.code, upload.place(line, column), str(fault)))
        return
    if change is None or row.automatic:
        trial.same += 1
    else:
        trial.changes.append(change)


def _wrong(
    upload: Any, line: int, given: Mapping[str, str], rows: Mapping[str, Row], seen: Mapping[str, int], wanted: str
) -> Iterator[Told]:
    code, unit, of = given.get("item", "").strip(), given.get("unit", "").strip(), given.get("report", "").strip()
    if of and of != wanted:
        words = _("This row belongs to the report %(came)s; expected %(wanted)s. Download the template of this report.")
        yield Told("report", upload.place(line, "report"), words % {"came": of, "wanted": wanted})
    if code not in rows:
        words = _("There is no line %(came)s in this report. Expected one of: %(wanted)s.")
        wanted_items = ", ".join(rows)
        yield Told("item", upload.place(line, "item"), words % {"came": code or "—", "wanted": wanted_items})
    elif unit and unit != rows[code].line.unit:
        words = _("Expected the unit %(wanted)s, which the form fixes; came %(came)s. Convert the amount.")
        yield Told("unit", upload.place(line, "unit"), words % {"wanted": rows[code].line.unit, "came": unit})
    if code in seen:
        words = _("The line %(item)s stands in row %(first)s already. Keep one of them.")
        yield Told("twice", upload.place(line, "item"), words % {"item": code, "first": seen[code]})


def _change(row: Row, given: Mapping[str, str]) -> Change | None:
    """Return what a row of the sheet changes, None for nothing."""
    text, reply = given.get("amount", "").strip(), given.get("reply", "").strip()
    reason = given.get("reason", row.row.reason).strip()
    answer = _answer(given.get("answer", "").strip())
    if answer and text and actions.number_of(text):
        raise Refused("sheet.answer", _("Expected either an amount or a word for nothing; both stand here."))
    amount = actions.number_of(text) if text and not answer else None
    wanted = answer or (Answer.GIVEN if amount else Answer.ZERO if text else Answer.EMPTY)
    before = row.row
    as_before = (wanted, amount if wanted == Answer.GIVEN else None) == (before.answer, before.amount)
    if as_before and reason == before.reason and not reply:
        return None
    stood = before.get_answer_display() if before.answer != Answer.GIVEN else f"{before.amount:f}"
    return Change(before.pk, str(row.line), before.version, str(stood), text, answer, reason, reply)


def _answer(word: str) -> str:
    """Read a word for nothing in either language, or by its id."""
    if not word:
        return ""
    for language in ("zh-hans", "en"):
        with translation.override(language):
            for key in NOUGHTS:
                if word.casefold() in (key, str(Answer(key).label).casefold()):
                    return str(key)
    words = _("Expected one of %(wanted)s, or nothing; came %(came)s.")
    wanted = ", ".join(str(Answer(key).label) for key in NOUGHTS)
    raise Refused("sheet.answer", words % {"wanted": wanted, "came": word[:40]})


def apply(report: Report, changes: list[Change], *, by: Access) -> int:
    """Make the changes of a trial, all of them or none; a line that somebody changed meanwhile stops them all.

    Raises
    ------
    Refused : the report is not open to the person.
    actions.Changed : a line has another version by now.
    """
    with transaction.atomic():
        for change in changes:
            row = ReportLine.objects.visible_to(by).select_related("report").get(pk=change.row, report=report)
            actions.save_line(
                row, by=by, version=change.version, text=change.text, answer=change.answer, reason=change.reason
            )
            if change.reply:
                actions.say(row, change.reply, by=by, kind=RemarkKind.REPLY)
    return len(changes)
