"""Words of the sign-in library that our catalogue says again, in the manner of the platform (look.md 11)."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

#: Texts of allauth that people here can meet; the library's own translation mixes "Email", "token" and "passkey" in.
SAID_AGAIN = (
    _("Username or email"),
    _("The password reset token was invalid."),
    _("Use authenticator app or code"),
    _("Your account has no verified email address."),
    _("You cannot activate two-factor authentication until you have verified your email address."),
    _("Verify Your Email Address"),
    _("Confirm Email Address"),
    _("Email Changed"),
    _("Email Confirmation"),
    _("Email Removed"),
    _("Please Confirm Your Email Address"),
    _("Your email has been confirmed."),
    _("Hello from %(site_name)s!"),
    _("Email address %(deleted_email)s has been removed from your account."),
    _("You cannot remove your primary email address (%(email)s)."),
    _("You have confirmed %(email)s."),
    _("Removed email address %(email)s."),
    _("Primary email address set."),
    _("Bad Token"),
    _("Email address"),
    _("Account Connections"),
    _("You currently have no third-party accounts connected to this account."),
    _("You can sign in to your account using any of the following third-party accounts:"),
    _("Add a Third-Party Account"),
    _("Login Cancelled"),
    _("This functionality requires JavaScript."),
    _("Passkey"),
    _("Sign in with a passkey"),
)
