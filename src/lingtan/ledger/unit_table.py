"""The units a park may write, as data: symbols, other spellings, labels of substances.

Sources: SI brochure (9th ed.); GB 3100-93 and GB 3101-93; GB/T 2589-2020 clause 3 (1 kgce = 29 307.6 kJ);
International Table calorie and Btu of ISO 31-4 (1 cal = 4.1868 J, 1 Btu = 1055.05585262 J); 1 kgoe = 10 000 kcal
(IEA/OECD convention); international pound and foot of 1959.
"""

from __future__ import annotations

BASES = ("kg", "m", "s", "K", "A", "Nm3", "var", "VA", "person", "pcs", "a", "month", "CNY", "EUR", "USD")
"""What cannot be converted into one another. A calendar year or month is no fixed number of seconds; a normal cubic
metre becomes a cubic metre only for gases; reactive and apparent power are no power; each currency is itself."""

DIMENSIONS: dict[str, dict[str, int]] = {
    "ratio": {},
    "mass": {"kg": 1},
    "length": {"m": 1},
    "area": {"m": 2},
    "volume": {"m": 3},
    "normal volume": {"Nm3": 1},
    "time": {"s": 1},
    "frequency": {"s": -1},
    "speed": {"m": 1, "s": -1},
    "energy": {"kg": 1, "m": 2, "s": -2},
    "power": {"kg": 1, "m": 2, "s": -3},
    "pressure": {"kg": 1, "m": -1, "s": -2},
    "temperature": {"K": 1},
    "current": {"A": 1},
    "voltage": {"kg": 1, "m": 2, "s": -3, "A": -1},
    "reactive power": {"var": 1},
    "reactive energy": {"var": 1, "s": 1},
    "apparent power": {"VA": 1},
    "apparent energy": {"VA": 1, "s": 1},
    "transport work": {"kg": 1, "m": 1},
    "passenger work": {"person": 1, "m": 1},
    "persons": {"person": 1},
    "pieces": {"pcs": 1},
    "calendar years": {"a": 1},
    "calendar months": {"month": 1},
    "money CNY": {"CNY": 1},
    "money EUR": {"EUR": 1},
    "money USD": {"USD": 1},
}

SYMBOLS: dict[str, dict[str, str]] = {
    "ratio": {"1": "1", "fraction": "1", "%": "0.01", "permille": "0.001", "ppm": "1e-6"},
    "mass": {
        "kg": "1", "g": "1e-3", "mg": "1e-6", "ug": "1e-9", "t": "1e3", "kt": "1e6", "Gg": "1e6", "Mt": "1e9",
        "lb": "0.45359237", "short_ton": "907.18474",
    },
    "length": {"m": "1", "km": "1e3", "cm": "1e-2", "mm": "1e-3"},
    "area": {"m2": "1", "km2": "1e6", "ha": "1e4", "mu": "2000/3"},
    "volume": {"m3": "1", "L": "1e-3", "mL": "1e-6", "kL": "1", "ft3": "0.028316846592", "gal_us": "0.003785411784",
               "bbl": "0.158987294928"},
    "normal volume": {"Nm3": "1", "NL": "1e-3"},
    "time": {"s": "1", "min": "60", "h": "3600", "d": "86400"},
    "frequency": {"Hz": "1"},
    "energy": {
        "J": "1", "kJ": "1e3", "MJ": "1e6", "GJ": "1e9", "TJ": "1e12", "PJ": "1e15",
        "Wh": "3600", "kWh": "3.6e6", "MWh": "3.6e9", "GWh": "3.6e12", "TWh": "3.6e15",
        "cal": "4.1868", "kcal": "4186.8", "Mcal": "4.1868e6", "Gcal": "4.1868e9",
        "gce": "29307.6", "kgce": "29.3076e6", "tce": "29.3076e9", "Mtce": "29.3076e15",
        "kgoe": "41.868e6", "toe": "41.868e9", "Btu": "1055.05585262", "MMBtu": "1055.05585262e6",
    },
    "power": {"W": "1", "kW": "1e3", "MW": "1e6", "GW": "1e9", "Wp": "1", "kWp": "1e3", "MWp": "1e6"},
    "pressure": {"Pa": "1", "hPa": "100", "kPa": "1e3", "MPa": "1e6", "mbar": "100", "bar": "1e5", "atm": "101325"},
    "temperature": {"K": "1", "degC": "1", "degF": "5/9"},
    "current": {"A": "1", "kA": "1e3"},
    "voltage": {"V": "1", "kV": "1e3"},
    "reactive power": {"var": "1", "kvar": "1e3", "Mvar": "1e6"},
    "reactive energy": {"varh": "3600", "kvarh": "3.6e6", "Mvarh": "3.6e9"},
    "apparent power": {"VA": "1", "kVA": "1e3", "MVA": "1e6"},
    "apparent energy": {"kVAh": "3.6e6"},
    "transport work": {"tkm": "1e6"},
    "passenger work": {"pkm": "1e3"},
    "persons": {"person": "1"},
    "pieces": {"pcs": "1"},
    "calendar years": {"a": "1"},
    "calendar months": {"month": "1"},
    "money CNY": {"CNY": "1"},
    "money EUR": {"EUR": "1"},
    "money USD": {"USD": "1"},
}  # fmt: skip
"""dimension -> symbol -> size in the dimension's base units, exactly, as a number or a quotient of two."""

