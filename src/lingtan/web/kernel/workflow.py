"""State machines as tables: from, to, action, who, whose eyes must be others', whether a reason is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pghistory
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from lingtan.web.people.access import Access


class Refused(Exception):  # noqa: N818 - what people read is a refusal, not an error
    """A move that is not made; the message, in the language of the page, says why and what to do."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One row of a table of moves.

    Attributes
    ----------
    action : its name, also that of the address and the button.
    sources, target : states before, state after.
    grant : named action of `people.roles` that it takes.
    label : words on the button, verb and object.
    other_than : fields with the persons who may not do it themselves (four eyes).
    reason : whether a reason is asked.
    marks : stem of ``<stem>_by`` and ``<stem>_at``, which it fills; blank for none.
    """

    action: str
    sources: tuple[str, ...]
    target: str
    grant: str
    label: Any
    other_than: tuple[str, ...] = ()
    reason: bool = False
    marks: str = ""


@dataclass(frozen=True, slots=True)
class Offer:
    """A move as one person meets it: ``refused`` is blank where he may make it, else says why not."""

    move: Move
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Workflow:
    """States with their words, and the moves between them; records keep theirs in the field ``state``."""

    states: Mapping[str, Any]
    moves: tuple[Move, ...]

    def named(self, action: str) -> Move:
        """Return a move by its action; `KeyError` where there is none."""
        return {move.action: move for move in self.moves}[action]

    def refusal(self, move: Move, record: Any, access: Access) -> str:
        """Return why a person may not make a move now, blank where he may."""
        if not access.may(move.grant):
            return _("Your role may not do this.")
        if record.state not in move.sources:
            return _("Not in this state: %(state)s.") % {"state": self.states[record.state]}
        if access.user_id in {getattr(record, f"{name}_id") for name in move.other_than}:
            return _("Nobody approves his own: somebody else has to do this.")
        return ""

    def offers(self, record: Any, access: Access) -> list[Offer]:
        """Return the moves that a person's role may make from the record's state, with what stands against them."""
        near = [move for move in self.moves if record.state in move.sources and access.may(move.grant)]
        return [Offer(move, self.refusal(move, record, access)) for move in near]

    def go(self, record: Any, action: str, *, by: Access, reason: str = "") -> bool:
        """Make a move on a locked row: state, person, time, version; the history keeps the reason.

        Returns False, and changes nothing, where the same person made the same move before (a double click).

        Raises
        ------
        Refused : the role may not, the state has changed, the person is one of those he checks, or no reason is given.
        """
        move = self.named(action)
        with transaction.atomic(), pghistory.context(reason=reason, action=action):
            row = type(record).objects.select_for_update(of=("self",)).get(pk=record.pk)
            record.refresh_from_db()
            if _made_before(row, move, by):
                return False
            against = self.refusal(move, row, by)
            if against:
                raise Refused("workflow.refused", against)
            if move.reason and not reason.strip():
                raise Refused("workflow.reason", _("Please give a reason; it stays with the record."))
            record.state, record.version = move.target, row.version + 1
            changed = ["state", "version"]
            if move.marks:
                setattr(record, f"{move.marks}_by_id", by.user_id)
                setattr(record, f"{move.marks}_at", timezone.now())
                changed += [f"{move.marks}_by", f"{move.marks}_at"]
            record.save(update_fields=changed)
        return True


def _made_before(row: Any, move: Move, by: Access) -> bool:
    return bool(move.marks) and row.state == move.target and getattr(row, f"{move.marks}_by_id") == by.user_id
