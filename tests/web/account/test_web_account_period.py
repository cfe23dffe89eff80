"""A period shorter than a year: what runs hold by month adds up, the rest is said to be of the year."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest

from lingtan.web.account.asked import part_of
from lingtan.web.account.part import Part
from lingtan.web.account.run import MonthFlow, Run
from lingtan.web.period import Period

Someone = Callable[..., Any]


def runs(variant: str = "cn-zcp-2025") -> dict[int, Run]:
    return {run.year: run for run in Run.objects.filter(variant=variant, superseded_by__isnull=True)}


def part(text: str) -> Part:
    period = Period.read(text)
    assert period is not None
    made = part_of(period.by_months, runs())
    assert made is not None
    return made


def text_of(client: Any, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return str(answer.content.decode())


def near(value: float | None) -> Any:
    assert value is not None
    return pytest.approx(value, rel=1e-9)


@pytest.mark.parametrize(
    ("text", "before", "after", "year_before", "count"),
    [
        ("2025", "2024", "2026", "2024", 12),
        ("2025-Q1", "2024-Q4", "2025-Q2", "2024-Q1", 3),
        ("2025-03", "2025-02", "2025-04", "2024-03", 1),
        ("2025-03..2025-07", "2024-10..2025-02", "2025-08..2025-12", "2024-03..2024-07", 5),
    ],
)
def test_a_period_steps_by_its_own_length(text: str, before: str, after: str, year_before: str, count: int) -> None:
    period = Period.read(text)
    assert period is not None
    assert (period.before.text, period.after.text, period.year_before.text) == (before, after, year_before)
    assert len(period.months) == count


def test_the_quarters_of_a_year_add_up_to_what_is_known_by_month(computed: Any) -> None:
    whole, quarters = part("2025"), [part(f"2025-Q{number}") for number in (1, 2, 3, 4)]
    left = sum(amount for _line, amount in quarters[0].apart)
    assert sum(one.totals["co2e_t"] or 0 for one in quarters) == near((whole.totals["co2e_t"] or 0) - left)
    assert sum(one.totals["energy_tce_equivalent"] or 0 for one in quarters) == near(
        whole.totals["energy_tce_equivalent"]
    )
    for category, value in whole.by_category.items():
        assert sum(one.by_category[category] or 0 for one in quarters) == near(value)


def test_a_month_of_a_line_is_what_the_run_holds_for_it(computed: Any) -> None:
    rows = {line["id"]: line for row in part("2025-03").ledger for line in row["lines"]}
    gas = rows["fuel:GAS_A"]
    assert gas["amount"] == 50000
    assert gas["t"] == near(runs()[2025].result["lines"][0]["months"]["2025-03"]) or gas["t"] > 0
    assert gas["quality"]["reported"] == 1


def test_custom_months_may_lie_in_two_years(computed: Any) -> None:
    made = part("2024-11..2025-02")
    by_month = {**runs()[2024].result["by_month"], **runs()[2025].result["by_month"]}
    assert made.totals["co2e_t"] == near(sum(by_month[month] for month in made.months))
    assert [run.year for run in made.runs] == [2024, 2025]


def test_what_is_known_for_the_year_only_is_left_out_and_named(computed: Any) -> None:
    run = runs()[2025]
    line = next(line for row in run.more["ledger"] for line in row["lines"] if line["id"] == "fuel:GAS_A")
    line["months"] = {month: value for month, value in line["months"].items() if month != "2025-05"}
    made = Part(Period.read("2025-03") or Period.of_year(2025), (run,))
    assert [one["id"] for one, _amount in made.apart] == ["fuel:GAS_A"]
    assert made.apart[0][1] > 0


def test_passed_on_energy_has_no_month_and_says_so(computed: Any, someone: Someone) -> None:
    assert part("2025-03").by_node["B"]["received"] is None
    assert "known for whole years only" in text_of(someone("office"), "/p/small/enterprises/B/?period=2025-03")


def test_every_switch_of_a_page_keeps_the_period(computed: Any, someone: Someone) -> None:
    office = someone("office")
    page = text_of(office, "/p/small/account/?period=2025-Q2&compare=before")
    assert "?period=2025-Q2&amp;compare=before&amp;method=ghgp-market" in page
    assert "?period=2025-Q2&amp;compare=before&amp;other=ghgp-market" in page
    assert "account/export.xlsx?period=2025-Q2&amp;compare=before" in page
    assert "/total:co2_t?period=2025-Q2" in page


def test_a_month_is_compared_with_the_month_before_and_with_the_year_before(computed: Any, someone: Someone) -> None:
    office = someone("office")
    assert "vs March 2024" in text_of(office, "/p/small/?period=2025-03")
    assert "vs February 2025" in text_of(office, "/p/small/?period=2025-03&compare=before")
    assert "vs Q4 2024" in text_of(office, "/p/small/?period=2025-Q1&compare=before")


def test_custom_months_are_chosen_by_their_ends_in_either_order(computed: Any, someone: Someone) -> None:
    office = someone("office")
    for first, last in (("2025-03", "2025-07"), ("2025-07", "2025-03")):
        answer = office.get(f"/p/small/account/?method=ghgp-market&from={first}&to={last}")
        assert answer.url == "/p/small/account/?method=ghgp-market&period=2025-03..2025-07"
    assert office.get("/p/small/?from=2025-01&to=2025-12").url == "/p/small/?period=2025"
    assert office.get("/p/small/?from=x&to=y").url == "/p/small/?"


def test_a_flow_page_shows_the_amounts_of_the_period(computed: Any, someone: Someone) -> None:
    amount = MonthFlow.objects.get(run=runs()[2025], stream__code="EL_A", month="2025-03").amount
    assert amount == 103_000
    assert ">103,000<" in text_of(someone("office"), "/p/small/flows/?commodity=electricity&period=2025-03")


def test_the_drawer_tells_the_figure_in_the_period_of_the_page(computed: Any, someone: Someone) -> None:
    run, office = runs()[2025], someone("office")
    for name, value in (("flow:EL_A", "103,000"), ("total:co2_t", ""), ("category:fuel", ""), ("node:A", "")):
        page = text_of(office, f"/p/small/explain/{run.pk}/{name}?period=2025-03")
        assert "March 2025" in page, name
        assert value in page


def test_the_workbook_holds_the_period_of_the_address(computed: Any, someone: Someone) -> None:
    from openpyxl import load_workbook

    answer = someone("office").get("/p/small/account/export.xlsx?period=2025-03")
    assert "account-2025-03-cn-zcp-2025.xlsx" in answer["Content-Disposition"]
    book = load_workbook(io.BytesIO(answer.content))
    assert [sheet.title for sheet in book] == ["What it is", "Lines", "Months", "Flows"]
    months = list(book["Months"].values)
    assert months[0] == ("Line", "2025-03")
    assert months[-1][1] == near(runs()[2025].result["by_month"]["2025-03"])
    assert {row[1] for row in list(book["Flows"].values)[1:]} == {"2025-03"}


def test_the_workbook_is_not_there_for_who_sees_no_whole_park(computed: Any, someone: Someone) -> None:
    assert someone("reporter", "A").get("/p/small/account/export.xlsx").status_code == 404


def test_a_period_of_a_year_that_was_not_computed_says_so(computed: Any, someone: Someone) -> None:
    assert "no account of" in text_of(someone("office"), "/p/small/account/?period=2023-12..2024-02").lower()


def test_the_sums_of_a_unit_open_the_streams_that_they_are_made_of(computed: Any, someone: Someone) -> None:
    import re

    office = someone("office")
    page = text_of(office, "/p/small/flows/?commodity=electricity&period=2025-03")
    ways = set(re.findall(r'href="(/p/small/flows/unit/[^"]+)"', page))
    assert ways
    for way in ways:
        told = text_of(office, way.replace("&amp;", "&"))
        assert "?period=2025-03" in told
