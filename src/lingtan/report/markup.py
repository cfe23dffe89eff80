"""Building HTML without a template engine: text is escaped unless it is markup already."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

_VOID = frozenset({"br", "hr", "input", "meta", "line", "rect", "circle", "path", "polygon"})


class Markup(str):
    """Text that is HTML already and needs no escaping."""

    __slots__ = ()


def text(value: str) -> Markup:
    """Return text as HTML; markup is passed on."""
    return value if isinstance(value, Markup) else Markup(escape(value, quote=True))


def join(parts: Iterable[str]) -> Markup:
    """Return parts one after the other, each escaped if it is no markup."""
    return Markup("".join(text(part) for part in parts))


def el(tag: str, *parts: str, **attributes: str | int | float | None) -> Markup:
    """Return an element; ``class_`` and ``for_`` stand for the reserved words, ``_`` in a name for ``-``.

    An attribute that is None is left out, one that is blank stands without value.
    """
    shown = "".join(_attribute(name, value) for name, value in attributes.items() if value is not None)
    if tag in _VOID and not parts:
        return Markup(f"<{tag}{shown}/>")
    return Markup(f"<{tag}{shown}>{join(parts)}</{tag}>")


def _attribute(name: str, value: str | int | float) -> str:
    plain = name.rstrip("_").replace("_", "-")
    if value == "":
        return f" {plain}"
    number = f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
    return f' {plain}="{escape(number, quote=True)}"'
