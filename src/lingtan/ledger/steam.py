"""Enthalpy of water and steam by the industrial formulation IAPWS-IF97 (IAPWS R7-97(2012)), through CoolProp.

Pressures are absolute; the enthalpy of liquid water at the triple point is nought, as the release sets it.
"""

from __future__ import annotations

import sys
from decimal import Decimal
from functools import lru_cache
from importlib import import_module
from importlib.machinery import PathFinder
from importlib.util import find_spec, module_from_spec
from types import ModuleType

LOWEST_MPA = Decimal("0.000611657")
"""Pressure of the triple point [MPa]; below it no liquid can condense and IF97's saturation line ends."""
HIGHEST_MPA = Decimal(100)
"""Upper pressure of IF97 up to 800 degC [MPa] (R7-97, section 2)."""
CRITICAL_MPA = Decimal("22.064")
"""Critical pressure [MPa] (R7-97, section 3): above it there is no saturated steam."""
CRITICAL_C = Decimal("373.946")
"""Critical temperature [degC] (R7-97, section 3)."""
COLDEST_C, HOTTEST_C = Decimal(0), Decimal(800)
_NEAR_SATURATION_K = 0.05


class SteamError(ValueError):
    """A state that is no steam or lies outside IAPWS-IF97; the message names the limits."""


@lru_cache(maxsize=1024)
def enthalpy(p_mpa: Decimal, t_c: Decimal | None = None, x: Decimal | None = None) -> Decimal:
    """Specific enthalpy of steam [kJ/kg], rounded to 1e-6 kJ/kg.

    Parameters
    ----------
    p_mpa : absolute pressure [MPa], 0.000611657 to 100.
    t_c : temperature [degC], 0 to 800; None = saturated at ``p_mpa``. Within 0.05 K of saturation it is the vapour.
    x : dryness (mass share of vapour, 0 to 1) of wet steam; None = 1. Not together with ``t_c``.

    Raises
    ------
    SteamError
        where the state is liquid, over-determined or out of range.

    Notes
    -----
    Source: IAPWS R7-97(2012), equations of regions 1 to 3 and the saturation line.
    """
    _check_range(p_mpa, t_c, x)
    if t_c is None:
        return _saturated(p_mpa, Decimal(1) if x is None else x)
    boiling = _condenses_below(p_mpa)
    if p_mpa < CRITICAL_MPA and abs(float(t_c - boiling)) <= _NEAR_SATURATION_K:
        return _saturated(p_mpa, Decimal(1))
    if t_c < boiling:
        raise SteamError(
            f"expected steam; came liquid water: at {p_mpa} MPa (absolute) water is liquid below {boiling:.2f} degC "
            f"and the state says {t_c} degC; correct p_mpa or t_c, or use a hot-water commodity in GJ"
        )
    return _property("H", ("T", float(t_c) + 273.15), ("P", float(p_mpa) * 1e6), scale=1e-3)


@lru_cache(maxsize=1024)
def water_enthalpy(p_mpa: Decimal, t_c: Decimal) -> Decimal:
    """Specific enthalpy of liquid water [kJ/kg], e.g. of feed water or returned condensate.

    Raises
    ------
    SteamError
        where the state is steam or out of range. Source: IAPWS R7-97(2012), region 1.
    """
    _check_range(p_mpa, t_c, None)
    if t_c >= _condenses_below(p_mpa):
        raise SteamError(f"expected liquid water; came {t_c} degC at {p_mpa} MPa, which is steam: use enthalpy()")
    return _property("H", ("T", float(t_c) + 273.15), ("P", float(p_mpa) * 1e6), scale=1e-3)


@lru_cache(maxsize=1024)
def saturation_temperature(p_mpa: Decimal) -> Decimal:
    """Boiling temperature [degC] at an absolute pressure [MPa] below the critical one (R7-97, equation 31).

    Raises
    ------
    SteamError
        outside 0.000611657 to 22.064 MPa.
    """
    if not LOWEST_MPA <= p_mpa < CRITICAL_MPA:
        raise SteamError(f"expected {LOWEST_MPA} to {CRITICAL_MPA} MPa (absolute) for saturation; came {p_mpa} MPa")
    return _property("T", ("P", float(p_mpa) * 1e6), ("Q", 1.0), shift=-273.15)


def _condenses_below(p_mpa: Decimal) -> Decimal:
    """Temperature below which water is liquid [degC]: saturation, or the critical one at pressures above it."""
    return saturation_temperature(p_mpa) if p_mpa < CRITICAL_MPA else CRITICAL_C


def _saturated(p_mpa: Decimal, x: Decimal) -> Decimal:
    """Enthalpy on or inside the saturation line [kJ/kg]."""
    if p_mpa >= CRITICAL_MPA:
        raise SteamError(
            f"expected a temperature, as there is no saturated steam above {CRITICAL_MPA} MPa; came {p_mpa} MPa alone"
        )
    return _property("H", ("P", float(p_mpa) * 1e6), ("Q", float(x)), scale=1e-3)


def _check_range(p_mpa: Decimal, t_c: Decimal | None, x: Decimal | None) -> None:
    """Refuse what lies outside the formulation."""
    if not (p_mpa.is_finite() and LOWEST_MPA <= p_mpa <= HIGHEST_MPA):
        raise SteamError(
            f"expected an absolute pressure from {LOWEST_MPA} to {HIGHEST_MPA} MPa; came {p_mpa} MPa "
            "(gauge pressures need the atmosphere added, about 0.101 MPa)"
        )
    if t_c is not None and not (t_c.is_finite() and COLDEST_C <= t_c <= HOTTEST_C):
        raise SteamError(f"expected a temperature from {COLDEST_C} to {HOTTEST_C} degC; came {t_c} degC")
    if x is not None and (t_c is not None or not 0 <= x <= 1):
        raise SteamError(f"expected a dryness from 0 to 1 without a temperature; came x={x}, t_c={t_c}")


def _property(
    name: str, first: tuple[str, float], second: tuple[str, float], *, scale: float = 1.0, shift: float = 0.0
) -> Decimal:
    """Ask CoolProp's IF97 back end, as a decimal of six places.

    Six places are finer than the formulation (nine significant digits) and hide the last bits, in which
    mathematical libraries of different machines differ.
    """
    try:
        value = float(_core().PropsSI(name, *first, *second, "IF97::Water"))
    except ValueError as fault:
        raise SteamError(f"IAPWS-IF97 does not cover the state {first}, {second}: {fault}") from fault
    return Decimal(f"{value * scale + shift:.6f}")


@lru_cache(maxsize=1)
def _core() -> ModuleType:
    """Load CoolProp's compiled module without its package.

    The package's own start lists every fluid it knows, which costs two seconds; IF97 needs none of them.
    """
    name = "CoolProp.CoolProp"
    package = find_spec("CoolProp")
    places = package.submodule_search_locations if package else None
    spec = PathFinder.find_spec(name, places)
    if name in sys.modules or spec is None or spec.loader is None:
        return import_module(name)
    # Entered where an ordinary import looks for it: loading the module twice ends the process.
    core = sys.modules[name] = module_from_spec(spec)
    spec.loader.exec_module(core)
    return core
