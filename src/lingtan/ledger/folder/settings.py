"""``park.toml``: read, checked, and written back without losing keys that the format does not know."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from lingtan.ledger.finding import Finding
from lingtan.ledger.folder.cells import ID
from lingtan.ledger.folder.columns import PARK_TOML
from lingtan.ledger.folder.faults import FolderError, fault, quoted
from lingtan.ledger.folder.text import decoded
from lingtan.ledger.park import Settings

__all__ = ["FORMAT", "REPAIRS", "line_of", "read_settings", "settings_text"]

FORMAT = 1
REPAIRS = ("midnight_same_date",)
_TEXTS = ("country", "grid_region", "currency", "default_boundary")
_YEARS = ("base_year", "price_year")
_KNOWN = ("id", "name", *_TEXTS, *_YEARS, "timezone", "format", "repair")
_BARE = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)


def read_settings(data: bytes) -> tuple[Settings, dict[str, Any], list[Finding]]:
    """Read ``park.toml``: settings, the keys that the format does not know, findings.

    Raises
    ------
    FolderError
        where the file is no UTF-8 TOML, names another format, or lacks a usable ``id`` or ``timezone``: nothing in
        the folder can be placed without them.
    """
    document = _parsed(data)
    found: list[Finding] = []
    _check_format(document, data, found)
    if not isinstance(document.get("id"), str) or ID.fullmatch(document["id"]) is None:
        raise _refused("id", "an id of 1 to 64 characters of A-Z a-z 0-9 . _ -", document.get("id"), data)
    zone = _timezone(document, data, found)
    names = _names(document, data, found)
    values = dict(_plain(document, data, found))
    unknown = {key: value for key, value in document.items() if key not in _KNOWN}
    found += [_said("unknown_setting", data, key, came=key, column=key) for key in unknown]
    repairs = _repairs(document, data, found)
    settings = Settings(document["id"], *names, timezone=zone, repairs=repairs, **values)
    return settings, unknown, found


def _parsed(data: bytes) -> dict[str, Any]:
    text = decoded(data, PARK_TOML)
    if not isinstance(text, str):
        raise FolderError(f"{PARK_TOML} line {text.where.line or 1}: {text.message}")
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as wrong:
        raise FolderError(f"{PARK_TOML}: expected TOML; came {wrong}; mend that line") from wrong


def _check_format(document: Mapping[str, Any], data: bytes, found: list[Finding]) -> None:
    if "format" not in document:
        found.append(
            _said(
                "missing_setting",
                data,
                "format",
                expected=f"format = {FORMAT}",
                came="none",
                todo=f"format {FORMAT} is taken",
            )
        )
    elif document["format"] != FORMAT or isinstance(document["format"], bool):
        raise _refused("format", f"format = {FORMAT}", document["format"], data)


def _timezone(document: Mapping[str, Any], data: bytes, found: list[Finding]) -> str:
    name = document.get("timezone")
    if name is None:
        default = Settings.__dataclass_fields__["timezone"].default
        found.append(
            _said(
                "missing_setting",
                data,
                "timezone",
                expected="an IANA zone",
                came="none",
                todo=f"{default} is taken: write it",
            )
        )
        return str(default)
    try:
        return ZoneInfo(name).key if isinstance(name, str) and name else _no_zone(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as wrong:
        raise _refused("timezone", "an IANA zone such as Asia/Shanghai", name, data) from wrong


def _no_zone(name: object) -> str:
    raise ValueError(name)


def _names(document: Mapping[str, Any], data: bytes, found: list[Finding]) -> tuple[str, str]:
    """Chinese and English name, from a table or from one plain text that stands for both."""
    name = document.get("name", {})
    if isinstance(name, str):
        return name, name
    if isinstance(name, dict) and all(isinstance(text, str) for text in name.values()):
        return name.get("zh", ""), name.get("en", "")
    found.append(
        _said("bad_setting", data, "name", expected="[name] with zh and en, or a text", came=quoted(repr(name)))
    )
    return "", ""


def _plain(document: Mapping[str, Any], data: bytes, found: list[Finding]) -> Iterator[tuple[str, Any]]:
    for key in _TEXTS:
        value = document.get(key, "")
        if isinstance(value, str):
            yield key, value
        else:
            found.append(
                _said(
                    "bad_setting",
                    data,
                    key,
                    expected="a text",
                    came=quoted(repr(value)),
                    todo=f"{key} is taken as unknown",
                )
            )
    for key in _YEARS:
        value = document.get(key)
        if value is None or (isinstance(value, int) and not isinstance(value, bool) and 1900 <= value <= 2100):
            yield key, value
        else:
            found.append(
                _said(
                    "bad_setting",
                    data,
                    key,
                    expected="a year from 1900 to 2100",
                    came=quoted(repr(value)),
                    todo=f"{key} is taken as unknown",
                )
            )


def _repairs(document: Mapping[str, Any], data: bytes, found: list[Finding]) -> dict[str, tuple[str, ...]]:
    table = document.get("repair", {})
    repairs: dict[str, tuple[str, ...]] = {}
    if not isinstance(table, dict):
        found.append(_said("bad_setting", data, "repair", expected="a table [repair]", came=quoted(repr(table))))
        return repairs
    for name, points in table.items():
        if name in REPAIRS and isinstance(points, list) and all(isinstance(point, str) for point in points):
            repairs[name] = tuple(points)
        else:
            expected = f"one of {', '.join(REPAIRS)} with a list of points"
            found.append(_said("bad_setting", data, name, expected=expected, came=quoted(f"{name} = {points!r}")))
    return repairs


def line_of(data: bytes, key: str) -> int:
    """Line on which a key of the file stands; 1 where it stands on none."""
    for line, text in enumerate(data.decode("utf-8", "replace").splitlines(), start=1):
        if re.match(rf"\s*\[*\s*\"?{re.escape(key)}\b", text):
            return line
    return 1


def _said(code: str, data: bytes, key: str, **more: Any) -> Finding:
    return fault(code, PARK_TOML, lines=(line_of(data, key),), **more)


def _refused(key: str, expected: str, came: object, data: bytes) -> FolderError:
    shown = "none" if came is None else quoted(repr(came))
    return FolderError(
        f"{PARK_TOML} line {line_of(data, key)}: expected {expected} in {key}; came {shown}; mend it first"
    )


def settings_text(settings: Settings, unknown: Mapping[str, Any]) -> str:
    """Write ``park.toml`` of settings and of the unknown keys that came with them."""
    document: dict[str, Any] = {"id": settings.id, "format": FORMAT, "timezone": settings.timezone}
    document |= {key: getattr(settings, key) for key in (*_TEXTS, *_YEARS) if getattr(settings, key) not in ("", None)}
    document |= {key: value for key, value in unknown.items() if not isinstance(value, dict)}
    tables: dict[str, Any] = {"name": {"zh": settings.name_zh, "en": settings.name_en}}
    if settings.repairs:
        tables["repair"] = {name: list(points) for name, points in settings.repairs.items()}
    tables |= {key: value for key, value in unknown.items() if isinstance(value, dict)}
    lines = [f"{_key(key)} = {_toml(value)}" for key, value in document.items()]
    for name, table in tables.items():
        lines += ["", f"[{_key(name)}]", *(f"{_key(key)} = {_toml(value)}" for key, value in table.items())]
    return "\n".join(lines) + "\n"


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else _toml(key)


def _toml(value: Any) -> str:
    """Write one value of TOML 1.0; tables inside values are written inline."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return '"' + "".join(_escaped(letter) for letter in value) + '"'
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(key)} = {_toml(each)}" for key, each in value.items()) + "}"
    return repr(value)


def _escaped(letter: str) -> str:
    if letter in '"\\':
        return "\\" + letter
    return letter if letter >= " " and letter != "\x7f" else f"\\u{ord(letter):04x}"
