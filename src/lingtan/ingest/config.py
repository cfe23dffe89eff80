"""The settings of ingest: one TOML file and the tables it names, read in one pass with every fault named."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from lingtan.ingest.fields import (
    Field,
    NotSo,
    address,
    any_text,
    choice,
    flag,
    name,
    number,
    path_below,
    record,
    size,
    span,
    text,
    texts,
    whole,
)
from lingtan.ingest.model import Fault, IngestError
from lingtan.ingest.sources.registers import Register
from lingtan.ingest.sources.registers import read as read_registers
from lingtan.ingest.tags import COLUMNS, Known, Tag, TagTable, as_tag, mapping, table
from lingtan.ledger.folder import FolderError
from lingtan.ledger.folder import read as read_folder

FORMATS = ("json", "csv", "arrow", "parquet", "excel")
ARRIVAL = "arrival"
_KINDS = ("http", "folder", "mqtt", "modbus")


class ConfigError(IngestError):
    """Settings that cannot be used; ``faults`` holds each with its place."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(fault.sentence() for fault in faults))


@dataclass(frozen=True, slots=True)
class Template:
    """How a payload holds its readings.

    ``tag``, ``time``, ``value``, ``unit``, ``seq`` are names of fields (``a.b`` inside, ``$.a`` from the payload's
    root) or texts with such names in braces: ``{topic.2}/{id}``. ``layout`` long: a record is a reading; wide: a record
    has one time and a reading in each further field, its tag being ``tag`` with ``{name}`` for the field's name.
    ``time_form``: iso, epoch_s, epoch_ms, epoch_us, arrival or a pattern such as ``%d.%m.%Y %H:%M``.
    """

    format: str = "json"
    layout: str = "long"
    records: str = ""
    tag: str = "tag"
    time: str = "time"
    value: str = "value"
    unit: str = ""
    seq: str = ""
    time_form: str = "iso"
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    register: str = ""
    decimal: str = "."
    separator: str = ","
    encoding: str = "utf-8"
    skip_rows: int = 0
    sheet: str = ""
    ignore: tuple[str, ...] = ()
    future: timedelta = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class HttpOptions:
    """A gateway that pushes. ``token_sha256`` is the hex digest of its token; the token itself is kept nowhere."""

    token_sha256: str


@dataclass(frozen=True, slots=True)
class FolderOptions:
    """A drop folder. A file is complete when its size and time stood still for ``settle`` (or it was renamed in)."""

    path: Path
    pattern: str
    settle: timedelta
    look_every: timedelta
    max_file: int


@dataclass(frozen=True, slots=True)
class MqttOptions:
    """A broker and the topics to take.

    ``window`` messages may be unacknowledged at once; the broker keeps the ``session`` that long.
    """

    host: str
    port: int
    version: str
    client_id: str
    topics: tuple[str, ...]
    qos: int
    window: int
    keepalive: int
    session: timedelta
    username: str
    password_file: Path | None
    tls: bool
    ca_file: Path | None


@dataclass(frozen=True, slots=True)
class ModbusOptions:
    """A device (or a gateway with several) and its registers. Times in seconds."""

    host: str
    port: int
    registers: tuple[Register, ...]
    timeout_s: float
    gap: int
    longest: int
    back_off_s: float
    back_off_most_s: float


Options = HttpOptions | FolderOptions | MqttOptions | ModbusOptions


