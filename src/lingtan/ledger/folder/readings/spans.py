"""The span that each reading file speaks of, without decoding what a footer can tell."""

from __future__ import annotations

from datetime import datetime

from lingtan.ledger import clock
from lingtan.ledger.folder.readings.source import ReadingSource


def spans(source: ReadingSource) -> list[tuple[datetime, datetime]]:
    """Return first and last instant of the reading files: Parquet by its footers where they can be trusted, else rows.

    Footers are right to a day; files are in no order.
    """
    told = {file: _footer_span(source, file) for file in source.files}
    opened = tuple(file for file, span in told.items() if span is None)
    frames = ReadingSource(source.root, opened, source.book).blocks()
    ends = (frame.get_column("time").sort() for frame in frames)
    return [*(span for span in told.values() if span), *((times[0], times[-1]) for times in ends)]


def _footer_span(source: ReadingSource, file: str) -> tuple[datetime, datetime] | None:
    """Return the span that a Parquet file's footer tells; None where it does not, or names years never used."""
    if source.root is None or not file.endswith(".parquet"):
        return None
    from lingtan.ledger.folder.readings.slabs import CLOCK_SLACK, Slab, open_slab

    slab = open_slab(source.root / file, file)
    bounds = [group.times for group in slab.groups if group.rows] if isinstance(slab, Slab) else []
    known = [times for times in bounds if times is not None]
    if not known or len(known) < len(bounds):
        return None
    span = min(low for low, _ in known) + CLOCK_SLACK, max(high for _, high in known) - CLOCK_SLACK
    low, high = min(span), max(span)
    return (low, high) if low.year >= clock.FIRST_YEAR and high.year <= clock.LAST_YEAR else None
