"""The part of accounts that a period shows: whole years as they stand, months added up from what runs hold by month.

What runs know for the year only is never spread over months: it is left out, and `Part.apart` says how much it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from lingtan.web.account.making.gather import QUALITIES
from lingtan.web.account.run import Run
from lingtan.web.period import Period

#: Amounts under this [t] are rounding of the years' sums, not something that is known for the year only.
LEAST_T = 0.005
ENERGY = ("calorific", "equivalent")


@dataclass(frozen=True)
class Part:
    """A period of one method and boundary.

    ``runs`` are those of the years that the period touches, all there; ``run`` the last of them, whose figures open.
    Shapes are those of a run's ``result`` and ``more``.
    """

    period: Period
    runs: tuple[Run, ...]

    @property
    def run(self) -> Run:
        """The run of the last year."""
        return self.runs[-1]

    @cached_property
    def whole(self) -> bool:
        """Whether it is one calendar year, which a run holds as such."""
        return self.period.kind == "year"

    @cached_property
    def months(self) -> tuple[str, ...]:
        """The months."""
        return self.period.months

    def summed(self, values: Iterable[Mapping[str, Any]]) -> float | None:
        """Return the sum over the period's months of what is known; None where nothing is."""
        return added(held.get(month) for held in values for month in self.months)

    @cached_property
    def totals(self) -> Mapping[str, float | None]:
        """The totals; those of energy and the ratio only where terms are known by month."""
        if self.whole:
            return dict(self.run.result["totals"])
        co2e = self.summed(run.result["by_month"] for run in self.runs)
        same = all(run.result["totals"].get("co2_t") == run.result["totals"].get("co2e_t") for run in self.runs)
        made: dict[str, float | None] = {"co2e_t": co2e, "co2_t": co2e if same else None}
        for word in ENERGY:
            terms = (term for run in self.runs for term in run.more["energy"] if term["counted"])
            made[f"energy_tce_{word}"] = self.summed(term.get("months", {}).get(word, {}) for term in terms)
        tce, co2 = made["energy_tce_equivalent"], made["co2_t"]
        made["co2_t_per_tce"] = co2 / tce if co2 is not None and tce and tce > 0 else None
        return made

    @cached_property
    def ledger(self) -> list[dict[str, Any]]:
        """The rows by source with their lines."""
        if self.whole:
            return list(self.run.more["ledger"])
        rows: dict[str, list[dict[str, Any]]] = {}
        for run in self.runs:
            for row in run.more["ledger"]:
                rows.setdefault(row["key"], []).append(row)
        return [self._row(held) for held in rows.values()]

    def _row(self, years: list[dict[str, Any]]) -> dict[str, Any]:
        lines: dict[str, list[dict[str, Any]]] = {}
        for row in years:
            for line in row["lines"]:
                lines.setdefault(line["id"], []).append(line)
        parts = [self._line(held) for held in lines.values()]
        units = {one["unit"] for one in parts}
        amount = added(one["amount"] for one in parts) if len(units) == 1 else None
        told: dict[str, Any] = {"amount": amount, "t": added(one["t"] for one in parts), "quality": _together(parts)}
        told["year_only"] = all(one["year_only"] for one in parts)
        return {**years[-1], **told, **_factor(years[-1], told), "lines": parts}

    def _line(self, years: list[dict[str, Any]]) -> dict[str, Any]:
        told = {
            "t": self.summed(one["months"] for one in years),
            "amount": self.summed(one.get("amounts", {}) for one in years),
            "times": _times([one.get("how", {}) for one in years], self.months),
        }
        told["quality"] = _shares(told["times"])
        year_only = told["t"] is None and any(one["t"] is not None for one in years)
        return {**years[-1], **told, **_factor(years[-1], told), "sigma": None, "year_only": year_only}

    @cached_property
    def by_category(self) -> dict[str, float | None]:
        """The categories."""
        if self.whole:
            return dict(self.run.result["by_category"])
        names = dict.fromkeys(word for run in self.runs for word in run.result["by_category"])
        return {name: added(row["t"] for row in self.ledger if row["category"] == name) for name in names}

    @cached_property
    def by_node(self) -> dict[str, dict[str, float | None]]:
        """The units; by month only what they emit themselves or buy from outside is known."""
        if self.whole:
            return dict(self.run.result["by_node"])
        codes = dict.fromkeys(code for run in self.runs for code in run.result["by_node"])
        nothing = {"received": None, "sent": None, "net": None}
        return {code: {"own": self._own(code), **nothing} for code in codes}

    def _own(self, code: str) -> float | None:
        return self.summed(held for run in self.runs for held in stacks_of(run, code).values())

    @cached_property
    def coverage(self) -> dict[str, float | None]:
        """What of the time of the inputs is known, and how."""
        if self.whole:
            return dict(self.run.result["coverage"])
        told = [run.more["by_month"].get(month, {}) for run in self.runs for month in self.months]
        times = [one["how"] for one in told if one.get("how")]
        whole = sum(one.get("time") or 0.0 for one in told)
        known = sum((one.get("known") or 0.0) * (one.get("time") or 0.0) for one in told)
        shares = _shares([sum(held) for held in zip(*times, strict=True)])
        return {**{word: shares.get(word) for word in QUALITIES}, "known": known / whole if whole else None}

    @cached_property
    def apart(self) -> list[tuple[dict[str, Any], float]]:
        """Lines with what is known of them for the year only [t], the largest first; none for whole years."""
        if self.whole:
            return []
        found = []
        for run in self.runs:
            for line in (line for row in run.more["ledger"] for line in row["lines"]):
                placed = added(line["months"].values()) or 0.0
                if line["t"] is not None and abs(line["t"] - placed) > LEAST_T:
                    found.append((line, line["t"] - placed))
        return sorted(found, key=lambda pair: -abs(pair[1]))


def stacks_of(run: Run, code: str) -> Mapping[str, Mapping[str, float]]:
    """Return group -> month -> t of a unit's own lines."""
    return run.more["nodes"].get(code, {}).get("months", {})  # type: ignore[no-any-return]


def added(values: Iterable[float | None]) -> float | None:
    """Add what is known; None where nothing is."""
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def _times(held: list[Mapping[str, list[float]]], months: Iterable[str]) -> list[float]:
    found = [one[month] for month in months for one in held if month in one]
    return [sum(part) for part in zip(*found, strict=True)]


def _shares(times: list[float]) -> dict[str, float]:
    whole = sum(times)
    return {word: part / whole for word, part in zip(QUALITIES, times, strict=True)} if whole else {}


def _together(parts: list[dict[str, Any]]) -> dict[str, float]:
    times = [one["times"] for one in parts if one["times"]]
    return _shares([sum(held) for held in zip(*times, strict=True)])


def _factor(year: Mapping[str, Any], told: Mapping[str, Any]) -> dict[str, Any]:
    """Return the factor of a part: the published one, else what emission and activity of the part give."""
    if year["factor_count"] == 1:
        return {}
    effective = abs(told["t"] / told["amount"]) if told["t"] is not None and told["amount"] else None
    return {"factor": effective}