@dataclass(frozen=True, slots=True)
class Source:
    """One source. ``silent_after``: without a delivery for that long it is told as silent."""

    id: str
    kind: str
    park: str
    template: Template
    tags: TagTable
    options: Options
    silent_after: timedelta = timedelta(hours=1)
    authority: int = 0


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of memory and disk: rows in the queue, in one commit, in the waiting room; bytes kept of refusals."""

    queue_rows: int = 1_000_000
    commit_rows: int = 100_000
    waiting_rows: int = 1_000_000
    refused_bytes: int = 256 * 1024**2
    spool_rows: int = 2_000_000
    max_body: int = 16 * 1024**2
    max_expanded: int = 256 * 1024**2


@dataclass(frozen=True, slots=True)
class Settings:
    """A whole configuration. ``listen`` is None where no source pushes by HTTP."""

    path: Path
    data: Path
    listen: tuple[str, int] | None
    certificate: Path | None
    key: Path | None
    limits: Limits
    sources: tuple[Source, ...]


def _zone(value: Any) -> ZoneInfo:
    try:
        return ZoneInfo(text(value))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise NotSo("a zone such as Asia/Shanghai or UTC") from None


def _digest(value: Any) -> str:
    if not isinstance(value, str) or len(value) != 64 or set(value.lower()) - set("0123456789abcdef"):
        raise NotSo("64 hex digits, as `lingtan ingest token` prints them")
    return value.lower()


def _qos(value: Any) -> int:
    # With QoS 2 the broker forgets a message's content when it is received, before it can be durable here.
    if isinstance(value, bool) or value not in (0, 1):
        raise NotSo("0 or 1 (what is published with 2 comes with 1: with 2 a crash here would lose it)")
    return int(value)


def _rows(value: Any) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise NotSo("a list of rows { tag = …, point = … }")
    return tuple(value)


def _tables(base: Path) -> dict[str, dict[str, Field]]:
    """Return the tables of fields of every kind of record; paths start at the file's folder."""
    path = path_below(base)
    return {
        "ingest": {
            "data": Field(path, (base / "ingest-data").resolve()), "park": Field(name, ""), "zone": Field(_zone, None),
            "park_folder": Field(path, None), "listen": Field(address, None), "certificate": Field(path, None),
            "key": Field(path, None),
        },
        "limits": {
            "queue_rows": Field(whole(1_000, 10**8), 1_000_000), "commit_rows": Field(whole(1, 10**7), 100_000),
            "waiting_rows": Field(whole(0, 10**8), 1_000_000), "refused_bytes": Field(size, 256 * 1024**2),
            "spool_rows": Field(whole(0, 10**8), 2_000_000), "max_body": Field(size, 16 * 1024**2),
            "max_expanded": Field(size, 256 * 1024**2),
        },
        "template": {
            "format": Field(choice(*FORMATS), "json"), "layout": Field(choice("long", "wide"), "long"),
            "records": Field(any_text, ""), "tag": Field(text, None), "time": Field(text, "time"),
            "value": Field(text, "value"), "unit": Field(any_text, ""), "seq": Field(any_text, ""),
            "time_form": Field(text, "iso"), "zone": Field(_zone, None),
            "register": Field(choice("counter", "rate", "interval"), ""), "decimal": Field(choice(".", ","), "."),
            "separator": Field(choice(",", ";", "\t", "|"), ","),
            "encoding": Field(choice("utf-8", "gb18030", "latin-1"), "utf-8"),
            "skip_rows": Field(whole(0, 1000), 0), "sheet": Field(any_text, ""), "ignore": Field(texts, ()),
            "future": Field(span, timedelta(days=1)),
        },
        "source": {
            "id": Field(name), "kind": Field(choice(*_KINDS)), "park": Field(name, ""), "template": Field(text, ""),
            "map": Field(path, None), "rows": Field(_rows, ()), "silent_after": Field(span, timedelta(hours=1)),
            "authority": Field(whole(0, 100), 0),
        },
        "http": {"token_sha256": Field(_digest)},
        "folder": {
            "path": Field(path), "pattern": Field(text, "*"), "settle": Field(span, timedelta(seconds=5)),
            "look_every": Field(span, timedelta(seconds=2)), "max_file": Field(size, 256 * 1024**2),
        },
        "mqtt": {
            "host": Field(text), "port": Field(whole(1, 65535), 1883), "version": Field(choice("3.1.1", "5"), "5"),
            "client_id": Field(text), "topics": Field(texts), "qos": Field(_qos, 1),
            "window": Field(whole(1, 65535), 1000), "keepalive": Field(whole(5, 3600), 30),
            "session": Field(span, timedelta(days=7)), "username": Field(text, ""),
            "password_file": Field(path, None), "tls": Field(flag, False), "ca_file": Field(path, None),
        },
        "modbus": {
            "host": Field(text), "port": Field(whole(1, 65535), 502), "registers": Field(path),
            "timeout_s": Field(number, 3.0), "gap": Field(whole(0, 120), 8), "longest": Field(whole(2, 125), 100),
            "back_off_s": Field(number, 5.0), "back_off_most_s": Field(number, 300.0),
        },
    }  # fmt: skip


def load(path: Path) -> Settings:
    """Read a configuration with all tables it names.

    Raises
    ------
    ConfigError : with every fault of the file and its tables.
    """
    path = path.resolve()
    found: list[Fault] = []
    given = _toml(path)
    tables = _tables(path.parent)
    strange = set(given) - {"ingest", "limits", "template", "source"}
    wanted = "[ingest], [limits], [template.…], [[source]]"
    found += [Fault("unknown_setting", f"{path.name}: {word}", wanted, word) for word in sorted(strange)]
    main = record(given.get("ingest", {}), tables["ingest"], f"{path.name}: ingest", found)
    limits = record(given.get("limits", {}), tables["limits"], f"{path.name}: limits", found)
    templates = _templates(given.get("template", {}), tables["template"], main.get("zone"), path.name, found)
    known = _known(main.get("park_folder"), found)
    sources = _sources(given.get("source", []), tables, _Shared(path.name, main, templates, known), found)
    if any(source.kind == "http" for source in sources) and main.get("listen") is None:
        found.append(
            Fault(
                "missing_setting", f"{path.name}: ingest.listen", "host:port", "nothing", 'add listen = "0.0.0.0:8090"'
            )
        )
    if found:
        raise ConfigError(found)
    return Settings(
        path, main["data"], main["listen"], main["certificate"], main["key"], Limits(**limits), tuple(sources)
    )


