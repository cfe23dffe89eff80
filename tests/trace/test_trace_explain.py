"""Every figure of a hand-made account is explained, and computing it again gives the same."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal

import pytest
from hand_account import ACCOUNT, CANDIDATES, END, FLOW_SET, LINES, PARK, START

from lingtan.ledger.park import At, Statement, Stock
from lingtan.trace import Explanation, ReadingFile, UnknownFigure, explain
from lingtan.trace.names import known


def why(figure: str, **more: object) -> Explanation:
    return explain(ACCOUNT, figure, park=PARK, flow_set=FLOW_SET, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("line", [line for line in LINES if line.amount_t is not None], ids=lambda line: line.id)
def test_recomputing_a_line_from_its_arguments_gives_its_amount(line: object) -> None:
    told = why(f"line:{line.id}")  # type: ignore[attr-defined]
    assert told.check.difference == 0


@pytest.mark.parametrize("figure", known(ACCOUNT, FLOW_SET))
def test_every_figure_of_the_account_has_a_chain_whose_check_holds(figure: str) -> None:
    told = why(figure)
    assert told.check.holds, (told.check, told.check.difference)
    assert told.figure == figure
    assert told.steps


@pytest.mark.parametrize("figure", known(ACCOUNT, FLOW_SET))
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_figure_is_said_in_both_languages_without_unfilled_places(figure: str, lang: str) -> None:
    text = why(figure).as_text(lang)
    assert "{" not in text
    assert "None" not in text


@pytest.mark.parametrize("figure", known(ACCOUNT, FLOW_SET))
def test_every_explanation_is_plain_json(figure: str) -> None:
    plain = why(figure).as_json()
    assert json.loads(json.dumps(plain, allow_nan=False)) == plain


def test_the_total_lists_its_lines_by_size() -> None:
    lines = next(step for step in why("total:co2_t").steps if step.kind == "lines")
    assert [step.values["id"] for step in lines.steps][:2] == ["electricity:S-EL:grid_supply", "fuel:S-GAS"]


def test_a_wrong_total_is_found_by_the_check() -> None:
    wrong = replace(ACCOUNT, totals={**ACCOUNT.totals, "co2_t": Decimal(1)})
    told = explain(wrong, "total:co2_t", park=PARK, flow_set=FLOW_SET)
    assert not told.check.holds


def test_a_wrong_line_is_found_by_the_check() -> None:
    line = replace(LINES[0], amount_t=Decimal("2162.3"))
    told = explain(replace(ACCOUNT, lines=(line,)), f"line:{line.id}", park=PARK, flow_set=FLOW_SET)
    assert told.check.difference == Decimal("0.1")


def test_the_formula_of_a_line_carries_its_own_numbers_and_units() -> None:
    assert why("line:electricity:S-EL:grid_supply").formula == "8,999.9991 MWh × 0.8325 tCO2/MWh"


def test_the_chain_of_a_line_runs_flow_source_factor_rule_clause() -> None:
    kinds = [step.kind for step in why("line:electricity:S-EL:grid_supply").steps]
    assert kinds[:6] == ["line", "flow", "readings", "factor", "rule", "clause"]


def test_a_metered_line_names_file_lines_and_digest_of_its_readings() -> None:
    def place(point: str, *_: object) -> tuple[ReadingFile, ...]:
        assert point == "P-EL"
        return (ReadingFile("readings/2025.csv", 2, 35041, 35040, "ab12"),)

    told = why("line:electricity:S-EL:grid_supply", place=place).as_text("en")
    assert "readings/2025.csv lines 2 to 35041, readings: 35040, sha-256 ab12" in told


def test_a_stated_line_names_the_row_and_its_evidence() -> None:
    told = why("line:fuel:S-GAS").as_text("en")
    assert "invoice at statements/gas.csv:2" in told
    assert "evidence/g.pdf" in told


def test_an_amount_that_the_office_entered_for_its_reporter_says_so() -> None:
    row = Statement(
        "S-GAS", START, END, Decimal(1_000_000), "Nm3", "invoice", note="monthly v1 entered by the office",
        at=At("statements/gas.csv", 2),
    )  # fmt: skip
    told = explain(ACCOUNT, "line:fuel:S-GAS", park=replace(PARK, statements=(row,)), flow_set=FLOW_SET)
    assert "entered by the office" in told.as_text("en")
    assert "园区办代填" in told.as_text("zh")
    assert "entered by the office" not in why("line:fuel:S-GAS").as_text("en")


def test_a_factor_names_document_and_the_rows_not_used() -> None:
    told = why("line:electricity:S-EL:grid_supply", candidates=CANDIDATES).as_text("en")
    assert "发改环资〔2025〕910号 annex 4" in told
    assert "not used: 0.8273 kgCO2/kWh" in told


def test_a_recalled_factor_is_a_broken_link() -> None:
    factor = next(step for step in why("line:process:S-LIME").steps if step.kind == "factor")
    assert factor.broken


def test_the_parks_own_factor_row_is_named_with_file_and_line() -> None:
    assert "factors.csv line 7" in why("line:process:S-LIME").as_text("en")


def test_a_line_without_amount_says_what_is_missing() -> None:
    told = why("line:fuel:S-DIESEL")
    assert told.value is None
    assert any(step.kind == "missing" and step.broken for top in told.steps for step in top.walk())


def test_the_month_says_what_is_known_for_the_year_only() -> None:
    assert "2,162.2 t more are known for the year only" in why("month:2025-03").as_text("en")


def test_a_flow_of_one_month_holds_that_month_only() -> None:
    assert why("flow:S-EL@2025-03").value == Decimal("833333.25")


def test_a_deviation_names_both_values_and_what_was_allowed() -> None:
    told = why("deviation:S-EL@2025-03")
    assert told.value == Decimal("66666.75")
    assert "more than the 10,000 kWh allowed" in told.as_text("en")


def test_a_finding_on_the_stream_stands_in_the_chain() -> None:
    assert any(step.values.get("code") == "deviation" for step in why("flow:S-EL").steps)


def test_a_bare_word_of_the_totals_is_understood() -> None:
    assert why("co2_t").figure == "total:co2_t"


def test_an_unknown_figure_names_near_ones_and_the_kinds() -> None:
    with pytest.raises(UnknownFigure, match=r"line:electricity:S-EL:grid_supply.*total:….*choice:"):
        why("line:electricity:S-EL:grid_suply")


def test_a_month_that_is_none_is_refused() -> None:
    with pytest.raises(UnknownFigure):
        why("flow:S-EL@2025-13")


def test_rows_of_one_statement_file_are_told_together_under_a_total() -> None:
    pieces = FLOW_SET.pieces["S-LIME"]
    rows = tuple(
        replace(piece, sources=(replace(piece.sources[0], ref=f"statements/lime.csv:{at}"),))
        for at, piece in enumerate(pieces, start=2)
    )
    line = next(line for line in LINES if line.stream == "S-LIME")
    inputs = tuple(replace(part, flow=flow) for part, flow in zip(line.inputs, rows, strict=True))
    account = replace(ACCOUNT, lines=(replace(line, inputs=inputs),))
    told = explain(account, "category:process", park=PARK, flow_set=FLOW_SET).as_text("en")
    assert "report in statements/lime.csv lines 2–13, reporter E01 Board mill: 2,001 t" in told


def test_a_change_of_stock_names_the_rows_of_the_levels() -> None:
    levels = (
        Stock("E02", "natural_gas", START, Decimal(5), "t", at=At("stocks.csv", 2)),
        Stock("E02", "natural_gas", END, Decimal(7), "t", at=At("stocks.csv", 3)),
    )
    line = replace(LINES[0], id="conversion:stock.E02.natural_gas", node="E02", stream="", inputs=())
    told = explain(
        replace(ACCOUNT, lines=(line,)), f"line:{line.id}", park=replace(PARK, stocks=levels), flow_set=FLOW_SET
    ).as_text("en")
    assert "stock of natural_gas at E02, 2025-01-01: 5 t, stocks.csv:2" in told
    assert "stocks.csv:3" in told
