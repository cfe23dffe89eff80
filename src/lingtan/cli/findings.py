"""Findings in words for the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from lingtan.cli.words import say
from lingtan.ledger.finding import Finding, Where
from lingtan.trace import show
from lingtan.trace.titles import title
from lingtan.trace.words import name


def render(findings: Sequence[Finding], lang: str, *, zone: ZoneInfo, limit: int | None = 20) -> str:
    """Return one block a finding: level, code, place, span, what is at stake, then the message."""
    shown = findings if limit is None else findings[:limit]
    blocks = [_block(finding, lang, zone) for finding in shown]
    if len(findings) > len(shown):
        blocks.append(say("more", lang, count=len(findings) - len(shown)))
    return "\n".join(blocks)


def _block(finding: Finding, lang: str, zone: ZoneInfo) -> str:
    about = f" {title(finding.code, lang)}" if lang == "zh" else ""
    head = [f"[{name(finding.level, lang)}] {finding.code}{about}", place(finding.where)]
    if finding.start or finding.end:
        head.append(show.span(finding.start, finding.end, zone))
    if finding.amount is not None:
        head.append(f"{show.total(finding.amount)} {finding.unit}".rstrip())
    return "  ".join(part for part in head if part) + f"\n    {finding.message}"


def place(where: Where) -> str:
    """Return the place of a finding in few words."""
    lines = where.lines or ((where.line,) if where.line else ())
    numbers = ",".join(str(line) for line in lines[:5]) + ("…" if len(lines) > 5 else "")
    file = f"{where.file}:{numbers}" if numbers and where.file else where.file
    return " ".join(part for part in (file, where.point, where.stream, where.node) if part)
