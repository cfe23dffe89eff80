"""What flows between units over a period, from the month flows of runs: bands of the Sankey, closure of nodes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.db.models import Count, QuerySet, Sum
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from lingtan.web.account.part import Part
from lingtan.web.account.run import MonthFlow
from lingtan.web.kernel.history import unchanged
from lingtan.web.kernel.language import in_language
from lingtan.web.metering.stream import Stream
from lingtan.web.park.node import Node
from lingtan.web.people.access import Access

OUTSIDE = frozenset(
    {"grid", "fuel_network", "heat_network", "water_source", "market", "contractor", "atmosphere", "water_body", "soil",
     "geological_storage"}
)  # fmt: skip
#: Outside nodes that sell many things: what they sell is the source, not they.
_SELLERS = frozenset({"market", "fuel_network", "water_source"})
#: Commodity, or one it refines, by the words in its code -> colour token.
_TOKENS: tuple[tuple[str, str], ...] = (
    ("electricity", "elec-grid"), ("gas", "gas"), ("steam", "heat"), ("heat", "heat"), ("condensate", "heat"),
    ("cooling", "cooling"), ("diesel", "diesel"), ("gasoline", "diesel"), ("oil", "diesel"), ("bitumin", "coal"),
    ("coal", "coal"), ("coke", "coal"), ("anthracite", "coal"), ("lignite", "coal"), ("biomass", "biomass"),
    ("hydrogen", "hydrogen"), ("water", "water"),
)  # fmt: skip
_MADE_TOKENS = {"direct_green": "elec-wind"}
#: A unit that passes on this share of what it gets, or more, is a network: what does not come out again is its loss.
PASSES_ON = 0.5
LOSSES, REST, OWN = "*losses", "*rest", "*own"


@dataclass(slots=True)
class Band:
    """A band between two units in the unit shown; ``missing``: months without an amount; ``derived``: a difference."""

    source: str
    target: str
    token: str
    commodity: str
    amount: float
    streams: list[str] = field(default_factory=list)
    missing: int = 0
    derived: bool = False


@dataclass(slots=True)
class Picture:
    """The bands and the names of the units between them; ``left_out`` commodities that the unit cannot show."""

    unit: str
    bands: list[Band]
    names: dict[str, str]
    nodes: list[dict[str, Any]]
    left_out: list[str]


#: What is read of thousands of streams and of the places at their ends.
_READ = ("pk", "code", "commodity", "made_as")
_ENDS = ("id", "kind", "name_zh", "name_en", "enterprise_id")
_SOURCE, _TARGET = (tuple(f"{end}__{name}" for name in _ENDS) for end in ("source", "target"))
#: Units drawn each for itself; more of them cannot be told apart.
DRAWN = 40
OTHERS = "u:others"


@dataclass(frozen=True, slots=True)
class _Stream:
    """A stream with its amount of the year."""

    code: str
    commodity: str
    source: Node
    target: Node
    made_as: str
    amount: float
    missing: int


def token_of(commodity: str, kind: str = "") -> str:
    """Return the colour token of a commodity."""
    return next((token for word, token in _TOKENS if word in commodity), "water" if kind == "water" else "waste")


def totals(part: Part, access: Access) -> list[_Stream]:
    """Return the streams that somebody sees, with their amounts of the period. Not to be changed."""
    return unchanged(("streams", *_asked(part, access)), (Stream, Node), lambda: _totals(part, access))


def _asked(part: Part, access: Access) -> tuple[Any, ...]:
    """Return all that the streams of a part hang on but the records of streams and places: its runs never change."""
    runs = tuple(run.pk for run in part.runs)
    return (runs, part.period.text, access.park_id, access.sees, access.roles, access.actions, get_language())


def _totals(part: Part, access: Access) -> list[_Stream]:
    rows = flows_of(part, access).values("stream_id")
    found = {
        row["stream_id"]: row for row in rows.annotate(total=Sum("amount"), known=Count("amount"), all=Count("pk"))
    }
    ends: dict[int, Node] = {}
    streams = Stream.objects.visible_to(access).order_by("code").values_list(*_READ, *_SOURCE, *_TARGET)
    return [
        _Stream(
            code, commodity, _node(ends, told[:5]), _node(ends, told[5:]), made_as,
            float(found[pk]["total"] or 0), found[pk]["all"] - found[pk]["known"],
        )
        for pk, code, commodity, made_as, *told in streams
        if pk in found
    ]  # fmt: skip


def _node(held: dict[int, Node], told: Sequence[Any]) -> Node:
    """Return the place at an end of a stream, made once however many streams have it."""
    if told[0] not in held:
        held[told[0]] = Node(**dict(zip(_ENDS, told, strict=True)))
    return held[told[0]]


def flows_of(part: Part, access: Access) -> QuerySet[MonthFlow]:
    """Return the month flows of a period that somebody sees."""
    rows = MonthFlow.objects.visible_to(access).filter(run__in={run.flows_of_id or run.pk for run in part.runs})
    return rows if part.whole else rows.filter(month__in=part.months)


def picture(part: Part, access: Access, *, commodity: str = "") -> Picture:
    """Return the bands of a period: of all energy in tce, or of one commodity in its own unit. Not to be changed."""
    key = ("picture", commodity, *_asked(part, access))
    return unchanged(key, (Stream, Node), lambda: _picture(part, access, commodity))


def _picture(part: Part, access: Access, commodity: str) -> Picture:
    words = part.run.more.get("commodities", {})
    streams = totals(part, access)
    units = _units(streams, access)
    fed = {stream.target.pk for stream in streams}
    left_out: set[str] = set()
    merged: dict[tuple[str, str, str], Band] = {}
    for stream in streams:
        if commodity and stream.commodity != commodity:
            continue
        factor = 1.0 if commodity else (words.get(stream.commodity, {}).get("tce") or 0.0)
        if not factor:
            left_out.add(_name(words, stream.commodity))
            continue
        _merge(merged, stream, factor, fed)
    bands = [band for band in merged.values() if band.amount or band.missing]
    unit = words.get(commodity, {}).get("unit", "") if commodity else "tce"
    names = _names(bands, units, words)
    nodes = _closure(bands, names)
    bands = acyclic([*bands, *_losses(nodes, bands)], names)
    return Picture(unit, bands, names, nodes, sorted(left_out))


def _units(streams: Iterable[_Stream], access: Access) -> dict[int, str]:
    """Return the names of the units at the ends of streams; one that the person does not see has none of its own."""
    seen = {node.pk: str(node) for node in Node.objects.visible_to(access).only("code", "name_zh", "name_en")}
    found = {}
    for node in {end for stream in streams for end in (stream.source, stream.target)}:
        outside = node.kind in OUTSIDE or node.enterprise_id is None
        found[node.pk] = str(node) if outside or node.pk in seen else _("another unit of the park")
        if node.enterprise_id is not None:
            found[node.enterprise_id] = seen.get(node.enterprise_id, _("another unit of the park"))
    return found


def _name(words: Mapping[str, Any], code: str) -> str:
    known = words.get(code, {})
    return in_language(known.get("zh", ""), known.get("en", "")) or code


def _merge(merged: dict[tuple[str, str, str], Band], stream: _Stream, factor: float, fed: set[int]) -> None:
    """Add a stream to the band between the units at its ends; one inside a unit is no band."""
    source = _end(stream.source, stream, fed, out=True)
    target = _end(stream.target, stream, fed, out=False)
    if source == target:
        return
    token = _MADE_TOKENS.get(stream.made_as) or ("elec-pv" if source == OWN else token_of(stream.commodity))
    key = (source, target, token)
    band = merged.setdefault(key, Band(source, target, token, stream.commodity, 0.0))
    band.amount += stream.amount * factor
    band.missing += stream.missing
    band.streams.append(stream.code)


def _end(node: Node, stream: _Stream, fed: set[int], *, out: bool) -> str:
    """Return the unit that a stream's end is drawn as.

    ``s:`` what an outside seller sells, ``o:`` an outside place that takes, ``i:`` one that gives, ``u:`` an enterprise
    or what is nobody's; generators that burn nothing are one source together.
    """
    if node.kind == "losses":
        return LOSSES
    if node.kind in OUTSIDE:
        if out:
            return f"s:{stream.commodity}" if node.kind in _SELLERS else f"i:{node.pk}"
        return f"o:{node.pk}"
    if out and node.kind == "generator" and node.pk not in fed:
        return f"i:{node.pk}" if stream.made_as == "direct_green" else OWN
    return f"u:{node.enterprise_id or node.pk}"


def _names(bands: Iterable[Band], units: Mapping[int, str], words: Mapping[str, Any]) -> dict[str, str]:
    found = {LOSSES: _("Losses"), REST: _("Own use and losses"), OWN: _("Own PV and wind")}
    for key in {end for band in bands for end in (band.source, band.target)}:
        kind, _colon, rest = key.partition(":")
        if kind == "s":
            found[key] = _name(words, rest)
        elif kind in ("u", "i", "o"):
            found[key] = units[int(rest)]
            if kind == "o":
                found[key] = _("to %(place)s") % {"place": found[key]}
    return found


def _closure(bands: list[Band], names: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return what comes in and goes out at each unit that passes something on."""
    into: dict[str, float] = {}
    out: dict[str, float] = {}
    for band in bands:
        out[band.source] = out.get(band.source, 0.0) + band.amount
        into[band.target] = into.get(band.target, 0.0) + band.amount
    rows = []
    for key in (key for key in into if key.startswith("u:")):
        given = out.get(key, 0.0)
        gap, passes = into[key] - given, given >= PASSES_ON * into[key]
        rows.append({"key": key, "name": names[key], "into": into[key], "out": given, "gap": gap, "passes": passes})
    return sorted(rows, key=lambda row: -row["into"])


