"""Which of two names is shown."""

from __future__ import annotations

from django.utils.translation import get_language


def chinese() -> bool:
    """Tell whether the page at hand is in Chinese."""
    return (get_language() or "zh").startswith("zh")


def in_language(name_zh: str, name_en: str) -> str:
    """Return the name in the language of the page, the other one where it is not given."""
    return (name_zh or name_en) if chinese() else (name_en or name_zh)
