"""The forms of the statistics bureau as workbooks, and the mapping by which such a workbook is read again."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pghistory
from django.db import transaction
from django.utils.translation import gettext as _
from xlsxwriter.utility import xl_col_to_name

from lingtan.web.kernel.workflow import Refused
from lingtan.web.metering.stream import Stream
from lingtan.web.park.node import Node
from lingtan.web.park.stock import Stock
from lingtan.web.reporting.beside import commodities
from lingtan.web.reporting.files.bureau import TOTAL, Column, FormRow, Kind, columns, figures, kind_of, kinds
from lingtan.web.reporting.files.ledger import CONVERTED
from lingtan.web.reporting.files.ledger_sheet import Book
from lingtan.web.reporting.mapping import Mapping, MappingEntry, Target

if TYPE_CHECKING:
    from lingtan.web.park.park import Park
    from lingtan.web.people.access import Access

TITLES = {"205-1": "能源购进、消费与库存", "205-2": "能源加工转换与回收利用"}
#: Columns that a total in coal equivalent is drawn of.
SUMMED = frozenset(
    {"opening", "bought", "consumed", "feedstock", "transport", "closing", "input", "output", "recovered"}
)
#: Row of the signs (甲, 1 ...), by which the form is read: the sheet's sixth.
SIGNS = 5


def write(park: Park, node: Node, form: str, *, year: int, last: int, access: Access) -> bytes:
    """Return the workbook of a form for an enterprise, January to a month.

    Empty and hatched: not known here. Rows and columns whose names or codes are from memory are named at the foot.
    """
    book, heads = Book(), columns(form)
    sheet = book.book.add_worksheet(form)
    sheet.write_string(0, 0, f"{TITLES[form]}（{form}表）", book.formats["title"])
    sheet.write_string(1, 0, f"单位名称：{node.name_zh or node.name_en or node.code}")
    sheet.write_string(2, 0, f"{year}年1—{last}月" if last > 1 else f"{year}年1月")
    _heads(book, sheet, heads)
    rows = figures(park, node, form, year=year, last=last, access=access)
    for step, row in enumerate(rows, start=SIGNS + 1):
        _row(book, sheet, step, row, heads)
    line = SIGNS + 1 + len(rows)
    if rows:
        _total(book, sheet, line, heads, rows)
    for step, note in enumerate(_notes(park, form, rows), start=line + 2):
        sheet.write_string(step, 0, note)
    return book.done()


def _heads(book: Book, sheet: Any, heads: tuple[Column, ...]) -> None:
    style = book.formats["head"]
    sheet.set_column(0, len(heads) - 1, 13)
    sheet.freeze_panes(SIGNS + 1, 1)
    start = 0
    while start < len(heads):
        group, end = heads[start].group_zh, start
        while group and end + 1 < len(heads) and heads[end + 1].group_zh == group:
            end += 1
        if group:
            sheet.merge_range(3, start, 3, end, group, style)
        for at in range(start, end + 1):
            if group:
                sheet.write_string(4, at, heads[at].head_zh, style)
            else:
                sheet.merge_range(3, at, 4, at, heads[at].head_zh, style)
        start = end + 1
    for at, column in enumerate(heads):
        sheet.write_string(SIGNS, at, column.mark, style)
        if column.head_en:
            sheet.write_comment(3, at, " · ".join(filter(None, [column.group_en, column.head_en, column.status])))


def _row(book: Book, sheet: Any, line: int, row: FormRow, heads: tuple[Column, ...]) -> None:
    words = {"name": row.kind.name_zh, "unit": row.kind.unit_zh, "code": row.kind.code}
    for at, column in enumerate(heads):
        if column.key in words:
            sheet.write_string(line, at, words[column.key])
        elif column.key in row.cells and row.cells[column.key] is not None:
            style = book.formats["ratio" if column.key == "tce" else "amount"]
            sheet.write_number(line, at, float(row.cells[column.key] or 0), style)
        elif column.key in row.cells or not column.takes:
            sheet.write_blank(line, at, None, book.formats["missing"])


def _total(book: Book, sheet: Any, line: int, heads: tuple[Column, ...], rows: list[FormRow]) -> None:
    """Write the total in coal equivalent as formulas; it stays empty while a part of it is not known."""
    total = next(kind for kind in kinds() if kind.code == TOTAL)
    words = {"name": total.name_zh, "unit": total.unit_zh, "code": total.code}
    keys = [column.key for column in heads]
    first, last = SIGNS + 2, SIGNS + 1 + len(rows)
    ratio = xl_col_to_name(keys.index("tce"))
    for at, column in enumerate(heads):
        parts = [(row.cells[column.key], row.cells.get("tce")) for row in rows if column.key in row.cells]
        if column.key in words:
            sheet.write_string(line, at, words[column.key])
        elif column.key not in SUMMED or not parts:
            continue
        elif any(amount is None or tce is None for amount, tce in parts):
            sheet.write_blank(line, at, None, book.formats["missing"])
        else:
            value = sum((amount * tce for amount, tce in parts if amount is not None and tce is not None), Decimal(0))
            own = xl_col_to_name(at)
            formula = f"=SUMPRODUCT({own}{first}:{own}{last},{ratio}{first}:{ratio}{last})"
            sheet.write_formula(line, at, formula, book.formats["total"], float(value))


def _notes(park: Park, form: str, rows: list[FormRow]) -> list[str]:
    recalled = [column.mark for column in columns(form) if column.status == "recalled"]
    codes = [row.kind.code for row in rows if row.kind.status == "recalled"]
    told = [
        _("Red and empty: not known from the park's records; fill it in before you report."),
        _("Amounts run from January; they are adopted flows of the newest account. Check them before you report."),
    ]
    if form == "205-2":
        told.append(_("The numbers of the columns of this form are from memory; compare them with the bureau's form."))
    if recalled or codes:
        names = ", ".join([*recalled, *codes])
        told.append(_("From memory, not checked against the bureau's form: %(names)s.") % {"names": names})
    if park.synthetic:
        told.append(_("Sample data: the park is synthetic."))
    return told


def set_up(park: Park, node: Node, form: str, *, by: Access) -> Mapping:
    """Set the default mapping of a form for an enterprise: the columns by their signs, one line for each clear stream.

    What several streams could be is left out; lines are changed and added in their register afterwards.

    Raises
    ------
    Refused : the role may not, or the enterprise has a mapping of this form already.
    """
    if not by.may("create"):
        raise Refused("mapping.role", _("Your role may not do this."))
    code = f"{form}-{node.code}"[:64]
    if Mapping.objects.visible_to(by).filter(code=code).exists():
        words = _("There is a mapping %(code)s already; change its lines in their register.")
        raise Refused("mapping.there", words % {"code": code})
    with transaction.atomic(), pghistory.context(action="define"):
        made = Mapping.objects.create(
            park=park, code=code, name_zh=f"{TITLES[form]} {node.name_zh or node.code}",
            name_en=f"Form {form} {node.name_en or node.code}", kind=form, reporter=node, key_column="丙",
            head_row=0, cumulative=True,
        )  # fmt: skip
        MappingEntry.objects.bulk_create(_entries(made, node, form, by))
    return made


def _entries(mapping: Mapping, node: Node, form: str, by: Access) -> list[MappingEntry]:
    marks = {column.key: column.mark for column in columns(form)}
    known = commodities(mapping.park)
    streams: dict[tuple[str, str], list[Stream]] = {}
    found: dict[str, Kind] = {}
    for stream in Stream.objects.visible_to(by).select_related("source", "target").order_by("code"):
        kind = kind_of(stream.commodity, known.get(stream.commodity))
        if kind is None:
            continue
        found[kind.code] = kind
        for key in _keys(stream, node, form):
            streams.setdefault((kind.code, key), []).append(stream)
    entries = [
        MappingEntry(
            park=mapping.park, mapping=mapping, account=code, column=marks[key], stream=held[0], unit=found[code].unit
        )
        for (code, key), held in sorted(streams.items())
        if len(held) == 1
    ]
    return entries + (_stock_entries(mapping, node, marks, by) if form == "205-1" else [])


def _keys(stream: Stream, node: Node, form: str) -> list[str]:
    """Return the columns of a form that a stream's amount stands in, from the side of an enterprise."""
    begins, ends = stream.source.enterprise_id == node.pk, stream.target.enterprise_id == node.pk
    if form == "205-1":
        return ["bought"] if ends and not begins else []
    found = {"power_generation": ["power"], "heat_supply": ["heat"], "conversion_input": ["input"]}
    if ends and stream.used_as in CONVERTED:
        return found.get(stream.used_as, [])
    return ["output"] if begins and stream.made_as in ("heat_generation", "conversion_output") else []


def _stock_entries(mapping: Mapping, node: Node, marks: dict[str, str], by: Access) -> list[MappingEntry]:
    """Return lines for the stores of an enterprise: one store a carrier, else it is not clear which one is meant."""
    known = commodities(mapping.park)
    rows = Stock.objects.visible_to(by).filter(node__enterprise=node).values_list("node", "commodity").distinct()
    stores: dict[str, list[tuple[int, str]]] = {}
    for store, commodity in rows.order_by("commodity", "node"):
        kind = kind_of(commodity, known.get(commodity))
        if kind is not None:
            stores.setdefault(kind.code, []).append((store, commodity))
    units_of = {kind.code: kind.unit for kind in kinds()}
    targets = (("opening", Target.STOCK_JANUARY), ("closing", Target.STOCK))
    return [
        MappingEntry(
            park=mapping.park, mapping=mapping, account=code, column=marks[key], target=target, node_id=held[0][0],
            commodity=held[0][1], unit=units_of[code],
        )
        for code, held in sorted(stores.items()) if len(held) == 1
        for key, target in targets
    ]  # fmt: skip
