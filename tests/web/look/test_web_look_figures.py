"""The one formatter, on the server and in the browser."""

from __future__ import annotations

import json
import shutil
import subprocess
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.template import Context, Template
from django.utils import timezone, translation

import lingtan.web
from lingtan.web.kernel import figures
from lingtan.web.period import Period

FIGURES_JS = Path(lingtan.web.__file__).parent / "static" / "app" / "figures.js"
#: value, kind, digits, text: the cases of look.md and the edges of the rules.
CASES: list[tuple[Any, str, int | None, str]] = [
    (0.99998, "share", None, ">99.9"),
    (1, "share", None, "100.0"),
    (0.9994, "share", None, "99.9"),
    (548219, "total", None, "548,219"),
    (548218.5, "total", None, "548,219"),
    (1.7132, "ratio", None, "1.71"),
    (0.371, "share", None, "37.1"),
    ("0.8325", "factor", None, "0.8325"),
    ("21.622", "factor", None, "21.622"),
    ("1234.50", "factor", None, "1,234.50"),
    (-6.2, "total", None, "\u22126.2"),
    (-60625, "total", None, "\u221260,625"),
    (53.2, "total", None, "53.2"),
    (53.18, "total", None, "53.2"),
    (8.4, "total", None, "8.4"),
    (0.36, "total", None, "0.36"),
    (0.0123, "total", None, "0.0123"),
    (0.0001, "total", None, "<0.001"),
    (-0.0001, "total", None, "\u2212<0.001"),
    (0, "total", None, "0"),
    (-0.0, "total", None, "0"),
    (-0.4, "total", 0, "0"),
    (99.95, "total", None, "100"),
    (100, "total", None, "100"),
    (0.0005, "total", None, "0.0005"),
    (3486, "total", 1, "3,486.0"),
    (1.005, "ratio", None, "1.01"),
    (2.675, "ratio", None, "2.68"),
    (0.02345, "uncertainty", None, "2.3"),
    (0.0235, "uncertainty", None, "2.4"),
    (0.07, "share", None, "7.0"),
    (1, "share", None, "100.0"),
    (1234567.5, "money", None, "1,234,568"),
    (12.5, "money", None, "12.50"),
    (1e21, "total", None, "1,000,000,000,000,000,000,000"),
    ("1e-7", "factor", None, "0.0000001"),
    (float("nan"), "total", None, "\u2014"),
    (float("inf"), "ratio", None, "\u2014"),
]


