"""Writes on months: close, ask, confirm, leave open; each with a reason, in one transaction, and told."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pghistory
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from lingtan.web.kernel.pages import today_in
from lingtan.web.kernel.workflow import Offer, Refused
from lingtan.web.people.roles import Role
from lingtan.web.people.user import User
from lingtan.web.programme import messages
from lingtan.web.programme.message import Kind
from lingtan.web.reporting import periods
from lingtan.web.reporting.closing.month import CLOSING, MonthClosing
from lingtan.web.reporting.closing.state import MonthState, state_of

if TYPE_CHECKING:
    from lingtan.web.park.park import Park
    from lingtan.web.people.access import Access

CLOSED = gettext_lazy("%(month)s is closed; it takes corrections only.")
ASKED = gettext_lazy("Somebody asks to close %(month)s; another person of the office has to confirm it.")


def against(state: MonthState, park: Park, action: str) -> str:
    """Return what stands against closing a month in the way asked, blank for nothing."""
    month = periods.read(state.month)[0]
    if periods.shifted(month, 1) > today_in(park):
        return _("The month is not over yet.")
    if action in ("close", "ask") and state.waiting:
        words = ngettext(
            "%(count)s signed report waits for the office; accept or return it first.",
            "%(count)s signed reports wait for the office; accept or return them first.",
            state.waiting,
        )
        return words % {"count": state.waiting}
    if action == "close" and state.open_reports:
        words = ngettext(
            "%(count)s report is not accepted; ask for closing, and another person of the office confirms it.",
            "%(count)s reports are not accepted; ask for closing, and another person of the office confirms it.",
            state.open_reports,
        )
        return words % {"count": state.open_reports}
    if action == "ask" and not state.open_reports:
        return _("Nothing is missing; close the month right away.")
    return ""


def offers(state: MonthState, park: Park, by: Access) -> list[Offer]:
    """Return what somebody may do with a month now; of closing and asking for it, the one that fits."""
    row = state.closing or MonthClosing(park=park, month=periods.read(state.month)[0])
    found = []
    for offer in CLOSING.offers(row, by):
        told = against(state, park, offer.move.action)
        fits = offer.move.action not in ("close", "ask") or (offer.move.action == "ask") == bool(state.open_reports)
        if fits:
            found.append(Offer(offer.move, offer.refused or told))
    return found


def settle(park: Park, month: date, action: str, *, by: Access, reason: str) -> bool:
    """Make a move of `CLOSING` on a month; False where a double click changed nothing.

    Raises
    ------
    Refused : the role may not, the month is not over, a signed report waits, the same person asked, no reason.
    """
    if not by.may("accept"):
        raise Refused("closing.role", _("Your role may not do this."))
    if not reason.strip():
        raise Refused("closing.reason", _("Please give a reason; it stays with the record."))
    first = month.replace(day=1)
    with transaction.atomic(), pghistory.context(reason=reason, action=action):
        MonthClosing.objects.bulk_create([MonthClosing(park=park, month=first)], ignore_conflicts=True)
        row = MonthClosing.objects.select_for_update(of=("self",)).get(park=park, month=first)
        state = state_of(park, first)
        if row.state == CLOSING.named(action).sources[0] and (told := against(state, park, action)):
            raise Refused("closing.open", told)
        if not CLOSING.go(row, action, by=by, reason=reason):
            return False
        row.reason = reason.strip()
        row.missing = state.open_reports
        row.save(update_fields=["reason", "missing"])
        _tell(park, row, action, by)
    return True


def _tell(park: Park, row: MonthClosing, action: str, by: Access) -> None:
    """Tell the enterprises of a closed month, and the rest of the office of a closing asked for."""
    title = {"close": CLOSED, "confirm": CLOSED, "ask": ASKED}.get(action)
    if title is None:
        return
    roles = (Role.OFFICE,) if action == "ask" else (Role.OFFICE, Role.REPORTER, Role.APPROVER)
    people = User.objects.filter(memberships__park=park, memberships__role__in=roles, is_active=True).distinct()
    messages.tell(
        people.exclude(pk=by.user_id), park=park, kind=Kind.REPORT, title=title,
        values={"month": f"{row.month:%Y-%m}"}, link=reverse("report_months", args=[park.code]),
        key=f"closing:{park.pk}:{row.month:%Y-%m}:{action}:{timezone.now():%Y%m%d%H%M%S}",
    )  # fmt: skip
