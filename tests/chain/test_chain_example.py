"""The example park against its truth: totals met, every injected defect found, false alarms counted."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from lingtan import example
from lingtan.book import Book
from lingtan.ledger.finding import Finding
from lingtan.ledger.quality import FLAGS

YEARS = (2023, 2024, 2025)
# Alarms on points without an injected defect, over three years and 150 points. A rise fails the test.
FALSE_ALARMS_ALLOWED = 12
ALARMS = {*FLAGS, "clock_follows_dst", "midnight_same_date", "deviation", "missing"} - {"rolled_over", "late"}


@pytest.fixture(scope="session")
def park(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the full example park."""
    folder: Path = example.write(tmp_path_factory.mktemp("example") / "park", seed=1)
    return folder


@pytest.fixture(scope="session")
def truth(park: Path) -> dict[str, Any]:
    """Return its truth file."""
    got: dict[str, Any] = json.loads((park / "truth.json").read_text("utf-8"))
    return got


@pytest.fixture(scope="session")
def book(park: Path) -> Book:
    """Return the park opened once."""
    return Book.open(park)


@pytest.fixture(scope="session")
def findings(book: Book) -> list[Finding]:
    """Return what three years of accounts say about the park."""
    said: dict[tuple[Any, ...], Finding] = {}
    for year in YEARS:
        for one in book.account(year, "cn-zcp-2025", boundary="B-APPROVED").findings:
            said[one.code, one.where, one.start, one.end] = one
    return list(said.values())


@pytest.mark.parametrize("year", YEARS)
def test_account_meets_the_truth(book: Book, truth: dict[str, Any], year: int) -> None:
    account = book.account(year, "cn-zcp-2025", boundary="B-APPROVED")
    expected = truth["accounts"]["B-APPROVED"][str(year)]["expected"]
    for name, value in expected["by_category"].items():
        assert float(account.by_category[name] or 0) == pytest.approx(value, rel=1e-9), name
    for name in ("co2_t", "energy_tce_calorific", "energy_tce_equivalent", "co2_t_per_tce"):
        assert float(account.totals[name] or 0) == pytest.approx(expected[name], rel=1e-9), name


def test_one_pass_over_all_years_gives_the_amounts_of_each_year_alone(book: Book) -> None:
    for made in book.accounts(YEARS[0], YEARS[-1], "cn-zcp-2025", boundary="B-APPROVED"):
        alone = book.account(made.year, "cn-zcp-2025", boundary="B-APPROVED")
        assert made.totals == alone.totals
        assert [(line.id, line.amount_t, line.inputs) for line in made.lines] == [
            (line.id, line.amount_t, line.inputs) for line in alone.lines
        ]
        assert made.by_month == alone.by_month


@pytest.mark.parametrize("year", YEARS)
def test_net_accounts_of_the_units_add_up_to_the_park(book: Book, year: int) -> None:
    account = book.account(year, "cn-zcp-2025", boundary="B-APPROVED")
    total = sum((unit.net for unit in account.by_node.values()), Decimal(0))
    assert total == pytest.approx(account.totals["co2_t"], rel=Decimal("1e-18"))


@pytest.mark.parametrize("year", YEARS)
def test_every_stream_carries_its_expected_amount(book: Book, truth: dict[str, Any], year: int) -> None:
    flows = book.flows(year)
    wrong = {}
    for stream, entry in truth["streams"].items():
        expected = (entry.get("expected") or entry["true"])["by_year"].get(str(year))
        amounts = [p.amount for p in flows.pieces.get(stream, ()) if p.amount is not None]
        got = float(sum(amounts)) if amounts else None
        if expected is None or got is None:
            if (expected or None) != (got or None):
                wrong[stream] = (got, expected)
        elif got != pytest.approx(expected, rel=1e-9, abs=1e-6):
            wrong[stream] = (got, expected)
    assert not wrong


def found(defect: dict[str, Any], findings: list[Finding]) -> bool:
    """Tell whether a defect's finding is there, at its place."""
    place = defect.get("point") or defect.get("stream")
    for one in findings:
        named = place is None or place in {one.where.point, one.where.stream}
        if one.code == defect["finding"] and (named or one.where.file == defect.get("file")):
            return True
    return False


def test_every_injected_defect_is_found(findings: list[Finding], truth: dict[str, Any]) -> None:
    missed = [
        (d["code"], d.get("point") or d.get("stream"))
        for d in truth["defects"]
        if d["finding"] is not None and not found(d, findings)
    ]
    assert not missed


def test_false_alarms_stay_few(findings: list[Finding], truth: dict[str, Any]) -> None:
    guilty = {d.get("point") or "" for d in truth["defects"]} | {d.get("stream") or "" for d in truth["defects"]}
    false = [
        f for f in findings
        if f.code in ALARMS and f.level != "note" and not {f.where.point, f.where.stream} & (guilty - {""})
    ]  # fmt: skip
    tally = Counter(f.code for f in false)
    assert len(false) <= FALSE_ALARMS_ALLOWED, tally


def test_stuck_finding_lies_within_the_injected_span(findings: list[Finding], truth: dict[str, Any]) -> None:
    defect = next(d for d in truth["defects"] if d["code"] == "stuck")
    start, end = (datetime.fromisoformat(defect[edge]) for edge in ("start", "end"))
    spans = [f for f in findings if f.code == "stuck" and f.where.point == defect["point"]]
    assert any(f.start and f.end and f.start < end and f.end > start for f in spans)
