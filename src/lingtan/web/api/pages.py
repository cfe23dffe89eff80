"""The page on which a person makes and revokes his tokens; a key is shown once, on the page that made it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from lingtan.web.api import keys
from lingtan.web.api.models import Scope, Token
from lingtan.web.people.access import parks_of

SPANS = (
    ("30", gettext_lazy("30 days")),
    ("90", gettext_lazy("90 days")),
    ("180", gettext_lazy("180 days")),
    ("365", gettext_lazy("365 days")),
)


class TokenForm(forms.Form):
    """What a new token is for, what it may do, where, until when."""

    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=100, help_text=gettext_lazy("What it is for, such as: ERP, every night.")
    )
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("What it may do"), choices=Scope.choices, widget=forms.CheckboxSelectMultiple
    )
    park = forms.ModelChoiceField(queryset=None, label=gettext_lazy("Park"), required=False, to_field_name="code")
    days = forms.ChoiceField(label=gettext_lazy("Holds for"), choices=SPANS, initial="90")

    def __init__(self, data: Any, *, parks: Any) -> None:
        super().__init__(data)
        self.label_suffix = ""
        self.fields["park"].queryset = parks
        self.fields["park"].empty_label = _("All of mine")


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def tokens(request: HttpRequest) -> HttpResponse:
    """List one's tokens; a POST makes one and shows its key, this once."""
    from lingtan.web.park.park import Park

    mine = [park.pk for park in parks_of(request.user, timezone.now().date())]
    form = TokenForm(request.POST or None, parks=Park.objects.filter(pk__in=mine))
    key = ""
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        expires = timezone.now() + timedelta(days=int(said["days"]))
        try:
            _token, key = keys.make(
                request.user, said["name"], scopes=said["scopes"], expires=expires, park=said["park"]
            )
            form = TokenForm(None, parks=Park.objects.filter(pk__in=mine))
        except ValidationError as wrong:
            form.add_error(None, wrong)
    held = Token.objects.filter(user=request.user).select_related("park").annotate(used=Max("usage__minute"))
    context = {"form": form, "key": key, "tokens": held.order_by("revoked", "-made"), "now": timezone.now()}
    return render(request, "api/tokens.html", context, status=422 if form.is_bound else 200)


@require_POST
@login_required
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """End a token at once."""
    token = get_object_or_404(Token.objects.filter(user=request.user), pk=pk)
    if token.revoked is None:
        token.revoked = timezone.now()
        token.save(update_fields=["revoked"])
    messages.success(request, _("The token %(name)s no longer holds.") % {"name": token.name})
    return redirect("tokens")
