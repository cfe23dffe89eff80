"""A choice is told where it matters: in the figures it moves, on the lines it changes."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from hand_account import ACCOUNT, FLOW_SET, PARK

from lingtan.inventory.model import Account, Choice
from lingtan.trace import choices, explain

POWER = "line:electricity:S-EL:grid_supply"
OPEN, FACTOR = ACCOUNT.choices
IDLE = Choice("idle", "a", ("b",), effect={"b": dict(ACCOUNT.totals)}, unverified=True)
GAP = Choice("gap", "NE", (), unverified=True, leaves_out=("fuel",))


def told(figure: str, *listed: Choice, account: Account = ACCOUNT) -> list[str]:
    """Ids of the choices in the explanation of a figure."""
    made = explain(replace(account, choices=listed), figure, park=PARK, flow_set=FLOW_SET)
    return [step.values["id"] for step in made.steps if step.kind == "choice"]


def test_a_total_lists_only_the_choices_that_move_it() -> None:
    assert told("total:co2_t", OPEN, FACTOR, IDLE) == ["fossil_factor_year"]


def test_energy_lists_only_the_choices_that_move_it() -> None:
    assert told("total:energy_tce_equivalent", OPEN, FACTOR, IDLE) == ["electricity_equivalent"]


def test_a_choice_shows_only_the_total_that_is_asked_for() -> None:
    made = explain(ACCOUNT, "total:energy_tce_equivalent", park=PARK, flow_set=FLOW_SET)
    step = next(step for step in made.steps if step.kind == "choice")
    assert [list(below.values["totals"]) for below in step.steps] == [["energy_tce_equivalent"]] * 2


def test_a_line_lists_only_the_choices_that_change_it() -> None:
    touching = replace(FACTOR, lines=("electricity:S-EL:grid_supply",))
    assert told(POWER, OPEN, touching) == ["fossil_factor_year"]
    assert told("line:fuel:S-GAS", OPEN, touching) == []


def test_a_line_without_amount_names_the_choice_that_left_it_out() -> None:
    assert told("line:fuel:S-DIESEL", OPEN, FACTOR, GAP) == ["gap"]


def test_a_choice_without_effect_leaves_nothing_unverified() -> None:
    assert not choices.is_open(ACCOUNT, IDLE)


def test_a_choice_that_is_why_something_is_missing_stays_unverified() -> None:
    assert choices.is_open(ACCOUNT, GAP)
    known = replace(ACCOUNT, lines=tuple(line for line in ACCOUNT.lines if line.amount_t is not None))
    assert not choices.is_open(known, GAP)


def test_the_largest_change_of_a_choice_is_told_in_the_total_it_moves() -> None:
    made = explain(ACCOUNT, "choice:electricity_equivalent", park=PARK, flow_set=FLOW_SET)
    # 11,404.89 t / 4,278.4 tce - 11,404.89 t / 4,470.6 tce
    base = ACCOUNT.totals["co2_t_per_tce"]
    assert base is not None
    assert made.value == ACCOUNT.totals["co2_t"] / Decimal("4278.4") - base  # type: ignore[operator]
    assert made.unit == "t CO₂/tce"


def test_an_option_without_a_chinese_name_keeps_its_own() -> None:
    named = replace(FACTOR, names_zh={"0.8325": "通知所印"})
    assert choices.option(named, "0.8325", "zh") == "通知所印"
    assert choices.option(named, "0.8273", "zh") == "0.8273"


def test_package_and_edition_close_the_chain_where_they_are_known() -> None:
    documents = {"package": "0.1.0", "edition": "2025-06-30"}
    made = explain(ACCOUNT, "co2_t", park=PARK, flow_set=FLOW_SET, documents=documents)
    assert made.steps[-1].text("en") == "computed by lingtan 0.1.0, method cn-zcp-2025 edition 2025-06-30"


def test_a_change_of_stock_draws_no_findings_that_have_no_stream() -> None:
    line = replace(ACCOUNT.lines[0], stream="", inputs=())
    made = explain(replace(ACCOUNT, lines=(line,)), "category:fuel", park=PARK, flow_set=FLOW_SET)
    assert not [step for step in made.steps if step.kind == "finding"]


def test_a_months_chain_holds_no_finding_of_another_month() -> None:
    march, april = (
        explain(ACCOUNT, f"flow:S-EL@2025-{month}", park=PARK, flow_set=FLOW_SET).steps for month in ("03", "04")
    )
    assert [step.values["code"] for step in march if step.kind == "finding"] == ["deviation"]
    assert [step for step in april if step.kind == "finding"] == []