def _losses(nodes: Iterable[Mapping[str, Any]], bands: Iterable[Band]) -> list[Band]:
    """Return what networks and converters do not pass on, as derived bands to the losses."""
    given = {band.source for band in bands}
    return [
        Band(row["key"], REST, "loss", "", row["gap"], derived=True)
        for row in nodes
        if row["passes"] and row["gap"] > 0 and row["key"] in given
    ]


def acyclic(bands: list[Band], names: dict[str, str]) -> list[Band]:
    """Turn bands that would close a circle to a second place of the same unit: its own use. Largest bands go first."""
    kept: list[Band] = []
    after: dict[str, set[str]] = {}
    for band in sorted(bands, key=lambda one: -abs(one.amount)):
        if _reaches(after, band.target, band.source):
            own = f"{band.target}*"
            names[own] = _("%(unit)s, own use") % {"unit": names[band.target]}
            band.target = own
        after.setdefault(band.source, set()).add(band.target)
        kept.append(band)
    return kept


def _reaches(after: Mapping[str, set[str]], start: str, goal: str) -> bool:
    seen, todo = set(), [start]
    while todo:
        at = todo.pop()
        if at == goal:
            return True
        if at not in seen:
            seen.add(at)
            todo += after.get(at, ())
    return False


def folded(picture: Picture) -> Picture:
    """Return a picture with all but the largest units drawn as one; its table keeps each of them."""
    small = {row["key"] for row in picture.nodes[DRAWN:]}
    if not small:
        return picture
    merged: dict[tuple[str, str, str], Band] = {}
    for band in picture.bands:
        source, target = (OTHERS if end.rstrip("*") in small else end for end in (band.source, band.target))
        if source != target:
            made = replace(band, source=source, target=target, amount=0.0)
            merged.setdefault((source, target, band.token), made).amount += band.amount
    names = {**picture.names, OTHERS: _("%(count)s smaller units") % {"count": len(small)}}
    return replace(picture, bands=acyclic(list(merged.values()), names), names=names)


