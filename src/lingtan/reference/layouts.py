"""The column layouts in which reference figures are collected, brought to the one tidy schema.

Six layouts are known: fuels, tce, grid, gwp, process and heat. The names of their rows are mapped to codes by the
table ``data/raw_names.csv``; figures are taken over as printed, only unit spellings are made readable.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation

from lingtan.reference.errors import ReferenceFault
from lingtan.reference.identity import seal
from lingtan.reference.model import FactorRow

Raw = Mapping[str, str]

# One row of tce.csv is proved where its heat value equals the coefficient within the rounding of four decimals.
KJ_PER_KGCE = Decimal("29307.6")
TCE_ROUNDING = Decimal("0.00005")

# Defaults of a method that asks for years before the edition: the first edition holds backwards.
OPEN_START = frozenset({"CN_ZCP", "CN_NCSC", "CN_CEMENT_2024", "CN_ALUMINIUM_2024"})
# The year of the edition or statistic is the year the figure speaks for.
YEAR_OF_EDITION = frozenset(
    {"CN_NCSC", "CN_CEMENT_2024", "CN_ALUMINIUM_2013", "CN_ALUMINIUM_2024", "CN_NEA", "CN_EQUIVALENT_ESTIMATE"}
)
# A statistic of one year stands in for later years, with the lag told; these sets hold for named years only.
BOUND_TO_YEARS = frozenset({"CN_MEE_REPORTING", "CN_EQUIVALENT_ESTIMATE"})

_UNITS = {
    "TJ/Gg (=GJ/t)": "GJ/t",
    "GJ/10^4 Nm3": "GJ/1e4 Nm3",
    "tCO2/10^4 Nm3": "tCO2/1e4 Nm3",
    "kgCO2/m3": "kgCO2/Nm3",
    "kgce/m3": "kgce/Nm3",
    "kgoe/m3": "kgoe/Nm3",
    "kJ/m3": "kJ/Nm3",
}
_RANGE = re.compile(r"(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?)")


class LayoutFault(ReferenceFault):
    """A row of a known layout cannot be brought to the tidy schema; the message says why."""


@dataclass(frozen=True, slots=True)
class RawName:
    """What a name of a layout becomes; blank fields leave what the layout itself says."""

    layout: str
    key: str
    subject: str = ""
    parameter: str = ""
    qualifier: str = ""
    set_id: str = ""
    unit: str = ""
    document: str = ""


@dataclass(frozen=True, slots=True)
class Names:
    """The table of raw names, by layout and key; ``process`` is searched by the beginnings of three columns."""

    by_key: Mapping[tuple[str, str], tuple[RawName, ...]]
    process: tuple[tuple[tuple[str, str, str], RawName], ...] = ()

    @classmethod
    def of(cls, rows: Sequence[RawName]) -> Names:
        """Build the table; a key may stand several times, each giving a row of its own."""
        by_key: dict[tuple[str, str], list[RawName]] = {}
        process = []
        for row in rows:
            by_key.setdefault((row.layout, row.key), []).append(row)
            if row.layout == "process":
                start, parameter, condition = [*row.key.split("|"), "", ""][:3]
                process.append(((start, parameter, condition), row))
        return cls({key: tuple(found) for key, found in by_key.items()}, tuple(process))

    def get(self, layout: str, key: str) -> tuple[RawName, ...]:
        """Return the names behind a key, none where the table does not know it."""
        return self.by_key.get((layout, key), ())


def rows_of(layout: str, raw: Raw, names: Names) -> tuple[FactorRow, ...]:
    """Return the tidy rows of one row of a layout, each with identifier and hash.

    Raises
    ------
    LayoutFault : the row's name is not in the table of names, or a number or date cannot be read.
    """
    try:
        drafts = _LAYOUTS[layout](raw, names)
    except (InvalidOperation, ValueError) as error:
        raise LayoutFault(f"Expected a number or a date, got {_unreadable(raw)}.") from error
    return tuple(seal(row, with_region=layout == "grid") for row in drafts)


def _fuels(raw: Raw, names: Names) -> list[FactorRow]:
    named = names.get("fuels", raw["basis"]) or names.get("fuels", raw["fuel_en"])
    unit = raw["unit"]
    if raw["parameter"] == "ef_co2" and unit == "kg/TJ":
        unit = "kgCO2/TJ"
    row = _draft(
        raw,
        raw["fuel_code"],
        raw["parameter"],
        set_id=raw["set_id"],
        unit=unit,
        qualifier=named[0].qualifier if named else "",
    )
    if "biogenic" in raw["basis"]:
        row = replace(row, note=_joined(row.note, "biogenic: a memo item, never part of a total"))
    return [row]


def _tce(raw: Raw, names: Names) -> list[FactorRow]:
    of_document = _only(names, "tce document", raw["document"])
    of_code = next(iter(names.get("tce", raw["code"])), RawName("tce", raw["code"]))
    row = _draft(
        raw,
        of_code.subject or raw["code"],
        of_code.parameter or ("calorific_tce" if raw["basis"].startswith("当量值") else "equivalent_tce"),
        set_id=of_code.set_id or of_document.set_id,
        qualifier=of_code.qualifier or of_document.qualifier,
        region="CN" if raw["region"].startswith("CN (") else raw["region"],
    )
    rows = [row]
    if raw["value_max"]:
        rows = _ends(row, raw["value"], raw["value_max"])
    if raw["category"] == "fuel" and raw["ncv_unit"] in ("kJ/kg", "kJ/m3"):
        rows += _heat_values(raw, row)
    return rows


def _heat_values(raw: Raw, row: FactorRow) -> list[FactorRow]:
    """Heat values beside the coefficients; a recalled one is proved by the coefficient that was read."""
    heat = replace(row, parameter="NCV", unit=_UNITS.get(raw["ncv_unit"], raw["ncv_unit"]), note="")
    found = _RANGE.fullmatch(raw["ncv_kj"])
    ends = found.groups() if found else (raw["ncv_kj"],)
    coefficients = (raw["value"], raw["value_max"])[: len(ends)]
    proved = all(
        abs(Decimal(end) / KJ_PER_KGCE - Decimal(coefficient)) <= TCE_ROUNDING
        for end, coefficient in zip(ends, coefficients, strict=True)
    )
    if "NCV 2020 edition recalled" in raw["note"]:
        note = (
            "heat value itself not read; it equals coefficient x 29307.6 kJ within rounding" if proved else "recalled"
        )
        heat = replace(heat, note=note, status=heat.status if proved else "recalled")
        heat = replace(heat, status="found1") if heat.status == "found2" else heat
    if found:
        return _ends(heat, *ends)
    return [replace(heat, value=Decimal(raw["ncv_kj"]))]


def _grid(raw: Raw, names: Names) -> list[FactorRow]:
    year = raw["data_year"]
    special = names.get("grid", f"{raw['factor_kind']}@{year}")
    plain = names.get("grid", raw["factor_kind"])
    if not plain:
        raise LayoutFault(f"No code is known for the factor kind {raw['factor_kind']!r}; give it in the tidy schema.")
    chosen = special if any(name.set_id == "CN_NDRC" for name in special) else (*plain, *special)
    # A neighbour's figure that a source wrote down for a place its publisher left out; never given unasked.
    proxy = "proxy" if "proxy" in raw["note"] else ""
    rows = []
    for name in chosen:
        qualifier = name.qualifier or proxy
        row = _draft(
            raw, name.subject, name.parameter, set_id=name.set_id, qualifier=qualifier, region=raw["region_code"]
        )
        data_year = int(year) if year else None
        rows.append(replace(row, data_year=data_year, document=name.document or row.document))
    return rows


def _gwp(raw: Raw, names: Names) -> list[FactorRow]:
    named = names.get("gwp", raw["report"])
    set_id = named[0].set_id if named else raw["report"]
    subject = raw["gas_code"].lower().replace("-", "")
    return [_draft(raw, subject, "gwp", set_id=set_id)]


def _process(raw: Raw, names: Names) -> list[FactorRow]:
    columns = (raw["process"], raw["parameter"], raw["condition"])
    found = [
        name
        for starts, name in names.process
        if all(column.startswith(start) for column, start in zip(columns, starts, strict=True))
    ]
    if not found:
        raise LayoutFault(f"No code is known for {raw['process']!r}, {raw['parameter']!r}; give it in the tidy schema.")
    rows: list[FactorRow] = []
    for name in found:
        ends = _RANGE.fullmatch(raw["value"])
        first = {**raw, "value": ends.group(1)} if ends else raw
        note = raw["condition"] if raw["region"] == "GLOBAL" or name.parameter == "deduction_factor" else ""
        row = _draft(first, name.subject, name.parameter, set_id=name.set_id, unit=name.unit, qualifier=name.qualifier)
        row = replace(row, note=_joined(note, row.note))
        rows += _ends(row, *ends.groups()) if ends else [row]
    return rows


def _heat(raw: Raw, names: Names) -> list[FactorRow]:
    found = names.get("heat", raw["item"]) if raw["kind"] == "factor" else ()
    if not found:
        raise LayoutFault(f"No code is known for {raw['kind']!r}, {raw['item']!r}; give it in the tidy schema.")
    return [_draft(raw, name.subject, name.parameter, set_id=name.set_id, qualifier=name.qualifier) for name in found]


_LAYOUTS: Mapping[str, Callable[[Raw, Names], list[FactorRow]]] = {
    "fuels": _fuels, "tce": _tce, "grid": _grid, "gwp": _gwp, "process": _process, "heat": _heat,
}  # fmt: skip

# A column that tells each layout from the others.
LAYOUT_MARKS: Mapping[str, tuple[str, ...]] = {
    "fuels": ("fuel_code", "basis", "derived"),
    "tce": ("code", "ncv_kj", "value_max"),
    "grid": ("region_code", "factor_kind", "data_year"),
    "gwp": ("gas_code", "report"),
    "process": ("family", "process", "condition"),
    "heat": ("item", "T_K", "P_MPa"),
}


def _draft(
    raw: Raw, subject: str, parameter: str, *, set_id: str, unit: str = "", qualifier: str = "", region: str = ""
) -> FactorRow:
    unit = unit or raw["unit"]
    started = _start(raw["valid_from"])
    row = FactorRow(
        id="",
        subject=subject,
        parameter=parameter,
        value=Decimal(raw["value"]),
        unit=_UNITS.get(unit, unit),
        data_year=started.year if started and set_id in YEAR_OF_EDITION else None,
        applies_from=started,
        applies_until=_end(raw["valid_to"]),
        region=region or raw.get("region", ""),
        document=raw["document"],
        source=raw["source"],
        status=raw["status"],
        set_id=set_id,
        qualifier=qualifier,
        note=raw["note"],
    )
    return _opened(row, grid_or_statistic="data_year" in raw or set_id == "CN_NEA")


def _opened(row: FactorRow, *, grid_or_statistic: bool) -> FactorRow:
    if grid_or_statistic and row.set_id not in BOUND_TO_YEARS:
        row = replace(row, applies_until=None)
    if row.set_id in OPEN_START and (row.set_id != "CN_NCSC" or not _second_edition(row)):
        row = replace(row, applies_from=None)
    return row


def _second_edition(row: FactorRow) -> bool:
    """Tell the one figure that differs between the editions 2025 and 2026 of the national database."""
    return row.subject == "coal_for_power" and row.data_year == 2026


def _ends(row: FactorRow, lower: str, upper: str) -> list[FactorRow]:
    """Two rows for a printed range; nobody may take a middle by accident, so none stands without a qualifier."""
    prefix = f"{row.qualifier}_" if row.qualifier else ""
    return [
        replace(row, value=Decimal(value), qualifier=f"{prefix}{end}")
        for value, end in ((lower, "lower"), (upper, "upper"))
    ]


def _only(names: Names, layout: str, key: str) -> RawName:
    found = names.get(layout, key)
    if not found:
        raise LayoutFault(f"No set is known for the document {key!r}; give the row in the tidy schema with its set_id.")
    return found[0]


def _start(text: str) -> date | None:
    if not text:
        return None
    return date(int(text), 1, 1) if len(text) == 4 else date.fromisoformat(text)


def _end(text: str) -> date | None:
    """Return the first day that no longer counts; the layouts name the last day or year that does."""
    if not text:
        return None
    return date(int(text) + 1, 1, 1) if len(text) == 4 else date.fromisoformat(text) + timedelta(days=1)


def _joined(*parts: str) -> str:
    return "; ".join(part for part in parts if part)


def _unreadable(raw: Raw) -> str:
    shown = {key: raw[key] for key in ("value", "valid_from", "valid_to", "data_year") if raw.get(key)}
    return ", ".join(f"{key} = {value!r}" for key, value in shown.items())
