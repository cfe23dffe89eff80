"""The page of an account: self-contained, escaped, in two languages, honest about what is missing."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hand_account import ACCOUNT, PARK

from lingtan.report import html

PAGE = html.render(ACCOUNT, park=PARK, synthetic=True)


class Balance(HTMLParser):
    """Finds tags that are not closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.faults: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: object) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(tag)


def part(lang: str) -> str:
    return re.search(rf'<main class="{lang}".*?</main>', PAGE, re.DOTALL).group()  # type: ignore[union-attr]


def test_the_page_asks_nothing_of_the_network() -> None:
    assert not re.search(r"https?:|//\w|url\(|@import|src=|<script|<link", PAGE)


def test_every_tag_is_closed_in_order() -> None:
    balance = Balance()
    balance.feed(PAGE)
    assert (balance.faults, balance.open) == ([], [])


def test_text_of_the_park_is_escaped() -> None:
    assert "<b>diesel</b>" not in PAGE
    assert "&lt;b&gt;diesel&lt;/b&gt;" in PAGE


def test_both_languages_are_on_the_page_and_marked() -> None:
    assert 'lang="zh-Hans"' in PAGE
    assert "How much in 2025, and how far from zero carbon?" in part("en")
    assert "2025 年排了多少" in part("zh")


def test_status_and_synthetic_mark_stand_in_the_bar() -> None:
    assert "未核实" in part("zh")
    assert "示例 · 合成数据" in part("zh")
    assert "sample · synthetic" in part("en")


def test_a_real_park_carries_no_sample_mark() -> None:
    assert "sample · synthetic" not in html.render(ACCOUNT, park=PARK)


def test_the_answer_names_total_indicator_range_and_coverage() -> None:
    answer = re.search(r'<p class="answer">(.*?)</p>', part("en")).group(1)  # type: ignore[union-attr]
    answer = answer.replace("\N{NO-BREAK SPACE}", " ")
    assert "11,405 t CO₂" in answer
    assert "2.55 t CO₂/tce (2.50–2.67)" in answer
    assert "no national band" in answer
    assert "97.5 %" in answer


def test_a_line_opens_to_its_formula_factor_document_and_check() -> None:
    assert "= 8,999.9991 MWh × 0.8325 tCO2/MWh" in part("en")
    assert "发改环资〔2025〕910号 annex 4" in part("en")
    assert "check: the rule applied to the listed numbers, difference 0" in part("en")


def test_a_missing_amount_is_said_and_never_zero() -> None:
    row = re.search(r"<summary>(?:(?!</summary>).)*diesel.*?</summary>", part("en"), re.DOTALL).group()  # type: ignore[union-attr]
    assert "not filled" in row
    assert "not estimated" in row
    assert not re.search(r">0<", row)


def test_an_unknown_category_is_a_dash() -> None:
    group = re.search(r'<div class="group"><span>conversion.*?</div>', part("en")).group()  # type: ignore[union-attr]
    assert "—" in group


def test_what_is_known_for_the_year_only_is_told_beside_the_months() -> None:
    assert "2,162 t more are known for the year only" in part("en")


def test_a_month_without_data_has_a_dash_and_no_bar() -> None:
    months = {**ACCOUNT.by_month, "2025-02": None}
    page = html.render(replace(ACCOUNT, by_month=months), park=PARK)
    assert '<td>2025-02</td><td class="n">—</td>' in page


def test_low_coverage_puts_a_sign_before_the_total() -> None:
    partly = replace(ACCOUNT, coverage={**ACCOUNT.coverage, "known": Decimal("0.9")})
    assert "≥ 11,405" in html.render(partly, park=PARK)


def test_very_low_coverage_refuses_a_total_in_the_answer() -> None:
    barely = replace(ACCOUNT, coverage={**ACCOUNT.coverage, "known": Decimal("0.5")})
    assert "The total cannot be said: only 50.0\N{NO-BREAK SPACE}% is known" in html.render(barely, park=PARK)


