"""Cells to values: one parser a column type. A parser gets the trimmed text of a cell that is not blank."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from difflib import get_close_matches
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Any
from zoneinfo import ZoneInfo

from lingtan.ledger.clock import (
    Instant,
    TimeError,
    local_midnight,
    parse_clock,
    parse_date,
    parse_instant,
    parse_period,
)
from lingtan.ledger.folder.columns import Column
from lingtan.ledger.folder.faults import CellError
from lingtan.reference.model import Commodity

__all__ = ["ID", "LARGEST", "PARSERS", "Context", "near", "number"]

ID = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
LARGEST = Decimal("1e15")
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,4})?", re.ASCII)
_NOT_FINITE = re.compile(r"[+-]?(nan|inf|infinity|#n/a|#div/0!|#value!)", re.IGNORECASE)
_THOUSANDS = re.compile(r"[+-]?\d{1,3}([ ,']\d{3})+(\.\d+)?")
_BETWEEN_WORDS = re.compile(r"[;,>\s]+")
_WINDOWS_DRIVE = re.compile(r"[A-Za-z]:")
# Words of adoption orders beside those of the library's default order.
ORDER_WORDS = ("check", "sub", "seller", "buyer")


@dataclass(slots=True)
class Context:
    """What the cells of a folder are read against: the zone, the closed tables, the ids known so far."""

    zone: ZoneInfo
    words: Mapping[str, Collection[str]] = field(default_factory=dict)
    known: dict[str, set[str]] = field(default_factory=dict)
    aside: dict[str, set[str]] = field(default_factory=dict)
    commodities: Mapping[str, Commodity] = field(default_factory=dict)
    stream_commodity: dict[str, str] = field(default_factory=dict)
    point_stream: dict[str, str] = field(default_factory=dict)
    parents: dict[str, str] = field(default_factory=dict)
    node_kind: dict[str, str] = field(default_factory=dict)
    # State of an evidence path: there, absent or link.
    evidence: Callable[[str], str] = field(default=lambda _: "there")
    units: dict[tuple[str, str, str], CellError | None] = field(default_factory=dict)
    # Set by the parser of times, read by the row that the cell stands in.
    seen: list[Instant] = field(default_factory=list)


def near(text: str, words: Collection[str]) -> str:
    """Name the words that are nearly ``text``; blank where none is."""
    lower = {word.lower(): word for word in sorted(words)}
    found = get_close_matches(text.lower(), lower, n=3, cutoff=0.7) if len(words) <= 20_000 else []
    return "near: " + ", ".join(lower[name] for name in found) if found else ""


@lru_cache(maxsize=65_536)
def number(text: str) -> Decimal:
    """Read a decimal number of the folder; NaN, infinities, 1e15 and above are refused."""
    if _NUMBER.fullmatch(text) is None or len(text) > 60:
        if _NOT_FINITE.fullmatch(text):
            raise CellError("not_finite", "a finite number", "leave the cell blank where nothing is known")
        todo = "write no thousands separators" if _THOUSANDS.fullmatch(text) else ""
        raise CellError("bad_number", "a number with a point as decimal sign, such as 1234.5", todo)
    value = Decimal(text)
    if abs(value) >= LARGEST:
        raise CellError("out_of_range", "a number below 1e15", "check the unit or the export")
    return value


def _number(text: str, column: Column, _: Context) -> Decimal:
    value = number(text)
    low, high = column.low, column.high
    if low is not None and (value < low or (column.open_low and value == low)):
        code = "negative_amount" if column.name == "amount" else "out_of_range"
        raise CellError(code, f"a number {'above' if column.open_low else 'not below'} {low}")
    if high is not None and value > high:
        raise CellError("out_of_range", f"a number not above {high}")
    return value


def _float(text: str, column: Column, context: Context) -> float:
    return float(_number(text, column, context))


def _int(text: str, column: Column, context: Context) -> int:
    value = _number(text, column, context)
    if value != value.to_integral_value():
        raise CellError("bad_number", "a whole number")
    return int(value)


def _bool(text: str, _: Column, __: Context) -> bool:
    if text not in {"true", "false"}:
        raise CellError("bad_boolean", "true or false", "write it in small letters")
    return text == "true"


def _time(text: str, _: Column, context: Context) -> datetime:
    instant = _instant(text, context)
    context.seen.append(instant)
    return instant.utc


def _instant(text: str, context: Context) -> Instant:
    previous = context.seen[-1].utc if context.seen else None
    try:
        return parse_instant(text, context.zone, previous=previous)
    except TimeError as wrong:
        raise CellError(
            wrong.code, wrong.expected, "slash dates are ambiguous" if wrong.code == "slash_date" else ""
        ) from wrong


def _date(text: str, _: Column, context: Context) -> date:
    try:
        day = parse_date(text)
    except TimeError as wrong:
        raise CellError(wrong.code, wrong.expected) from wrong
    context.seen.append(Instant(local_midnight(day, context.zone), date_only=True))
    return day


def _period(text: str, _: Column, __: Context) -> int:
    try:
        return parse_period(text)
    except TimeError as wrong:
        raise CellError(wrong.code, wrong.expected) from wrong


def _clock(text: str, _: Column, context: Context) -> str:
    try:
        parse_clock(text, context.zone)
    except TimeError as wrong:
        raise CellError(wrong.code, wrong.expected) from wrong
    return text


def _id(text: str, _: Column, __: Context) -> str:
    if ID.fullmatch(text) is None:
        raise CellError("bad_id", "1 to 64 characters of A-Z a-z 0-9 . _ -")
    return text


def _same(text: str, _: Column, __: Context) -> str:
    return text


def _word(text: str, column: Column, _: Context) -> str:
    if text not in column.words:
        raise CellError("unknown_word", "one of " + ", ".join(column.words), near(text, column.words))
    return text


def _library_word(table: str) -> Callable[[str, Column, Context], str]:
    """Parser of a word of a closed table of the library."""

    def parse(text: str, column: Column, context: Context) -> str:
        words = context.words[column.of or table]
        if text not in words:
            shown = ", ".join(sorted(words)[:40])
            raise CellError("unknown_word", f"a word of the table {column.of or table} ({shown})", near(text, words))
        return text

    return parse


def _ref(text: str, column: Column, context: Context) -> str:
    return _known(text, column.of.split(), context, f"the id of a {' or '.join(column.of.split())}")


def _known(text: str, kinds: Collection[str], context: Context, expected: str) -> str:
    for kind in kinds:
        if text in context.known.get(kind, ()):
            return text
    for kind in kinds:
        if text in context.aside.get(kind, ()):
            raise CellError("set_aside_id", expected, f"mend the row of {kind} {text} first")
    if ID.fullmatch(text) is None:
        raise CellError("bad_id", expected)
    known = set().union(*(context.known.get(kind, set()) for kind in kinds))
    raise CellError("unknown_id", expected, near(text, known))


def _commodity(text: str, _: Column, context: Context) -> str:
    if text not in context.commodities:
        if text in context.aside.get("commodity", ()):
            raise CellError("set_aside_id", "a commodity", f"mend the row of {text} in commodities.csv first")
        raise CellError(
            "unknown_commodity", "a code of the library or of commodities.csv", near(text, context.commodities)
        )
    return text


def _factor_subject(text: str, _: Column, context: Context) -> str:
    if text in context.words["subjects"]:
        return text
    return _commodity(text, _, context)


def _factor_for(text: str, _: Column, context: Context) -> str:
    if text in context.words["made_as"] or text in context.words["used_as"]:
        return text
    return _known(text, ("stream", "node"), context, "a stream, a node, a role word or blank")


def _price_subject(text: str, _: Column, context: Context) -> str:
    if text in context.commodities:
        return text
    return _known(text, ("stream",), context, "a stream or a commodity")


def _order(text: str, _: Column, context: Context) -> tuple[str, ...]:
    words = tuple(word for word in _BETWEEN_WORDS.split(text) if word)
    plain = {*context.words["adoption"], *context.words["statement_kind"], *ORDER_WORDS}
    expected = f"words separated by ; out of {', '.join(sorted(plain))}, kind:reporter or point:ID"
    for word in words:
        head, colon, tail = word.partition(":")
        kinds = ("point",) if head == "point" else ("node",)
        if colon and (head == "point" or head in context.words["statement_kind"]):
            _known(tail, kinds, context, expected)
        elif word not in plain:
            raise CellError("unknown_word", expected, near(word, plain))
    if not words or len(set(words)) < len(words):
        raise CellError("unknown_word", expected, "name each word once")
    return words


def _evidence(text: str, _: Column, __: Context) -> tuple[str, ...]:
    paths = tuple(part.strip() for part in text.split(";") if part.strip())
    for path in paths:
        parts = PurePosixPath(path).parts
        outside = not parts or parts[0] != "evidence" or len(parts) < 2 or ".." in parts
        if outside or "\\" in path or "\x00" in path or _WINDOWS_DRIVE.match(path):
            todo = "copy the document into evidence/ and write its path from there, with /"
            raise CellError(
                "bad_evidence_path", "paths below evidence/, without .. and without a drive or a root", todo
            )
    return paths


PARSERS: Mapping[str, Callable[[str, Column, Context], Any]] = {
    "text": _same,
    "label": _same,
    "unit": _same,
    "id": _id,
    "parent": _id,
    "word": _word,
    "role": _library_word("made_as"),
    "statement_kind": _library_word("statement_kind"),
    "property": _library_word("property"),
    "parameter": _library_word("parameter"),
    "number": _number,
    "float": _float,
    "int": _int,
    "bool": _bool,
    "time": _time,
    "date": _date,
    "period": _period,
    "clock": _clock,
    "ref": _ref,
    "commodity": _commodity,
    "factor_subject": _factor_subject,
    "factor_for": _factor_for,
    "price_subject": _price_subject,
    "order": _order,
    "evidence": _evidence,
}
