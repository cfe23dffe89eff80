"""What changes who may do what: offer, confirm, withdraw, accept, take back; parks and accounts of the installation.

Choices: the office invites reporters and approvers of enterprises, an approver invites reporters of his own enterprise
and lends it to service providers until a day; all other roles are asked for by a security administrator and confirmed
by another one or by the head of the office. Nobody asks for, confirms or takes back his own part.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pghistory
from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from lingtan.web.people import audit
from lingtan.web.people.access import held
from lingtan.web.people.audit import Act
from lingtan.web.people.four_eyes import different
from lingtan.web.people.invitation import Invitation, hashed
from lingtan.web.people.roles import ENTERPRISE_ROLES, EXCLUSIVE, LONGEST, TWO_PERSONS, Role, excluded, gives
from lingtan.web.people.user import Membership, User

if TYPE_CHECKING:
    from lingtan.web.park.park import Park

BOUND = (
    "park", "role", "head", "enterprise", "boundary", "nodes", "streams", "valid_to", "period_from", "period_to",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What is offered to whom, and why. ``park`` None: an administrator of the whole installation."""

    email: str
    role: str
    reason: str
    park: Park | None = None
    head: bool = False
    enterprise: Any = None
    boundary: Any = None
    nodes: list[int] = field(default_factory=list)
    streams: list[int] = field(default_factory=list)
    valid_to: date | None = None
    period_from: date | None = None
    period_to: date | None = None


def parts(user: User, park: Park | None) -> list[Membership]:
    """Return a person's parts that hold today, in a park or (None) in the installation."""
    today = timezone.now().date()
    if park is not None:
        return held(user, park.pk, today)
    return [row for row in user.memberships.filter(park=None) if row.holds(today)]


def may_confirm(user: User, park: Park | None) -> bool:
    """Tell whether somebody may confirm what another one asked for."""
    return any(row.role == Role.SECURITY or (row.role == Role.OFFICE and row.head) for row in parts(user, park))


def may_give(user: User, role: str, *, park: Park | None, enterprise_id: int | None) -> bool:
    """Tell whether somebody may give (and take back) a role; an approver only in his own enterprises."""
    for row in parts(user, park):
        if role in gives([row.role]) and (row.role != Role.APPROVER or row.enterprise_id == enterprise_id):
            return True
    return False


@transaction.atomic
def offer(ask: Ask, *, by: User) -> tuple[Invitation, str]:
    """Offer a role; return the invitation and the secret of its link, blank where a second person or nobody needs it.

    Raises `PermissionDenied` where ``by`` may not give the role, `ValidationError` where the offer does not hold water.
    """
    if not may_give(by, ask.role, park=ask.park, enterprise_id=getattr(ask.enterprise, "pk", None)):
        raise PermissionDenied
    _check(ask, by)
    with pghistory.context(reason=ask.reason):
        made = Invitation.objects.create(
            asked_by=by, asked_at=timezone.now(), **{name: getattr(ask, name) for name in Ask.__dataclass_fields__}
        )
        audit.record(Act.INVITE, str(made), actor=by, park_id=made.park_id, reason=ask.reason, **_told(made))
        if ask.role in TWO_PERSONS:
            return made, ""
        return made, _ready(made, confirmed_by=None)


@transaction.atomic
def confirm(invitation: Invitation, *, by: User) -> str:
    """Confirm an offer as the second person; return the secret of its link, blank where the role is given at once."""
    one = _locked(invitation)
    if not may_confirm(by, one.park):
        raise PermissionDenied
    different(by, one.asked_by, _user(one.email))
    if one.state != "waiting":
        raise ValidationError(_("This offer no longer waits for a second person."), code="PPL-010")
    with pghistory.context(reason=one.reason):
        audit.record(Act.GRANT, str(one), actor=by, park_id=one.park_id, reason=one.reason, step="confirmed")
        return _ready(one, confirmed_by=by)


@transaction.atomic
def renew(invitation: Invitation, *, by: User) -> str:
    """Make a new link for an offer that was not taken; the former one no longer works."""
    one = _locked(invitation)
    if not may_give(by, one.role, park=one.park, enterprise_id=one.enterprise_id):
        raise PermissionDenied
    if one.state not in ("open", "expired"):
        raise ValidationError(_("Only an invitation that was sent and not accepted can be sent again."), code="PPL-011")
    audit.record(Act.INVITE, str(one), actor=by, park_id=one.park_id, reason=one.reason, step="sent again")
    return _ready(one, confirmed_by=one.confirmed_by)


@transaction.atomic
def withdraw(invitation: Invitation, *, by: User, reason: str) -> None:
    """Withdraw an offer that was not taken, or refuse one that waits for a second person."""
    one = _locked(invitation)
    if not (may_give(by, one.role, park=one.park, enterprise_id=one.enterprise_id) or may_confirm(by, one.park)):
        raise PermissionDenied
    if one.state in ("used", "withdrawn"):
        raise ValidationError(_("This offer is closed already."), code="PPL-012")
    with pghistory.context(reason=_reason(reason)):
        one.withdrawn_at, one.token_hash = timezone.now(), ""
        one.save(update_fields=["withdrawn_at", "token_hash"])
        audit.record(Act.REVOKE, str(one), actor=by, park_id=one.park_id, reason=reason, step="offer withdrawn")


