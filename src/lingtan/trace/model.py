"""The explanation of a figure: a small tree of steps, each said in both languages and as plain values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from lingtan.trace import show
from lingtan.trace.words import name, say

#: Order of a chain (look, section 8); steps of one level are sorted by it.
KINDS = (
    "figure", "lines", "line", "trade", "term", "flow", "readings", "statement", "missing", "certificate",
    "factor", "rule", "clause", "choice", "check", "finding", "version", "more",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Step:
    """One link of the chain.

    ``kind`` is a word of ``KINDS``; ``key`` names the phrase in ``trace.words`` that says the step and ``values`` are
    both its placeholders and what a machine reads. ``broken`` marks a link that is missing or does not add up.
    """

    kind: str
    key: str
    values: Mapping[str, Any] = field(default_factory=dict)
    steps: tuple[Step, ...] = ()
    broken: bool = False

    def text(self, lang: str) -> str:
        """Return the step in words; ``lang`` is zh or en."""
        return say(self.key, self.values, lang)

    def as_json(self) -> dict[str, Any]:
        """Return the step and all below it as plain JSON values."""
        plain: dict[str, Any] = {"kind": self.kind, "text": self.text("en")}
        plain.update((name, plain_value(value)) for name, value in self.values.items())
        if self.broken:
            plain["broken"] = True
        if self.steps:
            plain["steps"] = [step.as_json() for step in self.steps]
        return plain

    def walk(self) -> Iterator[Step]:
        """Yield the step and everything below it."""
        yield self
        for step in self.steps:
            yield from step.walk()


@dataclass(frozen=True, slots=True)
class Check:
    """The figure computed again from what is listed; either side is None where it is not known."""

    how: str
    stated: Decimal | None
    recomputed: Decimal | None

    @property
    def difference(self) -> Decimal | None:
        """Stated less recomputed; None when one side is unknown."""
        if self.stated is None or self.recomputed is None:
            return None
        return self.stated - self.recomputed

    @property
    def holds(self) -> bool:
        """Tell whether both sides agree: equal numbers, or both unknown."""
        if self.stated is None or self.recomputed is None:
            return self.stated is self.recomputed
        return self.difference == 0


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a figure is what it is. ``value`` is None where the figure is not known; ``unit`` is written out."""

    figure: str
    kind: str
    name: tuple[str, str]
    value: Decimal | None
    unit: str
    status: str
    formula: str
    steps: tuple[Step, ...]
    check: Check
    formula_zh: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the whole chain as plain JSON values."""
        return {
            "figure": self.figure,
            "kind": self.kind,
            "name": {"zh": self.name[0], "en": self.name[1]},
            "value": plain_value(self.value),
            "unit": self.unit,
            "status": self.status,
            "formula": self.formula,
            "check": {
                "how": self.check.how,
                "stated": plain_value(self.check.stated),
                "recomputed": plain_value(self.check.recomputed),
                "difference": plain_value(self.check.difference),
                "holds": self.check.holds,
            },
            "chain": [step.as_json() for step in self.steps],
        }

    def as_text(self, lang: str = "en") -> str:
        """Return the chain in words, one link a line, indented by depth; ``lang`` is zh or en."""
        zh = lang == "zh"
        value = show.exact(self.value) if self.value is not None else ("未知" if zh else "not known")
        title = self.name[0 if zh else 1]
        head = [f"{title}  {value} {self.unit}".rstrip()]
        formula = self.formula_zh if zh and self.formula_zh else self.formula
        if formula:
            head.append(f"= {formula}")
        body = [line for step in self.steps for line in _lines(step, lang, 0)]
        return "\n".join([*head, "", *body, "", _check_line(self.check, lang)])


def _lines(step: Step, lang: str, depth: int) -> Iterator[str]:
    mark = "! " if step.broken else "- "
    yield "  " * depth + mark + step.text(lang)
    for below in step.steps:
        yield from _lines(below, lang, depth + 1)


def _check_line(check: Check, lang: str) -> str:
    key = "check.unknown" if check.difference is None else ("check.holds" if check.holds else "check.differs")
    return say(
        key, {"how": name(check.how, lang), "recomputed": check.recomputed, "difference": check.difference}, lang
    )


def plain_value(value: Any) -> Any:
    """Return ``value`` as JSON can hold it: Decimals as numbers, instants as ISO text, tuples as lists."""
    if isinstance(value, Decimal):
        return float(value) + 0.0  # never -0.0
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): plain_value(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain_value(part) for part in value]
    return value
