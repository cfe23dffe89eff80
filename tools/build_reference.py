"""Build the factor tables of ``src/lingtan/reference/data`` from a folder of collected figures.

``python tools/build_reference.py --from DIR [--to DATA]``: the same input gives the same bytes. What is shipped and
what is left out is decided here, by :data:`LEFT_OUT`; how a row is read is decided in ``lingtan.reference.layouts``.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from lingtan.reference.identity import TIDY_COLUMNS, as_record, seal
from lingtan.reference.layouts import LayoutFault, Names, RawName, rows_of
from lingtan.reference.model import FactorRow

DATA = Path(__file__).resolve().parent.parent / "src" / "lingtan" / "reference" / "data"
FILES = {
    "fuels": "fuels.csv",
    "tce": "tce.csv",
    "grid": "grid_factors.csv",
    "gwp": "gwp.csv",
    "process": "process_factors.csv",
    "heat": "heat_steam.csv",
}
# Sets that stay outside the package, with the reason.
LEFT_OUT = {
    "ELECTRICITY_MAPS": "open database licence: share-alike",
    "CARBON_FOOTPRINT": "free to use with reference, no word on passing it on",
    "JS_T_303": "short-cut factors of public institutions; no method of the product uses them",
}
SKIPPED_TCE = {"tce_def", "gasfield_gas", "oilfield_gas", "refinery_fuel_gas", "low_temp_heat"}
IF97_COLUMNS = ("kind", "item", "property", "T_K", "P_MPa", "value", "unit", "document", "source", "status", "note")


def main(arguments: list[str] | None = None) -> int:
    """Read the folder, write the tables, print what was shipped and what was left out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--from", dest="source", type=Path, required=True, help="folder with fuels.csv, tce.csv ...")
    parser.add_argument("--to", dest="target", type=Path, default=DATA, help="folder of the tables")
    options = parser.parse_args(arguments)
    names = read_names(DATA / "raw_names.csv")
    for table, file in FILES.items():
        left: Counter[str] = Counter()
        rows = list(table_rows(table, options.source / file, names, left))
        write_rows(options.target / f"{table}.csv", rows)
        print(f"{table}: {len(rows)} rows; left out: {dict(sorted(left.items())) or 'none'}")
    write_check_values(options.source / "heat_steam.csv", options.target / "iapws_if97.csv")
    return 0


def table_rows(table: str, path: Path, names: Names, left: Counter[str]) -> Iterator[FactorRow]:
    """Yield the shipped rows of one collected file in its order; count the others in ``left`` by reason."""
    for raw in read_rows(path):
        if table == "tce" and raw["code"] in SKIPPED_TCE:
            left["no rule uses it"] += 1
            continue
        try:
            rows = rows_of(table, raw, names)
        except LayoutFault:
            left["no rule uses it"] += 1
            continue
        for row in rows:
            if row.set_id in LEFT_OUT:
                left[f"{row.set_id}: {LEFT_OUT[row.set_id]}"] += 1
            else:
                yield row
    if table == "gwp":
        yield from reference_gas()


def reference_gas() -> Iterator[FactorRow]:
    """CO2 is 1 by definition in the two reports for which the collected file does not say so."""
    for set_id, document in (("TAR", "IPCC TAR"), ("AR5_FB", "IPCC AR5")):
        row = FactorRow("", "co2", "gwp", Decimal(1), "kgCO2e/kg", region="GLOBAL", document=document, status="found2")
        yield seal(replace(row, source="by definition", set_id=set_id, note="reference gas"))


def read_names(path: Path) -> Names:
    """Return the table that maps the names of collected rows to codes."""
    return Names.of([RawName(**row) for row in read_rows(path)])


def read_rows(path: Path) -> list[dict[str, str]]:
    """Return the records of a CSV file in UTF-8."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def write_rows(path: Path, rows: Iterable[FactorRow]) -> None:
    """Write the tidy table with line feeds, in the order given."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, TIDY_COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(as_record(row) for row in rows)


def write_check_values(source: Path, target: Path) -> None:
    """Write the check points of IAPWS-IF97, which test the steam functions."""
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, IF97_COLUMNS, lineterminator="\n", extrasaction="ignore")
        writer.writeheader()
        writer.writerows(row for row in read_rows(source) if row["kind"].startswith("IAPWS"))


if __name__ == "__main__":
    sys.exit(main())
