"""The chain on real series: faults of real loggers found by general rules, real totals met."""

from __future__ import annotations

import runpy
from pathlib import Path

import polars as pl
import pytest

from lingtan.book import Book

ROOT = Path(__file__).resolve().parents[2]
YEAR = 2018


@pytest.fixture(scope="module")
def folder(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the park composed of the open sets."""
    compose = runpy.run_path(str(ROOT / "examples/real_park/compose.py"))["compose"]
    path = tmp_path_factory.mktemp("real") / "park"
    compose(shared / "data", path)
    return path


@pytest.fixture(scope="module")
def book(folder: Path) -> Book:
    """Return that park opened."""
    return Book.open(folder)


def year_amount(book: Book, stream: str) -> float:
    """Return the adopted amount of the year."""
    return float(sum(p.amount for p in book.flows(YEAR).pieces[stream] if p.amount is not None))


def test_midnight_stamps_of_the_steel_works_are_found(book: Book) -> None:
    found = [f for f in book.check() if f.code == "midnight_same_date"]
    assert [f.where.point for f in found] == ["P-A"]
    assert "365" in found[0].message


def test_repaired_year_of_the_steel_works_is_959_6_mwh(folder: Path) -> None:
    repaired = Book.open(folder, repairs={"midnight_same_date": ["P-A"]})
    assert year_amount(repaired, "el-A") == pytest.approx(959_637, abs=1)


def test_unrepaired_midnights_are_missing_not_zero(book: Book, shared: Path) -> None:
    steel = pl.read_parquet(shared / "data/steel_gwangyang_2018/steel_15min_2018.parquet")
    kept = steel.filter(pl.col("date") == pl.col("interval_end_kst"))
    assert year_amount(book, "el-A") == pytest.approx(kept["Usage_kWh"].sum())
    known = [p.known for p in book.flows(YEAR).pieces["el-A"]]
    assert max(known) < 1


def test_daylight_saving_logger_is_found_and_no_other_accused(book: Book) -> None:
    found = [f for f in book.check() if f.code == "clock_follows_dst"]
    assert [f.where.point for f in found] == ["P-PV"]


def test_hourly_counter_gives_last_less_first(book: Book, shared: Path) -> None:
    frame = pl.read_csv(
        shared / "data/cossmic_counters/konstanz_residential4_60min.csv", infer_schema_length=20_000
    ).select(
        time=pl.col("utc_timestamp").str.to_datetime("%Y-%m-%d %H:%M:%S").dt.offset_by("728d").dt.offset_by("8h"),
        value="DE_KN_residential4_grid_import",
    )
    year = frame.drop_nulls().filter(pl.col("time").is_between(pl.datetime(2018, 1, 1), pl.datetime(2019, 1, 1)))
    assert year_amount(book, "el-H") == pytest.approx(year["value"][-1] - year["value"][0], rel=1e-9)


def test_modelled_and_scaled_series_are_never_shown_as_measured(book: Book, folder: Path) -> None:
    provenance = dict(pl.read_csv(folder / "provenance.csv").select("stream", "provenance").iter_rows())
    for stream, pieces in book.flows(YEAR).pieces.items():
        origins = {piece.origin for piece in pieces if piece.amount is not None}
        assert origins <= ({"meter"} if provenance[stream] == "measured" else {"estimate"}), stream


def test_account_is_explained_down_to_the_real_file(book: Book) -> None:
    explanation = book.explain("line:electricity:el-A:grid", YEAR)
    assert explanation.check.holds
    assert "readings/steel.parquet" in explanation.as_text("en")
