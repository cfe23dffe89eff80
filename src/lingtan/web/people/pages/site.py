"""Pages that belong to no park: invitations, one's own account, the installation's parks, accounts, administrators."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from lingtan.web.kernel.pages import SiteRequest, in_site
from lingtan.web.park.park import Park
from lingtan.web.people import actions
from lingtan.web.people.invitation import Invitation
from lingtan.web.people.pages.auditlog import audit_page
from lingtan.web.people.pages.forms import InviteForm, ParkForm, PasswordForm, ProfileForm, reason_of
from lingtan.web.people.pages.park import invite_page, offer_page, revoke_page
from lingtan.web.people.roles import EXCLUSIVE
from lingtan.web.people.sign.adapters import home, with_language
from lingtan.web.people.user import Membership, User


@never_cache
@sensitive_post_parameters("password", "again")
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Take an invitation: set name and password; the link serves once."""
    one = actions.find(token)
    if one is None:
        return render(request, "people/invitation_gone.html", status=404)
    form = PasswordForm(request.POST or None, email=one.email)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            actions.accept(one, name=values["name"], password=values["password"], language=get_language() or "")
        except ValidationError:
            return render(request, "people/invitation_gone.html", status=404)
        messages.success(request, _("Your account is ready. Sign in with %(email)s.") % {"email": one.email})
        return redirect("account_login")
    return render(request, "people/invitation.html", {"form": form, "offer": one}, status=422 if form.errors else 200)


@login_required
def profile(request: HttpRequest) -> HttpResponse:
    """Show what the platform knows of a person: name, language, zone, his parts and since when."""
    form = ProfileForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Saved."))
        return with_language(redirect("profile"), form.cleaned_data["language"])
    rows = Membership.objects.filter(user=request.user).select_related("park", "enterprise", "boundary", "granted_by")
    today = timezone.now().date()
    held = [row for row in rows.order_by("park__code", "role") if row.holds(today)]
    for row in held:
        row.page = home(request.user) if row.park_id is None else f"/p/{row.park.code}/"
    return render(request, "people/profile.html", {"form": form, "rows": held}, status=422 if form.errors else 200)


@login_required
def kept(request: HttpRequest) -> HttpResponse:
    """Show what was typed when a session ended, to the same person, ready to be sent again."""
    found = request.session.get("kept")
    if not found or found["user"] != request.user.pk:
        request.session.pop("kept", None)
        return redirect("/")
    fields = [(name, value) for name, values in found["fields"].items() for value in values]
    return render(request, "people/kept.html", {"path": found["path"], "fields": fields})


@in_site("configure")
def parks(request: SiteRequest) -> HttpResponse:
    """List the installation's parks; create one."""
    form = ParkForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = actions.create_park(form.values(), by=request.user, reason=form.cleaned_data["reason"])
        messages.success(
            request, _("Park %(park)s exists. Its first people come by the security administrator.") % {"park": made}
        )
        return redirect("site_parks")
    rows = Park.objects.annotate(people=Count("memberships", filter=Q(memberships__ended_at=None))).order_by("code")
    return render(request, "people/parks.html", {"form": form, "parks": rows}, status=422 if form.errors else 200)


@in_site("admit")
def accounts(request: SiteRequest) -> HttpResponse:
    """List all accounts, and whether they are open."""
    rows = User.objects.annotate(parts=Count("memberships", filter=Q(memberships__ended_at=None))).order_by("username")
    return render(request, "people/accounts.html", {"accounts": rows})


@in_site("admit")
def account(request: SiteRequest, pk: int) -> HttpResponse:
    """Close or open one account, with a reason."""
    user = get_object_or_404(User, pk=pk)
    error = ""
    if request.method == "POST":
        try:
            actions.set_active(user, not user.is_active, by=request.user, reason=reason_of(request.POST))
        except ValidationError as refused:
            error = " ".join(refused.messages)
        else:
            return redirect("site_accounts")
    return render(request, "people/account.html", {"one": user, "error": error}, status=422 if error else 200)


@in_site("grant")
def administrators(request: SiteRequest) -> HttpResponse:
    """List the three administrators of the installation and of its parks, and offers that wait."""
    today = timezone.now().date()
    rows = (
        Membership.objects.filter(park=None).select_related("user", "granted_by", "confirmed_by").order_by("role", "pk")
    )
    offers = list(Invitation.objects.filter(park=None, used_at=None, withdrawn_at=None).select_related("asked_by"))
    for row in offers:
        row.confirmable = row.state == "waiting" and row.asked_by_id != request.user.pk
    members = [row for row in rows if row.holds(today)]
    context = {"members": members, "offers": offers, "roles": EXCLUSIVE, "parks": Park.objects.order_by("code")}
    return render(request, "people/administrators.html", context)


@in_site("grant")
def administrator_invite(request: SiteRequest, role: str) -> HttpResponse:
    """Ask for an administrator of the installation."""
    chosen = next((one for one in EXCLUSIVE if one == role), None)
    if chosen is None:
        raise Http404
    form = InviteForm(request.POST or None, role=chosen, park=None, access=None)
    back = reverse("site_administrators")
    return invite_page(request, form, back, {"chosen": chosen, "roles": (), "two": True})


@in_site("grant")
def administrator_offer(request: SiteRequest, pk: int, act: str) -> HttpResponse:
    """Confirm, send again or withdraw an offer of the installation."""
    one = get_object_or_404(Invitation.objects.select_related("asked_by"), pk=pk, park=None)
    return offer_page(request, one, act=act, back=reverse("site_administrators"))


@in_site("grant")
def administrator_revoke(request: SiteRequest, pk: int) -> HttpResponse:
    """Take an administrator's part back."""
    row = get_object_or_404(Membership.objects.select_related("user"), pk=pk, park=None)
    return revoke_page(request, row, back=reverse("site_administrators"))


@in_site("audit")
def site_audit(request: SiteRequest) -> HttpResponse:
    """Show the log of the whole installation."""
    return audit_page(request, Q())