@dataclass(frozen=True, slots=True)
class _Shared:
    """What the sources of a file share."""

    file: str
    main: Mapping[str, Any]
    templates: Mapping[str, Template]
    known: Mapping[str, Known]


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as fault:
        came = fault.strerror if isinstance(fault, OSError) else str(fault)
        raise ConfigError([Fault("bad_toml", str(path), "a TOML file in UTF-8", str(came))]) from fault


def _templates(
    given: Any, fields: Mapping[str, Field], zone: ZoneInfo | None, file: str, found: list[Fault]
) -> dict[str, Template]:
    if not isinstance(given, Mapping):
        found.append(Fault("no_table", f"{file}: template", "tables [template.name]", repr(given)))
        return {}
    made = {}
    for label, each in given.items():
        place = f"{file}: template.{label}"
        before = len(found)
        values = record(each, fields, place, found)
        if len(found) > before:
            continue
        values["tag"] = values["tag"] or ("{name}" if values["layout"] == "wide" else "tag")
        values["zone"] = values["zone"] or zone
        if values["zone"] is None:
            found.append(Fault("missing_setting", f"{place}.zone", "a zone", "nothing", 'add zone = "Asia/Shanghai"'))
            continue
        if values["time_form"] == ARRIVAL and values["register"] not in {"counter", "rate"}:
            todo = "an amount delivered twice would count twice: let the gateway stamp it, or say what the register is"
            came = values["register"] or "nothing"
            found.append(Fault("arrival_needs_level", f"{place}.register", "counter or rate", came, todo))
        made[label] = Template(**values)
    return made


def _known(folder: Path | None, found: list[Fault]) -> dict[str, Known]:
    """Return what the park folder's meters say of the points."""
    if folder is None:
        return {}
    try:
        park = read_folder(folder).park
    except (FolderError, OSError) as fault:
        found.append(Fault("bad_park", str(folder), "a park folder", str(fault)))
        return {}
    commodity = {stream.id: park.commodities.get(stream.commodity) for stream in park.streams.values()}
    return {meter.point: Known(meter.unit, commodity.get(meter.stream)) for meter in park.meters}


def _sources(
    given: Any, tables: Mapping[str, Mapping[str, Field]], shared: _Shared, found: list[Fault]
) -> list[Source]:
    if not isinstance(given, list):
        found.append(Fault("no_table", f"{shared.file}: source", "tables [[source]]", repr(given)))
        return []
    made: list[Source] = []
    for index, each in enumerate(given):
        place = f"{shared.file}: source[{index}]"
        kind = each.get("kind") if isinstance(each, Mapping) else None
        fields = {**tables["source"], **tables.get(kind if kind in _KINDS else "", {})}
        before = len(found)
        values = record(each, fields, place, found)
        if len(found) > before:
            continue
        if values["id"] in {source.id for source in made}:
            todo = "give each source its own id"
            found.append(Fault("id_twice", f"{place}.id", "an id of its own", values["id"], todo))
        source = _source(values, tables[values["kind"]], place, shared, found)
        if source is not None:
            made.append(source)
    return made


def _source(
    values: dict[str, Any], own: Mapping[str, Field], place: str, shared: _Shared, found: list[Fault]
) -> Source | None:
    """Put one source together; None where its parts are missing."""
    park = values["park"] or shared.main.get("park", "")
    if not park:
        found.append(
            Fault("missing_setting", f"{place}.park", "a park", "nothing", 'add park = "…" here or in [ingest]')
        )
    kind, template = values["kind"], shared.templates.get(values["template"])
    if kind != "modbus" and template is None:
        names = ", ".join(shared.templates) or "none"
        came = values["template"] or "nothing"
        found.append(Fault("no_template", f"{place}.template", "the name of a template", came, f"there are: {names}"))
        return None
    options = {label: values[label] for label in own}
    rows: list[Tag] = [] if values["map"] is None else mapping(values["map"], found)
    rows += _inline(values["rows"], place, found)
    if kind == "modbus":
        registers, tags = read_registers(options["registers"], found)
        options["registers"], rows = tuple(registers), tags
    maker: dict[str, Any] = {
        "http": HttpOptions, "folder": FolderOptions, "mqtt": MqttOptions, "modbus": ModbusOptions
    }  # fmt: skip
    tags_of = table(rows, shared.known, place, found)
    return Source(
        values["id"], kind, park, template or Template(), tags_of, maker[kind](**options), values["silent_after"],
        values["authority"],
    )  # fmt: skip


def _inline(rows: Sequence[Any], place: str, found: list[Fault]) -> list[Tag]:
    """Read the rows of a mapping that stand in the file itself."""
    made = []
    for index, row in enumerate(rows):
        here = f"{place}.rows[{index}]"
        if not isinstance(row, Mapping) or set(row) - set(COLUMNS) or not row.get("point"):
            wanted = "{ tag = …, point = … } with unit, to, scale, offset"
            found.append(Fault("bad_row", here, wanted, repr(row)))
            continue
        made.append(as_tag({**{key: str(cell) for key, cell in row.items()}, "#": here}, found))
    return made
