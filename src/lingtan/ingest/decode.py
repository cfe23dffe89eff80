"""Payloads to raw rows: ``tag, time, value, unit, seq, row`` in whole columns, whatever the format; nothing is judged.

``time`` and ``value`` keep the type they came with. A payload that cannot be read at all is `Refused`.
"""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from lingtan.ingest.config import ARRIVAL, Template
from lingtan.ingest.model import Fault, Refused

_FIELD = re.compile(r"\{([^{}]+)\}")
_MOST_EXPANDED = 1024**3
_MOST_TEXT = 32_767


@dataclass(frozen=True, slots=True)
class Envelope:
    """What stands around a payload: ``topic`` of a message, ``file`` name; ``most`` bytes that it may expand to."""

    topic: str = ""
    file: str = ""
    most: int = _MOST_EXPANDED


def decode(payload: bytes, template: Template, envelope: Envelope) -> pl.DataFrame:
    """Turn a payload into raw rows.

    Raises
    ------
    Refused : the payload is not of the format or has not the fields that the template names.
    """
    try:
        return _READERS[template.format](payload, template, envelope)
    except Refused:
        raise
    except Exception as fault:  # a library's verdict on bytes of others, of whatever kind, is a verdict on the payload
        said = " ".join(str(fault).split())[:200]
        raise Refused(
            Fault("unreadable", "payload", f"{template.format} as the template says", f"{type(fault).__name__}: {said}")
        ) from fault


