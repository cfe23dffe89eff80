"""Pages of a park's people: members, offers, grants to providers, the park's part of the audit log."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from lingtan.web.kernel.pages import ParkRequest, in_park
from lingtan.web.people import actions, mail
from lingtan.web.people.access import Access
from lingtan.web.people.invitation import Invitation
from lingtan.web.people.pages.auditlog import audit_page
from lingtan.web.people.pages.forms import InviteForm, reason_of
from lingtan.web.people.roles import TWO_PERSONS, Role, gives
from lingtan.web.people.user import Membership, User

MANAGERS = ("invite", "grant", "confirm")


def _of(rows: QuerySet[Any], access: Access) -> QuerySet[Any]:
    """Cut memberships or offers to those that somebody looks after: the park's, or those of his enterprises."""
    own = rows.filter(park_id=access.park_id)
    if {Role.OFFICE, Role.SECURITY} & set(access.roles):
        return own
    return own.filter(enterprise__in=access.enterprises, role__in=(Role.REPORTER, Role.APPROVER, Role.PROVIDER))


def _manager(request: ParkRequest) -> None:
    if not any(request.access.may(action) for action in MANAGERS):
        raise PermissionDenied


@in_park()
def people(request: ParkRequest) -> HttpResponse:
    """Show who has which part, until when, given by whom; which offers wait."""
    _manager(request)
    today = timezone.now().date()
    rows = _of(Membership.objects.select_related("user", "enterprise", "boundary", "granted_by", "confirmed_by"),
               request.access).order_by("role", "user__display_name", "user__username")  # fmt: skip
    members = [row for row in rows if row.holds(today)]
    for row in members:
        row.mine = row.user_id == request.user.pk
        row.revocable = not row.mine and _may_revoke(request.user, row)
    open_offers = Invitation.objects.filter(used_at=None, withdrawn_at=None)
    offers = list(_of(open_offers.select_related("asked_by", "enterprise", "boundary"), request.access))
    confirms = actions.may_confirm(request.user, request.park)
    for row in offers:
        row.confirmable = row.state == "waiting" and confirms and row.asked_by_id != request.user.pk
        row.mine = actions.may_give(request.user, row.role, park=request.park, enterprise_id=row.enterprise_id)
    ended = [row for row in rows if not row.holds(today)]
    return render(request, "people/members.html", {
        "members": members, "offers": offers, "ended": ended, "roles": gives(request.access.roles),
        "waiting": sum(row.confirmable for row in offers),
    })  # fmt: skip


def _may_revoke(user: User, row: Membership) -> bool:
    if actions.may_give(user, row.role, park=row.park, enterprise_id=row.enterprise_id):
        return True
    return any(one.role == Role.SECURITY for one in actions.parts(user, row.park))


@in_park()
def invite(request: ParkRequest) -> HttpResponse:
    """Offer a role."""
    roles = gives(request.access.roles)
    if not roles:
        raise PermissionDenied
    chosen = next((role for role in roles if role == request.GET.get("role")), roles[0])
    form = InviteForm(request.POST or None, role=chosen, park=request.park, access=request.access)
    back = reverse("people", kwargs={"park": request.park.code})
    return invite_page(request, form, back, {"chosen": chosen, "roles": roles, "two": chosen in TWO_PERSONS})


def invite_page(request: Any, form: InviteForm, back: str, shown: dict[str, Any]) -> HttpResponse:
    """Show the form of an offer, and make the offer on POST; a refusal stands at its field."""
    if request.method == "POST" and form.is_valid():
        try:
            made, token = actions.offer(form.ask(), by=request.user)
        except ValidationError as error:
            form.refuse(error)
        else:
            tell(request, made, token)
            return redirect(back)
    context = {"form": form, "back": back, **shown}
    return render(request, "people/invite.html", context, status=422 if form.errors else 200)


@in_park()
def offer(request: ParkRequest, pk: int, act: str) -> HttpResponse:
    """Confirm, send again or withdraw an offer; the page shows what is decided before it is."""
    _manager(request)
    one = get_object_or_404(_of(Invitation.objects.select_related("asked_by"), request.access), pk=pk)
    return offer_page(request, one, act=act, back=reverse("people", kwargs={"park": request.park.code}))


def offer_page(request: Any, one: Invitation, *, act: str, back: str) -> HttpResponse:
    """Show what an offer would do, and do it on POST; a refusal is told on the same page."""
    error = ""
    if request.method == "POST":
        try:
            token = _decide(one, act, by=request.user, reason=reason_of(request.POST))
        except ValidationError as refused:
            error = " ".join(refused.messages)
        else:
            one.refresh_from_db()
            tell(request, one, token)
            return redirect(back)
    context = {"offer": one, "act": act, "error": error, "back": back}
    return render(request, "people/offer.html", context, status=422 if error else 200)


def _decide(one: Invitation, act: str, *, by: User, reason: str) -> str:
    if act == "confirm":
        return actions.confirm(one, by=by)
    if act == "renew":
        return actions.renew(one, by=by)
    actions.withdraw(one, by=by, reason=reason)
    return ""


def tell(request: Any, one: Invitation, token: str) -> None:
    """Say what happened to an offer, and send the mail that belongs to it."""
    words = {"email": one.email, "role": one.get_role_display()}
    if one.state == "waiting":
        messages.info(request, _("%(email)s as %(role)s: waits for a second person to confirm.") % words)
    elif one.state == "withdrawn":
        messages.success(request, _("The offer to %(email)s is withdrawn.") % words)
    elif one.state == "used":
        mail.granted(one)
        messages.success(request, _("%(email)s has the role %(role)s from now on.") % words)
    elif token:
        mail.invited(request, one, token)


@in_park()
def revoke(request: ParkRequest, pk: int) -> HttpResponse:
    """Take a part back, with a reason."""
    _manager(request)
    row = get_object_or_404(_of(Membership.objects.select_related("user"), request.access), pk=pk)
    return revoke_page(request, row, back=reverse("people", kwargs={"park": request.park.code}))


def revoke_page(request: Any, row: Membership, *, back: str) -> HttpResponse:
    """Ask for the reason, end the part on POST."""
    error = ""
    if request.method == "POST":
        try:
            actions.revoke(row, by=request.user, reason=reason_of(request.POST))
        except ValidationError as refused:
            error = " ".join(refused.messages)
        else:
            words = {"name": row.user, "role": row.get_role_display()}
            messages.success(request, _("%(name)s no longer has the role %(role)s.") % words)
            return redirect(back)
    return render(
        request, "people/revoke.html", {"row": row, "error": error, "back": back}, status=422 if error else 200
    )


@in_park("audit")
def park_audit(request: ParkRequest) -> HttpResponse:
    """Show the park's part of the log: what happened in it, and what its people did at sign-in."""
    people = Membership.objects.filter(park=request.park).values("user_id")
    wanted = Q(park_id=request.park.pk) | Q(park_id=None, actor_id__in=people)
    return audit_page(request, wanted)


@require_POST
@in_park()
def printed(request: ParkRequest) -> HttpResponse:
    """Note that a page was printed; the browser says so."""
    from lingtan.web.people import audit

    audit.record(audit.Act.PRINT, str(request.POST.get("path", ""))[:300])
    return HttpResponse(status=204)
