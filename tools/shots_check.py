"""What `tools/shots.py` holds against a page: words of the wrong language, broken values, layout, charts, frame.

`faults` judges what ``shots.js`` read from one page. Words that belong to data (names, codes, remarks that people
typed) are told from words of the platform by the tables of the park that is shown and by the lists below.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
WORDS = ROOT / "src" / "lingtan" / "web" / "locale"
PLACE = re.compile(r"%\(\w+\)[a-z]|%[sd]")
CJK = re.compile("[\u3400-\u9fff\uff00-\uffef\u3000-\u303f]*[\u3400-\u9fff][\u3400-\u9fff\uff00-\uffef\u3000-\u303f]*")
LATIN = re.compile(r"[A-Za-z][A-Za-z\u00c0-\u017f'\u2019-]{2,}")
BROKEN = re.compile(
    r"\bNaN\b|\bundefined\b|\[object Object\]|\bInfinity\b|(?<![\w ])None(?![\w ])|\{\{|\}\}|\{%|%\(\w+\)|\bnull\b"
)
#: Text that is no language: addresses, files, mails, codes (with digits, underscores, dots, slashes or in capitals).
CODES = re.compile(
    r"https?://\S+|\S+@\S+|[\w-]*/[\w./:-]+|[\w-]*\.(?:csv|txt|xlsx|xls|docx|pdf|zip|toml|json|geojson|md|py|parquet|png)\b"
    r"|\b\w*[\d_]\w*(?:[.:-]\w+)*|\b[A-Z][A-Z0-9-]+s?\b|\b\w+[:=]\w[\w:./@-]*|\b[a-z]+(?:\.[a-z]+)+\b"
    r"|\b(?:office|head|reporter|approver|verifier|regulator|system|security|audit)(?:-e\d\d)?\b|\bsha-\d+|\bcn-zcp-\d+"
)
#: Numbers of notices, which stand in the language they were issued in.
CITED = re.compile("[\u3400-\u9fff]+〔\\d{4}〕\\d+号")
#: Units, and names that are written alike in both languages.
NAMES = frozenset(
    re.findall(
        r"\S+",
        "kWh MWh GWh TWh tce tCO tkm kgce Nm kVA Mvar Hz hPa kPa MPa ppm degC kgf kcal GJ TJ kg mg km ha person "
        "Excel Word Lingtan GeoJSON Shanghai Asia UTC IPv GHG Protocol ISO OpenID Connect Google Chrome Chromium Linux "
        "Windows Safari Firefox Mac Android iPhone WeCom DingTalk Feishu Webhook Arrow Parquet OpenAPI Bearer curl "
        "English Esc Ctrl Shift Enter Tab LT-EXAMPLE example org lingtan Scope JSON Edge zip "
        "annex announcement choices methods Office",
    )
)


def joined(lines: str) -> str:
    """Return the text of a message that stands on several lines."""
    return "".join(ast.literal_eval(part) for part in lines.strip().splitlines())


def patterns(pairs: Iterable[tuple[str, str]]) -> list[re.Pattern[str]]:
    """Return messages as patterns of what a page would show."""
    return [re.compile(".+?".join(re.escape(part) for part in PLACE.split(text))) for text, _other in pairs]


@dataclass
class Language:
    """What tells a word of the platform from data. ``data``: all text of the park that is shown."""

    data: str = ""
    pairs: list[tuple[str, str]] = field(default_factory=list)

    @classmethod
    def read(cls, folder: Path | None) -> Language:
        """Take the platform's messages, and the tables of a park folder where there is one."""
        found = []
        for file in WORDS.glob("zh*/LC_MESSAGES/django.po"):
            entry = r'^msgid ((?:".*"\n)+)(?:msgid_plural (?:".*"\n)+)?msgstr(?:\[0\])? ((?:".*"\n?)+)'
            for left, right in re.findall(entry, file.read_text("utf-8"), flags=re.MULTILINE):
                english, chinese = joined(left), joined(right)
                if english and chinese and english != chinese:
                    found.append((english, chinese))
        files = [path for path in folder.rglob("*") if path.suffix in {".csv", ".toml", ".txt"}] if folder else []
        small = [path for path in files if path.stat().st_size < 3_000_000 and "readings" not in path.parts]
        texts = [path.read_text("utf-8", "replace") for path in [*small, ROOT / "tools" / "demo_scene.py"]]
        return cls("\n".join(texts), found)

    @cached_property
    def english(self) -> list[re.Pattern[str]]:
        """The English messages of three letters and more that say something else in Chinese."""
        return patterns((one, two) for one, two in self.pairs if len(re.findall("[A-Za-z]", PLACE.sub("", one))) > 2)

    @cached_property
    def chinese(self) -> frozenset[str]:
        """The Chinese messages without places."""
        return frozenset(two for _one, two in self.pairs if not PLACE.search(two))

    @cached_property
    def words(self) -> frozenset[str]:
        """The Latin words of the data."""
        return frozenset(LATIN.findall(self.data))

    def foreign(self, text: str, language: str) -> str:
        """Return what in a text is of the other language and of the platform; blank where nothing is."""
        if language == "en":
            runs = [
                run
                for run in CJK.findall(CITED.sub(" ", text))
                if run.strip("\uff08\uff09\u3001\uff0c\u3002") not in self.data
            ]
            return text if runs or (text in self.chinese and len(text) > 1) else ""
        if not CJK.search(text) and any(one.fullmatch(text) for one in self.english) and text not in self.data:
            return text
        left = [word for word in LATIN.findall(CODES.sub(" ", text)) if word not in NAMES and word not in self.words]
        return ", ".join(left)


def wrong_words(texts: list[list[Any]], language: str, known: Language) -> Iterator[tuple[str, str]]:
    """Yield texts that should not be there: kind, text."""
    for text, spoken in texts:
        if BROKEN.search(text) and not spoken:
            yield "broken value", text
        if spoken:
            continue
        foreign = known.foreign(text, language)
        if foreign:
            yield "untranslated", f"{text[:160]} [{foreign[:80]}]" if foreign != text else text[:200]


#: What shots.js returns as lists of words -> the kind of fault.
LISTS = (
    ("overlaps", "overlapping text"), ("beyond", "outside the window"), ("clipped", "clipped text"),
    ("small", "text under 11 px"), ("images", "broken image"), ("sprites", "icon without a picture"),
    ("frame", "frame"), ("policy", "content policy"),
)  # fmt: skip


def faults(seen: dict[str, Any], language: str, known: Language) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with one page: kind, what."""
    yield from wrong_words(seen["texts"], language, known)
    if seen["lang"] != {"zh": "zh-Hans", "en": "en"}[language]:
        yield "frame", f"lang is {seen['lang']!r} on a page in {language}"
    if seen["sideways"]:
        yield "sideways scroll", "; ".join(seen["outside"]) or "the page is wider than the window"
    for name, kind in LISTS:
        for one in seen[name]:
            yield kind, one
    for name, state in seen["charts"]:
        if state not in ("drawn", "said to be empty"):
            yield "chart", f"{name}: {state}"
