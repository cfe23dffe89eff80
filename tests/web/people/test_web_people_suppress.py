"""What may be shown of a total: nobody works out a neighbour."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from lingtan.web.people.suppress import P_PERCENT, Shown, may_publish, may_show, public_table, table

D = Decimal


@pytest.mark.parametrize(
    ("amounts", "own", "expected"),
    [
        ({1: D(5), 2: D(5), 3: D(5), 4: D(5)}, {1}, True),
        ({1: D(5), 2: D(5), 3: D(5)}, {1}, False),  # two others: each knows the other one
        ({1: D(5), 2: D(5), 3: D(5), 4: D(0)}, {1}, False),  # who has nothing does not count
        ({1: D(5), 2: D(81), 3: D(10), 4: D(9)}, {1}, False),  # 81 of 100 left
        ({1: D(5), 2: D(80), 3: D(10), 4: D(10)}, {1}, True),  # 80 of 100 left: the limit itself passes
        ({1: D(5), 2: D(5), 3: D(5), 4: None}, {1}, False),  # unknown is not zero
    ],
)
def test_a_total_is_shown_by_the_three_rules(amounts: dict[int, Decimal | None], own: set[int], expected: bool) -> None:
    assert may_show(amounts, own) is expected


def test_a_published_total_holds_against_every_enterprise() -> None:
    # Seen from outside 50 of 100 is no dominance; 2, which has 45, sees 50 of 55.
    assert may_show({1: D(50), 2: D(45), 3: D(3), 4: D(2)})
    assert not may_publish({1: D(50), 2: D(45), 3: D(3), 4: D(2)})


def test_one_hidden_part_hides_another_or_the_total() -> None:
    parts = {"power": {1: D(9), 2: D(10), 3: D(11), 4: D(12)}, "steam": {2: D(30)}}
    assert table(parts, {1}) == Shown(frozenset(), total=True)  # "power" goes, or steam were total less power


amount = st.integers(0, 1000).map(Decimal)
tables = st.dictionaries(
    st.sampled_from(["a", "b", "c", "d"]),
    st.fixed_dictionaries(dict.fromkeys(range(1, 6), amount)),
    min_size=1,
)


def guesses(parts: Mapping[str, Mapping[int, Decimal]], shown: Shown, own: set[int]) -> dict[tuple[str, int], float]:
    """Return what a linear program can say at most of each neighbour's amount, by what is shown and what is his own."""
    cells = [(name, key) for name in parts for key in parts[name]]
    rows, sums = [], []
    for name in shown.parts:
        rows.append([float(cell[0] == name) for cell in cells])
        sums.append(float(sum(parts[name].values())))
    if shown.total:
        rows.append([1.0] * len(cells))
        sums.append(float(sum(sum(amounts.values()) for amounts in parts.values())))
    bounds = [(float(parts[n][k]), float(parts[n][k])) if k in own else (0, None) for n, k in cells]
    found = {}
    for at, (name, key) in enumerate(cells):
        goal = -np.eye(len(cells))[at]
        best = linprog(goal, A_eq=rows or None, b_eq=sums or None, bounds=bounds, method="highs")
        found[name, key] = float("inf") if best.status == 3 else -best.fun
    return found


@settings(max_examples=60, deadline=None)
@given(tables)
def test_no_neighbour_can_be_worked_out_to_within_p_percent(parts: dict[str, dict[int, Decimal]]) -> None:
    shown = table(parts, {1})
    for (name, key), most in guesses(parts, shown, {1}).items():
        true = float(parts[name][key])
        if key != 1 and true:
            assert most >= true * (1 + float(P_PERCENT) / 100) * (1 - 1e-9)


@settings(max_examples=25, deadline=None)
@given(tables, st.integers(1, 5))
def test_what_is_published_holds_against_each_enterprise(parts: dict[str, dict[int, Decimal]], own: int) -> None:
    shown = public_table(parts)
    for (name, key), most in guesses(parts, shown, {own}).items():
        true = float(parts[name][key])
        if key != own and true:
            assert most >= true * (1 + float(P_PERCENT) / 100) * (1 - 1e-9)
