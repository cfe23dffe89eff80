"""Register maps: words to numbers in every order, ranges, addresses of every notation, faults with their line."""

from __future__ import annotations

import math
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lingtan.ingest.model import Fault
from lingtan.ingest.sources.registers import ORDERS, TYPES, Register, blocks, number, read


def register(**more: object) -> Register:
    return Register(**{"point": "P", "device": 1, "function": 3, "address": 0, "type": "uint16", **more})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("order", "words"),
    [("ABCD", (0x4248, 0xF5C3)), ("CDAB", (0xF5C3, 0x4248)), ("BADC", (0x4842, 0xC3F5)), ("DCBA", (0xC3F5, 0x4842))],
)
def test_float_of_the_four_orders(order: str, words: tuple[int, int]) -> None:
    assert math.isclose(number(words, register(type="float32", order=order)), 50.24, rel_tol=1e-6)


@given(value=st.integers(-(2**31), 2**31 - 1), order=st.sampled_from(sorted(ORDERS)))
def test_whole_numbers_come_back_from_any_order(value: int, order: str) -> None:
    data = struct.pack(">i", value)
    words = [data[:2], data[2:]]
    reverse, swap = ORDERS[order]
    wire = [int.from_bytes(word[::-1] if swap else word, "big") for word in (words[::-1] if reverse else words)]
    assert number(wire, register(type="int32", order=order)) == value


def test_decimal_digits_and_bits() -> None:
    assert number((0x0012, 0x3456), register(type="bcd32")) == 123456
    assert number([True], register(type="bit", function=1)) == 1
    with pytest.raises(ValueError, match="invalid"):
        number((0x001A,), register(type="bcd16"))


@given(st.lists(st.tuples(st.integers(0, 500), st.sampled_from(sorted(set(TYPES) - {"bit"}))), min_size=1, max_size=40))
def test_ranges_hold_every_register_and_keep_their_bound(rows: list[tuple[int, str]]) -> None:
    registers = [register(address=address, type=kind) for address, kind in rows]
    made = blocks(registers, gap=5, longest=50)
    assert sorted(one.address for block in made for one in block.registers) == sorted(address for address, _ in rows)
    for block in made:
        assert block.count <= 50
        for one in block.registers:
            assert block.address <= one.address
            assert one.address + one.words <= block.address + block.count


@pytest.mark.parametrize(
    ("function", "address", "base", "expected"),
    [("3", "0", "0", 0), ("3", "1", "1", 0), ("3", "40001", "modicon", 0), ("4", "300011", "modicon", 10)],
)
def test_address_notations(tmp_path: Path, function: str, address: str, base: str, expected: int) -> None:
    path = tmp_path / "map.csv"
    path.write_text(f"point,function,address,base,type\nP,{function},{address},{base},uint16\n", "utf-8")
    found: list[Fault] = []
    registers, _ = read(path, found)
    assert (found, [one.address for one in registers]) == ([], [expected])


@pytest.mark.parametrize(
    ("row", "place"),
    [
        ("P,6,0,0,uint16,", "map.csv:2, function"), ("P,3,0,1,uint16,", "map.csv:2, address"),
        ("P,3,30001,modicon,uint16,", "map.csv:2, address"), ("P,3,65535,0,float32,", "map.csv:2, address"),
        ("P,3,0,0,float16,", "map.csv:2, type"), ("P,1,0,0,uint16,", "map.csv:2, type"),
        ("P,3,0,0,uint16,ACBD", "map.csv:2, order"), ("P,3,0,0,,", "map.csv:2"),
    ],
)  # fmt: skip
def test_faulty_row_is_named_by_line_and_column(tmp_path: Path, row: str, place: str) -> None:
    path = tmp_path / "map.csv"
    path.write_text(f"point,function,address,base,type,order\n{row}\n", "utf-8")
    found: list[Fault] = []
    assert read(path, found) == ([], [])
    assert [fault.place for fault in found] == [place]
