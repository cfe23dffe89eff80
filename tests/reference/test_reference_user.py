"""A user's own tables: every fault with its line, the good rows kept, apart from the package."""

from decimal import Decimal

import pytest

from lingtan.reference import extend, find, library
from lingtan.reference.identity import TIDY_COLUMNS
from lingtan.reference.tables import raw_names, table_text
from lingtan.reference.user import read_table, tidy_text

LIBRARY = library()
NAMES = raw_names()
HEADER = "subject,parameter,value,unit,document,status,set_id"
GOOD = "diesel,NCV,43.1,GJ/t,Handbook 2024,own,MINE"


def read(*lines, header=HEADER):
    return read_table("\n".join((header, *lines)) + "\n", LIBRARY, names=NAMES)


def errors(table):
    return [(fault.line, fault.message) for fault in table.faults if fault.level == "error"]


def test_a_good_row_comes_through_with_identifier_and_hash():
    table = read(GOOD)
    assert table.faults == ()
    assert (table.layout, table.rows[0].id, table.rows[0].value) == ("tidy", "MINE:diesel:NCV:-", Decimal("43.1"))
    assert len(table.rows[0].content_hash) == 16


def test_rows_know_their_line():
    assert [row.line for row in read(GOOD, GOOD.replace("diesel", "gasoline")).rows] == [2, 3]


def test_a_byte_order_mark_is_accepted():
    assert len(read_table(f"\ufeff{HEADER}\n{GOOD}\n", LIBRARY, names=NAMES).rows) == 1


def test_line_breaks_inside_a_field_do_not_shift_the_lines():
    table = read(GOOD.replace("Handbook 2024", '"Hand\nbook"'), GOOD.replace("43.1", "x"))
    assert [line for line, _ in errors(table)] == [4]


BAD_LINES = [
    ("diesel,NCV,,GJ/t,Handbook,own,MINE", "blank"),
    ("diesel,NCV,43;1,GJ/t,Handbook,own,MINE", "number"),
    ("diesel,NCV,NaN,GJ/t,Handbook,own,MINE", "finite"),
    ("diesel,NCV,43.1,GJ/t,,own,MINE", "document"),
    ("diesel,heat,43.1,GJ/t,Handbook,own,MINE", "parameter of the table"),
    ("diesel,NCV,43.1,GJ/t,Handbook,sure,MINE", "status"),
    ("diesel,NCV,43.1,GJ/t,Handbook,own,IPCC2006", "Rename the set"),
    ("di esel,NCV,43.1,GJ/t,Handbook,own,MINE", "letters"),
    ("diesel,NCV,43.1,GJ/t,Handbook,own", "fewer fields"),
    ("diesel,NCV,43.1,GJ/t,Handbook,own,MINE,more", "fewer fields"),
]


@pytest.mark.parametrize(("line", "word"), BAD_LINES)
def test_a_bad_row_is_set_aside_with_its_line_and_the_rest_is_kept(line, word):
    table = read(line, GOOD)
    assert [row.subject for row in table.rows] == ["diesel"]
    assert [where for where, _ in errors(table)] == [2]
    assert word in errors(table)[0][1]


@pytest.mark.parametrize(
    ("column", "text", "word"),
    [
        ("from", "2025/01/01", "date"),
        ("data_year", "0", "year"),
        ("data_year", "9999", "year"),
        ("sigma_pct", "x", "number"),
    ],
)
def test_dates_years_and_sigmas_are_checked(column, text, word):
    table = read(f"{GOOD},{text}", header=f"{HEADER},{column}")
    assert word in errors(table)[0][1]


def test_a_span_that_ends_before_it_starts_is_refused():
    table = read(f"{GOOD},2025-01-01,2024-01-01", header=f"{HEADER},from,until")
    assert "until after from" in errors(table)[0][1]


def test_a_row_that_was_changed_after_it_was_sealed_is_refused():
    text = tidy_text(read(GOOD).rows).replace("43.1", "44.1")
    assert "content_hash" in errors(read_table(text, LIBRARY, names=NAMES))[0][1]


def test_an_identifier_given_twice_is_refused_with_both_lines():
    table = read(GOOD, GOOD.replace("43.1", "43.2"))
    assert table.rows == ()
    assert "2, 3" in errors(table)[0][1]


def test_an_unknown_commodity_is_noted_and_kept():
    table = read(GOOD.replace("diesel", "house_fuel"))
    assert [row.subject for row in table.rows] == ["house_fuel"]
    assert [fault.level for fault in table.faults] == ["note"]


@pytest.mark.parametrize("text", ["", "\n", "a,b\n1,2\n"])
def test_a_file_of_another_kind_is_refused_with_the_columns_expected(text):
    table = read_table(text, LIBRARY, names=NAMES)
    assert table.rows == ()
    assert "Expected the columns" in table.faults[0].message


def test_a_nul_byte_is_a_fault_and_no_crash():
    table = read(GOOD.replace("Handbook", "Hand\0book"))
    assert len(table.rows) + len(errors(table)) == 1


def test_the_package_tables_read_back_as_already_there():
    table = read_table(table_text("grid.csv"), LIBRARY, names=NAMES)
    assert table.rows == ()
    assert "234 rows are in the package already" in table.faults[0].message


def test_written_rows_read_back_the_same():
    first = read(GOOD).rows
    again = read_table(tidy_text(first), LIBRARY, names=NAMES).rows
    assert tidy_text(again) == tidy_text(first)


def test_the_tidy_text_has_the_columns_of_the_shipped_tables():
    assert tidy_text(()).strip().split(",") == list(TIDY_COLUMNS)
    assert table_text("fuels.csv").split("\n")[0].split(",") == list(TIDY_COLUMNS)


RAW_GRID = "scope,region_code,region,factor_kind,value,data_year,unit,valid_from,valid_to,document,source,status,note"


def test_a_collected_layout_is_recognised_by_its_columns():
    kind = '"Electricity Maps yearly (lifecycle, consumption)"'
    line = f"country,HU,Hungary,{kind},0.2,2024,kgCO2e/kWh,2024-01-01,2024-12-31,D,S,found1,"
    table = read(line, header=RAW_GRID)
    assert table.layout == "grid"
    assert [(row.set_id, row.qualifier, row.data_year) for row in table.rows] == [
        ("ELECTRICITY_MAPS", "lifecycle", 2024)
    ]


def test_an_unknown_name_of_a_collected_layout_is_a_fault_with_its_line():
    line = "country,HU,Hungary,guess,0.2,2024,kgCO2e/kWh,2024-01-01,2024-12-31,D,S,found1,"
    assert errors(read(line, header=RAW_GRID))[0][0] == 2


def test_a_missing_column_of_a_collected_layout_is_a_fault():
    table = read("HU,residual mix (market-based),2022", header="region_code,factor_kind,data_year")
    assert "does not have" in errors(table)[0][1]


def test_imported_rows_answer_look_ups_in_their_own_set():
    from datetime import date

    more = extend(LIBRARY, read(f"{GOOD},CN", header=f"{HEADER},region").rows)
    found = find(more, "diesel", "NCV", set_id="MINE", region="CN", on=date(2025, 1, 1))
    assert found.value == Decimal("43.1")
