"""Mails of the room: an invitation with its link, a role that was given."""

from __future__ import annotations

import logging
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.mail import send_mail
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from lingtan.web.people.invitation import Invitation

log = logging.getLogger(__name__)
#: Backends that deliver nothing: the link is shown to the one who invites.
SILENT = ("console", "dummy")


def _send(one: Invitation, subject: str, template: str, context: dict[str, Any]) -> bool:
    """Send a mail; tell whether the server took it."""
    text = render_to_string(template, {"offer": one, "address": settings.ADDRESS, **context})
    try:
        return bool(send_mail(subject, text, None, [one.email]))
    except OSError as error:
        log.warning("mail to %s not sent: %s", one.email, error)
        return False


def invited(request: HttpRequest, one: Invitation, token: str) -> None:
    """Send the link of an invitation and say so; where no mail is set up the link is shown, once."""
    link = settings.ADDRESS.rstrip("/") + reverse("invitation", args=[token])
    sent = _send(one, _("Invitation to Lingtan"), "people/mail/invited.txt", {"link": link})
    words = {"email": one.email, "link": link}
    if any(name in settings.EMAIL_BACKEND for name in SILENT):
        messages.info(request, _("No mail server is set up. Hand this link to %(email)s: %(link)s") % words)
    elif sent:
        messages.success(request, _("The invitation to %(email)s is on its way.") % words)
    else:
        messages.error(
            request, _("The mail server did not take the mail to %(email)s. Try “send again” later.") % words
        )


def granted(one: Invitation) -> bool:
    """Tell a person who has an account that he has a new role."""
    return _send(one, _("A new role in Lingtan"), "people/mail/granted.txt", {})
