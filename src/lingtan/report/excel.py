"""The account as a workbook whose totals are live formulas over its lines; headers in both languages."""

from __future__ import annotations

from pathlib import Path

from lingtan.flows.model import FlowSet
from lingtan.inventory.model import Account
from lingtan.ledger.park import Park
from lingtan.report import sheet_lines, sheets, view
from lingtan.report.workbook import Sheet, open_workbook
from lingtan.trace.words import UNITS, both

_RATIO = "co2_t_per_tce"


def write(
    account: Account,
    path: Path | str,
    *,
    park: Park | None = None,
    flow_set: FlowSet | None = None,
    synthetic: bool = False,
) -> Path:
    """Write the account as a workbook to ``path`` and return the path; parent folders are made.

    Totals and categories are formulas over the sheets Lines and Energy, a line's tonnes a formula over its
    arguments. Text is never read as a formula. The same account gives the same bytes.
    ``flow_set`` adds every adopted flow; without it the flows behind the lines are listed.
    """
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    with open_workbook(target) as book:
        made = {
            name: book.sheet(name)
            for name in ("Account", "Lines", "Factors", "Flows", "Energy", "Choices", "Findings", "Read me")
        }
        placed = sheet_lines.fill(made["Lines"], account, park)
        counted = sheets.energy(made["Energy"], account, park)
        _account(made["Account"], account, placed, counted)
        sheets.factors(made["Factors"], account)
        sheets.flows(made["Flows"], account, park, flow_set)
        sheets.choices(made["Choices"], account)
        sheets.findings(made["Findings"], account, park)
        sheets.readme(made["Read me"], account, park, synthetic=synthetic)
    return target


def _account(sheet: Sheet, account: Account, placed: sheet_lines.Placed, counted: sheets.EnergyPlace) -> None:
    sheet.head(
        ("数字", "figure"),
        ("值", "value"),
        ("单位", "unit"),
        ("口径下限", "low of range"),
        ("口径上限", "high of range"),
        ("名称", "name"),
    )
    rows: dict[str, int] = {}
    for word, value, unit, span in view.total_rows(account):
        rows[word] = sheet.row
        formula = _formula(word, placed, counted, rows)
        sheet.add(
            word,
            sheet.live(formula, value),
            unit,
            span.low if span else None,
            span.high if span else None,
            " / ".join(both(word)),
        )
    sheet.gap()
    _categories(sheet, account, placed)
    sheet.gap()
    _nodes(sheet, account)
    sheet.gap()
    _months(sheet, account)
    sheet.gap()
    _coverage(sheet, account)


def _categories(sheet: Sheet, account: Account, placed: sheet_lines.Placed) -> None:
    sheet.head(("分项", "category"), ("值", "value"), ("单位", "unit"), ("", ""), ("", ""), ("名称", "name"))
    for word, value in account.by_category.items():
        sheet.add(word, sheet.live(placed.of_category(word), value), "t CO₂", None, None, " / ".join(both(word)))


def _nodes(sheet: Sheet, account: Account) -> None:
    sheet.head(("节点", "node"), ("自身", "own t"), ("受入", "received t"), ("送出", "sent t"), ("净", "net t"))
    for node, part in account.by_node.items():
        net = f"=B{sheet.row + 1}+C{sheet.row + 1}-D{sheet.row + 1}"
        sheet.add(node, part.own, part.received, part.sent, sheet.live(net, part.net))


def _months(sheet: Sheet, account: Account) -> None:
    sheet.head(("月份", "month"), ("t CO₂", "t CO₂"))
    for month, amount in account.by_month.items():
        sheet.add(month, amount)


def _coverage(sheet: Sheet, account: Account) -> None:
    sheet.head(("数据覆盖", "coverage"), ("占比", "share"), ("", ""), ("", ""), ("", ""), ("名称", "name"))
    for word, amount in account.coverage.items():
        sheet.add(word, amount, None, None, None, " / ".join(both(word)))


def _formula(word: str, placed: sheet_lines.Placed, counted: sheets.EnergyPlace, rows: dict[str, int]) -> str:
    """Return the live formula of a total, blank where the workbook cannot compute it."""
    if word in ("co2_t", "co2e_t"):
        return placed.total(word)
    if word in UNITS and word.startswith("energy_tce"):
        return counted.total(word)
    if word == _RATIO and "co2_t" in rows and "energy_tce_equivalent" in rows:
        return f"=B{rows['co2_t'] + 1}/B{rows['energy_tce_equivalent'] + 1}"
    return ""
