"""Shapes of load, sun and wind: demandlib's profiles on the park's calendar, pvlib's sky with seeded weather.

The profile tables are those that demandlib (MIT) ships: ``bdew_data/selp_series.csv`` (types g0 to g6) and the step
profile of ``IndustrialLoadProfile``. The look-up by season, weekday and quarter-hour is done here.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import time
from importlib.resources import files

import numpy as np

from lingtan.example.grid import QUARTERS, Floats, Window, draw, holidays_per_day

SEASONS = ("winter", "transition", "summer")
#: First day (month, day) from which a season of the standard profiles holds.
TURNS = ((1, 1, 0), (3, 21, 1), (5, 15, 2), (9, 15, 1), (11, 1, 0))
#: Shares of full load: (begin, end of the working day), then day and night factor on workdays, weekends, holidays.
SHIFTS = {
    "shift2": (time(6), time(22), (1.0, 0.28), (0.55, 0.2), (0.22, 0.15)),
    "shift3": (time(7), time(23), (1.0, 0.86), (0.95, 0.84), (0.55, 0.5)),
    "cont": (time(8), time(20), (1.0, 0.95), (0.98, 0.94), (0.86, 0.84)),
}


class MissingExtraError(ImportError):
    """A library of the extra ``example`` is not installed."""

    def __init__(self, library: str) -> None:
        super().__init__(
            f"the example park needs {library}, which is not installed; install it with: pip install 'lingtan[example]'"
        )


def shape(name: str, window: Window) -> Floats:
    """Return a load shape over the window with mean 1 [-], one value per quarter-hour."""
    if name in SHIFTS:
        values = _shifts(name, window)
    elif name in _SPECIAL:
        values = _SPECIAL[name](window)
    else:
        values = _standard(name, window)
    result: Floats = values / values.mean()
    return result


def holidays(window: Window) -> Floats:
    """Return 1.0 on statutory holidays, 0.0 else, per day."""
    return holidays_per_day(window.dates())


def weekdays(window: Window) -> Floats:
    """Return the day of the week per day, Monday = 0."""
    result: Floats = ((window.dates().astype(np.int64) + 3) % 7).astype(np.float64)
    return result


def _standard(column: str, window: Window) -> Floats:
    table = _profile_table(column)
    months_days = [(day.month, day.day) for day in window.dates().astype(object)]
    season = [max(turn for turn in TURNS if turn[:2] <= key)[2] for key in months_days]
    weekday = np.where(holidays(window) > 0, 6, weekdays(window)).astype(np.int64)
    values = table[np.array(season), weekday].reshape(-1)
    # A third of an office's power runs round the clock (servers, lifts, ventilation), which the profiles leave out.
    result: Floats = values + (0.4 * values.mean() if column == "g1" else 0.0)
    return result


def _profile_table(column: str) -> Floats:
    try:
        text = files("demandlib.bdew").joinpath("bdew_data", "selp_series.csv").read_text(encoding="utf-8")
    except ModuleNotFoundError as missing:
        raise MissingExtraError("demandlib") from missing
    table = np.zeros((len(SEASONS), 7, QUARTERS))
    filled: dict[tuple[int, int], int] = {}
    for row in csv.DictReader(text.splitlines()):
        key = (SEASONS.index(row["period"]), int(float(row["weekday"])) - 1)
        table[key][filled.get(key, 0)] = float(row[column])
        filled[key] = filled.get(key, 0) + 1
    return table


def _shifts(name: str, window: Window) -> Floats:
    try:
        import pandas as pd
        from demandlib.particular_profiles import IndustrialLoadProfile
    except ImportError as missing:
        raise MissingExtraError("demandlib") from missing
    begin, end, week, weekend, holiday = SHIFTS[name]
    index = pd.date_range(window.start, periods=window.steps, freq="15min")
    resting = {
        day: "holiday" for day, flag in zip(window.dates().astype(object), holidays(window), strict=True) if flag
    }
    profile = IndustrialLoadProfile(index, holidays=resting).simple_profile(
        1.0,
        am=begin,
        pm=end,
        profile_factors={
            "week": {"day": week[0], "night": week[1]},
            "weekend": {"day": weekend[0], "night": weekend[1]},
            "holiday": {"day": holiday[0], "night": holiday[1]},
        },
    )
    result: Floats = profile.to_numpy(dtype=np.float64)
    return result


def _kiln(window: Window) -> Floats:
    """Return the shape of the cement works: the kiln stops for its yearly repair from 20 January to 18 February."""
    factor = np.array([0.35 if (1, 20) <= (d.month, d.day) < (2, 19) else 1.0 for d in window.dates().astype(object)])
    hours = np.arange(QUARTERS) / 4.0
    night_tariff = np.where((hours < 8) | (hours >= 22), 1.12, 0.92)
    return np.outer(factor, night_tariff).reshape(-1)


def _charge(window: Window) -> Floats:
    """Return the shape of a charging station: lunch and evening peaks, more on workdays."""
    hours = np.arange(QUARTERS) / 4.0
    day = 0.12 + np.exp(-(((hours - 12.5) / 1.6) ** 2)) + 1.4 * np.exp(-(((hours - 19.5) / 2.4) ** 2))
    level = np.where((weekdays(window) >= 5) | (holidays(window) > 0), 0.6, 1.0)
    return np.outer(level, day).reshape(-1)


def _season(window: Window) -> Floats:
    """Return the shape of space heating: from 15 November to 15 March, with warm tap water all year."""
    cold = []
    for day in window.dates().astype(object):
        angle = 2 * np.pi * ((day.timetuple().tm_yday - 20) / 365.25)
        heating = (day.month, day.day) >= (11, 15) or (day.month, day.day) < (3, 15)
        cold.append(0.08 + (max(np.cos(angle), 0.2) if heating else 0.0))
    hours = np.arange(QUARTERS) / 4.0
    return np.outer(np.array(cold), 0.75 + 0.5 * np.exp(-(((hours - 9.0) / 4.0) ** 2))).reshape(-1)


_SPECIAL: dict[str, Callable[[Window], Floats]] = {"kiln": _kiln, "charge": _charge, "season": _season}

#: Site of the example park in Jiangsu [degrees].
LATITUDE, LONGITUDE = 31.81, 119.97
TILT, AZIMUTH, LOSSES = 20.0, 180.0, 0.86


def pv(window: Window, peaks_kw: dict[str, float], *, seed: int) -> dict[str, Floats]:
    """Return the energy of PV plants [kWh per quarter-hour] by name.

    Clear-sky irradiance (Haurwitz) on the tilted plane through pvlib at the middle of each quarter-hour, times a seeded
    clearness of the day and of the hour; the plants share the sky but not the passing clouds.
    """
    plane = _plane_of_array(window)
    rng = draw(seed, "sky")
    month = window.dates().astype("datetime64[M]").astype(np.int64) % 12
    dull = np.where((month == 5) | (month == 6), 0.12, 0.0)  # the plum rains of June and July
    daily = np.clip(rng.beta(1.7, 1.7, window.days) - dull, 0.08, 1.0)
    clear = np.repeat(daily, QUARTERS)
    found = {}
    for name, peak in peaks_kw.items():
        passing = 1.0 - (1.0 - clear) * np.clip(draw(seed, f"cloud {name}").normal(0.9, 0.25, window.steps), 0.0, 1.6)
        power = peak * np.clip(plane / 1000.0 * LOSSES * np.clip(passing, 0.05, 1.0), 0.0, 0.95)
        found[name] = power / 4.0
    return found


def _plane_of_array(window: Window) -> Floats:
    """Return the clear-sky irradiance on the module plane [W/m2] at mid quarter-hours."""
    try:
        import pandas as pd
        import pvlib
    except ImportError as missing:
        raise MissingExtraError("pvlib") from missing
    index = pd.date_range(window.start, periods=window.steps, freq="15min", tz="Asia/Shanghai") + pd.Timedelta("7.5min")
    sun = pvlib.solarposition.ephemeris(index, LATITUDE, LONGITUDE)
    ghi = pvlib.clearsky.haurwitz(sun["apparent_zenith"])["ghi"]
    parts = pvlib.irradiance.erbs(ghi, sun["zenith"], index)
    plane = pvlib.irradiance.get_total_irradiance(
        TILT, AZIMUTH, sun["apparent_zenith"], sun["azimuth"], parts["dni"], ghi, parts["dhi"]
    )["poa_global"]
    # A sun below three degrees gives nothing that an inverter starts on.
    lit = np.where(sun["apparent_elevation"].to_numpy() > 3.0, plane.to_numpy(), 0.0)
    result: Floats = np.nan_to_num(lit)
    return result


def wind(window: Window, rated_kw: float, *, seed: int) -> Floats:
    """Return the energy of the wind farm [kWh per quarter-hour]: a wandering wind speed through a cubic power curve."""
    rng = draw(seed, "wind")
    knots = rng.standard_normal(window.steps // 24 + 3)
    smooth = np.convolve(knots, np.array([0.25, 0.5, 0.25]) / np.sqrt(0.375), mode="same")
    slow = np.interp(np.arange(window.steps) / 24.0, np.arange(smooth.size), smooth)
    speed = np.clip(6.2 + 2.6 * slow + 0.35 * rng.standard_normal(window.steps), 0.0, 25.0)
    share = np.where(speed < 3.0, 0.0, np.clip((speed / 11.5) ** 3, 0.0, 1.0))
    result: Floats = rated_kw * share / 4.0
    return result
