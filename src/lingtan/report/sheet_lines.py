"""The sheet of the lines: one row each, its tonnes a live formula over its arguments."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lingtan.inventory.model import Account, Line
from lingtan.inventory.rules import RULES
from lingtan.ledger.park import Park
from lingtan.report import view
from lingtan.report.workbook import Sheet
from lingtan.trace import show
from lingtan.trace.context import counted_view

_FIRST = (
    ("编号", "id"), ("节点", "node"), ("流", "stream"), ("品种", "commodity"), ("类别", "category"), ("范围", "scope"),
    ("活动", "activity"), ("物质", "substance"), ("起", "start"), ("止", "end"), ("活动量", "activity amount"),
    ("单位", "unit"), ("规则", "rule"), ("计入合计", "counted"),
)  # fmt: skip
_LAST = (
    ("排放量 t", "emission t"), ("t CO₂e", "t CO₂e"), ("因子行", "factor rows"), ("因子状态", "factor status"),
    ("覆盖", "coverage"), ("注记", "notation"), ("状态", "status"), ("视角", "view"), ("说明", "note"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Placed:
    """Where the lines stand: columns by name, and the first and last row as Excel counts them."""

    columns: dict[str, str]
    first: int
    last: int

    def _range(self, column: str) -> str:
        letter = self.columns[column]
        return f"Lines!${letter}${self.first}:${letter}${self.last}"

    def total(self, word: str) -> str:
        """Return the formula of a total; blank without lines."""
        if self.last < self.first:
            return ""
        if word == "co2_t":
            return f'=SUMIFS({self._range("t")},{self._range("counted")},1,{self._range("substance")},"CO2*")'
        return f"=SUMIFS({self._range('co2e')},{self._range('counted')},1)"

    def of_category(self, word: str) -> str:
        """Return the formula of a category; blank without lines."""
        if self.last < self.first:
            return ""
        return f'=SUMIFS({self._range("co2e")},{self._range("category")},"{word}",{self._range("counted")},1)'


def fill(sheet: Sheet, account: Account, park: Park | None) -> Placed:
    """Write every line and return where they stand."""
    from xlsxwriter.utility import xl_col_to_name

    arguments = list(dict.fromkeys(name for line in account.lines for name in line.arguments))
    sheet.head(*_FIRST, *((name, name) for name in arguments), *_LAST)
    at = len(_FIRST)
    letters = {name: xl_col_to_name(at + offset) for offset, name in enumerate(arguments)}
    end = at + len(arguments)
    first = sheet.row + 1
    view_of = counted_view(account)
    for line in account.lines:
        sheet.add(
            *_about(line, park, view_of),
            *(line.arguments.get(name) for name in arguments),
            *_result(sheet, line, letters),
        )
    columns = {
        "category": "E",
        "substance": "H",
        "counted": "N",
        "t": xl_col_to_name(end),
        "co2e": xl_col_to_name(end + 1),
    }
    return Placed(columns, first, sheet.row)


def _about(line: Line, park: Park | None, view_of: str) -> tuple[object, ...]:
    amount, unit = view.line_amount(line)
    zone = park.settings.zone if park else None
    return (
        line.id, line.node, line.stream, view.commodity_of(park, line.stream), line.category, line.scope, line.activity,
        line.substance, show.instant(line.start, zone), show.instant(line.end, zone), amount, unit, line.rule,
        int(line.view in ("", view_of)),
    )  # fmt: skip


def _result(sheet: Sheet, line: Line, letters: dict[str, str]) -> tuple[object, ...]:
    rows = ", ".join(dict.fromkeys(use.row.id for use in line.factors))
    statuses = ", ".join(dict.fromkeys(use.row.status for use in line.factors))
    return (
        sheet.live(_formula(line, letters, sheet.row + 1), line.amount_t), line.co2e_t, rows, statuses, line.coverage,
        line.notation, line.status, line.view, line.note,
    )  # fmt: skip


def _formula(line: Line, letters: dict[str, str], row: int) -> str:
    """Return the line's rule as a formula over the cells of its arguments; blank where it has no rule."""
    rule = RULES.get(line.rule)
    if rule is None or any(name not in line.arguments for name in rule.arguments):
        return ""
    told = rule.formula.replace("×", "*").replace(show.MINUS, "-")
    return "=" + re.sub(r"[a-z_]+", lambda match: f"{letters[match.group()]}{row}", told).replace(" ", "")
