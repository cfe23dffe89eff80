"""What the doors remember: uploads that can be undone, tokens, answers to keys, requests counted by the minute."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from lingtan.web.kernel.history import tracked
from lingtan.web.kernel.record import Record


class BatchState(models.TextChoices):
    """How far an upload has come."""

    CHECKED = "checked", _("Checked, nothing written")
    APPLIED = "applied", _("Written")
    UNDONE = "undone", _("Undone")


class Batch(Record):
    """One upload of a register's sheet.

    ``content`` is what was read, kept between check and writing only. ``rows`` says what was written: for each row its
    key, what its fields held before (None: the row is new) and after.
    """

    register = models.CharField(_("Register"), max_length=64)
    file = models.CharField(_("File"), max_length=255)
    sha256 = models.CharField(max_length=64)
    content = models.BinaryField(null=True)
    state = models.CharField(_("State"), max_length=8, choices=BatchState.choices, default=BatchState.CHECKED)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("By")
    )
    at = models.DateTimeField(_("Time"), auto_now_add=True)
    reason = models.TextField(_("Reason"), blank=True)
    created = models.PositiveIntegerField(_("New"), default=0)
    changed = models.PositiveIntegerField(_("Changed"), default=0)
    unchanged = models.PositiveIntegerField(_("Unchanged"), default=0)
    rows = models.JSONField(default=list)

    class Meta:
        verbose_name = _("Upload")
        verbose_name_plural = _("Uploads")
        indexes: ClassVar = [models.Index(fields=["park", "register", "-at"], name="batch_newest")]

    def __str__(self) -> str:
        return self.file


class Scope(models.TextChoices):
    """What a token may be used for; never more than its owner may do."""

    READ = "read", _("Read records and accounts")
    WRITE = "write", _("Create, change and remove records")
    SERIES = "series", _("Read series of metering points")


@tracked()
class Token(models.Model):
    """A key that a program signs in with. Only a digest is kept; the key itself is shown once."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="tokens", verbose_name=_("User")
    )
    name = models.CharField(_("Name"), max_length=100)
    prefix = models.CharField(_("Begins with"), max_length=16, unique=True)
    digest = models.CharField(max_length=64, editable=False)
    scopes = ArrayField(models.CharField(max_length=16, choices=Scope.choices), verbose_name=_("What it may do"))
    park = models.ForeignKey(
        "park.Park", on_delete=models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("Only this park")
    )
    made = models.DateTimeField(_("Made"), auto_now_add=True)
    expires = models.DateTimeField(_("Expires"))
    revoked = models.DateTimeField(_("Revoked"), null=True, blank=True)

    class Meta:
        verbose_name = _("Token")
        verbose_name_plural = _("Tokens")

    def __str__(self) -> str:
        return self.name


class Usage(models.Model):
    """Requests of a token, or of a client's address, within one minute.

    The limits count them; the page tells by them when a token was last used.
    """

    token = models.ForeignKey(Token, on_delete=models.CASCADE, null=True, related_name="usage")
    address = models.CharField(max_length=45, blank=True)
    minute = models.DateTimeField()
    requests = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["token", "address", "minute"], name="usage_minute", nulls_distinct=False)
        ]


class IdempotencyKey(models.Model):
    """An answer given to a POST with a key, so that the same request sent again gets the same answer."""

    token = models.ForeignKey(Token, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=128)
    digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    answer = models.JSONField()
    etag = models.CharField(max_length=32, blank=True)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["token", "key"], name="idempotency_key")]