def columns(bands: Iterable[Band]) -> dict[str, int]:
    """Return key -> column: sources left, networks by what reaches them, all that passes nothing on last."""
    after: dict[str, list[str]] = {}
    before: dict[str, list[str]] = {}
    for band in bands:
        after.setdefault(band.source, []).append(band.target)
        before.setdefault(band.target, []).append(band.source)
    depth: dict[str, int] = {}

    def deep(key: str) -> int:
        if key not in depth:
            depth[key] = max((deep(one) + 1 for one in before.get(key, ())), default=0)
        return depth[key]

    keys = {*after, *before}
    last = max([*(deep(key) for key in keys), 1])
    return {key: deep(key) if key in after else last for key in keys}


def payload(picture: Picture, *, title: str, unitline: str, href: str = "") -> dict[str, Any]:
    """Return the chart of a picture; ``href`` is the address of the node table, which a band opens."""
    picture = folded(picture)
    at = columns(picture.bands)
    sums: dict[str, list[float]] = {key: [0.0, 0.0] for key in at}
    for band in picture.bands:
        sums[band.source][1] += band.amount
        sums[band.target][0] += band.amount
    size = {key: max(pair) for key, pair in sums.items()}
    ordered = sorted(at, key=lambda key: (at[key], key in (LOSSES, REST), -size[key]))
    tokens = {band.source: band.token for band in picture.bands if at[band.source] == 0}
    return {
        "title": title,
        "unitline": unitline,
        "unit": picture.unit,
        "nodes": [
            {"id": key, "name": picture.names[key], "column": at[key], "value": size[key],
             "color": tokens.get(key, "loss" if key in (LOSSES, REST) else "node")}
            for key in ordered
        ],
        "links": [
            {"source": band.source, "target": band.target, "value": band.amount, "color": band.token, "href": href}
            for band in picture.bands if band.amount > 0
        ],
    }  # fmt: skip
