"""What makes a row that row: its identifier and the hash of the fields that carry meaning."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from lingtan.reference.model import FactorRow

HASH_DIGITS = 16
TIDY_COLUMNS = (
    "id", "subject", "parameter", "qualifier", "value", "unit", "data_year", "from", "until", "region",
    "document", "source", "status", "set_id", "sigma_pct", "note", "content_hash",
)  # fmt: skip


def content_hash(row: FactorRow) -> str:
    """Return the first 16 hex digits of sha-256 over what the row says; source and note are left out.

    The fields are subject, parameter, qualifier, value, unit, data_year, applies_from, applies_until, region,
    document, status and set_id, as written in the table, joined by the ASCII unit separator.
    """
    parts = (
        row.subject,
        row.parameter,
        row.qualifier,
        format(row.value, "f"),
        row.unit,
        _text(row.data_year),
        _text(row.applies_from),
        _text(row.applies_until),
        row.region,
        row.document,
        row.status,
        row.set_id,
    )
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:HASH_DIGITS]


def row_id(row: FactorRow, *, with_region: bool = False) -> str:
    """Return ``set:subject:parameter[:qualifier][:region]:year``; the year is ``-`` where the row has none."""
    started = row.applies_from.year if row.applies_from else None
    year = row.data_year if row.data_year is not None else started
    parts = [row.set_id, row.subject, row.parameter, row.qualifier, row.region if with_region else ""]
    return ":".join([*filter(None, parts), "-" if year is None else str(year)])


def seal(row: FactorRow, *, with_region: bool = False) -> FactorRow:
    """Return the row with its identifier and content hash filled in."""
    return replace(row, id=row_id(row, with_region=with_region), content_hash=content_hash(row))


def as_record(row: FactorRow) -> dict[str, str]:
    """Return the row under the tidy columns, as text."""
    values = (
        row.id, row.subject, row.parameter, row.qualifier, format(row.value, "f"), row.unit, _text(row.data_year),
        _text(row.applies_from), _text(row.applies_until), row.region, row.document, row.source, row.status,
        row.set_id, _text(row.sigma_pct), row.note, row.content_hash,
    )  # fmt: skip
    return dict(zip(TIDY_COLUMNS, values, strict=True))


def _text(value: object) -> str:
    return "" if value is None else str(value)
