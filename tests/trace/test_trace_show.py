"""How figures are shown: the look of Lingtan, section 5."""

from __future__ import annotations

from decimal import Decimal

import pytest

from lingtan.trace import show


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "—"),
        (Decimal("548219.4"), "548,219"),
        (Decimal("-166.5"), "−167"),
        (Decimal("12.34"), "12.3"),
        (Decimal("1.234"), "1.23"),
        (Decimal(0), "0"),
    ],
)
def test_totals_are_whole_units_and_missing_is_never_zero(value: Decimal | None, text: str) -> None:
    assert show.total(value) == text


def test_nearly_all_is_not_shown_as_all() -> None:
    assert show.share(Decimal("0.99999")) == "> 99.9 %"


def test_a_share_has_one_decimal() -> None:
    assert show.share(Decimal("0.371")) == "37.1 %"


def test_a_factor_is_shown_as_published() -> None:
    assert show.exact(Decimal("0.8325")) == "0.8325"


def test_full_precision_stops_at_twelve_digits() -> None:
    assert show.exact(Decimal(1) / Decimal(3)) == "0.333333333333"


def test_not_a_number_is_not_shown_as_one() -> None:
    assert show.number(float("nan")) == "—"
