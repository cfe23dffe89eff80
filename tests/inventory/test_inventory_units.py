"""Accounts of the units inside: trade at one factor on both sides, nothing twice, everything explained."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lingtan.inventory import rules

Make = Callable[..., Any]
NAMES = ("E1", "E2", "E3", "E4")


def net(result: Any) -> Decimal:
    return sum((unit.net for unit in result.by_node.values()), Decimal(0))


def test_distributor_passes_on_the_mix_of_what_it_received(toy: Make) -> None:
    # E1 receives 600 MWh grid and 400 MWh direct green: mix 0.4995; it passes 200 MWh to E2: 99.9 t
    park = toy().stream("el electricity grid E1 grid_supply", 600_000)
    park = park.stream("gr electricity wind E1 direct_green", 400_000).stream("t electricity E1 E2", 200_000)
    result = park.account()
    assert result.by_node["E1"].sent == Decimal("99.9")
    assert result.by_node["E2"].received == Decimal("99.9")
    assert result.eliminations["electricity"] == Decimal("99.9")
    assert net(result) == result.totals["co2_t"] == Decimal("499.5")


def test_inside_supplier_with_a_row_sells_at_its_own_factor(toy: Make) -> None:
    park = toy().stream("el electricity grid E1 grid_supply", 600_000).stream("t electricity E1 E2", 200_000)
    result = park.factor("electricity", "ef_co2", "0.4", "kgCO2/kWh", applies_to="E1").account()
    assert result.by_node["E2"].received == 80
    assert net(result) == result.totals["co2_t"] == Decimal("499.5")


def test_power_from_an_inside_generator_goes_by_what_made_it(toy: Make) -> None:
    park = toy().nodes("pv generator E1", "chp generator E1").stream("g natural_gas gasnet chp - cogeneration", 0)
    park = park.stream("a electricity pv E2 generation", 100_000).stream("b electricity chp E2 generation", 100_000)
    assert park.account().by_node["E2"].received == Decimal("83.25")


def test_mixes_of_units_that_supply_each_other_are_solved_together(toy: Make) -> None:
    # E1: 900 grid + 100 from E2; E2: 100 green + 300 from E1, 100 back to E1.
    # x1 = (749.25 + 100 x2) / 1000, x2 = 300 x1 / 400 -> x1 (1 - 0.075) = 0.74925 -> x1 = 0.81, x2 = 0.6075
    park = toy().stream("el electricity grid E1 grid_supply", 900_000)
    park = park.stream("gr electricity wind E2 direct_green", 100_000)
    result = park.stream("t electricity E1 E2", 300_000).stream("u electricity E2 E1", 100_000).account()
    assert round(result.by_node["E1"].sent, 6) == 243
    assert round(result.by_node["E2"].sent, 6) == Decimal("60.75")
    assert net(result) == result.totals["co2_t"]


def test_heat_between_units_takes_the_default_where_it_is_made(toy: Make) -> None:
    park = toy().stream("g natural_gas gasnet E1 - heat_supply", 10_000).stream("h heat E1 E2 heat_generation", 300)
    result = park.account()
    assert result.by_node["E2"].received == 33
    assert result.by_node["E1"].net == Decimal("21.8403") - 33


def test_nodes_stand_in_the_account_of_their_enterprise(toy: Make) -> None:
    park = (
        toy().nodes("hall workshop E1", "kiln equipment hall").stream("g natural_gas gasnet kiln - final_fuel", 10_000)
    )
    result = park.stream("e electricity E1 hall", 5).account()
    assert result.by_node["E1"].own == Decimal("21.8403")
    assert set(result.by_node) == {"E1", "E2"}
    assert result.by_node["E1"].sent == 0


@st.composite
def networks(draw: st.DrawFn) -> list[tuple[str, str, str, str, int]]:
    ends = ("grid", "wind", *NAMES)
    count = draw(st.integers(1, 12))
    rows = []
    for _ in range(count):
        source, target = draw(st.sampled_from(ends)), draw(st.sampled_from((*NAMES, "grid")))
        kind = draw(st.sampled_from(("electricity", "heat")))
        made = {"grid": "grid_supply", "wind": "direct_green"}.get(source, draw(st.sampled_from(("-", "generation"))))
        rows.append((kind, source, target, made if kind == "electricity" else "-", draw(st.integers(0, 10**7))))
    return rows


def build(toy: Make, rows: list[tuple[str, str, str, str, int]], *, shares: tuple[str, ...] = ("1",) * 4) -> Any:
    park = toy(NAMES).members(*(f"{name} {share}" for name, share in zip(NAMES, shares, strict=True)))
    park = park.stream("fuel natural_gas gasnet E3 - power_generation", 1000)
    for number, (kind, source, target, made, amount) in enumerate(rows):
        if source != target:
            park = park.stream(f"s{number} {kind} {source} {target} {made}", amount)
    return park


LAW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@LAW
@given(rows=networks(), shares=st.tuples(*[st.sampled_from(("1", "0.5", "0.3", "0"))] * 4))
def test_net_amounts_of_the_units_add_up_to_the_park_exactly(toy: Make, rows: Any, shares: Any) -> None:
    result = build(toy, rows, shares=shares).account()
    total = sum((value for value in result.by_category.values() if value is not None), Decimal(0))
    assert net(result) == total == (result.totals["co2_t"] or 0)


@LAW
@given(rows=networks())
def test_line_amounts_add_up_to_totals_and_the_rule_gives_each_again(toy: Make, rows: Any) -> None:
    result = build(toy, rows).account()
    assert sum((item.amount_t for item in result.lines), Decimal(0)) == result.totals["co2_t"]
    for item in result.lines:
        assert rules.apply(item.rule, item.arguments) == item.amount_t
        assert (item.amount_t < 0) <= (item.sign == -1)


@LAW
@given(rows=networks(), times=st.integers(2, 50))
def test_scaled_amounts_give_scaled_lines(toy: Make, rows: Any, times: int) -> None:
    once = build(toy, rows).account()
    often = build(toy, [(*row[:4], row[4] * times) for row in rows]).account()
    by_id = {item.id: item for item in often.lines}
    for item in once.lines:
        if item.stream != "fuel":
            assert abs(by_id[item.id].amount_t - item.amount_t * times) <= Decimal("1e-9")


@LAW
@given(rows=networks())
def test_two_half_parks_less_their_trade_are_the_whole(toy: Make, rows: Any) -> None:
    # what one half deducts as sent (passed on at 0.8325, heat at 0.11) the other half adds as received; green power
    # that is passed on leaves at 0 and comes in at 0.8325
    clear = [row for row in rows if "generation" not in row[3] and row[3] != "direct_green"]
    whole = build(toy, clear).account().by_category
    first = build(toy, clear, shares=("1", "1", "0", "0")).account()
    second = build(toy, clear, shares=("0", "0", "1", "1")).account()
    for category in ("electricity", "heat"):
        # a half without a stream knows nothing, which is null
        parts = (first.by_category[category] or 0) + (second.by_category[category] or 0)
        assert abs(parts - (whole[category] or 0)) <= Decimal("1e-9")


@LAW
@given(rows=networks(), share=st.sampled_from(("0.5", "0.25", "0.1")))
def test_a_boundary_with_one_share_for_all_scales_the_account(toy: Make, rows: Any, share: str) -> None:
    whole, part = build(toy, rows).account(), build(toy, rows, shares=(share,) * 4).account()
    assert abs(part.totals["co2_t"] - whole.totals["co2_t"] * Decimal(share)) <= Decimal("1e-9")
