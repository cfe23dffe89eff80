"""Bands of the Sankey: no circle, columns from left to right, losses last."""

from __future__ import annotations

from typing import Any

from lingtan.web.account.pages import sankey
from lingtan.web.account.pages.sankey import REST, Band, acyclic, columns, picture
from lingtan.web.account.part import Part
from lingtan.web.account.run import Run
from lingtan.web.people.access import Access
from lingtan.web.period import Period


def band(source: str, target: str, amount: float) -> Band:
    return Band(source, target, "heat", "heat", amount)


def test_a_circle_is_opened_at_its_smallest_band() -> None:
    names = {"u:1": "Centre", "u:2": "Grid"}
    made = acyclic([band("u:2", "u:1", 1.0), band("u:1", "u:2", 9.0)], names)
    assert [(one.source, one.target) for one in made] == [("u:1", "u:2"), ("u:2", "u:1*")]
    assert "Centre" in names["u:1*"]


def test_columns_follow_the_bands_and_users_stand_last() -> None:
    at = columns([band("s", "u:1", 1), band("u:1", "u:2", 1), band("s", "u:3", 1), band("u:2", "u:4", 1)])
    assert at == {"s": 0, "u:1": 1, "u:2": 2, "u:3": 3, "u:4": 3}


def test_energy_goes_from_suppliers_over_units_to_users(computed: Any) -> None:
    run = Run.objects.get(year=2025, variant="cn-zcp-2025")
    drawn = picture(Part(Period.of_year(2025), (run,)), Access(None, computed.pk, whole_park=True))
    pairs = {(drawn.names[one.source], drawn.names[one.target]) for one in drawn.bands}
    assert ("Natural gas", "Plant Alpha") in pairs or ("天然气", "甲厂") in pairs
    assert all(one.amount > 0 for one in drawn.bands)
    gas = sum(one.amount for one in drawn.bands if one.token == "gas")
    assert 700 < gas < 800  # 600,000 Nm3 at 36.5 MJ are 747 tce


def test_a_missing_month_is_marked_and_not_drawn_as_nought(computed: Any) -> None:
    run = Run.objects.get(year=2025, variant="cn-zcp-2025")
    drawn = picture(
        Part(Period.of_year(2025), (run,)), Access(None, computed.pk, whole_park=True), commodity="electricity"
    )
    missing = {tuple(one.streams): one.missing for one in drawn.bands}
    assert missing[("EL_B",)] == 1
    assert missing[("EL_A",)] == 0
    assert REST not in {one.target for one in drawn.bands}


def test_units_beyond_the_largest_are_drawn_as_one_and_nothing_is_lost() -> None:
    count = sankey.DRAWN + 7
    bands = [sankey.Band("s:grid", f"u:{at}", "elec", "electricity", float(count - at)) for at in range(count)]
    nodes = [{"key": f"u:{at}"} for at in range(count)]
    names = {"s:grid": "Grid", **{f"u:{at}": str(at) for at in range(count)}}
    made = sankey.folded(sankey.Picture("tce", bands, names, nodes, []))
    assert len(made.bands) == sankey.DRAWN + 1
    assert sum(band.amount for band in made.bands) == sum(band.amount for band in bands)
    assert "7" in made.names[sankey.OTHERS]
