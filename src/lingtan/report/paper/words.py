"""The few words that every paper says by itself, Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping

from lingtan.report.paper.model import Language

WORDS: Mapping[str, tuple[str, str]] = {
    "page": ("第 {page} 页，共 {pages} 页", "Page {page} of {pages}"),
    "missing": ("缺", "Missing"),
    "sources": ("数字依据", "What the figures rest on"),
    "sources.hint": (
        "上标编号对应下列依据。凭运行号和键可在平台“解释”中逐级打开到读数、因子和条款。",
        "Raised numbers lead to this list. With run and key, the platform's explanation opens each figure down to "
        "reading, factor and clause.",
    ),
}


def say(key: str, language: Language, **values: object) -> str:
    """Return a word in the language of the paper."""
    return WORDS[key][0 if language == "zh" else 1].format(**values)
