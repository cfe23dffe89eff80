"""The empty workbook of a register: heads, notes in both languages, drop-downs, an explanation."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

from django.utils import translation
from django.utils.translation import gettext_lazy as _

from lingtan.web.kernel.forms import CLOSED, units
from lingtan.web.sheets.columns import Codes, field_of, identity, table_for
from lingtan.web.sheets.workbook import NOTE, ROWS, letters

if TYPE_CHECKING:
    from lingtan.ledger.folder.columns import Column
    from lingtan.web.kernel.register import Register
    from lingtan.web.people.access import Access

LANGUAGES = (("zh-hans", "中文"), ("en", "English"))
KINDS: Mapping[str, Any] = {
    "id": _("1 to 64 letters of A-Z a-z 0-9 . _ -"),
    "number": _("A number with a point as decimal sign, without thousands separators"),
    "float": _("A number with a point as decimal sign"),
    "int": _("A whole number"),
    "bool": _("true or false"),
    "time": _("A date 2025-01-31 or a time 2025-01-31T08:00; without offset it is local time of the park"),
    "date": _("A date such as 2025-01-31"),
    "period": _("A duration such as PT15M, PT1H or P1D"),
    "clock": _("Blank for the park's zone, utc, or an offset such as +01:00"),
    "unit": _("A written unit such as kWh, t, GJ, m3"),
    "evidence": _("Paths below evidence/, separated by ;"),
    "order": _("Words separated by ;"),
}
CHOOSE = _("Choose a word of the list")
REFER = _("The id of an entry that is there")
PLAIN = _("Text")
NEEDED, OPTIONAL = _("must be filled"), _("may stay blank")
RULES = (
    _("One row is one entry. A row whose key columns are those of an entry that is there changes that entry."),
    _("A blank cell empties the value. A column that is left out of the sheet stays as it is."),
    _("The first row holds the names of the columns; rows that begin with ※ are notes and are passed over."),
    _("No formulas, no merged cells, no macros. At most 50,000 rows."),
    _("After the upload you see every fault by cell and what would change; nothing is written before you say so."),
)


@dataclass(frozen=True, slots=True)
class ColumnTold:
    """One column as people read it."""

    name: str
    label: Any
    kind: Any
    needed: bool
    key: bool


def columns_told(register: Register, access: Access) -> list[ColumnTold]:
    """Tell the columns of a register's sheet: name, what it means, what a cell may hold."""
    table = table_for(register, access)
    keys = identity(register, table)
    return [
        ColumnTold(
            column.name,
            field_of(register.model, column).verbose_name,
            _kind(column),
            column.needed or column.written,
            column.name in keys,
        )
        for column in table.columns
    ]


def _kind(column: Column) -> Any:
    if column.type == "ref" or column.type == "parent":
        return REFER
    return KINDS.get(column.type, CHOOSE if column.type in CLOSED else PLAIN)


def _choices(register: Register, access: Access) -> dict[str, list[str]]:
    """Return the words of the drop-downs by column."""
    table = table_for(register, access)
    codes = Codes.of(register.model, table, access)
    found: dict[str, list[str]] = {}
    for column in table.columns:
        field = field_of(register.model, column)
        if column.words or column.type == "bool":
            found[column.name] = list(column.words) or ["true", "false"]
        elif field.is_relation:
            found[column.name] = sorted(codes.keys[str(field.related_model._meta.model_name)])
        elif column.type in CLOSED:
            found[column.name] = [word for word, _label in CLOSED[column.type](column, access)]
        elif column.type == "unit":
            found[column.name] = units()
    return {name: words for name, words in found.items() if words}


def workbook_of(register: Register, park: Any, access: Access) -> IO[bytes]:
    """Write the empty workbook; its first sheet is called as the register's slug."""
    import xlsxwriter

    target = io.BytesIO()
    book = xlsxwriter.Workbook(target)
    told = columns_told(register, access)
    sheet = book.add_worksheet(register.slug)
    _heads(book, sheet, told)
    _explain(book, book.add_worksheet("说明 Explanation"), register, park, told)
    _lists(book, sheet, told, _choices(register, access))
    book.close()
    target.seek(0)
    return target


def _heads(book: Any, sheet: Any, told: Sequence[ColumnTold]) -> None:
    must = book.add_format({"bold": True, "bg_color": "#0B6B61", "font_color": "#FFFFFF", "num_format": "@"})
    may = book.add_format({"bold": True, "bg_color": "#E1F1EE", "font_color": "#14242A", "num_format": "@"})
    note = book.add_format({"font_color": "#53666D", "font_size": 9, "text_wrap": True, "valign": "top"})
    text = book.add_format({"num_format": "@"})
    sheet.freeze_panes(2, 1)
    sheet.set_row(1, 78)
    for at, column in enumerate(told):
        sheet.set_column(at, at, 18, text)
        sheet.write_string(0, at, column.name, must if column.needed else may)
        parts = []
        for language, _name in LANGUAGES:
            with translation.override(language):
                parts.append(f"{column.label} · {column.kind} · {NEEDED if column.needed else OPTIONAL}")
        sheet.write_string(1, at, f"{NOTE} " + "\n".join(parts), note)


def _explain(book: Any, sheet: Any, register: Register, park: Any, told: Sequence[ColumnTold]) -> None:
    title = book.add_format({"bold": True, "font_size": 13})
    bold, wrap = book.add_format({"bold": True, "bottom": 1}), book.add_format({"text_wrap": True, "valign": "top"})
    sheet.set_column(0, 0, 18)
    sheet.set_column(1, 1, 28)
    sheet.set_column(2, 2, 60, wrap)
    sheet.set_column(3, 3, 16)
    line = 0
    for language, name in LANGUAGES:
        with translation.override(language):
            sheet.write_string(line, 0, f"{name} · {register.model._meta.verbose_name_plural} · {park}", title)
            for at, rule in enumerate(RULES, start=1):
                sheet.write_string(line + at, 0, str(rule))
            line += len(RULES) + 2
            for at, head in enumerate((_("Column"), _("Meaning"), _("What a cell may hold"), _("Filled"), _("Key"))):
                sheet.write_string(line, at, str(head), bold)
            for column in told:
                line += 1
                sheet.write_string(line, 0, column.name)
                sheet.write_string(line, 1, str(column.label))
                sheet.write_string(line, 2, str(column.kind), wrap)
                sheet.write_string(line, 3, str(NEEDED if column.needed else OPTIONAL))
                sheet.write_string(line, 4, str(_("key")) if column.key else "")
        line += 3


def _lists(book: Any, sheet: Any, told: Sequence[ColumnTold], choices: Mapping[str, list[str]]) -> None:
    """Write the words on a hidden sheet, since a drop-down of its own holds 255 letters only."""
    held = book.add_worksheet("lists")
    held.hide()
    for at, (name, words) in enumerate(choices.items()):
        held.write_string(0, at, name)
        held.write_column(1, at, words)
        place = next(place for place, column in enumerate(told) if column.name == name)
        source = f"=lists!${letters(at)}$2:${letters(at)}${len(words) + 1}"
        strict = "stop" if told[place].kind is not KINDS["unit"] else "information"
        rule = {"validate": "list", "source": source, "error_type": strict, "ignore_blank": True}
        sheet.data_validation(2, place, ROWS + 1, place, rule)
