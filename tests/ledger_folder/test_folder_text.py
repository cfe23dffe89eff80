"""Bytes of a CSV file: what is read, what is refused, and where."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lingtan.ledger.finding import Finding
from lingtan.ledger.folder import check, read
from lingtan.ledger.folder.text import decoded, raw_table, records

Maker = Callable[..., Path]
NODES = "id,kind,name_zh\nG,grid,\nK,market,\nE1,enterprise,一厂\nE2,enterprise,二厂\n"


def of(findings: tuple[Finding, ...], code: str) -> Finding:
    matching = [finding for finding in findings if finding.code == code]
    assert len(matching) == 1, [(finding.code, finding.message) for finding in findings]
    return matching[0]


def archive() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        packed.writestr("nodes.csv", NODES)
    return buffer.getvalue()


REFUSED = {
    "empty": (b"", "empty_file", 1, "0 bytes"),
    "only a byte order mark": (b"\xef\xbb\xbf", "empty_file", 1, "3 bytes"),
    "gzip": (gzip.compress(NODES.encode()), "compressed_file", 1, "a gzip file"),
    "gzip bomb": (gzip.compress(b"0" * 50_000_000), "compressed_file", 1, "a gzip file"),
    "zip or workbook": (archive(), "compressed_file", 1, "Excel workbook"),
    "old workbook": (b"\xd0\xcf\x11\xe0" + b"\0" * 99, "foreign_file", 1, "old Excel"),
    "Parquet": (b"PAR1" + b"\0" * 99, "foreign_file", 1, "Parquet"),
    "GBK": (NODES.encode("gbk"), "wrong_encoding", 4, "GBK"),
    "Big5": ("id,kind,name_zh\nG,grid,\nE1,enterprise,鋼鐵廠\n".encode("big5"), "wrong_encoding", 3, ""),
    "UTF-16 with its mark": (NODES.encode("utf-16"), "wrong_encoding", 1, "UTF-16"),
    "UTF-16 without its mark": ("id,kind\nG,grid\n".encode("utf-16-le"), "wrong_encoding", 1, "UTF-16"),
    "UTF-32": (NODES.encode("utf-32"), "wrong_encoding", 1, "UTF-32"),
    "cut inside a letter": (NODES.encode()[:-3], "wrong_encoding", 5, "cut off"),
    "NUL bytes": (b"id,kind\nG,grid\nE1,\0\0\0\nE2,x\n", "nul_bytes", 3, "NUL"),
    "missing column": (b"id,name_zh\nG,\n", "missing_column", 1, "id, name_zh"),
    "repeated column": (b"id,kind,id\nG,grid,G\n", "repeated_column", 1, "id in columns 1, 3"),
    "semicolons": (b"id;kind\nG;grid\n", None, 1, "semicolons"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_file_is_refused_with_its_line_and_what_it_looks_like(case: str, folder: Maker) -> None:
    data, code, line, words = REFUSED[case]
    loaded = read(folder({"nodes.csv": data}))
    errors = [one for one in loaded.findings if one.where.file == "nodes.csv" and one.level == "error"]
    assert errors
    assert (errors[0].code, errors[0].where.line) == (code or "missing_column", line)
    assert words in errors[0].message
    assert not loaded.park.nodes


def test_refused_file_leaves_the_rest_read(folder: Maker) -> None:
    loaded = read(folder({"boundaries.csv": "id,kind,name_zh\nB,approved,开发区\n".encode("gbk")}))
    assert set(loaded.park.streams) == {"S1", "S2", "S3"}
    assert of(loaded.findings, "wrong_encoding").where.line == 2


def test_byte_order_mark_and_crlf_are_accepted(folder: Maker) -> None:
    plain = read(folder()).park.nodes
    from_windows = "\ufeff" + Path(folder() / "nodes.csv").read_text("utf-8").replace("\n", "\r\n")
    assert read(folder({"nodes.csv": from_windows})).park.nodes == plain


def test_physical_lines_are_counted_through_cells_of_several_lines(folder: Maker) -> None:
    text = 'id,kind,name_en\nG,grid,"one\r\ntwo\n\nthree"\nE1,enterprise,\nE2,wrong,\n'
    loaded = read(folder({"nodes.csv": text}))
    assert loaded.park.nodes["G"].name_en == "one\r\ntwo\n\nthree"
    assert loaded.park.nodes["E1"].at.line == 6
    assert of(loaded.findings, "unknown_word").where.line == 7


def test_open_quote_costs_only_its_own_line(folder: Maker) -> None:
    loaded = read(folder({"nodes.csv": 'id,kind,name_en\nG,grid,\nE1,enterprise,"cut\nE2,enterprise,\n'}))
    assert of(loaded.findings, "open_quote").where.line == 3
    assert set(loaded.park.nodes) == {"G", "E2"}


def test_stray_quotes_far_apart_do_not_swallow_what_lies_between(folder: Maker) -> None:
    loaded = read(folder({"nodes.csv": 'id,kind,name_en\nG,grid,a"b\nE1,enterprise,\nE2,enterprise,c"d\nK,market,\n'}))
    bad = [one.where.line for one in loaded.findings if one.code in ("open_quote", "broken_record")]
    assert bad == [2, 4]
    assert set(loaded.park.nodes) == {"E1", "K"}


def test_row_with_too_few_or_too_many_cells_is_set_aside(folder: Maker) -> None:
    loaded = read(folder({"nodes.csv": "id,kind\nG,grid\nE1\nE2,enterprise,1,234\nK,market\n"}))
    assert [one.where.line for one in loaded.findings if one.code == "field_count"] == [3, 4]
    assert set(loaded.park.nodes) == {"G", "K"}


def test_short_last_row_without_line_end_looks_cut_off(folder: Maker) -> None:
    fault = of(read(folder({"nodes.csv": "id,kind\nG,grid\nK,market\nE1"})).findings, "field_count")
    assert "cut off" in fault.message
    assert fault.where.line == 4


def test_comment_line_is_named_as_such(folder: Maker) -> None:
    fault = of(read(folder({"nodes.csv": "id,kind\n# nodes\nG,grid\n"})).findings, "field_count")
    assert "no comments" in fault.message


def test_blank_rows_are_skipped_with_a_note(folder: Maker) -> None:
    note = of(read(folder({"nodes.csv": "id,kind\nG,grid\n\n,\nE1,enterprise\n"})).findings, "blank_row")
    assert note.level == "note"
    assert note.where.lines == (3, 4)


def test_unknown_columns_are_noted_and_the_file_used(folder: Maker) -> None:
    loaded = read(folder({"nodes.csv": "id,kind,colour\nG,grid,red\n"}))
    assert of(loaded.findings, "unknown_column").params["columns"] == ("colour",)
    assert "G" in loaded.park.nodes


def test_header_with_other_capitals_gets_a_hint(folder: Maker) -> None:
    assert "case-sensitive" in of(read(folder({"nodes.csv": "id,Kind\nG,grid\n"})).findings, "missing_column").message


def test_text_that_looks_like_a_formula_is_legal(folder: Maker) -> None:
    loaded = read(folder({"nodes.csv": "id,kind,name_en\nG,grid,=1+1\nE1,enterprise,@x\nE2,enterprise,-x\n"}))
    assert [node.name_en for node in loaded.park.nodes.values()] == ["=1+1", "@x", "-x"]


def test_unknown_files_are_noted_each_with_what_they_may_mean(folder: Maker) -> None:
    findings = read(folder({"Nodes.csv": "x", "deep/er/file.bin": b"\0"})).findings
    notes = {one.where.file: one for one in findings if one.code == "unknown_file"}
    assert set(notes) == {"Nodes.csv", "deep/er/file.bin"}
    assert "nodes.csv" in notes["Nodes.csv"].message


def test_packed_readings_are_an_error_and_not_expanded(folder: Maker) -> None:
    fault = of(check(folder({"readings/b.csv.gz": gzip.compress(b"point,time,value\n")})), "compressed_file")
    assert (fault.level, fault.where.file) == ("error", "readings/b.csv.gz")


def test_file_beyond_the_size_bound_is_refused() -> None:
    fault = decoded(b"id,kind\n" * 100, "nodes.csv", limit=100)
    assert isinstance(fault, Finding)
    assert fault.code == "file_too_large"


def test_gbk_that_happens_to_be_utf_8_is_a_finding(folder: Maker) -> None:
    # GBK writes 园 as D4 B0, which is also the UTF-8 form of the unassigned U+0530.
    fault = of(
        read(folder({"boundaries.csv": "id,kind,name_zh\nB,approved,园\n".encode("gbk")})).findings, "encoding_suspect"
    )
    assert (fault.level, fault.where.line) == ("finding", 2)


@pytest.mark.parametrize("name", ["Société", "Ελλάδα", "Завод", "Łódź"])
def test_other_scripts_in_utf_8_are_not_suspected(name: str, folder: Maker) -> None:
    assert read(folder({"boundaries.csv": f"id,kind,name_en\nB,approved,{name}\n"})).findings == ()


@settings(deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_give_a_table_or_a_finding_and_no_exception(data: bytes) -> None:
    table, found = raw_table(data, "x.csv")
    assert table is not None or found


@settings(deadline=None)
@given(
    st.lists(
        st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\x00\r")), min_size=2, max_size=2), min_size=1
    )
)
def test_records_read_what_the_standard_library_writes(rows: list[list[str]]) -> None:
    import csv

    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([["a", "b"], *rows])
    read_back = [cells for _, cells, _ in records(out.getvalue(), "x.csv")]
    assert read_back == [["a", "b"], *rows]
