"""What an import found and did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.apps import apps

from lingtan.ledger.finding import Finding, Where

if TYPE_CHECKING:
    from lingtan.web.park.park import Park

#: Changed rows that are shown one by one for each table.
SHOWN = 40


@dataclass(frozen=True, slots=True)
class Difference:
    """What an import does to one table or register: counts, and the first rows in words.

    ``model``: the record type as ``room.model``. ``rows``: (what happens, the row's name, its fields as (field,
    before, after)).
    """

    model: str
    created: int = 0
    changed: int = 0
    removed: int = 0
    rows: tuple[tuple[str, str, tuple[tuple[str, str, str], ...]], ...] = ()

    @property
    def name(self) -> str:
        """Name of the record type in the language of the page."""
        return str(apps.get_model(self.model)._meta.verbose_name_plural)

    def __bool__(self) -> bool:
        return bool(self.created or self.changed or self.removed)


@dataclass(frozen=True, slots=True)
class Outcome:
    """An import, done or only tried.

    ``applied``: the database and the files now hold the folder. ``findings``: all that was found, by file and line.
    ``left_out``: rows with errors that were kept aside word for word because the person said so.
    """

    park: Park | None
    applied: bool
    findings: tuple[Finding, ...] = ()
    differences: tuple[Difference, ...] = ()
    left_out: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def errors(self) -> tuple[Finding, ...]:
        """Findings that set a row or a file aside."""
        return tuple(one for one in self.findings if one.level == "error")

    @property
    def refused(self) -> tuple[Finding, ...]:
        """Errors that no leaving out can mend."""
        return tuple(one for one in self.findings if one.params.get("refused"))


class ImportRefused(Exception):  # noqa: N818 - the park says no; nothing went wrong
    """A folder cannot be taken in; nothing was changed. The message says what was expected, what came, what to do."""


def barred(code: str, file: str, line: int | None, expected: str, came: str, todo: str) -> Finding:
    """Make an error that refuses the whole folder."""
    message = f"expected {expected}; came {came}; {todo}"
    params = {"expected": expected, "came": came, "todo": todo, "refused": True}
    return Finding(code, "error", message, Where(file, line), params=params)
