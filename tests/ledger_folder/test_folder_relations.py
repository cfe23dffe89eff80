"""Faults between rows: all lines are named, what stays is told."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from lingtan.ledger.finding import Finding
from lingtan.ledger.folder import FolderError, check, read

Maker = Callable[..., Path]
METERS = "point,stream,role,serial,register,unit,from,to\n"
STATEMENTS = "stream,start,end,amount,unit,kind,reporter\n"
FACTORS = "id,subject,parameter,for,value,unit,from,status,document\n"
TREE = "id,parent,kind\nG,,grid\nK,,market\nE1,,enterprise\nE2,,enterprise\nW1,E1,workshop\nD1,W1,equipment\n"


def only(findings: tuple[Finding, ...], code: str) -> Finding:
    (one,) = [finding for finding in findings if finding.code == code]
    return one


def test_duplicate_id_names_all_its_lines_and_the_first_row_holds(folder: Maker) -> None:
    loaded = read(
        folder({"nodes.csv": "id,kind\nG,grid\nK,market\nE1,enterprise\nE1,workshop\nE2,enterprise\nE1,building\n"})
    )
    fault = only(loaded.findings, "duplicate_id")
    assert (fault.level, fault.where.lines) == ("error", (4, 5, 7))
    assert loaded.park.nodes["E1"].kind == "enterprise"


def test_cycle_of_parents_names_all_its_lines_and_what_hangs_below_is_set_aside(folder: Maker) -> None:
    text = (
        "id,parent,kind\nG,,grid\nK,,market\nE1,C,enterprise\nE2,,enterprise\nA,B,process\nB,C,process\nC,A,process\n"
    )
    loaded = read(folder({"nodes.csv": text}))
    assert only(loaded.findings, "parent_cycle").where.lines == (6, 7, 8)
    assert {
        one.where.line for one in loaded.findings if one.where.file == "nodes.csv" and one.code == "set_aside_id"
    } == {4}
    assert set(loaded.park.nodes) == {"G", "K", "E2"}


def test_node_that_is_its_own_parent_is_a_cycle(folder: Maker) -> None:
    assert only(read(folder({"nodes.csv": TREE + "X,X,process\n"})).findings, "parent_cycle").where.line == 8


def test_two_cycles_are_two_findings(folder: Maker) -> None:
    text = TREE + "A,B,process\nB,A,process\nX,Y,process\nY,X,process\n"
    faults = [one for one in read(folder({"nodes.csv": text})).findings if one.code == "parent_cycle"]
    assert [one.where.lines for one in faults] == [(8, 9), (10, 11)]


def test_member_listed_with_its_ancestor_is_set_aside(folder: Maker) -> None:
    loaded = read(folder({"nodes.csv": TREE, "members.csv": "boundary,node\nB,D1\nB,E1\nB,E2\n"}))
    fault = only(loaded.findings, "ancestor_member")
    assert (fault.level, fault.where.lines) == ("error", (2, 3))
    assert [member.node for member in loaded.park.members] == ["E1", "E2"]


def test_ancestor_in_another_time_is_no_fault(folder: Maker) -> None:
    members = "boundary,node,from,to\nB,E1,,2025-01-01\nB,W1,2025-01-01,\n"
    assert read(folder({"nodes.csv": TREE, "members.csv": members})).findings == ()


def test_node_listed_twice_at_one_time_is_a_fault(folder: Maker) -> None:
    fault = only(
        read(folder({"members.csv": "boundary,node,share\nB,E1,0.5\nB,E1,0.4\n"})).findings, "overlapping_members"
    )
    assert fault.where.lines == (2, 3)


def test_overlapping_device_periods_of_a_point_name_both_rows(folder: Maker) -> None:
    rows = "M1,S1,main,A,counter,kWh,,2025-03-01\nM2,S2,main,,interval,kWh,,\nM1,S1,main,B,counter,kWh,2025-02-01,\n"
    loaded = read(folder({"meters.csv": METERS + rows}))
    fault = only(loaded.findings, "overlapping_devices")
    assert (fault.level, fault.where.lines, fault.where.point) == ("error", (2, 4), "M1")
    assert [meter.at.line for meter in loaded.park.meters] == [2, 3]


def test_device_periods_that_follow_one_another_are_right(folder: Maker) -> None:
    rows = "M1,S1,main,A,counter,kWh,,2025-02-01\nM1,S1,main,B,counter,kWh,2025-02-01,\nM2,S2,main,,interval,kWh,,\n"
    assert read(folder({"meters.csv": METERS + rows})).findings == ()


def test_point_on_two_streams_at_once_is_a_fault(folder: Maker) -> None:
    rows = "M1,S1,main,,counter,kWh,,\nM1,S2,main,,counter,kWh,,\n"
    assert only(read(folder({"meters.csv": METERS + rows})).findings, "point_on_two_streams").where.lines == (2, 3)


def test_one_device_on_two_points_is_a_finding_and_both_are_used(folder: Maker) -> None:
    rows = "M1,S1,main,77,counter,kWh,,\nM2,S2,main,77,counter,kWh,,\n"
    loaded = read(folder({"meters.csv": METERS + rows}))
    fault = only(loaded.findings, "device_on_two_points")
    assert (fault.level, fault.where.file, fault.where.lines) == ("finding", "meters.csv", (2, 3))
    assert len(loaded.park.meters) == 2


def test_one_device_as_two_mains_of_a_stream_counts_once(folder: Maker) -> None:
    rows = "M1,S1,main,77,counter,kWh,,\nM2,S1,main,77,counter,kWh,,\n"
    loaded = read(folder({"meters.csv": METERS + rows, "readings/a.csv": None}))
    assert only(loaded.findings, "device_counted_twice").level == "error"
    assert [meter.point for meter in loaded.park.meters] == ["M1"]


def test_device_moved_to_another_point_is_no_fault(folder: Maker) -> None:
    rows = "M1,S1,main,77,counter,kWh,,2025-02-01\nM2,S2,main,77,counter,kWh,2025-02-01,\n"
    assert read(folder({"meters.csv": METERS + rows})).findings == ()


def test_later_statement_replaces_the_earlier_and_both_amounts_are_noted(folder: Maker) -> None:
    rows = "S3,2025-01-01,2025-02-01,10,t,report,E1\nS3,2025-01-01,2025-02-01,12,t,report,E1\n"
    loaded = read(folder({"statements/2025.csv": STATEMENTS + rows}))
    note = only(loaded.findings, "statement_replaced")
    assert (note.level, note.where.lines, note.params["old"], note.params["new"]) == ("note", (2, 3), "10", "12")
    assert [statement.amount for statement in loaded.park.statements] == [Decimal(12)]


def test_later_means_later_file_then_later_row(folder: Maker) -> None:
    one = STATEMENTS + "S3,2025-01-01,2025-02-01,10,t,report,E1\n"
    two = STATEMENTS + "S3,2025-01-01,2025-02-01,12,t,report,E1\n"
    loaded = read(folder({"statements/2025.csv": one, "statements/a.csv": two}))
    assert [statement.at.file for statement in loaded.park.statements] == ["statements/a.csv"]
    assert "statements/a.csv line 2" in only(loaded.findings, "statement_replaced").message


def test_statements_of_an_unknown_party_replace_nothing(folder: Maker) -> None:
    rows = "".join(f"S3,2025-01-{day},2025-03-01,{day},t,report,\n" for day in ("01", "01", "15"))
    loaded = read(folder({"statements/2025.csv": STATEMENTS + rows}))
    assert loaded.findings == ()
    assert len(loaded.park.statements) == 3


def test_overlapping_spans_of_one_reporter_are_kept_and_marked(folder: Maker) -> None:
    rows = (
        "S3,2025-01-01,2025-02-01,10,t,report,E1\nS3,2025-03-01,2025-04-01,3,t,report,E1\n"
        "S3,2025-01-15,2025-02-15,12,t,report,E1\nS3,2025-01-01,2025-02-01,9,t,invoice,E1\n"
    )
    loaded = read(folder({"statements/2025.csv": STATEMENTS + rows}))
    fault = only(loaded.findings, "overlapping_statements")
    assert (fault.level, fault.where.lines, fault.where.stream) == ("finding", (2, 4), "S3")
    assert [statement.contested for statement in loaded.park.statements] == [True, False, True, False]


def test_equal_factor_rows_with_different_values_are_both_set_aside(folder: Maker) -> None:
    rows = "A,anthracite,NCV,,20,GJ/t,2025-01-01,own,D\nB,anthracite,NCV,,21,GJ/t,2025-01-01,own,D\n"
    loaded = read(folder({"factors.csv": FACTORS + rows}))
    assert only(loaded.findings, "equal_factors").where.lines == (2, 3)
    assert loaded.park.factors == ()


def test_factor_row_repeated_with_the_same_value_counts_once(folder: Maker) -> None:
    rows = "A,anthracite,NCV,,20,GJ/t,,own,D\nB,anthracite,NCV,,20,GJ/t,,own,D\n"
    loaded = read(folder({"factors.csv": FACTORS + rows}))
    assert only(loaded.findings, "repeated_factor").where.lines == (2, 3)
    assert [row.id for row in loaded.park.factors] == ["A"]


@pytest.mark.parametrize(
    "change",
    [
        "B,anthracite,NCV,K,21,GJ/t,,own,D",
        "B,anthracite,NCV,,21,GJ/t,2025-01-01,own,D",
        "B,anthracite,NCV,,21,GJ/t,,measured,D",
    ],
)
def test_factor_rows_of_different_rank_are_no_fault(change: str, folder: Maker) -> None:
    assert read(folder({"factors.csv": FACTORS + "A,anthracite,NCV,,20,GJ/t,,own,D\n" + change + "\n"})).findings == ()


def test_two_adoption_orders_at_one_time_are_a_fault(folder: Maker) -> None:
    rows = "stream,from,to,order\nS1,,,main\nS1,2025-01-01,,invoice;main\n"
    assert only(read(folder({"adoption.csv": rows})).findings, "overlapping_adoption").where.lines == (2, 3)


def test_adoption_order_takes_words_reporters_and_points(folder: Maker) -> None:
    loaded = read(folder({"adoption.csv": "stream,order\nS1,point:M1; invoice:E1;main;seller;buyer;check;virtual\n"}))
    assert loaded.findings == ()
    assert loaded.park.adoption[0].order[:2] == ("point:M1", "invoice:E1")


def test_two_values_of_a_property_at_one_time_are_a_finding(folder: Maker) -> None:
    rows = "stream,start,end,property,value,unit\n"
    rows += "S3,2025-01-01,2025-02-01,NCV,20,GJ/t\nS3,2025-01-15,2025-03-01,NCV,21,GJ/t\n"
    loaded = read(folder({"properties.csv": rows}))
    assert only(loaded.findings, "overlapping_properties").level == "finding"
    assert len(loaded.park.properties) == 2


def test_two_levels_of_a_stock_at_one_time_are_a_fault(folder: Maker) -> None:
    rows = "node,commodity,time,amount,unit\nE1,anthracite,2025-01-01,5,t\nE1,anthracite,2025-01-01,6,t\n"
    assert only(read(folder({"stocks.csv": rows})).findings, "repeated_stock").where.lines == (2, 3)


def test_virtual_points_that_need_themselves_are_set_aside(folder: Maker) -> None:
    rows = "point,stream,role,unit,expression\nV1,S1,check,kWh,V2 + M1\nV2,S1,check,kWh,V1\nV3,S1,check,kWh,M1 - M2\n"
    loaded = read(folder({"virtual.csv": rows}))
    assert only(loaded.findings, "expression_cycle").where.lines == (2, 3)
    assert [point.point for point in loaded.park.virtual] == ["V3"]


def test_virtual_point_over_different_commodities_is_refused(folder: Maker) -> None:
    meters = METERS + "M1,S1,main,,counter,kWh,,\nM2,S3,main,,interval,t,,\n"
    virtual = "point,stream,role,unit,expression\nV1,S1,check,kWh,M1 + M2\n"
    assert only(read(folder({"meters.csv": meters, "virtual.csv": virtual})).findings, "bad_expression").where.line == 2


def test_default_boundary_that_is_not_there_is_an_error_at_its_line(folder: Maker) -> None:
    fault = only(
        read(folder({"park.toml": 'id = "P"\nformat = 1\ntimezone = "UTC"\ndefault_boundary = "X"\n'})).findings,
        "default_boundary_unknown",
    )
    assert (fault.level, fault.where.file, fault.where.line) == ("error", "park.toml", 4)


TOML = {
    "no TOML": ("id = \n", "line 1"),
    "GBK": ('id = "P"\nname = "钢铁厂"\n'.encode("gbk"), "GBK"),
    "no id": ('format = 1\ntimezone = "UTC"\n', "expected an id"),
    "bad id": ('id = "a b"\nformat = 1\ntimezone = "UTC"\n', "line 1"),
    "unknown zone": ('id = "P"\nformat = 1\ntimezone = "Asia/Nowhere"\n', "line 3"),
    "later format": ('id = "P"\nformat = 2\ntimezone = "UTC"\n', "format = 1"),
    "empty": ("", "empty"),
}


@pytest.mark.parametrize("case", TOML)
def test_park_toml_that_cannot_be_used_is_a_folder_error(case: str, folder: Maker) -> None:
    text, words = TOML[case]
    with pytest.raises(FolderError, match=words):
        read(folder({"park.toml": text}))


def test_missing_folder_and_missing_park_toml_are_folder_errors(tmp_path: Path, folder: Maker) -> None:
    with pytest.raises(FolderError, match="came nothing"):
        read(tmp_path / "absent")
    with pytest.raises(FolderError, match=r"park\.toml"):
        read(tmp_path)


def test_settings_that_cannot_be_used_are_named_with_their_lines(folder: Maker) -> None:
    text = 'id = "P"\nformat = 1\nbase_year = 99\ncurrency = 5\ncolour = "red"\n'
    text += '[repair]\nmidnight_same_date = ["M1", "M9"]\nmagic = true\n'
    loaded = read(folder({"park.toml": text}))
    places = {(one.code, one.where.line, one.level) for one in loaded.findings if one.where.file == "park.toml"}
    assert places == {
        ("missing_setting", 1, "finding"), ("bad_setting", 3, "error"), ("bad_setting", 4, "error"),
        ("unknown_setting", 5, "note"), ("bad_setting", 8, "error"), ("unknown_id", 7, "error"),
    }  # fmt: skip
    assert loaded.park.settings.repairs == {"midnight_same_date": ("M1", "M9")}


def test_name_may_be_one_plain_text(folder: Maker) -> None:
    settings = read(folder({"park.toml": 'id = "P"\nformat = 1\ntimezone = "UTC"\nname = "Park"\n'})).park.settings
    assert (settings.name_zh, settings.name_en) == ("Park", "Park")


def test_folder_with_everything_wrong_reports_all_in_one_run_and_reads_the_rest(folder: Maker) -> None:
    path = folder(
        {
            "nodes.csv": "id,parent,kind,rated_kw\nG,,grid,\nK,,market,\nE1,,enterprise,500\n"
            "E2,,enterprise,NaN\nA,B,process,\nB,A,process,\n",
            "boundaries.csv": "id,kind\nB,approved\n".encode("utf-16"),
            "members.csv": "",
            "streams.csv": "id,commodity,source,target\nS1,electricity,G,E1\nS2,electricty,G,E1\nS3,anthracite,K,E1\n",
            "meters.csv": METERS
            + "M1,S1,main,7,counter,kWh,,\nM1,S1,main,8,counter,kWh,,\nM3,S3,main,7,interval,t,,\n",
            "statements/2025.csv": STATEMENTS
            + "S3,2025/01/01,2025-02-01,1,t,report,E1\nS3,2025-02-01,2025-03-01,4,t,report,E1\n",
            "readings/a.csv": "point,time,value\nM1,2025-01-01T00:00Z,1\nM9,2025-01-01T00:00Z,2\n"
            "M1,2025-01-01T00:15Z,NaN\nM1,2025-01-01T00:30Z,-4\n",
            "readings/b.parquet": b"PAR1 cut off",
        }
    )
    findings = check(path)
    assert {(one.code, one.where.file, one.where.line) for one in findings if one.level == "error"} == {
        ("not_finite", "nodes.csv", 5), ("parent_cycle", "nodes.csv", 6), ("wrong_encoding", "boundaries.csv", 1),
        ("empty_file", "members.csv", 1), ("unknown_commodity", "streams.csv", 3),
        ("overlapping_devices", "meters.csv", 2), ("slash_date", "statements/2025.csv", 2),
        ("unknown_point", "readings/a.csv", 3), ("not_finite", "readings/a.csv", 4),
        ("negative_counter", "readings/a.csv", 5), ("broken_parquet", "readings/b.parquet", 1),
        ("default_boundary_unknown", "park.toml", 4),
    }  # fmt: skip
    park = read(path).park
    assert (set(park.nodes), set(park.streams), len(park.meters), len(park.statements)) == (
        {"G", "K", "E1"}, {"S1", "S3"}, 2, 1,
    )  # fmt: skip
