"""Facts about steam. Values: IAPWS R7-97(2012), tables 5, 15, 33, 35 and 36."""

from __future__ import annotations

import subprocess
import sys
from decimal import Decimal

import pytest

from lingtan.ledger import steam
from lingtan.ledger.steam import SteamError

ZERO = Decimal("273.15")

# T [K], p [MPa], v [m3/kg], h [kJ/kg], u [kJ/kg], s [kJ/(kg K)], cp [kJ/(kg K)], w [m/s]
WATER = [
    ("300", "3", 0.00100215168, 115.331273, 112.324818, 0.392294792, 4.17301218, 1507.73921),  # table 5
    ("300", "80", 0.000971180894, 184.142828, 106.448356, 0.368563852, 4.01008987, 1634.69054),
    ("500", "3", 0.001202418, 975.542239, 971.934985, 2.58041912, 4.65580682, 1240.71337),
]
STEAM = [
    ("300", "0.0035", 39.4913866, 2549.91145, 2411.6916, 8.52238967, 1.91300162, 427.920172),  # table 15
    ("700", "0.0035", 92.3015898, 3335.68375, 3012.62819, 10.1749996, 2.08141274, 644.289068),
    ("700", "30", 0.00542946619, 2631.49474, 2468.61076, 5.17540298, 10.3505092, 480.386523),
]
# T [K], p [MPa], h, s, cp: rho = 500 and 200 kg/m3 (table 33)
DENSE = [
    ("650", "25.5837018", 1863.43019, 4.05427273, 13.8935717),
    ("650", "22.2930643", 2375.12401, 4.85438792, 44.6579342),
]
# p [MPa], T [K] (tables 35 and 36)
BOILING = [
    ("0.00353658941", "300"), ("2.63889776", "500"), ("12.3443146", "600"),
    ("0.1", "372.755919"), ("1", "453.035632"), ("10", "584.149488"),
]  # fmt: skip


@pytest.mark.parametrize("row", WATER)
def test_enthalpy_of_water_is_that_of_the_release(
    row: tuple[str, str, float, float, float, float, float, float],
) -> None:
    assert float(steam.water_enthalpy(Decimal(row[1]), Decimal(row[0]) - ZERO)) == pytest.approx(row[3], rel=2e-9)


@pytest.mark.parametrize("row", STEAM)
def test_enthalpy_of_steam_is_that_of_the_release(
    row: tuple[str, str, float, float, float, float, float, float],
) -> None:
    assert float(steam.enthalpy(Decimal(row[1]), Decimal(row[0]) - ZERO)) == pytest.approx(row[3], rel=2e-9)


@pytest.mark.parametrize("row", DENSE)
def test_enthalpy_above_the_critical_point_is_that_of_the_release(row: tuple[str, str, float, float, float]) -> None:
    # Region 3 is stated by density; the engine finds the density by backward equations good to about 1e-5.
    assert float(steam.enthalpy(Decimal(row[1]), Decimal(row[0]) - ZERO)) == pytest.approx(row[2], rel=5e-6)


@pytest.mark.parametrize("row", [*WATER, *STEAM])
def test_the_engine_gives_every_property_of_the_release(
    row: tuple[str, str, float, float, float, float, float, float],
) -> None:
    ask = steam._core().PropsSI
    state = ("T", float(row[0]), "P", float(row[1]) * 1e6, "IF97::Water")
    scaled = [1 / ask("D", *state), *(ask(name, *state) / 1e3 for name in ("H", "U", "S", "C")), ask("A", *state)]
    assert scaled == pytest.approx(row[2:], rel=2e-8)


@pytest.mark.parametrize(("p_mpa", "kelvin"), BOILING)
def test_the_boiling_temperature_is_that_of_the_release(p_mpa: str, kelvin: str) -> None:
    assert float(steam.saturation_temperature(Decimal(p_mpa)) + ZERO) == pytest.approx(float(kelvin), abs=2e-6)


def test_saturated_steam_at_one_atmosphere_has_the_known_enthalpy() -> None:
    # IAPWS SR1-86 (an older formulation): h'' = 2675.7 kJ/kg and h' = 419.05 kJ/kg at 0.101325 MPa.
    assert float(steam.enthalpy(Decimal("0.101325"))) == pytest.approx(2675.7, rel=2e-4)
    assert float(steam.enthalpy(Decimal("0.101325"), x=Decimal(0))) == pytest.approx(419.05, rel=2e-4)


def test_wet_steam_lies_between_water_and_vapour_by_its_dryness() -> None:
    dry, water = steam.enthalpy(Decimal("0.8")), steam.enthalpy(Decimal("0.8"), x=Decimal(0))
    wet = steam.enthalpy(Decimal("0.8"), x=Decimal("0.95"))
    assert float(wet) == pytest.approx(float(water + (dry - water) * Decimal("0.95")), abs=1e-5)


def test_a_temperature_at_saturation_means_the_vapour() -> None:
    assert steam.enthalpy(Decimal(1), Decimal("179.88")) == steam.enthalpy(Decimal(1))


def test_liquid_water_is_no_steam() -> None:
    with pytest.raises(SteamError, match=r"came liquid water: at 1 MPa \(absolute\) water is liquid below 179.89 degC"):
        steam.enthalpy(Decimal(1), Decimal(150))


def test_cold_water_under_high_pressure_is_no_steam() -> None:
    with pytest.raises(SteamError, match="came liquid water"):
        steam.enthalpy(Decimal(25), Decimal(20))


def test_steam_is_no_liquid_water() -> None:
    with pytest.raises(SteamError, match="expected liquid water"):
        steam.water_enthalpy(Decimal("0.1"), Decimal(120))


def test_above_the_critical_pressure_a_temperature_is_needed() -> None:
    with pytest.raises(SteamError, match="expected a temperature"):
        steam.enthalpy(Decimal(23))


@pytest.mark.parametrize(
    ("p_mpa", "t_c", "x"),
    [("0", "200", None), ("-0.1", None, None), ("150", "600", None), ("NaN", None, None), ("1", "801", None),
     ("1", "-5", None), ("1", "NaN", None), ("1", None, "1.2"), ("1", "200", "0.9")],
)  # fmt: skip
def test_states_outside_the_formulation_are_refused(p_mpa: str, t_c: str | None, x: str | None) -> None:
    with pytest.raises(SteamError, match="expected"):
        steam.enthalpy(Decimal(p_mpa), Decimal(t_c) if t_c else None, Decimal(x) if x else None)


def test_the_short_way_to_the_engine_and_the_package_are_one_module() -> None:
    script = (
        "from decimal import Decimal; from lingtan.ledger import steam; steam.enthalpy(Decimal(1));"
        "from CoolProp import CoolProp; assert CoolProp is steam._core()"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False, timeout=60).returncode == 0
