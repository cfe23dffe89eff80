"""An account as plain JSON values under the stable keys of the command line. Decimals become numbers only here."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from lingtan.inventory.model import Account, Choice, FactorUse, Line, LineInput, NodeAccount
from lingtan.ledger.finding import plain


def as_json(account: Account) -> dict[str, Any]:
    """Return an account under exactly the keys of the command line; what is not known is null, never nought."""
    return {
        "park": account.park,
        "year": account.year,
        "method": account.method,
        "boundary": account.boundary,
        "status": account.status,
        "totals": _numbers(account.totals),
        "by_category": _numbers(account.by_category),
        "by_node": {node: _unit(unit) for node, unit in account.by_node.items()},
        "by_month": _numbers(account.by_month),
        "by_gas": _numbers(account.by_gas),
        "coverage": _numbers(account.coverage),
        "choices": [_choice(choice) for choice in account.choices],
        "findings": [finding.as_json() for finding in account.findings],
        "lines": [_line(line) for line in account.lines],
    }


def _numbers(values: Mapping[str, Decimal | None]) -> dict[str, float | None]:
    return {name: plain(value) for name, value in values.items()}


def _unit(unit: NodeAccount) -> dict[str, float | None]:
    return {
        "own": plain(unit.own),
        "received": plain(unit.received),
        "sent": plain(unit.sent),
        "net": plain(unit.net),
    }


def _choice(choice: Choice) -> dict[str, Any]:
    return {
        "id": choice.id,
        "chosen": choice.chosen,
        "alternatives": list(choice.alternatives),
        "effect": {name: _numbers(totals) for name, totals in choice.effect.items()},
    }


def _line(line: Line) -> dict[str, Any]:
    return {
        "id": line.id,
        "node": line.node,
        "category": line.category,
        "substance": line.substance,
        "amount_t": plain(line.amount_t),
        "co2e_t": plain(line.co2e_t),
        "rule": line.rule or None,
        "inputs": [_input(item) for item in line.inputs],
        "factors": [_factor(use) for use in line.factors],
        "coverage": plain(line.coverage),
        "notation": line.notation or None,
        "stream": line.stream or None,
        "start": line.start.isoformat(),
        "end": line.end.isoformat(),
        "months": {month: plain(amount) for month, amount in line.months},
        "scope": line.scope or None,
        "activity": line.activity or None,
        "side": line.side or None,
        "origin": line.origin or None,
        "sign": line.sign,
        "arguments": {name: plain(value) for name, value in line.arguments.items()},
        "status": line.status or None,
        "view": line.view or None,
        "note": line.note or None,
    }


def _input(item: LineInput) -> dict[str, Any]:
    flow = item.flow
    return {
        "stream": flow.stream,
        "start": flow.start.isoformat(),
        "end": flow.end.isoformat(),
        "amount": plain(item.amount),
        "unit": item.unit,
        "share": plain(item.share),
        "origin": flow.origin,
        "known": plain(flow.known),
    }


def _factor(use: FactorUse) -> dict[str, Any]:
    row = use.row
    return {
        "parameter": use.parameter,
        "value": plain(use.value),
        "unit": use.unit,
        "id": row.id,
        "document": row.document or None,
        "source": row.source or None,
        "status": row.status,
        "region": row.region or None,
        "data_year": row.data_year,
        "file": row.file or None,
        "line": row.line,
    }