def find(token: str) -> Invitation | None:
    """Return the invitation that a link's secret opens today, None where it is used, withdrawn, expired or unknown."""
    one = Invitation.objects.filter(token_hash=hashed(token)).first() if token else None
    return one if one is not None and one.state == "open" else None


@transaction.atomic
def accept(invitation: Invitation, *, name: str, password: str, language: str = "") -> User:
    """Make the account of an invited person with his name and password, and give him the role; once."""
    one = _locked(invitation)
    if one.state != "open" or _user(one.email) is not None:
        raise ValidationError(_("This invitation has been used."), code="PPL-013")
    user = _account(one.email, name=name, password=password, language=language)
    with pghistory.context(reason=one.reason):
        _give(one, user)
    return user


@transaction.atomic
def accept_vouched(email: str, *, name: str, language: str = "") -> User | None:
    """Make the account of an invited person whose address his organisation vouches for, and give all open offers.

    None where nothing is offered to the address today, or it has an account: a person nobody invited gets none.
    """
    rows = Invitation.objects.select_for_update(of=("self",)).filter(email__iexact=email.strip())
    offers = [one for one in rows.order_by("pk") if one.state == "open"]
    if not offers or _user(email) is not None:
        return None
    user = _account(email, name=name, password=None, language=language)
    for one in offers:
        with pghistory.context(reason=one.reason):
            _give(one, user)
    return user


def _account(address: str, *, name: str, password: str | None, language: str) -> User:
    from allauth.account.models import EmailAddress

    email = address.strip().lower()
    user = User(username=email[:150], email=email, display_name=name[:150], language=language)
    user.set_password(password)
    user.save()
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    return user


@transaction.atomic
def revoke(membership: Membership, *, by: User, reason: str) -> None:
    """End somebody's part now. Those who may give it may take it back; a security administrator any part."""
    one = Membership.objects.select_for_update(of=("self",)).get(pk=membership.pk)
    allowed = may_give(by, one.role, park=one.park, enterprise_id=one.enterprise_id)
    if not allowed and not any(row.role == Role.SECURITY for row in parts(by, one.park)):
        raise PermissionDenied
    different(by, one.user_id)
    if one.ended_at is not None:
        raise ValidationError(_("This part has ended already."), code="PPL-014")
    with pghistory.context(reason=_reason(reason)):
        one.ended_at = timezone.now()
        one.save(update_fields=["ended_at"])
        audit.record(Act.REVOKE, str(one), actor=by, park_id=one.park_id, reason=reason, **_told(one))


@transaction.atomic
def create_park(values: dict[str, Any], *, by: User, reason: str) -> Park:
    """Create an empty park; its first people come by the security administrator's offers."""
    from lingtan.web.park.park import Park

    if not any(row.role == Role.SYSTEM for row in parts(by, None)):
        raise PermissionDenied
    with pghistory.context(reason=_reason(reason)):
        made = Park.objects.create(**values)
        audit.record(Act.PARK, made.code, actor=by, park_id=made.pk, reason=reason)
    return made


@transaction.atomic
def set_active(user: User, active: bool, *, by: User, reason: str) -> None:
    """Close an account or open it again; a closed one is signed out everywhere and keeps its traces."""
    if not any(row.role == Role.SYSTEM for row in parts(by, None)):
        raise PermissionDenied
    different(by, user)
    from allauth.usersessions.models import UserSession

    user.is_active = active
    user.save(update_fields=["is_active"])
    for session in () if active else UserSession.objects.filter(user=user):
        session.end()
    audit.record(Act.ACCOUNT, str(user), actor=by, reason=_reason(reason), active=active)


def found_installation(emails: dict[str, str]) -> dict[str, str]:
    """Invite the first three administrators; return role -> secret. Refused where the installation has one already."""
    if Membership.objects.filter(park=None, ended_at=None).exists():
        raise ValidationError(_("The installation has administrators already."), code="PPL-015")
    if len({email.lower() for email in emails.values()}) != len(emails):
        raise ValidationError(_("The three administrators have to be three persons."), code="PPL-016")
    tokens = {}
    with transaction.atomic():
        for role, email in emails.items():
            reason = "first administrators"
            one = Invitation.objects.create(email=email, role=role, reason=reason, asked_at=timezone.now())
            audit.record(Act.INVITE, str(one), reason=reason, step="by the operator")
            tokens[role] = _ready(one, confirmed_by=None)
    return tokens