OFFSETS = {"degC": "273.15", "degF": "459.67"}
"""Added to a value before it is scaled to kelvin. Such units have no ratio; `units.temperature` converts them."""

SPELLINGS: dict[str, str] = {
    "度": "kWh", "千瓦时": "kWh", "千瓦·时": "kWh", "kW·h": "kWh", "kW.h": "kWh", "兆瓦时": "MWh", "吉瓦时": "GWh",
    "吨": "t", "千克": "kg", "公斤": "kg", "克": "g", "毫克": "mg", "tonne": "t", "tonnes": "t",
    "立方米": "m3", "m³": "m3", "m^3": "m3", "升": "L", "l": "L", "ℓ": "L",
    "标准立方米": "Nm3", "标立方米": "Nm3", "标方": "Nm3", "Nm³": "Nm3", "Nm^3": "Nm3", "m3(N)": "Nm3",
    "焦": "J", "千焦": "kJ", "兆焦": "MJ", "吉焦": "GJ", "太焦": "TJ", "百万千焦": "GJ",
    "千卡": "kcal", "大卡": "kcal", "百万大卡": "Gcal",
    "吨标准煤": "tce", "吨标煤": "tce", "千克标准煤": "kgce", "公斤标准煤": "kgce", "克标准煤": "gce",
    "吨油当量": "toe",
    "瓦": "W", "千瓦": "kW", "兆瓦": "MW", "千乏时": "kvarh", "kVarh": "kvarh", "kVar": "kvar", "千伏安": "kVA",
    "平方米": "m2", "m²": "m2", "m^2": "m2", "公顷": "ha", "亩": "mu", "平方公里": "km2", "平方千米": "km2",
    "km²": "km2",
    "小时": "h", "hour": "h", "hours": "h", "分钟": "min", "秒": "s", "天": "d", "日": "d", "day": "d", "days": "d",
    "年": "a", "year": "a", "years": "a", "月": "month", "months": "month",
    "人": "person", "persons": "person", "people": "person", "个": "pcs", "件": "pcs", "台": "pcs", "张": "pcs",
    "元": "CNY", "RMB": "CNY", "兆帕": "MPa", "千帕": "kPa", "帕": "Pa",
    "℃": "degC", "°C": "degC", "摄氏度": "degC", "°F": "degF", "开": "K",
    "％": "%", "percent": "%", "pct": "%", "‰": "permille", "比率": "fraction", "µg": "ug", "μg": "ug", "吨公里": "tkm",
}  # fmt: skip
"""Other spellings that mean the same without doubt. Doubtful ones (``ton``, ``MT``, ``Sm3``) are in `DOUBTFUL`."""

MULTIPLIERS = {"千": 10**3, "万": 10**4, "百万": 10**6, "千万": 10**7, "亿": 10**8}
"""Chinese number words in front of a unit: ``万kWh``, ``万立方米``, ``亿元``."""

DOUBTFUL: dict[str, str] = {
    "ton": "write t (1000 kg) or short_ton (2000 lb)",
    "tons": "write t (1000 kg) or short_ton (2000 lb)",
    "MT": "write t for tonnes or Mt for million tonnes",
    "mt": "write t for tonnes or Mt for million tonnes",
    "Sm3": "standard cubic metres have another reference state than Nm3 (0 degC, 101.325 kPa): convert before",
    "scf": "standard cubic feet have another reference state than Nm3: convert before",
    "MPaG": "pressures are absolute: add the atmosphere and write MPa",
    "barg": "pressures are absolute: add the atmosphere and write bar",
    "gal": "write gal_us or L",
    "方": "write m3, or Nm3 for gas at 0 degC and 101.325 kPa",
    "斤": "write kg (1 jin = 0.5 kg)",
    "C": "write degC for a temperature, tC or kgC for an amount of carbon",
    "mmHg": "write kPa",
    "卡": "write kcal or kJ",
}
"""Spellings that are refused with advice, because two readings are in use."""

LABELS = (
    "CO2e", "CO2", "C", "CH4", "N2O", "SF6", "NF3", "CF4", "C2F6", "SO2", "NOx", "NO2", "PM", "PM10", "PM2.5", "VOC",
    "COD", "BOD", "NH3", "NH3-N", "TN", "TP", "N", "P", "S",
)  # fmt: skip
"""Substances that may be written behind a mass, as in ``tCO2`` or ``kg COD``. Two different labels never convert."""

LABELLED = ("kg", "g", "mg", "ug", "t", "kt", "Gg", "Mt", "lb")
"""Mass symbols that may carry a label."""
