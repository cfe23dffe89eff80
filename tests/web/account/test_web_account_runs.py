"""Runs: what a pass stores, and that it stays."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import ProgrammingError, transaction

from lingtan.book import Book
from lingtan.inventory import present
from lingtan.web.account.compute import NothingToCompute, compute_now
from lingtan.web.account.issue import Issue
from lingtan.web.account.making.places import places
from lingtan.web.account.methods import VARIANTS
from lingtan.web.account.run import Figure, MonthFlow, Run


def run_of(year: int = 2025, variant: str = "cn-zcp-2025") -> Run:
    return Run.objects.get(year=year, variant=variant, superseded_by__isnull=True)


def test_a_pass_makes_a_run_of_every_year_under_every_method(computed: Any) -> None:
    made = set(Run.objects.filter(park=computed).values_list("year", "variant"))
    assert made == {(year, one.key) for year in (2024, 2025) for one in VARIANTS}


def test_a_run_holds_what_the_command_line_says(computed: Any, small_folder: Path) -> None:
    said = present.as_json(Book.open(small_folder).account(2025))
    kept = run_of().result
    said, kept = dict(said), dict(kept)
    findings = [one.pop("findings") for one in (said, kept)]
    assert kept == said
    assert {one["code"] for one in findings[0]} == {one["code"] for one in findings[1]}


def test_every_figure_is_explained_in_both_languages_and_checks_out(computed: Any) -> None:
    figures = list(Figure.objects.filter(park=computed))
    assert len(figures) > 100
    for one in figures:
        told = one.explanation
        assert told["check"]["holds"], one.name
        assert told["name"]["zh"]
        assert told["name"]["en"]
        assert all(step["text"] and step["text_zh"] for step in told["chain"]), one.name


def test_figures_of_a_source_are_the_sum_of_its_lines(computed: Any) -> None:
    run = run_of()
    for row in run.more["ledger"]:
        parts = [line["t"] for line in row["lines"] if line["t"] is not None]
        assert row["t"] == pytest.approx(sum(parts), abs=1e-9)
        assert float(Figure.objects.get(run=run, name=f"source:{row['key']}").value) == pytest.approx(row["t"])


def test_a_bridge_between_methods_adds_up(computed: Any) -> None:
    for told in run_of().more["bridges"].values():
        steps = sum(Decimal(str(step["amount_t"])) for step in told["steps"])
        assert float(steps) == pytest.approx(told["after"]["co2e_t"] - told["before"]["co2e_t"], abs=1e-6)


def test_a_month_without_a_bill_has_no_amount(computed: Any) -> None:
    row = MonthFlow.objects.get(run=run_of(), stream__code="EL_B", month="2025-07")
    assert row.amount is None
    assert row.known == 0


def test_the_month_flows_of_a_year_stand_once(computed: Any) -> None:
    assert MonthFlow.objects.filter(year=2025).values("run").distinct().count() == 1
    assert run_of(variant="ghgp-market").with_flows == run_of()


def test_a_newer_run_supersedes_and_the_older_stays_as_it_was(computed: Any, small_folder: Path) -> None:
    older = run_of()
    with transaction.atomic():
        compute_now(computed, Book.open(small_folder))
    kept = Run.objects.get(pk=older.pk)
    assert kept.superseded_by == run_of()
    assert (kept.result, kept.more, kept.ended) == (older.result, older.more, older.ended)


def test_two_passes_over_the_same_folder_give_the_same_account(computed: Any, small_folder: Path) -> None:
    older = run_of()
    with transaction.atomic():
        compute_now(computed, Book.open(small_folder))
    assert (run_of().result, run_of().input_digest) == (older.result, older.input_digest)


@pytest.mark.parametrize("model", [Run, Figure, MonthFlow])
def test_what_was_computed_cannot_be_changed(computed: Any, model: Any) -> None:
    with pytest.raises(ProgrammingError, match="Cannot update"), transaction.atomic():
        model.objects.filter(park=computed).update(year=1999)


def test_a_park_without_readings_and_statements_is_told_so(small: Any, tmp_path: Path, small_folder: Path) -> None:
    for name in ("park.toml", "nodes.csv", "streams.csv", "boundaries.csv", "members.csv"):
        (tmp_path / name).write_text((small_folder / name).read_text("utf-8"), "utf-8")
    with pytest.raises(NothingToCompute, match="Import readings"), transaction.atomic():
        compute_now(small, Book.open(tmp_path))
    assert not Run.objects.exists()


def test_places_of_readings_are_those_that_the_book_finds(small_folder: Path) -> None:
    book = Book.open(small_folder)
    quick = places(book, *book.window(2024, 2025), slow=book.place)
    for years in ((2024, 2024), (2025, 2025), (2024, 2025)):
        assert quick("EL_C.m", *book.window(*years)) == book.place("EL_C.m", *book.window(*years)) != ()


def test_a_span_inside_a_month_is_left_to_the_book(small_folder: Path) -> None:
    from datetime import timedelta

    book = Book.open(small_folder)
    start, end = book.window(2024)
    asked: list[str] = []
    quick = places(book, start, end, slow=lambda point, *_span: asked.append(point) or ())
    assert quick("EL_C.m", start + timedelta(days=3), end) == ()
    assert asked == ["EL_C.m"]


def test_findings_keep_their_state_over_passes(computed: Any, small_folder: Path) -> None:
    one = Issue.objects.filter(park=computed).first()
    assert one is not None
    Issue.objects.filter(pk=one.pk).update(state="dismissed", reason="known")
    with transaction.atomic():
        compute_now(computed, Book.open(small_folder))
    again = Issue.objects.get(pk=one.pk)
    assert (again.state, again.reason, again.gone) == ("dismissed", "known", False)
    assert again.last_run != one.last_run


def test_a_finding_that_is_no_longer_found_is_gone_and_a_corrected_one_that_comes_back_is_open(
    computed: Any, small_folder: Path
) -> None:
    other = Issue.objects.create(park=computed, key="x", code="gap_total", level="finding", state="confirmed")
    back = Issue.objects.filter(park=computed).exclude(key="x").first()
    assert back is not None
    Issue.objects.filter(pk=back.pk).update(state="corrected", gone=True)
    with transaction.atomic():
        compute_now(computed, Book.open(small_folder))
    other.refresh_from_db()
    back.refresh_from_db()
    assert (other.gone, back.gone, back.state) == (True, False, "open")


def test_the_job_draws_the_account_from_the_records(small: Any) -> None:
    from lingtan.web.account.actions import ask_for_account
    from lingtan.web.people.access import Access

    by = Access(None, small.pk, whole_park=True, actions=frozenset({"compute"}))
    job = ask_for_account(small, by=by, year=2025, method="cn-zcp-2025", boundary="")
    assert job.state == "done", job.error
    assert job.result == {"link": "/p/small/account/?period=2025&method=cn-zcp-2025"}
    assert run_of().result["totals"]["co2_t"] > 0
