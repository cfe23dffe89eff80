"""Register maps of Modbus devices: a table as data, ranges to poll, words to numbers. Reading functions only."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from lingtan.ingest.model import Fault
from lingtan.ingest.tags import Tag, as_tag, read_rows
from lingtan.ledger.clock import TimeError, parse_period

COLUMNS = (
    "point", "device", "function", "address", "base", "type", "order", "scale", "offset", "unit", "to", "every",
)  # fmt: skip
NEEDED = ("point", "function", "address", "type")
#: type -> 16-bit words, format of `struct` over big-endian bytes ("" = bits or decimal digits).
TYPES: Mapping[str, tuple[int, str]] = {
    "bit": (1, ""), "bcd16": (1, ""), "bcd32": (2, ""), "int16": (1, ">h"), "uint16": (1, ">H"), "int32": (2, ">i"),
    "uint32": (2, ">I"), "int64": (4, ">q"), "uint64": (4, ">Q"), "float32": (2, ">f"), "float64": (4, ">d"),
}  # fmt: skip
#: order -> (words from the last to the first, bytes swapped within each word).
ORDERS: Mapping[str, tuple[bool, bool]] = {
    "ABCD": (False, False), "CDAB": (True, False), "BADC": (False, True), "DCBA": (True, True),
}  # fmt: skip
#: Modbus functions that read, with the leading digit of their addresses in five- or six-digit notation.
FUNCTIONS: Mapping[str, str] = {"1": "0", "2": "1", "3": "4", "4": "3"}
_BITS = (1, 2)
_MOST_BITS = 2000


@dataclass(frozen=True, slots=True)
class Register:
    """One quantity of a device. ``address`` counts from 0 as on the wire; ``every`` [s] is the distance of polls."""

    point: str
    device: int
    function: int
    address: int
    type: str
    order: str = "ABCD"
    every: int = 60

    @property
    def words(self) -> int:
        """Registers (or bits) that it takes."""
        return TYPES[self.type][0]


@dataclass(frozen=True, slots=True)
class Block:
    """Neighbouring registers that are asked for in one request: ``count`` registers from ``address``."""

    device: int
    function: int
    address: int
    count: int
    registers: tuple[Register, ...]


def read(path: Path, found: list[Fault]) -> tuple[list[Register], list[Tag]]:
    """Read a register map and the mapping that stands in it; faulty rows are left out and told."""
    registers, tags = [], []
    for row in read_rows(path, COLUMNS, NEEDED, found):
        register = _register(row, found)
        if register is not None:
            registers.append(register)
            tags.append(as_tag(row, found))
    return registers, tags


def blocks(registers: Iterable[Register], *, gap: int, longest: int) -> list[Block]:
    """Merge registers into ranges of at most ``longest``, over holes of at most ``gap`` registers."""
    made: list[Block] = []
    ordered = sorted(registers, key=lambda one: (one.device, one.function, one.address, one.words))
    for one in ordered:
        last = made[-1] if made else None
        most = _MOST_BITS if one.function in _BITS else longest
        if last and (last.device, last.function) == (one.device, one.function):
            end = max(last.address + last.count, one.address + one.words)
            if one.address - (last.address + last.count) <= gap and end - last.address <= most:
                made[-1] = Block(
                    last.device, last.function, last.address, end - last.address, (*last.registers, one)
                )  # fmt: skip
                continue
        made.append(Block(one.device, one.function, one.address, one.words, (one,)))
    return made


def number(words: Sequence[int], register: Register) -> float:
    """Return the number that 16-bit words (or one bit) hold.

    Raises
    ------
    ValueError : the words hold no number of the type, such as a digit above nine.
    """
    kind = register.type
    if kind == "bit":
        return float(bool(words[0]))
    reverse, swap = ORDERS[register.order]
    data = b"".join(word.to_bytes(2, "little" if swap else "big") for word in (reversed(words) if reverse else words))
    if kind.startswith("bcd"):
        return float(int(data.hex(), 10))
    return float(struct.unpack(TYPES[kind][1], data)[0])


def _register(row: Mapping[str, str], found: list[Fault]) -> Register | None:
    """Check one row."""
    place, before = row["#"], len(found)

    def wrong(column: str, expected: str, todo: str = "") -> None:
        found.append(Fault("bad_register", f"{place}, {column}", expected, row.get(column) or "nothing", todo))

    function = row["function"]
    if function not in FUNCTIONS:
        wrong("function", "1, 2, 3 or 4", "ingest only reads: functions that write are not taken")
        return None
    bits = int(function) in _BITS
    if row["type"] not in TYPES or (row["type"] == "bit") != bits:
        wrong("type", "bit" if bits else ", ".join(kind for kind in TYPES if kind != "bit"))
        return None
    order = row.get("order") or "ABCD"
    if order not in ORDERS:
        wrong("order", ", ".join(ORDERS), "A is the most significant byte; the order is as on the wire")
    address = _address(row, function)
    if address is None or address + TYPES[row["type"]][0] > 65_536:
        wrong("address", f"0..65535 on the wire, with base {row.get('base') or '0'} and function {function}")
    device = row.get("device") or "1"
    if not device.isdigit() or not 0 <= int(device) <= 255:
        wrong("device", "0..255")
    try:
        every = parse_period(row.get("every") or "PT1M")
    except TimeError as fault:
        wrong("every", fault.expected)
    if len(found) > before or address is None:
        return None
    return Register(row["point"], int(device), int(function), address, row["type"], order, every)


def _address(row: Mapping[str, str], function: str) -> int | None:
    """Return the address on the wire: ``base`` 0 or 1, or modicon (40001 is the first holding register)."""
    written, base = row["address"], row.get("base") or "0"
    if not written.isascii() or not written.isdigit() or base not in {"0", "1", "modicon"}:
        return None
    if base == "modicon":
        if len(written) not in {5, 6} or written[0] != FUNCTIONS[function]:
            return None
        address = int(written[1:]) - 1
    else:
        address = int(written) - int(base)
    return address if address >= 0 else None


def overlap(registers: Sequence[Register]) -> list[tuple[Register, Register]]:
    """Return neighbours that share words: mostly a wrong type or address in the map."""
    ordered = sorted(registers, key=lambda one: (one.device, one.function, one.address))
    return [
        (one, two)
        for one, two in pairwise(ordered)
        if (one.device, one.function) == (two.device, two.function) and one.address + one.words > two.address
    ]
