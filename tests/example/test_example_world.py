"""The true park behind the example: what comes in goes out, at every node and quarter-hour."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import pytest

from lingtan.example import media, papers, power, registers, tables, world
from lingtan.example.grid import Window
from lingtan.example.oracle import factor

WINDOW = Window(date(2025, 1, 1), date(2025, 3, 1))


@pytest.fixture(scope="module")
def park() -> world.World:
    return world.build(WINDOW, seed=1)


def test_same_seed_gives_the_same_flows(park: world.World) -> None:
    again = world.build(WINDOW, seed=1)
    assert all(np.array_equal(park.flows[stream], again.flows[stream]) for stream in park.flows)
    assert all(np.array_equal(park.goods.flows[name], again.goods.flows[name]) for name in park.goods.flows)


def test_another_seed_gives_other_flows(park: world.World) -> None:
    other = world.build(WINDOW, seed=2)
    assert not np.array_equal(park.flows["EL_GRID_U01"], other.flows["EL_GRID_U01"])


def test_no_flow_is_negative(park: world.World) -> None:
    assert all(flow.min() >= 0 for flow in park.flows.values())
    assert all(flow.min() >= 0 for flow in park.goods.flows.values())


def _ends(park: world.World, node: str, commodity: str) -> np.ndarray:
    net = np.zeros(WINDOW.steps, dtype=np.int64)
    for stream, row in tables.streams().items():
        if row["commodity"] == commodity and stream in park.flows:
            net += park.flows[stream] * ((row["target"] == node) - (row["source"] == node))
    return net


def test_the_network_balances_exactly_at_every_quarter_hour(park: world.World) -> None:
    assert not _ends(park, "U01", "electricity").any()


def test_the_battery_keeps_what_it_takes_less_its_losses(park: world.World) -> None:
    change = np.diff(park.stored)
    assert np.array_equal(_ends(park, "BAT", "electricity"), change + park.battery_loss)
    assert park.stored.min() >= 0
    assert park.battery_loss.min() >= 0
    assert park.stored.max() <= 10 * 1.1 * power.BATTERY_KWH


def test_what_lies_behind_a_main_never_exceeds_it(park: world.World) -> None:
    for node in ("E01", "E02", "E03", "E04", "E05", "E06", "E07", "E09", "E10", "E11"):
        assert _ends(park, node, "electricity").min() >= 0, node


def test_the_cement_works_rest_closes_its_balance(park: world.World) -> None:
    assert not _ends(park, "E08", "electricity").any()


def test_sub_meters_of_a_stream_stay_below_its_main(park: world.World) -> None:
    for stream in tables.streams():
        subs = [point for point in tables.points() if point.stream == stream and point.role == "sub"]
        if subs:
            total = sum(np.cumsum(registers.amounts(park, point)) for point in subs)
            assert np.all(total <= np.cumsum(park.flows[stream])), stream


def test_parallel_feeders_add_up_to_the_purchase(park: world.World) -> None:
    feeders = [p for p in tables.points() if p.stream == "EL_GRID_U01" and p.role == "main"]
    total = sum(registers.amounts(park, point) for point in feeders)
    assert len(feeders) == 2
    assert np.array_equal(total, park.flows["EL_GRID_U01"])


def test_the_turbine_turns_about_a_third_of_its_gas_into_power_and_three_quarters_into_use(park: world.World) -> None:
    gas_gj = park.flows["GAS_GT"].sum() / 10 * media.GAS_GJ
    power_gj = (park.flows["EL_GT_U01"] + park.flows["EL_GT_GRID"]).sum() / 10 * 0.0036
    steam_gj = park.flows["ST_GT"].sum() / 100 * (media.STEAM_GJ - media.FEED_GJ)
    assert 0.33 < power_gj / gas_gj < 0.36
    assert 0.70 < (power_gj + steam_gj) / gas_gj < 0.82


def test_the_steam_network_loses_three_per_cent_and_never_gives_more_than_it_gets(park: world.World) -> None:
    net = _ends(park, "E11-SH", "steam_1.0MPa")
    made = sum(park.flows[stream] for stream in ("ST_GT", "ST_GB", "ST_CB"))
    assert np.cumsum(net).min() >= -3
    assert 0.02 < net.sum() / made.sum() < 0.06


def test_the_waste_water_plant_gives_back_what_came_in_less_one_per_cent(park: world.World) -> None:
    coming = sum(flow for stream, flow in park.flows.items() if stream.startswith("WW_E"))
    going = park.flows["WW_RIV"] + park.flows["RW_E08"] + park.flows["RW_E11"]
    lost = coming - going
    assert lost.min() >= 0
    assert lost.sum() / coming.sum() == pytest.approx(0.01, abs=0.001)


def test_yards_change_by_what_is_delivered_less_what_is_burned(park: world.World) -> None:
    goods = park.goods
    for delivered, used, node in (("CL_Y11", "CL_CB", "E11-Y"), ("CL_Y08", "CL_K", "E08-Y")):
        levels = goods.stocks[node, "bituminous"]
        assert np.array_equal(np.diff(levels), goods.flows[delivered] - goods.flows[used])
        assert levels.min() >= 0


def test_the_coke_ovens_lose_a_few_per_cent_of_their_carbon_and_heat(park: world.World) -> None:
    first, last = WINDOW.start, WINDOW.end
    rise = park.goods.stock("E04-CO", "coking_coal", last) - park.goods.stock("E04-CO", "coking_coal", first)
    charge = (park.goods.between("CL_CK_IN", first, last) - rise) / 100
    gas = (park.flows["COG_OB"].sum() + park.flows["COG_E07"].sum()) / 10
    amounts = {
        "coke": park.goods.between("CK_OUT", first, last) / 100,
        "coal_tar": park.goods.between("TAR_OUT", first, last) / 100,
        "coke_oven_gas": gas,
    }

    def heat(code: str) -> float:
        return float(factor(code, "NCV", first))

    def carbon(code: str) -> float:
        return heat(code) * float(factor(code, "carbon_content", first))

    carbon_out = sum(amount * carbon(code) for code, amount in amounts.items())
    heat_out = sum(amount * heat(code) for code, amount in amounts.items())
    assert 0.01 < 1 - carbon_out / (charge * carbon("coking_coal")) < 0.05
    assert 0.01 < 1 - heat_out / (charge * heat("coking_coal")) < 0.08


def test_bills_follow_each_other_without_a_hole_and_cover_the_window() -> None:
    spans = papers.bills(WINDOW)
    assert spans[0][0] == date(2024, 12, 25)
    assert spans[-1][1] >= WINDOW.end
    assert all(before[1] == after[0] for before, after in pairwise(spans))


def test_european_summer_time_begins_and_ends_on_the_last_sundays() -> None:
    window = Window(date(2025, 3, 1), date(2025, 11, 5))
    wall = registers.european_summer_wall(window)
    steps = np.diff(wall) / np.timedelta64(15, "m")
    edges = window.edges()[1:]
    # 30 March and 26 October 2025, 01:00 UTC = 09:00 in Shanghai.
    assert edges[np.argmax(steps)] == np.datetime64("2025-03-30T09:00")
    assert edges[np.argmin(steps)] == np.datetime64("2025-10-26T09:00")


def test_a_counter_shows_exactly_what_passed_modulo_its_range(park: world.World) -> None:
    for point in tables.points():
        if point.meter.register == "counter":
            amount = registers.amounts(park, point)
            track = registers.track(park, point, amount)
            steps = np.diff(track.values) % registers.digits_range(point)
            assert np.array_equal(steps * point.meter.step, amount), point.id


def test_pv_gives_nothing_at_night(park: world.World) -> None:
    quarters = np.arange(WINDOW.steps) % 96
    for stream in power.PV_KW:
        assert not park.flows[stream][(quarters < 20) | (quarters > 80)].any()


def test_windows_of_one_seed_have_the_days_they_say() -> None:
    assert WINDOW.days == 59
    assert WINDOW.end - WINDOW.start == timedelta(days=59)
    assert [span[0].month for span in WINDOW.months()] == [1, 2]
