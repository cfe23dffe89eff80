"""What people do in the room: have an account drawn, decide about findings. Each checks, writes, keeps the reason."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

import pghistory
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from lingtan.web.account.issue import MOVES, REASONED, Issue, IssueState
from lingtan.web.people.user import Membership, User
from lingtan.web.programme.jobs import queue

if TYPE_CHECKING:
    from lingtan.web.park.park import Park
    from lingtan.web.people.access import Access
    from lingtan.web.programme.job import Job


def ask_for_account(park: Park, *, by: Access, year: int, method: str, boundary: str) -> Job:
    """Queue the work that draws the accounts of a park; the result leads to the year and method asked for."""
    if not by.may("compute"):
        raise PermissionDenied
    return queue("compute", park=park, by=by.user_id, year=year, method=method, boundary=boundary)


def decide(
    issue: Issue, state: str, *, by: Access, version: int, reason: str = "", owner: User | None = None,
    due: date | None = None,
) -> Issue:  # fmt: skip
    """Move a finding to another state; assigning names an owner and may name a day, closing gives a reason.

    Raises
    ------
    PermissionDenied : the action is not granted. ValidationError : the move is not possible, the reason or the owner is
        missing, or somebody else decided meanwhile.
    """
    if not by.may("assign"):
        raise PermissionDenied
    with transaction.atomic(), pghistory.context(user=by.user_id, reason=reason):
        held = Issue.objects.select_for_update(of=("self",)).get(pk=issue.pk)
        _check(held, state, version=version, reason=reason.strip(), owner=owner)
        held.state, held.reason, held.version = state, reason.strip(), held.version + 1
        if state == IssueState.ASSIGNED:
            held.owner, held.due = owner, due
        held.save(update_fields=["state", "reason", "owner", "due", "version"])
    return held


def decide_many(
    versions: Mapping[Issue, int], state: str, *, by: Access, reason: str = "", owner: User | None = None,
    due: date | None = None,
) -> int:  # fmt: skip
    """Move findings together, all or none; returns how many. ``versions``: finding -> the version that was seen.

    Raises
    ------
    As `decide`; the message names the finding that stands in the way.
    """
    with transaction.atomic():
        for issue, version in versions.items():
            if owner is not None and owner not in may_own(issue.park, issue):
                raise ValidationError(
                    _("%(who)s does not see the finding %(title)s. Choose somebody of the office or of its enterprise.")
                    % {"who": owner, "title": issue}
                )
            try:
                decide(issue, state, by=by, version=version, reason=reason, owner=owner, due=due)
            except ValidationError as wrong:
                raise ValidationError(
                    _("%(title)s: %(fault)s Nothing was changed.") % {"title": issue, "fault": wrong.messages[0]}
                ) from wrong
    return len(versions)


def _check(held: Issue, state: str, *, version: int, reason: str, owner: User | None) -> None:
    if held.version != version:
        raise ValidationError(
            _("Somebody decided about this finding meanwhile: it is now %(state)s. Look again, then decide.")
            % {"state": held.get_state_display()}
        )
    again = state == held.state == IssueState.ASSIGNED  # to somebody else, or until another day
    if state not in MOVES[held.state] and not again:
        raise ValidationError(
            _("A finding that is %(now)s cannot become %(wanted)s.")
            % {"now": held.get_state_display(), "wanted": IssueState(state).label if state in IssueState else state}
        )
    if state in REASONED and not reason:
        raise ValidationError(_("Give the reason: it stays with the finding and is shown to the verifier."))
    if state == IssueState.ASSIGNED and owner is None:
        raise ValidationError(_("Name who takes care of it."))


def may_own(park: Park, issue: Issue) -> list[User]:
    """Return who can be given a finding: the office, and people of the enterprises that see it."""
    from lingtan.web.kernel.pages import today_in

    rows = Membership.objects.filter(park=park).select_related("user", "enterprise").order_by("user__username")
    ends = {one.enterprise_id for one in _nodes(issue) if one is not None}
    today = today_in(park)
    held = [row for row in rows if row.holds(today) and (row.role == "office" or row.enterprise_id in ends)]
    return list({row.user_id: row.user for row in held if row.role in ("office", "reporter", "approver")}.values())


def _nodes(issue: Issue) -> tuple[Any, ...]:
    stream = issue.stream
    return (issue.node, stream.source if stream else None, stream.target if stream else None)
