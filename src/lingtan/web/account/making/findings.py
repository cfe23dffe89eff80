"""Findings of a pass become issues: one each under a stable key; what was decided about them stays."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from lingtan.trace import stake, tell
from lingtan.trace.model import plain_value
from lingtan.web.account.issue import Issue
from lingtan.web.account.methods import BASE
from lingtan.web.account.run import Run

if TYPE_CHECKING:
    from lingtan.inventory.model import Account
    from lingtan.ledger.finding import Finding
    from lingtan.ledger.park import Park as BookPark
    from lingtan.web.park.park import Park

_TOLD = (
    "code", "level", "title_zh", "title_en", "text_zh", "text_en", "params", "place", "point", "start", "end",
    "amount", "unit", "stake_t", "node_id", "stream_id",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Met:
    """A finding with what hangs on it and the run that found it last."""

    finding: Finding
    stake: Decimal | None
    run: Run


def key_of(finding: Finding) -> str:
    """Return the key that a finding keeps over runs: code, place and span."""
    where = finding.where
    parts = (finding.code, where.file, where.line, where.point, where.stream, where.node, finding.start, finding.end)
    return hashlib.sha256("|".join(str(part or "") for part in parts).encode()).hexdigest()


def keep_issues(
    park: Park,
    book: BookPark,
    *,
    accounts: Mapping[tuple[int, str], Account],
    runs: Sequence[Run],
    nodes: Mapping[str, int],
    streams: Mapping[str, int],
) -> None:
    """Store the findings of a pass; known ones keep state, owner and reason, those no longer found are marked gone.

    A corrected finding that comes back is open again.
    """
    met = dict(_met(book, accounts, runs))
    points = stake.point_streams(book)
    held = {issue.key: issue for issue in Issue.objects.filter(park=park)}
    new, changed = [], []
    for key, one in met.items():
        told = _told(one, book, points=points, nodes=nodes, streams=streams)
        issue = held.get(key)
        if issue is None:
            new.append(Issue(park=park, key=key, first_run=one.run, last_run=one.run, **told))
        else:
            changed.append(_again(issue, told, one.run))
    for key, issue in held.items():
        if key not in met and not issue.gone:
            issue.gone, issue.resolved_run = True, runs[-1]
            changed.append(issue)
    Issue.objects.bulk_create(new)
    Issue.objects.bulk_update(changed, [*_TOLD, "last_run_id", "gone", "resolved_run_id", "state"], batch_size=200)


def _again(issue: Issue, told: Mapping[str, Any], run: Run) -> Issue:
    """Bring a known issue up to date."""
    for word, value in told.items():
        setattr(issue, word, value)
    if issue.gone and issue.state == "corrected":
        issue.state = "open"
    issue.last_run, issue.gone, issue.resolved_run = run, False, None
    return issue


def _met(
    book: BookPark, accounts: Mapping[tuple[int, str], Account], runs: Sequence[Run]
) -> Iterator[tuple[str, _Met]]:
    """Return key -> finding; where several accounts tell it, the one with the most at stake."""
    points = stake.point_streams(book)
    best: dict[str, _Met] = {}
    for run in runs:
        account = accounts[run.year, run.variant]
        weights = stake.intensities(account)
        for finding in account.findings:
            weight = stake.at_stake(finding, weights, points)
            one, key = _Met(finding, weight, run), key_of(finding)
            other = best.get(key)
            if other is None or (run.variant == BASE.key and (weight or 0) >= (other.stake or 0)):
                best[key] = one
    yield from best.items()


def _told(
    one: _Met, book: BookPark, *, points: Mapping[str, str], nodes: Mapping[str, int], streams: Mapping[str, int]
) -> dict[str, Any]:
    finding, where = one.finding, one.finding.where
    stream = where.stream or points.get(where.point, "")
    line = f"{where.file}:{where.line}" if where.file and where.line else where.file
    return {
        "code": finding.code,
        "level": finding.level,
        "title_zh": tell.title_of(finding, "zh"),
        "title_en": tell.title_of(finding, "en").capitalize(),
        "text_zh": tell.sentence(finding, "zh", book),
        "text_en": finding.message + where.all_lines(),
        "params": plain_value(finding.params),
        "place": " ".join(part for part in (line, where.point, where.stream, where.node) if part)[:512],
        "point": where.point,
        "start": finding.start,
        "end": finding.end,
        "amount": finding.amount,
        "unit": finding.unit,
        "stake_t": one.stake,
        "node_id": nodes.get(where.node),
        "stream_id": streams.get(stream),
    }
