"""Settings read by tables: each kind of record is a table of fields; all faults of a file are found in one pass."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from lingtan.ingest.model import Fault
from lingtan.ledger.clock import TimeError, parse_period

Reader = Callable[[Any], Any]
NEEDED: Any = object()
_SIZES = {"": 1, "B": 1, "KiB": 1024, "MiB": 1024**2, "GiB": 1024**3, "kB": 10**3, "MB": 10**6, "GB": 10**9}
_SIZE = re.compile(r"(\d{1,15})\s*([A-Za-z]{0,3})")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class NotSo(ValueError):  # noqa: N818 - carries what was expected
    """A value that a field does not take; the text says what is expected."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a record: how its value is read, and what holds where it is missing (`NEEDED` = it must stand)."""

    read: Reader
    default: Any = NEEDED


def record(given: Any, fields: Mapping[str, Field], place: str, found: list[Fault]) -> dict[str, Any]:
    """Read one record by its table of fields; faults are added to ``found``, faulty fields are left out."""
    if not isinstance(given, Mapping):
        found.append(Fault("no_table", place, "a table of settings", repr(given)))
        return {}
    for name in given:
        if name not in fields:
            near = get_close_matches(name, fields, 1)
            todo = f"did you mean {near[0]}?" if near else f"known are {', '.join(fields)}"
            found.append(Fault("unknown_setting", f"{place}.{name}", "a known setting", name, todo))
    read: dict[str, Any] = {}
    for name, field in fields.items():
        if name in given:
            try:
                read[name] = field.read(given[name])
            except NotSo as fault:
                found.append(Fault("bad_setting", f"{place}.{name}", str(fault), repr(given[name])))
        elif field.default is NEEDED:
            found.append(Fault("missing_setting", f"{place}.{name}", "a value", "nothing", f"add {name} = …"))
        else:
            read[name] = field.default
    return read


def text(value: Any) -> str:
    """Read a text that is not empty."""
    if not isinstance(value, str) or not value.strip():
        raise NotSo("a text")
    return value


def any_text(value: Any) -> str:
    """Read a text, also an empty one."""
    if not isinstance(value, str):
        raise NotSo("a text")
    return value


def name(value: Any) -> str:
    """Read an id: letters, digits, dot, hyphen, underscore; at most 64."""
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise NotSo("an id of letters, digits, '.', '-' and '_', at most 64")
    return value


def flag(value: Any) -> bool:
    """Read true or false."""
    if not isinstance(value, bool):
        raise NotSo("true or false")
    return value


def whole(low: int, high: int) -> Reader:
    """Return the reader of a whole number from ``low`` to ``high``."""

    def read(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise NotSo(f"a whole number from {low} to {high}")
        return value

    return read


def number(value: Any) -> float:
    """Read a finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e300:
        raise NotSo("a number")
    return float(value)


def choice(*allowed: Any) -> Reader:
    """Return the reader of one of the values."""

    def read(value: Any) -> Any:
        if isinstance(value, bool) or value not in allowed:
            raise NotSo(f"one of {', '.join(map(str, allowed))}")
        return value

    return read


def texts(value: Any) -> tuple[str, ...]:
    """Read a list of texts."""
    if not isinstance(value, Sequence) or isinstance(value, str) or not all(isinstance(each, str) for each in value):
        raise NotSo("a list of texts")
    return tuple(value)


def span(value: Any) -> timedelta:
    """Read a fixed ISO 8601 duration such as PT15M."""
    try:
        return timedelta(seconds=parse_period(value if isinstance(value, str) else ""))
    except TimeError as fault:
        raise NotSo(fault.expected) from fault


def size(value: Any) -> int:
    """Read a number of bytes: 1048576 or "1 MiB"."""
    match = _SIZE.fullmatch(str(value).strip()) if not isinstance(value, bool) else None
    if match is None or match[2] not in _SIZES or not int(match[1]):
        raise NotSo('a size such as "16 MiB"')
    return int(match[1]) * _SIZES[match[2]]


def path_below(base: Path) -> Reader:
    """Return the reader of a path; a relative one starts at ``base``."""

    def read(value: Any) -> Path:
        return (base / text(value)).resolve()

    return read


def address(value: Any) -> tuple[str, int]:
    """Read host:port."""
    host, mark, port = value.rpartition(":") if isinstance(value, str) else ("", "", "")
    if not (mark and host and port.isdigit() and 0 <= int(port) < 65536):
        raise NotSo("host:port such as 0.0.0.0:8090")
    return host.strip("[]"), int(port)