def _check(ask: Ask, by: User) -> None:
    """Refuse an offer that would not hold; the message names the field."""
    today = timezone.now().date()
    faults: dict[str, str] = {}
    if ask.email.strip().lower() == by.email.lower():
        faults["email"] = _("Nobody gives himself a role. Ask another person who may.")
    if ask.park is None and ask.role not in EXCLUSIVE:
        faults["role"] = _("This role belongs to a park. Choose the park first.")
    if ask.role in ENTERPRISE_ROLES and ask.enterprise is None:
        faults["enterprise"] = _("This role belongs to an enterprise. Choose one.")
    days = LONGEST.get(Role(ask.role))
    if days and not (ask.valid_to and today <= ask.valid_to <= today + timedelta(days=days)):
        faults["valid_to"] = _("Expected a last day within %(days)d days from today.") % {"days": days}
    if ask.role == Role.VERIFIER and not (ask.period_from and ask.period_to and ask.period_from <= ask.period_to):
        faults["period_from"] = _("Expected first and last day of the reporting period that is verified.")
    faults |= _foreign(ask)
    if not ask.reason.strip():
        faults["reason"] = _("Say why; it is kept with the grant.")
    user = _user(ask.email)
    if user is not None and "email" not in faults:
        clash = _clash(ask, user)
        if clash:
            faults["email"] = clash
    if faults:
        raise ValidationError(faults)


def _foreign(ask: Ask) -> dict[str, str]:
    """Return the fields that name rows of another park, or nodes and streams that are not of the enterprise."""
    from lingtan.web.metering.stream import Stream
    from lingtan.web.park.node import Node

    word = _("This is not of the park or the enterprise. Choose from the list.")
    park = ask.park.pk if ask.park is not None else None
    named = {"enterprise": ask.enterprise, "boundary": ask.boundary}
    faults = {name: word for name, row in named.items() if row is not None and row.park_id != park}
    own = Q(source__enterprise=ask.enterprise) | Q(target__enterprise=ask.enterprise)
    if Node.objects.filter(park=park, enterprise=ask.enterprise, pk__in=ask.nodes).count() != len(set(ask.nodes)):
        faults["nodes"] = word
    if Stream.objects.filter(own, park=park, pk__in=ask.streams).count() != len(set(ask.streams)):
        faults["streams"] = word
    return faults


def _clash(ask: Ask, user: User) -> str:
    """Return why a person cannot get a role beside those he has; blank where he can."""
    rows = [row for row in user.memberships.filter(ended_at=None) if row.holds(timezone.now().date())]
    other = excluded(ask.role, [row.role for row in rows])
    if other is not None:
        words = {"role": Role(ask.role).label, "other": Role(other).label}
        return _("“%(role)s” cannot be held beside “%(other)s”: administrators hold no other role.") % words
    wanted = (ask.park and ask.park.pk, ask.role, ask.enterprise and ask.enterprise.pk)
    if any((row.park_id, row.role, row.enterprise_id) == wanted for row in rows):
        return _("This person has the role already.")
    return ""


def _ready(one: Invitation, *, confirmed_by: User | None) -> str:
    """Give the role where the address has an account; else make the secret of the link that leads to one."""
    now = timezone.now()
    one.confirmed_at, one.confirmed_by = one.confirmed_at or now, confirmed_by
    one.expires_at = now + timedelta(days=settings.INVITATION_DAYS)
    user = _user(one.email)
    token = "" if user is not None else secrets.token_urlsafe(32)
    one.token_hash = hashed(token) if token else ""
    one.save()
    if user is not None:
        _give(one, user)
    return token


def _give(one: Invitation, user: User) -> Membership:
    bound = {name: getattr(one, name) for name in BOUND}
    today = timezone.now().date()
    if excluded(one.role, [row.role for row in user.memberships.all() if row.holds(today)]) is not None:
        raise ValidationError(_("This person holds a role that excludes the new one."), code="PPL-017")
    made = Membership.objects.create(
        user=user, valid_from=None, granted_by=one.asked_by, confirmed_by=one.confirmed_by, **bound
    )
    one.membership, one.used_at, one.token_hash = made, timezone.now(), ""
    one.save(update_fields=["membership", "used_at", "token_hash"])
    audit.record(Act.GRANT, str(made), actor=user, park_id=made.park_id, reason=one.reason, **_told(made))
    return made


def _told(one: Invitation | Membership) -> dict[str, Any]:
    """Return what an offer or a part is bound to, for the log."""
    bound = {name: getattr(one, name) for name in BOUND if name != "park"}
    return {name: str(value) if hasattr(value, "pk") or isinstance(value, date) else value
            for name, value in bound.items() if value}  # fmt: skip


def _locked(invitation: Invitation) -> Invitation:
    return Invitation.objects.select_for_update(of=("self",)).get(pk=invitation.pk)


def _user(email: str) -> User | None:
    return User.objects.filter(email__iexact=email.strip()).first() if email.strip() else None


def _reason(reason: str) -> str:
    if not reason.strip():
        raise ValidationError(_("Say why; it is kept."), code="PPL-018")
    return reason.strip()


__all__ = [
    "Ask", "accept", "accept_vouched", "confirm", "create_park", "find", "found_installation", "may_confirm",
    "may_give", "offer", "parts", "renew", "revoke", "set_active", "withdraw",
]  # fmt: skip
