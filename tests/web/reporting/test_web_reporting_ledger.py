"""The statistics ledger: rows of a carrier, missing cells, live formulas, what each role finds in it."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pytest

from lingtan.web.park.node import Node
from lingtan.web.park.stock import Stock
from lingtan.web.reporting import actions
from lingtan.web.reporting.files import ledger, ledger_sheet

ZONE = ZoneInfo("Asia/Shanghai")


def carrier(made: ledger.Ledger, unit: str) -> ledger.Carrier:
    return next(one for one in made.sections if one.code == unit).carriers[0]


@pytest.fixture
def stocked(park: Any, metered: Callable[..., None]) -> Any:
    """A buys 1000 and 2000 kWh in January and February; its store goes from 10 to 4 to 6."""
    metered("EA", {"2026-01": "1000", "2026-02": "2000"})
    node = Node.objects.get(park=park, code="A")
    for month, amount in ((1, 10), (2, 4), (3, 6)):
        at = datetime(2026, month, 1, tzinfo=ZONE)
        Stock.objects.create(park=park, node=node, commodity="electricity", time=at, amount=amount, unit="kWh")
    return park


def test_consumption_is_what_came_in_and_what_the_stock_lost(stocked: Any, people: Callable[..., Any]) -> None:
    row = carrier(ledger.yearly(stocked, 2026, people("office")), "A").row("consumed")
    assert row is not None
    assert [cell.amount for cell in row.months[:3]] == [Decimal(1006), Decimal(1998), None]


def test_a_month_without_an_account_is_not_known_and_never_nought(stocked: Any, people: Callable[..., Any]) -> None:
    row = carrier(ledger.yearly(stocked, 2026, people("office")), "A").row("bought")
    assert row is not None
    assert (row.months[2].amount, row.year, row.known) == (None, Decimal(3000), 2)


def test_consumption_of_a_year_without_its_last_stock_is_not_known(stocked: Any, people: Callable[..., Any]) -> None:
    row = carrier(ledger.yearly(stocked, 2026, people("office")), "A").row("consumed")
    assert row is not None
    assert row.year is None


def test_the_park_and_each_enterprise_have_their_own_section(
    stocked: Any, people: Callable[..., Any], metered: Callable[..., None]
) -> None:
    metered("EB", {"2026-01": "5"})
    made = ledger.yearly(stocked, 2026, people("office"))
    assert [one.code for one in made.sections] == ["", "A", "B"]
    assert made.sections[0].carriers[0].row("bought").months[0].amount == Decimal(1005)  # type: ignore[union-attr]


def test_an_amount_of_which_one_stream_is_missing_is_said_to_be_a_part(
    stocked: Any, people: Callable[..., Any], metered: Callable[..., None]
) -> None:
    metered("EB", {"2026-02": "5"})
    row = ledger.yearly(stocked, 2026, people("office")).sections[0].carriers[0].row("bought")
    assert row is not None
    assert [cell.partial for cell in row.months[:2]] == [True, False]


def test_an_enterprise_finds_only_its_own_rows_in_the_ledger(
    report: Any, people: Callable[..., Any], metered: Callable[..., None]
) -> None:
    metered("EB", {"2026-01": "987654"})
    metered("EA", {"2026-01": "1"})
    made = ledger.yearly(report.park, 2026, people("reporter", "A"))
    assert [one.code for one in made.sections] == ["A"]
    assert "987654" not in repr(made)
    assert [one.due for one in made.months] == [0] * 12


def test_the_workbook_holds_live_formulas_and_empty_cells_where_nothing_is_known(
    stocked: Any, people: Callable[..., Any]
) -> None:
    data = ledger_sheet.write(stocked, 2026, people("office"))
    page = openpyxl.load_workbook(io.BytesIO(data)).worksheets[1]
    rows = [[cell.value for cell in row] for row in page.iter_rows()]
    bought = next(row for row in rows if row[2] == "Purchased")
    consumed = next(row for row in rows if row[2] == "Consumption")
    assert bought[4:7] == [1000, 2000, None]
    assert bought[16].startswith("=IF(COUNT(")
    assert consumed[4].startswith("=IF(COUNT(")
    known = openpyxl.load_workbook(io.BytesIO(data), data_only=True).worksheets[1]
    values = next([c.value for c in row] for row in known.iter_rows() if row[2].value == "Consumption")
    assert values[4:6] == [1006, 1998]


def test_an_accepted_report_stays_in_the_ledger_while_its_correction_is_open(
    accepted: Any, people: Callable[..., Any]
) -> None:
    actions.correct(accepted, by=people("office"), reason="meter")
    made = ledger.yearly(accepted.park, 2026, people("office"))
    assert {row.revision for row in made.accepted} == {1}


def test_an_entry_on_behalf_is_marked_in_the_ledger(behalf: Any, people: Callable[..., Any]) -> None:
    made = ledger.yearly(behalf.park, 2026, people("office"))
    assert all(row.on_behalf for row in made.accepted)
    page = openpyxl.load_workbook(io.BytesIO(ledger_sheet.write(behalf.park, 2026, people("office"))))
    rows = [[cell.value for cell in row] for row in page.worksheets[-1].iter_rows()]
    place = rows[1].index("Entered by the office")
    assert [row[place] for row in rows[2:]] == ["yes"] * len(made.accepted)