@pytest.mark.parametrize(("value", "kind", "digits", "text"), CASES)
def test_a_figure_is_written_by_the_rules(value: Any, kind: str, digits: int | None, text: str) -> None:
    assert figures.number(value, kind, digits) == text


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed: the browser's formatter is not run")
def test_the_browser_writes_the_same_figures() -> None:
    given = [[str(value) if value in (float("inf"),) or value != value else value, *rest[:2]] for value, *rest in CASES]
    code = (
        f"import {{ number }} from {json.dumps(FIGURES_JS.as_uri())};"
        f"const given = {json.dumps(given)};"
        "process.stdout.write(JSON.stringify(given.map(([value, kind, digits]) => number(value, kind, digits))));"
    )
    done = subprocess.run(["node", "--input-type=module", "-e", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [text for *_rest, text in CASES]


def test_a_unit_stands_behind_a_thin_space() -> None:
    assert figures.amount(548219, unit="t CO₂") == "548,219\u2009t CO₂"


def test_missing_is_never_zero() -> None:
    assert figures.amount(None, unit="t") == "—"
    with translation.override("en"):
        assert figures.amount(None, unit="t", empty=True) == "not filled"


@pytest.mark.parametrize(
    ("coverage", "text", "noted"),
    [(0.95, "548,219 t", False), (0.9499, "≥ 548,219 t", True), (0.8, "≥ 548,219 t", True)],
)
def test_coverage_decides_whether_a_total_is_a_lower_limit(coverage: float, text: str, noted: bool) -> None:
    said = figures.shown(548219, unit="t", coverage=coverage)
    assert str(said).replace("\u2009", " ") == text
    assert bool(said.note) is noted


def test_under_eighty_per_cent_there_is_no_total_only_what_is_known() -> None:
    with translation.override("en"):
        said = figures.shown(548219, unit="t", coverage=Decimal("0.7999"))
    assert said.before == "known: "
    assert said.note.startswith("no total: 20.0")


@pytest.mark.parametrize(("now", "before", "text"), [(548219, 588940, "-0.06914"), (5, 0, None), (None, 3, None)])
def test_a_change_is_a_fraction_of_what_was_before(now: Any, before: Any, text: str | None) -> None:
    part = figures.change(now, before)
    assert (None if part is None else f"{part:.5f}") == text


def test_a_decrease_of_carbon_is_good_and_named() -> None:
    page = Template('{% change 548219 588940 good="down" versus="2024" %}').render(Context())
    assert 'class="change good"' in page
    assert "▼" in page
    assert "6.9\u2009%" in page
    assert "2024" in page


def test_a_neutral_change_has_no_colour() -> None:
    assert 'class="change "' in Template("{% change 2 1 %}").render(Context())


def test_a_figure_without_an_explanation_is_no_link() -> None:
    page = Template('{% figure 5 unit="t" %}').render(Context())
    assert "<a" not in page
    assert '<span class="unit">t</span>' in page


def test_a_figure_with_an_address_opens_it() -> None:
    page = Template('{% figure 5 unit="t" explain="total:co2_t" href="/x/" %}').render(Context())
    assert '<a class="figure" href="/x/" data-explain="total:co2_t">5</a>' in page


def test_text_in_a_figure_is_escaped() -> None:
    assert "<b>" not in Template("{% figure 5 unit=unit %}").render(Context({"unit": "<b>"}))


def test_a_composition_says_its_parts_in_words() -> None:
    with translation.override("en"):
        page = Template("{% composition 80 15 5 0 %}").render(Context())
    assert 'aria-label="metered 80.0\u2009%, reported 15.0\u2009%, estimated or default 5.0\u2009%"' in page
    assert page.count("<rect") == 4
    assert "style" not in page


def test_a_composition_of_nothing_is_said_to_be_unknown() -> None:
    with translation.override("en"):
        assert "nothing is known" in Template("{% composition %}").render(Context())


def test_an_unknown_state_is_shown_as_it_is() -> None:
    assert "odd" in Template('{% status "odd" %}').render(Context())


def test_dates_are_written_with_the_minute_where_there_is_one() -> None:
    assert figures.day(date(2026, 1, 6)) == "2026-01-06"
    with timezone.override(UTC):
        assert figures.day(datetime(2026, 1, 6, 9, 12, tzinfo=UTC)) == "2026-01-06 09:12"
    assert figures.day(None) == "—"


@pytest.mark.parametrize(
    ("text", "kind", "before", "after", "last"),
    [
        ("2025", "year", "2024", "2026", "2024"),
        ("2025-01", "month", "2024-12", "2025-02", "2024-01"),
        ("2025-03-01", "day", "2025-02-28", "2025-03-02", "2024-03-02"),
        (
            "2026-03-09..2026-03-15",
            "custom",
            "2026-03-02..2026-03-08",
            "2026-03-16..2026-03-22",
            "2025-03-10..2025-03-16",
        ),
    ],
)
def test_a_period_steps_by_its_own_length(text: str, kind: str, before: str, after: str, last: str) -> None:
    period = Period.read(text)
    assert period is not None
    assert (period.kind, period.before.text, period.after.text) == (kind, before, after)
    assert period.year_before.text == last


@pytest.mark.parametrize(
    "text", ["", "25", "2025-13", "2025-02-30", "2025-03-15..2025-03-09", "2025..", "abc", "2025-3"]
)
def test_what_says_no_period_is_none(text: str) -> None:
    assert Period.read(text) is None


def test_a_period_speaks_english() -> None:
    with translation.override("en"):
        assert str(Period.read("2025-03")) == "March 2025"
        assert str(Period.read("2025")) == "2025"
        assert str(Period.read("2026-03-09..2026-03-15")) == "2026-03-09 to 2026-03-15"
