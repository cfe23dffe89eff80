"""Rows of a ledger as pages show them: names in the language at hand, factors and units as people write them."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from lingtan.web.kernel.language import in_language

#: Status of a factor -> tone.
TONES = {"measured": "ok", "supplier": "ok", "own": "ok", "found2": "info", "found1": "info", "recalled": "act"}


def said(row: Mapping[str, Any]) -> str:
    """Return the name of a stored row in the language of the page."""
    text = in_language(row.get("zh", ""), row.get("en", ""))
    return text[:1].upper() + text[1:]


def factor_of(row: dict[str, Any]) -> dict[str, Any]:
    """Return the factor as it is shown: one as published, an effective one by four figures; units as people write."""
    value = row["factor"]
    if value is None:
        return {"unit": written(row["unit"])}
    exact = Decimal(str(value)) if row["factor_count"] == 1 else Decimal(f"{value:.4g}")
    return {
        "factor": exact.normalize() if exact else Decimal(0),
        "factor_unit": written(row["factor_unit"]),
        "unit": written(row["unit"]),
    }


def written(unit: str) -> str:
    """Return a unit as people write it: ``tCO2/MWh`` as ``t CO₂/MWh``, ``Nm3`` as ``Nm³``."""
    return unit.replace("tCO2", "t CO₂").replace("CO2", "CO₂").replace("m3", "m³")


def line_of(line: dict[str, Any], token: str, total: float) -> dict[str, Any]:
    """Return one inventory line as a row; ``total`` [t] is what its share is of, 0 where none is shown."""
    share = line["t"] / total if line["t"] is not None and total > 0 else None
    tone = TONES.get(line["status"], "")
    return {**line, **factor_of(line), "name": said(line), "token": token, "share": share, "tone": tone}
