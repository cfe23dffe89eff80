"""Payloads to readings: times with and without zone, 24:00, decimal comma, units; what is refused says why."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lingtan.ingest.config import FORMATS, Template
from lingtan.ingest.decode import Envelope, decode
from lingtan.ingest.model import Fault, Refused
from lingtan.ingest.settle import Settled, settle
from lingtan.ingest.tags import Tag, TagTable, table

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def tags(*rows: Tag) -> TagTable:
    found: list[Fault] = []
    made = table(rows or (Tag("a", "P"),), {}, "test", found)
    assert not found
    return made


def read(payload: bytes, template: Template, *rows: Tag, **around: Any) -> Settled:
    return settle(decode(payload, template, Envelope(**around)), template, tags(*rows), arrived=NOW)


def one(time: Any, value: Any = 1, **template: Any) -> Settled:
    form = Template(**{"zone": SHANGHAI, **template})
    return read(json.dumps([{"tag": "a", "time": time, "value": value}]).encode(), form)


MIDNIGHT = datetime(2025, 1, 31, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    ("time", "form"),
    [
        ("2025-02-01T00:00:00+08:00", "iso"), ("2025-02-01 00:00", "iso"), ("2025-01-31 24:00", "iso"),
        ("2025-01-31T16:00:00.000Z", "iso"), ("2025-02-01", "iso"), (1738339200, "epoch_s"), ("1738339200", "epoch_s"),
        (1738339200000, "epoch_ms"), (1738339200.0, "epoch_s"), ("01.02.2025 00:00", "%d.%m.%Y %H:%M"),
        ("31/01/2025 24:00", "%d/%m/%Y %H:%M"), ("2025-01-31T10:00-0600", "%Y-%m-%dT%H:%M%z"),
    ],
)  # fmt: skip
def test_one_instant_in_many_forms(time: Any, form: str) -> None:
    assert one(time, time_form=form).ready["time"].to_list() == [MIDNIGHT]


@pytest.mark.parametrize(
    ("time", "form", "code"),
    [
        ("2025-02-30 00:00", "iso", "bad_time"), ("01/02/2025", "iso", "bad_time"), (None, "iso", "bad_time"),
        (17383392000000, "epoch_ms", "far_time"), (1738339200, "epoch_ms", "far_time"), ("x", "epoch_s", "bad_time"),
        ("2026-01-03T00:00Z", "iso", "future_time"), (True, "iso", "bad_time"), (1e300, "epoch_s", "bad_time"),
        ("2025-01-31 25:00", "%Y-%m-%d %H:%M", "bad_time"),
    ],
)  # fmt: skip
def test_time_that_is_none_is_refused_with_its_reason(time: Any, form: str, code: str) -> None:
    done = one(time, time_form=form)
    assert (done.ready.height, [fault.code for fault in done.faults]) == (0, [code])


def test_hour_that_the_clocks_jump_over_is_refused_and_its_neighbours_stay() -> None:
    rows = [{"tag": "a", "time": f"2025-03-30 {hour}:30", "value": 1} for hour in ("01", "02", "03")]
    done = read(json.dumps(rows).encode(), Template(zone=ZoneInfo("Europe/Berlin")))
    assert done.ready["time"].dt.hour().to_list() == [0, 1]
    assert done.refused == 1


@pytest.mark.parametrize("value", ["NaN", "1e999", "1,5", "true", True, {"a": 1}, [1], 1e15, "0x10", "١"])
def test_value_that_is_no_number_is_refused(value: Any) -> None:
    done = one("2025-01-01", value)
    assert (done.ready.height, done.refused, done.faults[0].code) == (0, 1, "bad_value")


@pytest.mark.parametrize("value", [None, "", " "])
def test_missing_value_is_blank_and_never_zero(value: Any) -> None:
    done = one("2025-01-01", value)
    assert (done.ready.height, done.refused, done.blank) == (0, 0, 1)


@pytest.mark.parametrize(
    ("unit", "to", "value", "expected"),
    [("MWh", "kWh", 0.1, 100.0), ("degF", "degC", 212.0, 100.0), ("kWh", "GJ", 1000.0, 3.6), ("L", "m3", 3.0, 0.003)],
)
def test_units_are_converted_without_noise(unit: str, to: str, value: float, expected: float) -> None:
    payload = json.dumps([{"tag": "a", "time": "2025-01-01", "value": value}]).encode()
    done = read(payload, Template(zone=SHANGHAI), Tag("a", "P", unit, to))
    assert done.ready["value"].to_list() == [expected]


def test_scale_and_offset_come_before_the_unit() -> None:
    payload = json.dumps([{"tag": "a", "time": "2025-01-01", "value": 5}]).encode()
    done = read(payload, Template(zone=SHANGHAI), Tag("a", "P", "MWh", "kWh", Decimal("0.1"), Decimal(2)))
    assert done.ready["value"].to_list() == [2500.0]


def test_unit_in_the_payload_replaces_that_of_the_mapping_or_is_refused() -> None:
    rows = [{"tag": "a", "time": "2025-01-01", "value": 1, "u": unit} for unit in ("kWh", "MWh", "t", None)]
    done = read(json.dumps(rows).encode(), Template(zone=SHANGHAI, unit="u"), Tag("a", "P", "GWh", "kWh"))
    assert done.ready["value"].to_list() == [1.0, 1000.0, 1_000_000.0]
    assert [(fault.code, fault.came) for fault in done.faults] == [("unit_mismatch", "'t'")]


def test_unit_that_does_not_convert_is_refused_when_the_mapping_is_read() -> None:
    found: list[Fault] = []
    table([Tag("a", "P", "t", "kWh")], {}, "map.csv", found)
    assert [fault.code for fault in found] == ["unit_mismatch"]


def test_nested_fields_and_topic_levels_make_the_tag() -> None:
    payload = json.dumps({"gw": "G", "data": {"list": [{"d": {"i": "x"}, "t": "2025-01-01", "v": 1}]}}).encode()
    form = Template(zone=SHANGHAI, records="data.list", tag="{topic.2}/{$.gw}/{d.i}", time="t", value="v")
    done = read(payload, form, Tag("s1/G/x", "P"), topic="site/s1")
    assert done.ready["point"].to_list() == ["P"]


def test_wide_layouts_of_every_format_say_the_same() -> None:
    sheet = b"when;a;b;note\n2025-01-01 00:00;1,5;;x\n2025-01-01 00:15;2,5;7;y\n"
    rows = [
        {"when": "2025-01-01 00:00", "a": 1.5, "b": None, "note": "x"},
        {"when": "2025-01-01 00:15", "a": 2.5, "b": 7.0, "note": "y"},
    ]
    book, parquet, arrow = openpyxl.Workbook(), io.BytesIO(), io.BytesIO()
    for row in (list(rows[0]), *(list(row.values()) for row in rows)):
        book.active.append(row)
    workbook = io.BytesIO()
    book.save(workbook)
    pl.DataFrame(rows).write_parquet(parquet)
    pl.DataFrame(rows).write_ipc_stream(arrow)
    payloads = {
        "csv": sheet, "json": json.dumps(rows).encode(), "excel": workbook.getvalue(), "parquet": parquet.getvalue(),
        "arrow": arrow.getvalue(),
    }  # fmt: skip
    made = []
    for name, payload in payloads.items():
        form = Template(
            format=name, layout="wide", tag="{name}", time="when", zone=SHANGHAI, ignore=("note",),
            separator=";", decimal="," if name == "csv" else ".",
        )  # fmt: skip
        done = read(payload, form, Tag("a", "PA"), Tag("b", "PB"))
        made.append(done.ready.sort("point", "time").rows())
    assert all(each == made[0] for each in made)
    assert [(row[0], row[2]) for row in made[0]] == [("PA", 1.5), ("PA", 2.5), ("PB", 7.0)]


def test_missing_column_is_named_with_those_that_came() -> None:
    with pytest.raises(Refused, match=r"columns value.*came tag, time, wert"):
        read(b"tag,time,wert\na,2025-01-01,1\n", Template(format="csv", zone=SHANGHAI))


def test_workbook_that_unpacks_beyond_its_bound_is_refused() -> None:
    book = openpyxl.Workbook()
    for _ in range(2000):
        book.active.append(["x" * 100] * 5)
    data = io.BytesIO()
    book.save(data)
    with pytest.raises(Refused, match="at most 1000 bytes"):
        read(data.getvalue(), Template(format="excel", zone=SHANGHAI), most=1000)


@given(payload=st.binary(max_size=300), form=st.sampled_from(FORMATS))
def test_any_bytes_are_read_or_refused_and_nothing_else(payload: bytes, form: str) -> None:
    try:
        done = read(payload, Template(format=form, zone=SHANGHAI))
    except Refused:
        return
    assert done.ready.height + done.stray.height + done.refused + done.blank >= 0


_JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["tag", "time", "value"]), inner),
    max_leaves=10,
)


@given(value=_JSON)
def test_any_json_has_each_row_stored_waiting_refused_or_blank(value: Any) -> None:
    form = Template(zone=SHANGHAI)
    try:
        raw = decode(json.dumps(value).encode(), form, Envelope())
    except Refused:
        return
    done = settle(raw, form, tags(), arrived=NOW)
    assert done.ready.height + done.stray.height + done.refused + done.blank == raw.height