def test_an_account_without_total_says_so() -> None:
    empty = replace(
        ACCOUNT,
        totals=dict.fromkeys(ACCOUNT.totals),
        lines=(),
        energy=(),
        by_node={},
        findings=(),
        choices=(),
        by_month={},
    )
    page = html.render(empty, park=PARK)
    assert "The total cannot be said yet." in page
    assert "No lines yet." in page


@pytest.mark.parametrize("tce", [("300000", "0.2"), ("1000000", "0.3")])
def test_the_national_line_follows_the_parks_energy(tce: tuple[str, str]) -> None:
    large = replace(ACCOUNT, totals={**ACCOUNT.totals, "energy_tce_equivalent": Decimal(tce[0])})
    assert f"This park&#x27;s line is {tce[1]}" in html.render(large, park=PARK)


def test_findings_show_what_hangs_on_them() -> None:
    # 66,666.75 kWh x (7,492.499 + 0 t) / 9,999,999 kWh = 49.95 t
    assert "about 50.0 t CO₂" in part("en")


def test_the_page_without_a_park_shows_ids() -> None:
    assert "S-GAS" in html.render(ACCOUNT)


def test_writing_makes_the_folder(tmp_path: Path) -> None:
    file = html.write(ACCOUNT, tmp_path / "out" / "a.html", park=PARK)
    assert file.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_the_same_account_gives_the_same_page() -> None:
    assert html.render(ACCOUNT, park=PARK, synthetic=True) == PAGE


def test_where_no_month_is_known_the_page_says_why_and_draws_no_bars() -> None:
    lines = tuple(replace(line, months=()) for line in ACCOUNT.lines)
    yearly = replace(ACCOUNT, by_month=dict.fromkeys(ACCOUNT.by_month), lines=lines)
    page = html.render(yearly, park=PARK)
    assert "No month is known by itself, so there are no bars" in page
    assert 'class="wide"' not in page


def test_lines_that_differ_only_in_their_factors_stand_as_one_row() -> None:
    gas = next(line for line in ACCOUNT.lines if line.id == "fuel:S-GAS")
    halves = tuple(
        replace(gas, id=f"fuel:S-GAS#{at}", months=((f"2025-0{at}", gas.amount_t or Decimal(0)),)) for at in (1, 2)
    )
    page = html.render(replace(ACCOUNT, lines=(*halves, *ACCOUNT.lines[1:])), park=PARK)
    assert "2 lines" in page
    assert "<span>2025-01</span>" in page


def test_a_change_of_stock_has_the_name_and_unit_of_what_is_stocked() -> None:
    gas = next(line for line in ACCOUNT.lines if line.id == "fuel:S-GAS")
    stock = replace(
        gas, id="conversion:stock.E01.natural_gas", stream="", inputs=(), activity="stock change", unit="Nm3",
        commodity="natural_gas",
    )  # fmt: skip
    page = html.render(replace(ACCOUNT, lines=(stock,)), park=PARK)
    assert "天然气 · 库存变化" in page
    assert '1,000,000<span class="unit"> Nm3</span>' in page


def test_the_chinese_page_tells_findings_in_chinese() -> None:
    # The English message of the hand-made finding stands on the English half only.
    assert "Invoice and meter differ." in part("en")
    assert "Invoice and meter differ." not in part("zh")


def test_a_choice_that_moves_nothing_is_folded_and_not_marked() -> None:
    idle = replace(ACCOUNT.choices[0], effect={"0.31": dict(ACCOUNT.totals)})
    page = html.render(replace(ACCOUNT, choices=(idle,)), park=PARK)
    assert "choices that move no total here: 1" in page


def test_a_row_shows_the_status_of_its_weakest_factor() -> None:
    gas = next(line for line in ACCOUNT.lines if line.id == "fuel:S-GAS")
    (use,) = gas.factors
    mixed = tuple(replace(use, row=replace(use.row, status=word)) for word in ("measured", "found1", "own"))
    page = html.render(replace(ACCOUNT, lines=(replace(gas, factors=mixed),)), park=PARK)
    assert '<span class="pill info">one source</span>' in page
    assert '<span class="pill ok">measured</span>' not in page