@dataclass(frozen=True, slots=True)
class _Reader:
    """One field of a template, ready for use: a plain name, or a text put together of ``parts``."""

    written: str
    parts: tuple[str, ...] = field(default=())

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the fields that it takes."""
        return self.parts[1::2] if self.parts else (self.written,)


@lru_cache(maxsize=512)
def _reader(written: str) -> _Reader:
    parts = tuple(_FIELD.split(written))
    return _Reader(written, parts if len(parts) > 1 else ())


def _around(envelope: Envelope) -> dict[str, str]:
    """Names that stand for what is around a payload."""
    levels = envelope.topic.split("/") if envelope.topic else []
    stem = envelope.file.rsplit(".", 1)[0]
    return {"topic": envelope.topic, "file": stem, **{f"topic.{at}": level for at, level in enumerate(levels, 1)}}


def _json(payload: bytes, template: Template, envelope: Envelope) -> pl.DataFrame:
    root = json.loads(payload.decode("utf-8-sig"))
    records = _step(root, template.records) if template.records else root
    if isinstance(records, dict):
        records = [records]
    elif not isinstance(records, list):
        records = [{template.value: records}]
    if not all(isinstance(record, dict) for record in records):
        raise Refused(Fault("no_records", "payload", "a list of objects", "a list of other things"))
    if template.layout == "wide":
        return _json_wide(records, template, envelope, root)
    getters = {name: _getter(getattr(template, name), root, envelope) for name in ("tag", "time", "value")}
    columns: dict[str, list[Any]] = {name: [get(record) for record in records] for name, get in getters.items()}
    for name in ("unit", "seq"):
        written = getattr(template, name)
        get = _getter(written, root, envelope)
        columns[name] = [get(record) for record in records] if written else [None] * len(records)
    return _raw(columns)


def _json_wide(records: Sequence[Any], template: Template, envelope: Envelope, root: Any) -> pl.DataFrame:
    """Take each field of a record that is neither time nor ignored as a reading."""
    columns: dict[str, list[Any]] = {name: [] for name in ("tag", "time", "value", "row")}
    taken = {*_reader(template.time).names, *_reader(template.tag).names, *template.ignore}
    time = _getter(template.time, root, envelope)
    for row, record in enumerate(records, 1):
        stamp = time(record)
        for name, value in record.items():
            if name not in taken and not isinstance(value, dict | list):
                columns["tag"].append(_composed(template.tag, {**_around(envelope), "name": name}, record, root))
                columns["time"].append(stamp)
                columns["value"].append(value)
                columns["row"].append(row)
    return _raw(columns)


def _getter(written: str, root: Any, envelope: Envelope) -> Callable[[Any], Any]:
    """Return what takes one field from a record."""
    reader = _reader(written)
    if reader.parts:
        around = _around(envelope)
        return lambda record: _composed(written, around, record, root)
    if written.startswith("$."):
        value = _step(root, written[2:])
        return lambda record: value
    if "." in written:
        return lambda record: record[written] if written in record else _step(record, written)
    return lambda record: record.get(written)


def _composed(written: str, around: Mapping[str, str], record: Any, root: Any) -> str | None:
    """Put a text together; None where a part is missing."""
    parts = _reader(written).parts or (written,)
    texts = list(parts)
    for at in range(1, len(parts), 2):
        name = parts[at]
        value = around.get(name)
        if value is None:
            value = _step(root, name[2:]) if name.startswith("$.") else _step(record, name)
        if value is None:
            return None
        texts[at] = str(value)
    return "".join(texts)


def _step(value: Any, path: str) -> Any:
    """Follow ``a.b.0`` into objects and lists; None where it leads nowhere."""
    for name in path.split("."):
        if isinstance(value, dict):
            value = value.get(name)
        elif isinstance(value, list) and name.isdigit() and int(name) < len(value):
            value = value[int(name)]
        else:
            return None
    return value


def _raw(columns: Mapping[str, list[Any]]) -> pl.DataFrame:
    """Return columns of Python values as raw rows."""
    count = len(columns["tag"])
    return pl.DataFrame(
        {
            "tag": _texts("tag", columns["tag"]),
            "time": _values("time", columns["time"]),
            "value": _values("value", columns["value"]),
            "unit": _texts("unit", columns.get("unit") or [None] * count),
            "seq": _whole(columns.get("seq") or [None] * count),
            "row": pl.Series(columns.get("row") or range(1, count + 1), dtype=pl.UInt32),
        }
    )


def _texts(name: str, values: Sequence[Any]) -> pl.Series:
    return pl.Series(name, [None if value is None else str(value)[:_MOST_TEXT] for value in values], dtype=pl.String)


def _values(name: str, values: Sequence[Any]) -> pl.Series:
    """Numbers as numbers; where anything else is among them, all as texts."""
    kinds = set(map(type, values)) - {type(None)}
    if kinds <= {int} and all(value is None or abs(value) < 2**63 for value in values):
        return pl.Series(name, values, dtype=pl.Int64)
    if kinds <= {int, float} and all(value is None or abs(value) < 1e300 or value != value for value in values):
        return pl.Series(name, [None if value is None else float(value) for value in values], dtype=pl.Float64)
    return _texts(name, values)


def _whole(values: Sequence[Any]) -> pl.Series:
    """Sequence numbers; what is none is left out."""
    good = [value if isinstance(value, int) and abs(value) < 2**63 else None for value in values]
    return pl.Series("seq", good, dtype=pl.Int64)


def _csv(payload: bytes, template: Template, envelope: Envelope) -> pl.DataFrame:
    encoding = "utf-8-sig" if template.encoding == "utf-8" else template.encoding
    text = payload.decode(encoding)
    for _ in range(template.skip_rows):
        text = text.partition("\n")[2]
    header = [cell.strip() for cell in next(csv.reader(io.StringIO(text), delimiter=template.separator), [])]
    _no_twins(header)
    texts = dict.fromkeys(header, pl.String)
    if text.strip().count("\n") == 0:
        return _table(pl.DataFrame(schema=texts), template, envelope)
    frame = pl.read_csv(
        io.BytesIO(text.encode()), separator=template.separator, has_header=False, skip_rows=1, new_columns=header,
        schema=texts,
    )  # fmt: skip
    return _table(frame.with_columns(pl.all().str.strip_chars().replace("", None)), template, envelope)


def _excel(payload: bytes, template: Template, envelope: Envelope) -> pl.DataFrame:
    import openpyxl

    with zipfile.ZipFile(io.BytesIO(payload)) as packed:
        _bounded(sum(entry.file_size for entry in packed.infolist()), envelope.most)
    book = openpyxl.load_workbook(io.BytesIO(payload), read_only=True, data_only=True)
    if template.sheet and template.sheet not in book.sheetnames:
        names = ", ".join(book.sheetnames)
        raise Refused(Fault("no_sheet", "payload", f"a sheet {template.sheet!r}", names))
    sheet = book[template.sheet] if template.sheet else book.worksheets[0]
    rows = [list(row) for row in sheet.iter_rows(min_row=template.skip_rows + 1, values_only=True)]
    header = ["" if cell is None else str(cell).strip() for cell in rows[0]] if rows else []
    width = max((at + 1 for at, label in enumerate(header) if label), default=0)
    _no_twins(header[:width])
    body = [row for row in rows[1:] if any(cell is not None for cell in row[:width])]
    columns = {header[at]: _cells(header[at], [row[at] for row in body]) for at in range(width)}
    return _table(pl.DataFrame(columns), template, envelope)


def _cells(name: str, values: Sequence[Any]) -> pl.Series:
    """Cells of a workbook: numbers, times, or where mixed texts."""
    kinds = {type(value) for value in values if value is not None}
    if kinds and kinds <= {int, float}:
        return _values(name, values)
    if len(kinds) == 1 and next(iter(kinds)).__name__ == "datetime":
        return pl.Series(name, values, dtype=pl.Datetime("us"))
    return _texts(name, values)


def _arrow(payload: bytes, template: Template, envelope: Envelope) -> pl.DataFrame:
    """Read an Arrow stream (or file), batch by batch, so that a small payload cannot expand without bound."""
    source = pa.BufferReader(payload)
    reader: Any
    if payload[:6] == b"ARROW1":
        opened = pa.ipc.open_file(source)
        batches = (opened.get_batch(at) for at in range(opened.num_record_batches))
        schema = opened.schema
    else:
        reader = pa.ipc.open_stream(source)
        batches, schema = iter(reader), reader.schema
    taken, total = [], 0
    for batch in batches:
        batch.validate(full=True)
        total += batch.nbytes
        _bounded(total, envelope.most)
        taken.append(batch)
    frame = pl.from_arrow(pa.Table.from_batches(taken, schema))
    assert isinstance(frame, pl.DataFrame)  # noqa: S101 - a table is always a frame
    return _table(frame, template, envelope)


def _parquet(payload: bytes, template: Template, envelope: Envelope) -> pl.DataFrame:
    metadata = pq.ParquetFile(pa.BufferReader(payload)).metadata
    groups = range(metadata.num_row_groups)
    _bounded(sum(metadata.row_group(group).total_byte_size for group in groups), envelope.most)
    _bounded(metadata.num_rows * 16, envelope.most)
    return _table(pl.read_parquet(io.BytesIO(payload)), template, envelope)


def _bounded(came: int, most: int) -> None:
    """Refuse what expands beyond its bound."""
    if came > most:
        todo = "send it in parts, or raise limits.max_expanded"
        raise Refused(Fault("too_large", "payload", f"at most {most} bytes when expanded", str(came), todo))


def _no_twins(header: Sequence[str]) -> None:
    twins = sorted({label for label in header if header.count(label) > 1})
    if twins or not header:
        raise Refused(Fault("bad_header", "header", "each column once", ", ".join(twins) or "no header"))


def _table(frame: pl.DataFrame, template: Template, envelope: Envelope) -> pl.DataFrame:
    """Turn a table with columns into raw rows."""
    around = _around(envelope)
    frame = frame.with_row_index("#", 1)
    wide = template.layout == "wide"
    fields = [template.tag, *([] if wide else [template.value]), template.unit, template.seq]
    fields += [] if template.time_form == ARRIVAL else [template.time]
    wanted = {name for written in fields if written for name in _reader(written).names} - set(around) - {"name"}
    missing = sorted(wanted - set(frame.columns))
    if missing:
        came = ", ".join(frame.columns[1:40])
        raise Refused(Fault("missing_columns", "header", f"columns {', '.join(missing)}", came, "check the template"))
    time = pl.lit(None).alias("time") if template.time_form == ARRIVAL else _column(template.time, around, "time")
    extra = [
        _column(template.unit, around, "unit").cast(pl.String)
        if template.unit
        else pl.lit(None, pl.String).alias("unit"),
        (pl.col(template.seq).cast(pl.Int64, strict=False) if template.seq else pl.lit(None, pl.Int64)).alias("seq"),
    ]
    row = pl.col("#").cast(pl.UInt32).alias("row")
    if not wide:
        tag = _column(template.tag, around, "tag").cast(pl.String)
        return frame.select(tag, time, pl.col(template.value).alias("value"), *extra, row)
    skip = {"#", *wanted, *template.ignore, *_reader(template.time).names}
    tags = [name for name in frame.columns if name not in skip and name]
    kinds = {frame.schema[name] for name in tags}
    values = pl.col(tags) if len(kinds) == 1 else pl.col(tags).cast(_common(kinds))
    long = frame.select(time, *extra, row, values).unpivot(
        on=tags, index=["time", "unit", "seq", "row"], variable_name="name", value_name="value"
    )
    tag = _column(template.tag, around, "tag").cast(pl.String)
    return long.select(tag, "time", "value", "unit", "seq", "row")


def _common(kinds: set[pl.DataType]) -> pl.DataType:
    return pl.Float64() if all(kind.is_numeric() for kind in kinds) else pl.String()


def _column(written: str, around: Mapping[str, str], alias: str) -> pl.Expr:
    """Return one field of a table: a column, or a text put together of columns and what stands around."""
    reader = _reader(written)
    if not reader.parts:
        return pl.col(written).alias(alias)
    parts = [
        pl.lit(part if at % 2 == 0 else around[part]) if at % 2 == 0 or part in around else pl.col(part).cast(pl.String)
        for at, part in enumerate(reader.parts)
    ]
    return pl.concat_str(parts).alias(alias)


_READERS: Mapping[str, Callable[[bytes, Template, Envelope], pl.DataFrame]] = {
    "json": _json, "csv": _csv, "arrow": _arrow, "parquet": _parquet, "excel": _excel,
}  # fmt: skip
