"""Readings of a folder: CSV and Parquet to frames in UTC, in blocks of points, with places and findings."""

from lingtan.ledger.folder.readings.source import MARGIN, ReadingSource, is_readings
from lingtan.ledger.folder.readings.spans import spans

__all__ = ["MARGIN", "ReadingSource", "is_readings", "spans"]
