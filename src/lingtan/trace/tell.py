"""A finding in words: the Chinese sentence filled from its parameters, the English one as it was written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from lingtan.ledger.finding import Finding
from lingtan.ledger.park import Park
from lingtan.trace import show
from lingtan.trace.sentences import FINDINGS
from lingtan.trace.words import name

MOST_NAMED = 5

_EVENTS = {"issue": "签发", "transfer": "转让", "retire": "注销", "cancel": "作废"}
_REASONS = {
    "year_edge": "它跨过年界",
    "window_edge": "它跨出所问的月份",
    "other_source": "它所涉的月份不都采用这只表",
}
#: Parameters that hold a word of the account.
_WORDS = frozenset({"kind", "adopted_kind"})
#: What a cell was expected to be, as the folder says it -> Chinese, for the sentences that use it.
_WANTED: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"a number above (\S+)"), r"大于 \1"),
    (re.compile(r"a number not below (\S+)"), r"不小于 \1"),
    (re.compile(r"a number not above (\S+)"), r"不大于 \1"),
    (re.compile(r"a number below (\S+)"), r"小于 \1"),
    (re.compile(r"a unit that converts to (.+?)(?: \([\w.-]+\))?(?: in \w+)?$"), r"能换算成 \1"),
)
_OPTIONAL = re.compile(r"\[([^\]]*)\]")
_PLACE = re.compile(r"\{(\w+)\}")


def title(code: str, lang: str) -> str:
    """Return the short title of a finding: Chinese from the table, English the code in words."""
    words = code.replace("_", " ")
    return FINDINGS[code][0] if lang == "zh" and code in FINDINGS else words


def title_of(finding: Finding, lang: str) -> str:
    """Return the title of a finding, that of its kind where one code has several."""
    return title(_key(finding), lang) if lang == "zh" else title(finding.code, lang)


def sentence(finding: Finding, lang: str, park: Park | None = None) -> str:
    """Return the whole sentence of a finding; ``park`` gives names and zone. English is the finding's message."""
    told = FINDINGS.get(_key(finding)) if lang == "zh" else None
    if told is None:
        return finding.message
    values = _values(finding, park)
    text = _OPTIONAL.sub(lambda part: _filled(part[1], values, optional=True), told[1])
    return _filled(text, values)


def when(finding: Finding, zone: ZoneInfo | None) -> str:
    """Return the time a finding is about, blank where it is about none."""
    return show.span(finding.start, finding.end, zone) if finding.start or finding.end else ""


def _filled(text: str, values: Mapping[str, str], *, optional: bool = False) -> str:
    """Fill placeholders; an optional part with one that is not there is nothing, elsewhere it shows as a dash."""
    if optional and not all(values.get(word) for word in _PLACE.findall(text)):
        return ""
    return _PLACE.sub(lambda place: values.get(place[1]) or show.NOT_APPLICABLE, text)


def _key(finding: Finding) -> str:
    """Return the key of the sentence: code and kind where that has one of its own, else the code."""
    kind = "disputed" if finding.params.get("disputed") else finding.params.get("said")
    key = f"{finding.code}.{kind}"
    return key if key in FINDINGS else finding.code


def _values(finding: Finding, park: Park | None) -> dict[str, str]:
    """Return every placeholder that the finding can fill, as text."""
    zone = park.settings.zone if park else None
    where = finding.where
    lines = where.lines or ((where.line,) if where.line else ())
    values = {
        "file": where.file,
        "line": str(where.line or ""),
        "lines": _several(lines),
        "point": where.point,
        "stream": where.stream,
        "node": where.node,
        "start": show.instant(finding.start, zone),
        "end": show.instant(finding.end, zone),
        "amount": "" if finding.amount is None else show.total(finding.amount),
        "unit": finding.unit,
    }
    values.update((word, _shown(word, value, park)) for word, value in finding.params.items())
    values["got"] = _got(finding.params)
    todo = str(finding.params.get("todo", ""))
    values["near"] = todo.removeprefix("near: ") if todo.startswith("near: ") else ""
    values["why"] = _REASONS.get(str(finding.params.get("reason", "")), "")
    values["want"] = _wanted(str(finding.params.get("expected", "")))
    return values


def _shown(word: str, value: Any, park: Park | None) -> str:
    if value is None:
        return ""
    if isinstance(value, (list, tuple)):
        return _several(value)
    if isinstance(value, Decimal):
        return show.total(value)
    text = f"{value:g}" if isinstance(value, float) else str(value)
    if word in _WORDS:
        return name(text, "zh")
    if word == "event":
        return _EVENTS.get(text, text)
    if word == "least_tce":
        return show.total(Decimal(text))
    if word == "share":
        return show.share(Decimal(text))
    if word == "period":
        return text.replace(" min", " 分钟").replace(" s", " 秒")
    if word == "commodity" and park is not None and text in park.commodities:
        return park.commodities[text].name_zh or text
    return text


def _several(values: Any) -> str:
    listed = [str(value) for value in values]
    more = f" 等 {len(listed)} 项" if len(listed) > MOST_NAMED else ""
    return "、".join(listed[:MOST_NAMED]) + more


def _got(params: Mapping[str, Any]) -> str:
    """Return what came as it stood in the file; words around it are left out."""
    came = str(params.get("first", "" if "count" in params else params.get("came", "")))
    quoted = len(came) > 2 and came[0] == came[-1] == "'"
    return came[1:-1] if quoted else came if came and " " not in came else ""


def _wanted(expected: str) -> str:
    return next((match.expand(zh) for pattern, zh in _WANTED if (match := pattern.match(expected))), "")
